//! Who looks into the mailbox, and when it says "asleep".
//!
//! Whoever waits for something looks itself: a thread that has asked, and the threads of the
//! service. So an answer wakes the one that wants it, with no thread in between. The mailbox says
//! "asleep" exactly while nobody *looks*: the last one to stop looking says so, and looks once
//! more. A thread of the service stops looking before it runs a handler, so a slow handler holds up
//! neither replies nor the next request (W-25, W-61): the next caller wakes another thread.
//!
//! ```text
//!   service thread:  look ── a job? ── stop looking ── run it ──┐
//!                     ▲ └─ nothing for a while ── stop ── sleep  │
//!                     └─────────────────────────────────────────┘
//!   who has asked:   look ── ended? ── stop ── return
//!                      └─ not for a while ── stop ── sleep on its own bit, take in when called
//! ```

use core::fmt;
use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use phalanx_core::message::{Bed, Inbox};

use super::actions::Action;
use super::flights::Flight;
use super::incoming::Incoming;
use super::service::{Proved, Service};

/// Jobs that wait until no more are taken out of the mailbox: then it fills, and senders are told.
const BACKLOG: usize = 64;
/// Jobs that wait until requests are refused, when the mailbox must be emptied because a reply may
/// lie in it.
const OVERFULL: usize = 256;
/// Frames that are taken at one time.
const BATCH: usize = 256;
/// Looks between two readings of the clock.
const LOOKS: usize = 32;

/// What a service thread is to run.
#[derive(Debug)]
pub(super) enum Job {
    /// A request's handler.
    Request(Arc<Action>, Box<Incoming>),
    /// The messages of an action, one after another.
    Lane(Arc<Action>),
}

/// The mailbox and those around it.
#[derive(Debug)]
pub(super) struct Receiver {
    state: Mutex<State>,
    /// Messages in lanes, not begun.
    pub(super) in_lanes: Arc<AtomicUsize>,
}

/// What those who look share.
pub(super) struct State {
    /// None once this process leaves.
    pub(super) inbox: Option<Inbox>,
    pub(super) jobs: VecDeque<Job>,
    in_lanes: Arc<AtomicUsize>,
    /// Threads that look.
    lookers: usize,
    /// Service threads that run no handler, and how many of them sleep.
    pub(super) free: usize,
    pub(super) sleeping: usize,
    pub(super) threads: usize,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("jobs", &self.jobs.len())
            .field("lookers", &self.lookers)
            .field("free", &self.free)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl Receiver {
    pub(super) fn new(inbox: Inbox) -> Self {
        let in_lanes = Arc::new(AtomicUsize::new(0));
        let state = State {
            inbox: Some(inbox),
            jobs: VecDeque::new(),
            in_lanes: Arc::clone(&in_lanes),
            lookers: 0,
            free: 0,
            sleeping: 0,
            threads: 0,
        };
        Self { state: Mutex::new(state), in_lanes }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, State>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(state)) => Some(state.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl State {
    /// How many jobs wait.
    fn waiting(&self) -> usize {
        self.jobs.len() + self.in_lanes.load(Ordering::Relaxed)
    }

    /// Whether what comes now is refused.
    pub(super) fn is_overfull(&self) -> bool {
        self.waiting() >= OVERFULL
    }

    pub(super) fn add(&mut self, job: Job) {
        if matches!(job, Job::Lane(_)) {
            self.add_to_lane();
        }
        self.jobs.push_back(job);
    }

    pub(super) fn add_to_lane(&self) {
        self.in_lanes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn has_something(&self) -> bool {
        self.inbox.as_ref().is_none_or(Inbox::has_something)
    }

    /// What the mailbox has seen.
    pub(super) fn facts(&self) -> Option<phalanx_core::message::MailboxFacts> {
        self.inbox.as_ref().map(Inbox::facts)
    }

    /// Gives the mailbox up, and what nobody has begun. The caller drops both without the lock.
    pub(super) fn close(&mut self) -> (Option<Inbox>, VecDeque<Job>) {
        (self.inbox.take(), mem::take(&mut self.jobs))
    }
}

impl Service {
    /// Takes out of the mailbox what there is room for, but not for ever: whoever floods it keeps
    /// nobody from his deadline. `true` if there may be more.
    pub(super) fn take_in(&self, state: &mut State) -> bool {
        for _ in 0..BATCH {
            if !self.has_room(state) {
                return false;
            }
            let Some(frame) = state.inbox.as_mut().and_then(Inbox::next) else { return false };
            self.dispatch(state, &frame, heapless::Vec::new(), Proved::ByMailbox);
        }
        true
    }

    /// With a reply awaited there is always room: it may lie behind requests.
    pub(super) fn has_room(&self, state: &State) -> bool {
        state.waiting() < BACKLOG || !self.flights.is_empty()
    }

    pub(super) fn start_looking(&self, state: &mut State) {
        state.lookers += 1;
        if let (1, Some(inbox)) = (state.lookers, &mut state.inbox) {
            // Getting up is the end of a sleep.
            drop(inbox.prepare_to_sleep(Bed::Word));
        }
    }

    /// `true` if others look, or callers know that nobody does; `false` if there is something in
    /// the mailbox and nobody who looks.
    pub(super) fn stop_looking(&self, state: &mut State) -> bool {
        state.lookers -= 1;
        if state.lookers > 0 {
            return true;
        }
        for _ in 0..4 {
            let Some(inbox) = &mut state.inbox else { return true };
            if let Ok(sleep) = inbox.prepare_to_sleep(Bed::Word) {
                // Until `start_looking`.
                mem::forget(sleep);
                return true;
            }
            self.take_in(state);
        }
        false
    }

    /// Looks until `is_there` or this process's time to spin is over.
    pub(super) fn spin(&self, flight: Option<&Flight>, is_there: impl Fn(&State) -> bool) -> bool {
        let begin = Instant::now();
        loop {
            for _ in 0..LOOKS {
                if flight.is_some_and(Flight::has_ended) {
                    return true;
                }
                if let Some(state) = self.receiver.try_lock()
                    && is_there(&state)
                {
                    return true;
                }
                core::hint::spin_loop();
            }
            let is_late = flight.is_some_and(|flight| flight.deadline.has_passed());
            if begin.elapsed() >= self.spin || is_late {
                return false;
            }
        }
    }
}
