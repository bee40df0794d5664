//! Waiting for the next thing that comes, without a thread: turning, sleeping, or both.

use super::{Incoming, Port};
use crate::message::Bed;
use crate::sync::relax;
use crate::wait::Waiting;

impl<const ACTIONS: usize, const FLIGHTS: usize> Port<ACTIONS, FLIGHTS> {
    /// The next thing that comes, waited for as `how` says; `None` once `go_on` says `false`, which
    /// is asked after each sleep (or a million turns). Whoever sends makes a system call only while
    /// this sleeps. A sender that dies between putting its frame in and waking is found after a
    /// sleep at the latest, [`NAP_NS`](crate::wait::NAP_NS).
    ///
    /// Cost: as [`next`](Self::next) while it turns; one system call a sleep.
    pub fn wait(&mut self, how: Waiting, mut go_on: impl FnMut() -> bool) -> Option<Incoming> {
        let (spins, nap_ns) = how.parts();
        loop {
            for _ in 0..=spins {
                if let Some(incoming) = self.next() {
                    return Some(incoming);
                }
                relax();
            }
            if nap_ns > 0 {
                self.nap(nap_ns);
            }
            if !go_on() {
                return None;
            }
        }
    }

    /// One sleep, no longer than until the next answer is overdue.
    fn nap(&mut self, nap_ns: u64) {
        let platform = self.post().group().platform();
        let left = |deadline: u64| deadline.saturating_sub(platform.now_ns());
        let nap_ns = self.next_deadline().map_or(nap_ns, |deadline| nap_ns.min(left(deadline)));
        if let Ok(sleep) = self.prepare_to_sleep(Bed::Word) {
            sleep.nap(platform, nap_ns);
        }
        // Its sender may have died before it rang.
        self.look_through();
    }
}
