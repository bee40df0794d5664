//! The thread on which the callbacks of asynchronous requests run: one for all, always the same.
//!
//! It waits for flights that others have ended, and for the next deadline, on one clock. Taking a
//! flight out of the table is what entitles to run its callback, so it runs exactly once (W-26).
//! The thread is made by the first request that needs it.

use core::fmt;
use core::panic::AssertUnwindSafe;
use std::collections::VecDeque;
use std::panic::catch_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

use super::flights::Flight;
use super::replies::Replies;
use super::service::Service;

/// What is called when a request has ended.
pub(super) struct Callback(pub(super) Box<dyn FnOnce(Replies) + Send>);

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// What the thread has to do, and the thread.
#[derive(Debug, Default)]
pub(super) struct Callbacks {
    inner: Mutex<Inner>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    ended: VecDeque<Arc<Flight>>,
    /// Something has changed since the thread looked last.
    stirred: bool,
    closing: bool,
    thread: Option<JoinHandle<()>>,
}

impl Callbacks {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the thread, unless it is there.
    pub(super) fn begin(&self, service: &Arc<Service>) -> Result<(), String> {
        let mut inner = self.lock();
        if inner.closing || inner.thread.is_some() {
            return Ok(());
        }
        let weak = Arc::downgrade(service);
        let thread = service.spawn("phalanx-msg-cb", move || run(&weak))?;
        inner.thread = Some(thread);
        Ok(())
    }

    /// A flight with a callback has ended, or a new one has started.
    pub(super) fn tell(&self, ended: Option<Arc<Flight>>) {
        let mut inner = self.lock();
        inner.ended.extend(ended);
        inner.stirred = true;
        self.news.notify_one();
    }

    /// Ends the thread after the callbacks of all that has ended, and waits for it.
    pub(super) fn close(&self) {
        let thread = {
            let mut inner = self.lock();
            inner.closing = true;
            self.news.notify_one();
            inner.thread.take()
        };
        match thread {
            // A callback that drops its `Eal` cannot wait for itself.
            Some(thread) if thread.thread().id() != std::thread::current().id() => {
                // It runs callbacks under `catch_unwind`, so it does not panic.
                let _ = thread.join();
            }
            _ => {}
        }
    }

    /// The next flight whose callback is to run; `None` when there are no more and none will come.
    fn next(&self, service: &Service) -> Option<Arc<Flight>> {
        loop {
            let (overdue, wait) = service.flights.overdue();
            let mut inner = self.lock();
            inner.ended.extend(overdue);
            if let Some(flight) = inner.ended.pop_front() {
                return Some(flight);
            }
            if inner.closing {
                return None;
            }
            if !core::mem::take(&mut inner.stirred) {
                let wait = wait.unwrap_or(LONG);
                // Whatever ended the wait, the loop looks at everything again.
                let _ = self.news.wait_timeout(inner, wait);
            }
        }
    }
}

/// How long the thread sleeps when nothing is due.
const LONG: core::time::Duration = core::time::Duration::from_secs(3600);

fn run(service: &Weak<Service>) {
    // Held while it runs: the service ends this thread before it ends itself.
    let Some(service) = service.upgrade() else { return };
    while let Some(flight) = service.callbacks.next(&service) {
        if let Some(Callback(callback)) = flight.take_callback() {
            let replies = flight.replies();
            // A callback that panics harms itself only; its message is on standard error.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(replies)));
        }
    }
}
