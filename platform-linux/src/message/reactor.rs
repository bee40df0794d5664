//! The reactor: one thread that waits for datagrams, and runs nothing of anybody's.
//!
//! What comes by socket is checked here: who sent it by the kernel's credentials, how many
//! descriptors it brought by what the kernel delivered. That a peer has died whose answer is
//! awaited, this process's watcher says, which has a pidfd for everybody anyway ([`Mourner`]); in a
//! process without one, the reactor has pidfds itself ([`Deaths`]). A bad datagram is counted and dropped, and the next one is looked at:
//! nothing ends this thread but leaving the group (W-23). While the kernel refuses to wait (the
//! program has lowered its limit of descriptors below what it has open, or there is no memory), it
//! looks at everything now and then instead, and the listener for drops is told.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use phalanx_core::group::ProcessId;
use phalanx_core::message::{FRAME_BYTES, Frame, Kind};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, read, write};

use super::drops::DropReason;
use super::service::{Proved, Service};
use super::socket::{Datagram, MessageSocket};
use crate::eal::watch_process;

/// Datagrams that are taken before the thread looks at deaths again.
const BATCH: usize = 64;
/// The first and the longest pause between two looks while the kernel refuses to wait.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(100));
/// How often it asks whether awaited peers live that cannot be watched, or have left.
const ASK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// The same where the watcher tells, which may be busy for a while: reaping, or in a callback.
const ASK_AT_LAST: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Who notices that a peer has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deaths {
    /// This process's watcher, and says so.
    Told,
    /// The reactor, by a pidfd for each peer whose answer is awaited: there is no watcher.
    Watched,
}

/// What the watcher tells whenever it has looked at who is there.
#[derive(Debug)]
pub(crate) struct Mourner(Weak<Service>);

impl Mourner {
    pub(super) fn of(service: &Arc<Service>) -> Self {
        Self(Arc::downgrade(service))
    }

    /// Ends the wait for every peer that is gone. A system call for each that is awaited.
    pub(crate) fn look(&self) {
        let service = self.0.upgrade();
        if let Some(service) = service.filter(|service| !service.flights.is_empty()) {
            service.bury(service.flights.awaited());
        }
    }
}

/// A way to make the reactor look again, and whom it watches.
#[derive(Debug)]
pub(super) struct Kick {
    event: OwnedFd,
    watched: Mutex<Vec<(ProcessId, Arc<OwnedFd>)>>,
}

impl Kick {
    pub(super) fn new() -> Result<Self, Errno> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { event, watched: Mutex::default() })
    }

    pub(super) fn kick(&self) {
        // Only a counter that is nearly full refuses, and then the reactor looks anyway.
        let _ = write(&self.event, &1u64.to_ne_bytes());
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, Vec<(ProcessId, Arc<OwnedFd>)>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// Ends the wait for those of these peers that are gone already, and sees that it ends for those
    /// that die from now on. One system call a peer; three without a watcher.
    pub(super) fn watch(&self, awaited: impl IntoIterator<Item = (u64, ProcessId)>) {
        if self.deaths == Deaths::Told {
            // Who dies after this look is found by the watcher, for the flight has started.
            return self.bury(awaited);
        }
        let mut is_new = false;
        for (request, peer) in awaited {
            if self.kick.watched().iter().any(|(known, _)| *known == peer) {
                // It may have died before the wait began.
                self.bury([(request, peer)]);
                continue;
            }
            match watch_process(peer.slot(), self.group.pid_of(peer)) {
                Some(pidfd) => self.kick.watched().push((peer, Arc::new(pidfd))),
                // Dead, or not to be watched: then it is asked about now and then.
                None => self.bury([(request, peer)]),
            }
            is_new = true;
        }
        if is_new {
            self.kick.kick();
        }
    }

    /// The life of the reactor.
    pub(super) fn react(&self) {
        let mut room = [0; FRAME_BYTES];
        let ask_again = if self.deaths == Deaths::Told { &ASK_AT_LAST } else { &ASK_AGAIN };
        let mut pause = PAUSES.0;
        while let Some(socket) = self.socket() {
            let watched = self.kick.watched().clone();
            let mut polled = vec![
                PollFd::new(&self.kick.event, PollFlags::IN),
                PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN),
            ];
            polled.extend(
                watched.iter().map(|(_, fd)| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)),
            );
            let limit = (!self.flights.is_empty()).then_some(ask_again);
            let waited = poll(&mut polled, limit);
            // An interrupted wait is one that has ended: everything is looked at again.
            let is_refused = waited.is_err_and(|errno| errno != Errno::INTR);
            let is_over = is_refused || waited == Ok(0);
            self.drops.tell();
            let mut seen = polled.iter().map(|fd| !fd.revents().is_empty());
            if seen.next() == Some(true) || is_refused {
                // It is empty if another turn has read it.
                let _ = read(&self.kick.event, &mut [0u8; 8]);
            }
            let mut is_hindered = is_refused;
            if seen.next() == Some(true) || is_refused {
                is_hindered |= self.take_datagrams(&socket, &mut room).is_err();
            }
            for ((dead, _), _) in watched.iter().zip(seen).filter(|(_, is_dead)| *is_dead) {
                self.kick.watched().retain(|(peer, _)| peer != dead);
                self.bury(self.flights.awaited().into_iter().filter(|(_, peer)| peer == dead));
            }
            if is_over {
                self.bury(self.flights.awaited());
                let is_listed = |(peer, _): &(ProcessId, _)| self.group.is_listed(*peer);
                self.kick.watched().retain(is_listed);
            }
            if is_hindered {
                self.count_drop(DropReason::NotHandedOver, 0);
                std::thread::sleep(pause);
            }
            pause = if is_hindered { PAUSES.1.min(pause * 2) } else { PAUSES.0 };
        }
    }

    /// An error if the kernel hands nothing over, although there may be something.
    fn take_datagrams(
        &self,
        socket: &MessageSocket,
        room: &mut [u8; FRAME_BYTES],
    ) -> Result<(), Errno> {
        for _ in 0..BATCH {
            match socket.receive(room)? {
                Some(Ok(datagram)) => self.take_datagram(datagram),
                Some(Err((malformed, pid))) => self.count_drop(malformed.into(), pid),
                None => break,
            }
        }
        Ok(())
    }

    /// A datagram that is a frame of a member for this process, or one that is dropped with
    /// all it brought.
    fn take_datagram(&self, datagram: Datagram<'_>) {
        let Datagram { bytes, descriptors, pid } = datagram;
        let frame = match Frame::decode(bytes) {
            Ok(frame) => frame,
            Err(_) => return self.count_drop(DropReason::NotAFrame, pid),
        };
        let wrong = if frame.target != self.group.me() {
            Some(DropReason::WrongTarget)
        } else if usize::from(frame.descriptors) != descriptors.len() {
            Some(DropReason::DescriptorMismatch)
        } else {
            (!self.is_sender(&frame, pid)).then_some(DropReason::WrongSender)
        };
        if let Some(reason) = wrong {
            return self.count_drop(reason, pid);
        }
        let mut state = self.receiver.lock();
        self.dispatch(&mut state, &frame, descriptors, Proved::ByKernel);
        self.settle(&mut state, true);
    }

    /// Whether process `pid` is the member that the frame names (W-29), and lives if it wants an
    /// answer. A message may outlive its sender, which may be a command that sends and ends.
    fn is_sender(&self, frame: &Frame, pid: u32) -> bool {
        let sender = frame.sender;
        let is_named = pid != 0 && self.group.last_pid_of(sender) == pid;
        is_named && (frame.kind == Kind::Message || self.group.is_alive(sender))
    }
}
