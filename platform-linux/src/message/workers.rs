//! The threads that run handlers.
//!
//! There is always one that runs none, up to sixteen: it looks, or sleeps until somebody calls. The
//! others look again when their handler has returned.

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::sync::{MutexGuard, PoisonError};

use super::futex::Bit;
use super::receiver::{Job, State};
use super::service::Service;

/// Threads that run handlers, at most.
const THREADS: usize = 16;
/// How long a service thread sleeps at most: a sender may die before it calls.
const LONG: Duration = Duration::from_secs(1);
/// How long a thread rests when all that could be taken is.
const SATURATED: Duration = Duration::from_millis(1);

impl Service {
    /// Sees that the jobs that wait, and a mailbox that nobody looks into, get a thread.
    pub(super) fn settle(&self, state: &mut State, is_looked_after: bool) {
        let wanted = !state.jobs.is_empty() || !is_looked_after;
        let is_one_awake = state.free > state.sleeping;
        if wanted && !is_one_awake && state.sleeping > 0 {
            self.word.call(Bit::SERVICE);
        }
        if state.free == 0 {
            self.add_thread(state);
        }
    }

    /// One more thread for handlers, if there may be one.
    pub(super) fn add_thread(&self, state: &mut State) {
        let Some(service) = self.itself.upgrade().filter(|_| state.inbox.is_some()) else { return };
        if state.threads >= THREADS {
            return;
        }
        // Without a further thread, what waits is run by those that there are.
        if let Ok(thread) = self.spawn("phalanx-msg", move || service.serve()) {
            state.threads += 1;
            state.free += 1;
            self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
    }

    /// The life of a service thread.
    fn serve(&self) {
        while let Some(job) = self.next_job() {
            match job {
                Job::Request(action, incoming) => action.run(*incoming),
                Job::Lane(action) => action.run_lane(|| {
                    self.receiver.in_lanes.fetch_sub(1, Ordering::Relaxed);
                }),
            }
            self.receiver.lock().free += 1;
        }
    }

    /// Waits for something to run; `None` when this process leaves.
    fn next_job(&self) -> Option<Job> {
        let mut state = self.receiver.lock();
        self.start_looking(&mut state);
        loop {
            self.take_in(&mut state);
            if let Some(job) = state.jobs.pop_front() {
                state.free -= 1;
                let is_looked_after = self.stop_looking(&mut state);
                self.settle(&mut state, is_looked_after);
                return Some(job);
            }
            if state.inbox.is_none() {
                state.free -= 1;
                self.stop_looking(&mut state);
                return None;
            }
            let can_take = self.has_room(&state);
            drop(state);
            let is_there = can_take
                && self.spin(None, |state| !state.jobs.is_empty() || state.has_something());
            state = self.receiver.lock();
            if !is_there {
                state = self.rest(state, can_take);
            }
        }
    }

    /// Sleeps until called, unless there is something to do. The thread looks before and after.
    fn rest<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        can_take: bool,
    ) -> MutexGuard<'a, State> {
        if can_take {
            self.take_in(&mut state);
        }
        let is_looked_after = self.stop_looking(&mut state);
        if !state.jobs.is_empty() || (can_take && !is_looked_after) || state.inbox.is_none() {
            self.start_looking(&mut state);
            return state;
        }
        let expected = self.word.observe();
        state.sleeping += 1;
        drop(state);
        let limit = if can_take { LONG } else { SATURATED };
        let is_over = self.word.sleep(Bit::SERVICE, expected, limit);
        let mut state = self.receiver.lock();
        state.sleeping -= 1;
        self.start_looking(&mut state);
        if let (true, true, Some(inbox)) = (is_over, can_take, &mut state.inbox) {
            inbox.look_through();
        }
        state
    }
}
