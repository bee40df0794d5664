//! Who runs which handler, and who waits for whose end.
//!
//! Unregistering waits for handlers that run, and a handler may unregister, so waits can form a
//! circle: A's handler waits for B's, and B's for A's. Each wait is noted under one lock, before it
//! begins, and one that would close a circle is refused instead. A handler's own thread may
//! also leave the group, and that waits for all other handlers: whoever waits for the leaver's
//! handler is told so, and does not wait on. What a handler waits for outside of here nobody sees,
//! so every wait has an end.

use core::time::Duration;
use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::sys::deadline::Deadline;

/// Which action of this process: a later one of the same name is another.
pub(super) type ActionId = u64;

/// The threads in handlers, and those that wait for them.
#[derive(Debug, Default)]
pub(super) struct Runs {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    last: ActionId,
    /// Actions whose handlers may begin.
    open: HashSet<ActionId>,
    /// A thread runs one handler at a time.
    running: Vec<(ThreadId, ActionId)>,
    /// A thread waits for one action at a time.
    waiting: Vec<(ThreadId, ActionId)>,
    /// The thread that leaves the group.
    leaving: Option<ThreadId>,
}

/// Why the end of an action's handlers was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotSeen {
    /// Who asked is in one of them.
    Itself,
    /// One of them waits, itself or by way of others, for the handler of who asked.
    Circle,
    /// One of them leaves the group, and would wait for who asked.
    Leaving,
    /// One of them runs still, and time is up.
    Late,
}

/// Why no handler of an action began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotBegun {
    /// There is no such action any more.
    Closed,
    /// This process leaves.
    Leaving,
}

impl State {
    fn is_running(&self, action: ActionId) -> bool {
        self.running.iter().any(|(_, it)| *it == action)
    }

    fn runs(&self, thread: ThreadId, action: ActionId) -> bool {
        self.running.contains(&(thread, action))
    }

    /// Whether a wait for `action` is one for `thread`, itself or by way of others.
    fn leads_to(&self, action: ActionId, thread: ThreadId) -> bool {
        let (mut seen, mut next) = (HashSet::new(), vec![action]);
        while let Some(action) = next.pop() {
            if self.runs(thread, action) {
                return true;
            }
            if seen.insert(action) {
                let runs = |(waiter, _): &&(ThreadId, ActionId)| self.runs(*waiter, action);
                next.extend(self.waiting.iter().filter(runs).map(|(_, on)| *on));
            }
        }
        false
    }

    fn is_left_by(&self, action: ActionId) -> bool {
        self.leaving.is_some_and(|leaver| self.runs(leaver, action))
    }
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new action, whose handlers may begin, unless this process leaves.
    pub(super) fn open(&self) -> ActionId {
        let mut state = self.lock();
        state.last += 1;
        let action = state.last;
        if state.leaving.is_none() {
            state.open.insert(action);
        }
        action
    }

    /// Begins a handler of `action` on this thread, until the returned value is dropped, unless none
    /// may begin any more.
    pub(super) fn begin(&self, action: ActionId) -> Result<Run<'_>, NotBegun> {
        let mut state = self.lock();
        if !state.open.contains(&action) {
            return Err(state.leaving.map_or(NotBegun::Closed, |_| NotBegun::Leaving));
        }
        state.running.push((thread::current().id(), action));
        Ok(Run { runs: self, action })
    }

    /// Whether this process leaves.
    pub(super) fn is_leaving(&self) -> bool {
        self.lock().leaving.is_some()
    }

    /// Lets no handler of `action` begin any more, and waits for those that run, at most `longest`.
    pub(super) fn close(&self, action: ActionId, longest: Duration) -> Result<(), NotSeen> {
        let (me, deadline) = (thread::current().id(), Deadline::after(longest));
        let mut state = self.lock();
        state.open.remove(&action);
        if state.runs(me, action) {
            return Err(NotSeen::Itself);
        }
        if state.leads_to(action, me) {
            return Err(NotSeen::Circle);
        }
        state.waiting.push((me, action));
        let result = loop {
            if !state.is_running(action) {
                break Ok(());
            }
            if state.is_left_by(action) {
                break Err(NotSeen::Leaving);
            }
            if deadline.has_passed() {
                break Err(NotSeen::Late);
            }
            let waited = self.ended.wait_timeout(state, deadline.remaining());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        state.waiting.retain(|wait| *wait != (me, action));
        result
    }

    /// Lets no handler begin any more: this process leaves, by this thread, which may be in a
    /// handler itself.
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        state.open.clear();
        state.leaving = Some(thread::current().id());
        self.ended.notify_all();
    }
}

/// A handler that runs on this thread.
#[derive(Debug)]
pub(super) struct Run<'a> {
    runs: &'a Runs,
    action: ActionId,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let this = (thread::current().id(), self.action);
        let mut state = self.runs.lock();
        if let Some(place) = state.running.iter().position(|run| *run == this) {
            state.running.swap_remove(place);
        }
        // To tell nobody would be a system call too.
        if !state.waiting.is_empty() {
            self.runs.ended.notify_all();
        }
    }
}

#[cfg(test)]
mod tests;
