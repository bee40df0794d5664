//! Who looks into the mailbox, who sleeps, and who runs handlers.
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
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use phalanx_core::message::{Bed, Inbox};

use super::actions::Action;
use super::flights::Flight;
use super::futex::Bit;
use super::incoming::Incoming;
use super::replies::Outcome;
use super::service::{Proved, Service};

/// Jobs that wait until no more are taken out of the mailbox: then it fills, and senders are told.
const BACKLOG: usize = 64;
/// Jobs that wait until requests are refused, when the mailbox must be emptied because a reply may
/// lie in it.
const OVERFULL: usize = 256;
/// Frames that are taken at one time.
const BATCH: usize = 256;
/// Threads that run handlers, at most.
const THREADS: usize = 16;
/// How long a service thread sleeps at most: a sender may die before it calls.
const LONG: Duration = Duration::from_secs(1);
/// How long who has asked sleeps before it asks whether its peers live.
const SLICE: Duration = Duration::from_millis(100);
/// How long a thread rests when all that could be taken is.
const SATURATED: Duration = Duration::from_millis(1);
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
    in_lanes: Arc<AtomicUsize>,
}

/// What those who look share.
pub(super) struct State {
    /// None once this process leaves.
    inbox: Option<Inbox>,
    jobs: VecDeque<Job>,
    in_lanes: Arc<AtomicUsize>,
    /// Threads that look.
    lookers: usize,
    /// Service threads that run no handler, and how many of them sleep.
    free: usize,
    sleeping: usize,
    threads: usize,
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

    fn has_something(&self) -> bool {
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
    fn take_in(&self, state: &mut State) -> bool {
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
    fn has_room(&self, state: &State) -> bool {
        state.waiting() < BACKLOG || !self.flights.is_empty()
    }

    fn start_looking(&self, state: &mut State) {
        state.lookers += 1;
        if let (1, Some(inbox)) = (state.lookers, &mut state.inbox) {
            // Getting up is the end of a sleep.
            drop(inbox.prepare_to_sleep(Bed::Word));
        }
    }

    /// `true` if others look, or callers know that nobody does; `false` if there is something in
    /// the mailbox and nobody who looks.
    fn stop_looking(&self, state: &mut State) -> bool {
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

    /// Looks until `is_there` or this process's time to spin is over.
    fn spin(&self, flight: Option<&Flight>, is_there: impl Fn(&State) -> bool) -> bool {
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

    /// Waits until `flight`, number `request`, has ended or its deadline has passed.
    pub(super) fn await_flight(&self, request: u64, flight: &Flight) {
        self.look_for(flight);
        if flight.has_ended() {
            return;
        }
        self.watch(flight.open_peers().into_iter().map(|peer| (request, peer)));
        if !flight.lies_down() {
            return;
        }
        loop {
            let expected = self.word.observe();
            let may_be_more = self.take_in_and_settle();
            let left = flight.deadline.remaining();
            if flight.has_ended() || left.is_zero() {
                return;
            }
            if !may_be_more && self.word.sleep(Bit::of_request(request), expected, left.min(SLICE))
            {
                self.bury(flight.open_peers().into_iter().map(|peer| (request, peer)));
            }
        }
    }

    /// Looks for the answers itself for as long as this process spins.
    fn look_for(&self, flight: &Flight) {
        let mut state = self.receiver.lock();
        self.start_looking(&mut state);
        loop {
            drop(state);
            let is_there = self.spin(Some(flight), State::has_something);
            state = self.receiver.lock();
            self.take_in(&mut state);
            if flight.has_ended() || !is_there {
                break;
            }
            self.settle(&mut state, true);
            if state.inbox.is_none() {
                break;
            }
        }
        let is_looked_after = self.stop_looking(&mut state);
        self.settle(&mut state, is_looked_after);
    }

    fn take_in_and_settle(&self) -> bool {
        let mut state = self.receiver.lock();
        let may_be_more = self.take_in(&mut state);
        self.settle(&mut state, true);
        may_be_more
    }

    /// Ends the part of every flight that waits for a process that is gone.
    pub(super) fn bury(
        &self,
        awaited: impl IntoIterator<Item = (u64, phalanx_core::group::ProcessId)>,
    ) {
        for (request, peer) in awaited {
            if !self.group.is_alive(peer) {
                // One that has answered meanwhile is not awaited any more.
                self.land(request, peer, Some(Outcome::Gone));
            }
        }
    }
}
