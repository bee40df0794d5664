//! Whoever waits for a device: callbacks that are called when it interrupts.
//!
//! No thread of its own: this process's watcher ([`eal::watch`](crate::eal::watch)), which sleeps in one
//! `poll` anyway, sleeps on the vectors too (`IN-1`). So a callback is short: while it runs nobody is
//! reaped by this process. What all processes of the group should know, it tells them by the port's state:
//! a link that [`set_link`](phalanx_core::port::Port::set_link) changes is an event to everyone who asked
//! (`IN-4`, W-45); so is a device that goes. An Rx queue's wakes who sleeps on the queue, in whichever process
//! ([`Port::rouse`](phalanx_core::port::Port::rouse), `IN-3`); a program with devices of its own may have a vector's
//! descriptor ([`Devices::find_vector`](crate::device::Devices::find_vector)), and poll that.

use core::cell::Cell;
use core::fmt;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use phalanx_core::group::Group;
use rustix::event::{PollFd, PollFlags};

use crate::change::announce;
use crate::device::Interrupts;

#[cfg(test)]
mod tests;

/// What is called, with how often the vector has fired since it was last called.
type Callback = Box<dyn FnMut(u64) + Send>;

/// One vector that is listened to.
struct Ear {
    interrupts: Arc<Interrupts>,
    vector: usize,
    /// None once nobody wants to hear any more.
    callback: Mutex<Option<Callback>>,
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ear").field("vector", &self.vector).finish_non_exhaustive()
    }
}

/// Every vector that this process listens to.
static EARS: Mutex<Vec<Arc<Ear>>> = Mutex::new(Vec::new());

thread_local! {
    /// Whether this thread runs a callback.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// That a callback is called; dropping it ends that, and waits for one that runs, unless a callback drops it.
#[derive(Debug)]
#[must_use = "dropped at once, nothing is heard"]
pub struct Listening {
    ear: Arc<Ear>,
    group: Group,
}

/// Calls `callback`, on the watcher's thread, whenever `vector` fires, until what is returned is dropped. A
/// line is armed again after it; so it serves the device before it returns. One that panics is called no
/// more. A device that is gone calls it a last time, with 0. Wakes the watchers of the group once.
#[doc(alias = "rte_intr_callback_register")]
pub fn listen(
    group: &Group,
    interrupts: &Arc<Interrupts>,
    vector: usize,
    callback: impl FnMut(u64) + Send + 'static,
) -> Listening {
    let callback = Mutex::new(Some(Box::new(callback) as Callback));
    let ear = Arc::new(Ear { interrupts: Arc::clone(interrupts), vector, callback });
    EARS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&ear));
    announce(group.region());
    Listening { ear, group: *group }
}

impl Drop for Listening {
    fn drop(&mut self) {
        forget(&self.ear);
        // The watcher, which polls it, lets go of its device too.
        announce(self.group.region());
        // A callback, which holds the lock, may drop its own: it ends with its call.
        if !RUNNING.get() {
            *self.ear.callback.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

fn forget(ear: &Ear) {
    let mut ears = EARS.lock().unwrap_or_else(PoisonError::into_inner);
    ears.retain(|it| !core::ptr::eq(Arc::as_ptr(it), ear));
}

/// What this process listens to at the moment: the watcher polls it.
#[derive(Debug, Default)]
pub(crate) struct Ears(Vec<Arc<Ear>>);

impl Ears {
    /// All that there are now.
    pub(crate) fn now() -> Self {
        Self(EARS.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// What to poll, one for each.
    pub(crate) fn polled(&self) -> impl Iterator<Item = PollFd<'_>> {
        self.0.iter().filter_map(|ear| {
            let descriptor = ear.interrupts.descriptor(ear.vector)?;
            Some(PollFd::from_borrowed_fd(descriptor, PollFlags::IN))
        })
    }

    /// Calls those whose vectors have fired; `fired` says of which of [`polled`](Self::polled).
    pub(crate) fn call(&self, fired: impl Iterator<Item = bool>) {
        let has_vector = |ear: &&Arc<Ear>| ear.interrupts.descriptor(ear.vector).is_some();
        for (ear, _) in self.0.iter().filter(has_vector).zip(fired).filter(|(_, fired)| *fired) {
            ear.hear();
        }
    }
}

impl Ear {
    fn hear(&self) {
        let count = match self.interrupts.take(self.vector) {
            Ok(0) => return,
            Ok(count) => count,
            Err(_) => {
                forget(self);
                0
            }
        };
        let mut callback = self.callback.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(call) = callback.as_mut() else { return };
        RUNNING.set(true);
        let panicked = catch_unwind(AssertUnwindSafe(|| call(count))).is_err();
        RUNNING.set(false);
        if panicked {
            *callback = None;
        }
        drop(callback);
        // A device that is gone pulls no line.
        let _ = self.interrupts.rearm();
    }
}
