//! Circles of waits, on threads that the test leads.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::*;

/// Longer than any test waits for what comes.
const LONG: Duration = Duration::from_secs(600);

/// A thread in a handler of `action` that waits for the end of others as it is told to, and
/// returns when it is told nothing any more.
struct Handler {
    orders: Sender<ActionId>,
    results: Receiver<Result<(), NotSeen>>,
    thread: JoinHandle<()>,
}

impl Handler {
    fn of(runs: &Arc<Runs>, action: ActionId) -> Self {
        let (orders, told) = channel();
        let (tell, results) = channel();
        let (has_begun, begun) = channel();
        let runs = Arc::clone(runs);
        let thread = thread::spawn(move || {
            let _run = runs.begin(action).unwrap();
            has_begun.send(()).unwrap();
            for other in told {
                tell.send(runs.close(other, LONG)).unwrap();
            }
        });
        begun.recv().unwrap();
        Self { orders, results, thread }
    }

    fn wait_for(&self, runs: &Runs, action: ActionId) {
        let before = runs.lock().waiting.len();
        self.orders.send(action).unwrap();
        while runs.lock().waiting.len() == before {
            thread::yield_now();
        }
    }

    fn end(self) {
        drop(self.orders);
        self.thread.join().unwrap();
    }
}

#[test]
fn who_unregisters_itself_does_not_wait_and_nothing_new_begins() {
    let runs = Runs::default();
    let action = runs.open();
    let run = runs.begin(action).unwrap();
    assert_eq!(runs.close(action, LONG), Err(NotSeen::Itself));
    assert_eq!(runs.begin(action).err(), Some(NotBegun::Closed));
    drop(run);
    assert_eq!(runs.close(action, LONG), Ok(()));
}

#[test]
fn of_two_handlers_that_wait_for_each_other_the_second_is_refused() {
    let runs = Arc::new(Runs::default());
    let (a, b) = (runs.open(), runs.open());
    let (first, second) = (Handler::of(&runs, a), Handler::of(&runs, b));
    first.wait_for(&runs, b);
    second.orders.send(a).unwrap();
    assert_eq!(second.results.recv(), Ok(Err(NotSeen::Circle)));
    second.end();
    assert_eq!(first.results.recv(), Ok(Ok(())));
    first.end();
}

#[test]
fn a_circle_of_three_is_found_and_the_rest_goes_on() {
    let runs = Arc::new(Runs::default());
    let actions = [runs.open(), runs.open(), runs.open()];
    let [a, b, c] = actions.map(|action| Handler::of(&runs, action));
    a.wait_for(&runs, actions[1]);
    b.wait_for(&runs, actions[2]);
    c.orders.send(actions[0]).unwrap();
    assert_eq!(c.results.recv(), Ok(Err(NotSeen::Circle)));
    c.end();
    assert_eq!(b.results.recv(), Ok(Ok(())));
    b.end();
    assert_eq!(a.results.recv(), Ok(Ok(())));
    a.end();
}

#[test]
fn two_that_wait_for_a_third_are_no_circle() {
    let runs = Arc::new(Runs::default());
    let actions = [runs.open(), runs.open(), runs.open()];
    let [a, b, c] = actions.map(|action| Handler::of(&runs, action));
    a.wait_for(&runs, actions[2]);
    b.wait_for(&runs, actions[2]);
    c.end();
    for other in [a, b] {
        assert_eq!(other.results.recv(), Ok(Ok(())));
        other.end();
    }
}

#[test]
fn whoever_waits_for_the_handler_that_leaves_is_told_so_before_and_after() {
    let runs = Arc::new(Runs::default());
    let (a, b, c) = (runs.open(), runs.open(), runs.open());
    let leaver = runs.begin(a).unwrap();
    let (early, late) = (Handler::of(&runs, b), Handler::of(&runs, c));
    early.wait_for(&runs, a);
    runs.leave();
    assert_eq!(early.results.recv(), Ok(Err(NotSeen::Leaving)));
    late.orders.send(a).unwrap();
    assert_eq!(late.results.recv(), Ok(Err(NotSeen::Leaving)));
    early.end();
    late.end();
    drop(leaver);
    assert_eq!(runs.begin(a).err(), Some(NotBegun::Leaving));
}

#[test]
fn a_handler_that_does_not_end_costs_the_time_and_no_more() {
    let runs = Arc::new(Runs::default());
    let action = runs.open();
    let stuck = Handler::of(&runs, action);
    assert_eq!(runs.close(action, Duration::ZERO), Err(NotSeen::Late));
    assert!(runs.lock().waiting.is_empty());
    stuck.end();
}
