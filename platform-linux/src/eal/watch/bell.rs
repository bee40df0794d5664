//! The change word, as a descriptor that can be polled beside others.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io;

use phalanx_core::group::Group;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{read, write};

use crate::change::sleep_until_change;

/// The longest sleep: whoever counts a change without waking anybody is heard after it.
const LONGEST: Duration = Duration::from_secs(1);

/// An eventfd that is written whenever the change word has moved.
#[derive(Debug)]
pub(super) struct Bell {
    group: Group,
    /// What the change word said before anybody looked at the tables.
    first: u32,
    descriptor: OwnedFd,
    stopped: AtomicBool,
}

impl Bell {
    pub(super) fn new(group: Group) -> io::Result<Self> {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|errno| io::Error::from_raw_os_error(errno.raw_os_error()))?;
        Ok(Self { group, first: group.changes(), descriptor, stopped: AtomicBool::new(false) })
    }

    /// Rings until it is stopped.
    pub(super) fn ring_on_changes(&self) {
        let mut seen = self.first;
        while !self.is_stopped() {
            sleep_until_change(self.group.region(), seen, LONGEST);
            let now = self.group.changes();
            if now != seen {
                seen = now;
                self.ring();
            }
        }
        self.ring();
    }

    /// Ends [`ring_on_changes`](Self::ring_on_changes) once the change word moves.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.ring();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Makes the descriptor unreadable until it rings again.
    pub(super) fn hush(&self) {
        // Nothing to read: it has not rung.
        let _ = read(&self.descriptor, &mut [0u8; 8]);
    }

    fn ring(&self) {
        // A full counter is readable too.
        let _ = write(&self.descriptor, &1u64.to_ne_bytes());
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}
