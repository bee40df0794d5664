//! What is promised runs once, also while the service closes.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::thread;

use super::*;
use crate::message::flights::Plan;
use crate::sys::deadline::Deadline;

#[derive(Default)]
struct Stage {
    callbacks: Callbacks,
    flights: Flights,
    called: AtomicUsize,
}

impl Stage {
    fn promise(self: &Arc<Self>) -> Result<(), RequestError> {
        let stage = Arc::clone(self);
        self.callbacks.promise(|| Ok(thread::spawn(move || stage.callbacks.run(&stage.flights))))
    }

    /// A flight without an end but the service's, whose callback counts.
    fn start(self: &Arc<Self>, id: u64) -> Option<Arc<Flight>> {
        let stage = Arc::clone(self);
        let count = move |_| {
            stage.called.fetch_add(1, Ordering::SeqCst);
        };
        let callback = Some(Callback(Box::new(count)));
        let deadline = Deadline::after(Duration::MAX);
        self.flights.start(id, Plan { peers: &[], deadline, callback, template: None })
    }

    fn end_all(&self) {
        self.flights.end_all().into_iter().for_each(|(_, it)| self.callbacks.tell(Some(it)));
    }

    fn called(&self) -> usize {
        self.called.load(Ordering::SeqCst)
    }
}

#[test]
fn a_callback_that_is_handed_over_while_the_service_closes_runs() {
    let stage = Arc::new(Stage::default());
    stage.promise().unwrap();
    stage.start(2).unwrap();
    // Somebody has taken it out of the table, and has not handed it over yet.
    let taken = stage.flights.end_all();
    let closing = Arc::clone(&stage);
    let closer = thread::spawn(move || closing.callbacks.close());
    while !stage.callbacks.lock().closing {
        thread::yield_now();
    }
    // The thread looks at what there is, finds nothing, and must not end.
    for _ in 0..1000 {
        stage.callbacks.tell(None);
        thread::yield_now();
    }
    taken.into_iter().for_each(|(_, flight)| stage.callbacks.tell(Some(flight)));
    closer.join().unwrap();
    assert_eq!(stage.called(), 1);
}

#[test]
fn a_request_that_is_begun_after_the_close_is_refused() {
    let stage = Arc::new(Stage::default());
    stage.promise().unwrap();
    stage.start(2).unwrap();
    stage.end_all();
    stage.callbacks.close();
    assert_eq!(stage.called(), 1);
    assert_eq!(stage.promise(), Err(RequestError::Left));
}

#[test]
fn a_promise_that_is_taken_back_keeps_nobody() {
    let stage = Arc::new(Stage::default());
    stage.promise().unwrap();
    stage.end_all();
    assert!(stage.start(2).is_none());
    stage.callbacks.settle();
    stage.callbacks.close();
    assert_eq!(stage.called(), 0);
}

#[test]
fn of_requests_from_everywhere_while_the_service_closes_each_is_called_or_refused() {
    for _ in 0..50 {
        let stage = Arc::new(Stage::default());
        let ask = |first: u64| {
            let stage = Arc::clone(&stage);
            thread::spawn(move || {
                let mut made = 0;
                for id in (first..).step_by(4) {
                    if stage.promise().is_err() {
                        return made;
                    }
                    match stage.start(id) {
                        Some(_) => made += 1,
                        None => stage.callbacks.settle(),
                    }
                }
                made
            })
        };
        let askers = [ask(0), ask(2)];
        while stage.flights.is_empty() {
            thread::yield_now();
        }
        stage.end_all();
        stage.callbacks.close();
        let made: usize = askers.into_iter().map(|asker| asker.join().unwrap()).sum();
        assert_eq!(stage.called(), made);
    }
}
