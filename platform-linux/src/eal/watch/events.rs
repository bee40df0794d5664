//! Who in this process asked to hear what happens in the group, and what they hear.

use core::fmt;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::panic::catch_unwind;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use phalanx_core::recovery::Event;

use crate::process::End;

/// How many events wait for a reader; what comes when they do is counted as missed.
const WAITING: usize = 256;

/// Something that happened to a process of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupEvent {
    /// What, to whom, and what was recovered.
    pub event: Event,
    /// How the process ended, of one that died; none if the kernel tells nobody but its parent. It
    /// tells who had hold of the process before its parent asked: every process that joined after
    /// it, those before it that were quick enough, and whom these tell. So it may be unknown of the
    /// newest process, and before Linux 6.15 of any.
    pub end: Option<End>,
}

impl fmt::Display for GroupEvent {
    /// `worker (pid 812, slot 3) was reaped: 31 objects, 1 lcores, 2 ring ends, 0 others (killed by signal 9)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.fmt(f)?;
        self.end.map_or(Ok(()), |end| write!(f, " ({end})"))
    }
}

/// What a subscriber hears next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An event. Each death is heard of once as [`Died`](phalanx_core::recovery::EventKind::Died)
    /// and once as [`Reaped`](phalanx_core::recovery::EventKind::Reaped).
    Event(GroupEvent),
    /// So many events are lost to this subscriber, because it, or the whole process, was too slow.
    Missed(u64),
}

/// This process watches nobody ([`Watching::Off`](super::Watching::Off)), so it hears nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoWatcher;

impl fmt::Display for NoWatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "events were asked for in a process that was started without a watcher; start it with EalBuilder::watching(On)",
        )
    }
}

impl core::error::Error for NoWatcher {}

/// A subscription that is read. Dropping it ends it.
#[derive(Debug)]
pub struct Events {
    waiting: Receiver<Heard>,
    missed: Arc<AtomicU64>,
}

impl Events {
    /// What waits, if anything does; no system call.
    pub fn try_next(&mut self) -> Option<Heard> {
        match self.waiting.try_recv() {
            Ok(heard) => Some(heard),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => self.take_missed(),
        }
    }

    /// What comes next, waiting for it for `longest`. `None` at the end of that time, or at once
    /// when this process has left the group.
    pub fn wait(&mut self, longest: Duration) -> Option<Heard> {
        self.try_next().or_else(|| self.waiting.recv_timeout(longest).ok())
    }

    /// What is missed was newer than all that waited.
    fn take_missed(&self) -> Option<Heard> {
        let missed = self.missed.swap(0, Ordering::AcqRel);
        (missed > 0).then_some(Heard::Missed(missed))
    }
}

type Callback = Box<dyn FnMut(&Heard) + Send>;

enum Subscriber {
    Reader { sender: SyncSender<Heard>, missed: Arc<AtomicU64> },
    Callback(Callback),
}

impl Subscriber {
    /// Whether it wants to hear more.
    fn tell(&mut self, heard: &Heard) -> bool {
        match self {
            Self::Reader { sender, missed } => match sender.try_send(*heard) {
                Ok(()) => true,
                Err(TrySendError::Full(_)) => {
                    missed.fetch_add(1, Ordering::AcqRel);
                    true
                }
                Err(TrySendError::Disconnected(_)) => false,
            },
            // One that panicked has said so, and must not end the watcher.
            Self::Callback(callback) => catch_unwind(AssertUnwindSafe(|| callback(heard))).is_ok(),
        }
    }
}

/// Everyone who asked.
#[derive(Default)]
pub(in crate::eal) struct Hub {
    subscribers: Mutex<Vec<Subscriber>>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("subscribers", &self.lock().len()).finish()
    }
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Vec<Subscriber>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::eal) fn subscribe(&self) -> Events {
        let (sender, waiting) = sync_channel(WAITING);
        let missed = Arc::new(AtomicU64::new(0));
        self.lock().push(Subscriber::Reader { sender, missed: Arc::clone(&missed) });
        Events { waiting, missed }
    }

    pub(in crate::eal) fn call(&self, callback: Callback) {
        self.lock().push(Subscriber::Callback(callback));
    }

    /// Whether nobody listens.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Tells everyone. A callback may subscribe, so nothing is locked meanwhile.
    pub(super) fn tell(&self, heard: &Heard) {
        let mut subscribers = core::mem::take(&mut *self.lock());
        subscribers.retain_mut(|subscriber| subscriber.tell(heard));
        let mut now = self.lock();
        subscribers.append(&mut now);
        *now = subscribers;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Heard = Heard::Missed(1);

    #[test]
    fn every_subscriber_hears_it_and_one_that_is_gone_is_forgotten() {
        let hub = Hub::default();
        let (mut first, second) = (hub.subscribe(), hub.subscribe());
        drop(second);
        hub.tell(&NOTHING);
        assert_eq!(first.try_next(), Some(NOTHING));
        assert_eq!(first.try_next(), None);
        assert_eq!(hub.lock().len(), 1);
    }

    #[test]
    fn a_reader_that_is_too_slow_is_told_how_much_it_missed() {
        let hub = Hub::default();
        let mut events = hub.subscribe();
        for _ in 0..WAITING + 3 {
            hub.tell(&NOTHING);
        }
        let heard = core::iter::from_fn(|| events.try_next()).collect::<Vec<_>>();
        assert_eq!(heard.len(), WAITING + 1);
        assert_eq!(heard.last(), Some(&Heard::Missed(3)));
    }

    #[test]
    fn a_callback_that_panics_is_called_no_more_and_stops_nobody() {
        let hub = Hub::default();
        hub.call(Box::new(|_| panic!("of the test's making")));
        let mut events = hub.subscribe();
        hub.tell(&NOTHING);
        assert_eq!(events.try_next(), Some(NOTHING));
        assert_eq!(hub.lock().len(), 1);
    }

    #[test]
    fn a_wait_in_a_process_that_has_left_ends_at_once() {
        let hub = Hub::default();
        let mut events = hub.subscribe();
        drop(hub);
        assert_eq!(events.wait(Duration::from_secs(3600)), None);
    }
}
