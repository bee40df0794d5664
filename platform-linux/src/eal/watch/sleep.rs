//! What the watch thread sleeps on, and what it does at once when it is woken.

use core::time::Duration;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::Errno;

use super::thread::Watch;
use crate::interrupt::Ears;
use crate::sys::deadline::Deadline;

/// How long to do nothing when the kernel refuses to wait.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

impl Watch {
    /// Sleeps until the bell rings, somebody dies, an interface changes, or `longest` is over. Devices that interrupt
    /// meanwhile are heard, and nothing else is looked at for them: some interrupt for each packet.
    pub(super) fn sleep(&mut self, longest: Option<Duration>) {
        let until = longest.map(Deadline::after);
        let is_over = || until.is_some_and(|until| until.has_passed());
        while self.sleep_once(until) == Woken::ByDevices && !is_over() {}
    }

    fn sleep_once(&mut self, until: Option<Deadline>) -> Woken {
        let timeout = until.map(|until| until.remaining()).map(|left| Timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: left.subsec_nanos().into(),
        });
        let ears = Ears::now();
        let bell = PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN);
        let ear = self.ear.iter().map(|ear| PollFd::from_borrowed_fd(ear.as_fd(), PollFlags::IN));
        let mut polled: Vec<PollFd<'_>> =
            ears.polled().chain([bell]).chain(ear).chain(self.peers.polled()).collect();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(0) | Err(Errno::INTR) => return Woken::Otherwise,
            Ok(_) => {}
            // No memory for the moment, or a limit of descriptors below what is open: the dead are
            // found by their locks until it is over.
            Err(_) => {
                thread::sleep(REFUSED_PAUSE);
                return Woken::Otherwise;
            }
        }
        let fired: Vec<bool> = polled.iter().map(|polled| !polled.revents().is_empty()).collect();
        let mut fired = fired.into_iter();
        ears.call(fired.by_ref().take(ears.polled().count()));
        if !fired.clone().any(|fired| fired) {
            return Woken::ByDevices;
        }
        let _bell = fired.next();
        if let Some(ear) = &self.ear
            && fired.next() == Some(true)
        {
            ear.look();
        }
        self.peers.note(&self.group, fired);
        Woken::Otherwise
    }
}

/// What has ended a sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Woken {
    /// Devices that have interrupted, and were heard: nothing else.
    ByDevices,
    /// Anything else: look at everything.
    Otherwise,
}
