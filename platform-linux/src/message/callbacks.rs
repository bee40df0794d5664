//! The thread on which the callbacks of asynchronous requests run: one for all, always the same.
//!
//! It waits for flights that others have ended, and for the next deadline, on one clock. Taking a
//! flight out of the table is what entitles to run its callback, so it runs exactly once (W-26).
//! The thread is made by the first request that needs it.
//!
//! A callback is *promised* before its flight starts, and the thread does not end while one is: so
//! one whose flight is out of the table, but not handed over yet, runs also in a process that leaves.
//! From the moment when the service closes nothing is promised any more.

use core::fmt;
use core::panic::AssertUnwindSafe;
use std::collections::VecDeque;
use std::panic::catch_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::error::RequestError;
use super::flights::{Flight, Flights};
use super::replies::Replies;

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
    /// Callbacks that will run, and have not.
    promised: usize,
    /// Something has changed since the thread looked last.
    stirred: bool,
    closing: bool,
    thread: Option<JoinHandle<()>>,
}

impl Callbacks {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Promises that one callback more will run. `spawn` makes the thread that
    /// [runs](Self::run) them, unless there is one.
    pub(super) fn promise(
        &self,
        spawn: impl FnOnce() -> Result<JoinHandle<()>, String>,
    ) -> Result<(), RequestError> {
        let mut inner = self.lock();
        if inner.closing {
            return Err(RequestError::Left);
        }
        if inner.thread.is_none() {
            inner.thread = Some(spawn().map_err(RequestError::NoThread)?);
        }
        inner.promised += 1;
        Ok(())
    }

    /// Ends a promise: the callback has run, or its request was not made after all.
    pub(super) fn settle(&self) {
        let mut inner = self.lock();
        inner.promised = inner.promised.saturating_sub(1);
        inner.stirred = true;
        self.news.notify_one();
    }

    /// A flight with a callback has ended, or a new one has started.
    pub(super) fn tell(&self, ended: Option<Arc<Flight>>) {
        let mut inner = self.lock();
        inner.ended.extend(ended);
        inner.stirred = true;
        self.news.notify_one();
    }

    /// Promises nothing any more, ends the thread after the last promised callback, and waits for
    /// it. The caller has ended every flight.
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
    fn next(&self, flights: &Flights) -> Option<Arc<Flight>> {
        loop {
            let (overdue, wait) = flights.overdue();
            let mut inner = self.lock();
            inner.ended.extend(overdue);
            if let Some(flight) = inner.ended.pop_front() {
                return Some(flight);
            }
            if inner.closing && inner.promised == 0 {
                return None;
            }
            if !core::mem::take(&mut inner.stirred) {
                let wait = wait.unwrap_or(LONG);
                // Whatever ended the wait, the loop looks at everything again.
                let _ = self.news.wait_timeout(inner, wait);
            }
        }
    }

    /// The life of the thread.
    pub(super) fn run(&self, flights: &Flights) {
        while let Some(flight) = self.next(flights) {
            if let Some(Callback(callback)) = flight.take_callback() {
                let replies = flight.replies();
                // A callback that panics harms itself only; its message is on standard error.
                let _ = catch_unwind(AssertUnwindSafe(|| callback(replies)));
            }
            self.settle();
        }
    }
}

/// How long the thread sleeps when nothing is due.
const LONG: core::time::Duration = core::time::Duration::from_secs(3600);

#[cfg(test)]
mod tests;
