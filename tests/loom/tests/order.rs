//! An order that is taken back while its process begins to obey.
#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use phalanx_core::group::order::{Answer, Order, OrderWord, Standing};
use phalanx_core::sync::weak::Weakening;
use phalanx_core::sync::{Contested64, Word32};
use phalanx_loom::{check, finds_a_fault};

const ORDER: Order = Order::TakeIfVacant;

struct Process {
    order: Contested64,
    is_primary: Word32,
}

impl Process {
    fn word(&self) -> OrderWord<'_> {
        OrderWord::model(&self.order, 7)
    }

    fn obey(&self) {
        if self.word().begin_to_obey(ORDER) {
            self.is_primary.set(1);
            self.word().answer(ORDER, Answer::Done);
        }
    }
}

/// Who asked takes the order back: either it is never obeyed, or that is said, and an answer tells the
/// truth.
fn one_withdraws_one_obeys() {
    let process = Arc::new(Process { order: Contested64::new(0), is_primary: Word32::new(0) });
    let given = process.word().ask(ORDER).unwrap();
    let thread = thread::spawn({
        let process = Arc::clone(&process);
        move || process.obey()
    });
    let left = process.word().withdraw(given);
    if left == Err(Standing::Answered(Answer::Done)) {
        assert_eq!(process.is_primary.get(), 1);
    }
    thread.join().unwrap();
    let is_obeyed = process.is_primary.get() == 1;
    assert_eq!(is_obeyed, left.is_err());
    assert_eq!(is_obeyed, process.word().standing() == Standing::Answered(Answer::Done));
}

/// Two threads of the process see the same order.
fn two_obey() {
    let process = Arc::new(Process { order: Contested64::new(0), is_primary: Word32::new(0) });
    process.word().ask(ORDER).unwrap();
    let thread = thread::spawn({
        let process = Arc::clone(&process);
        move || process.word().begin_to_obey(ORDER)
    });
    let one = process.word().begin_to_obey(ORDER);
    assert!(thread.join().unwrap() != one);
}

#[test]
fn an_order_that_was_taken_back_is_not_obeyed() {
    check(one_withdraws_one_obeys);
}

#[test]
fn an_order_is_obeyed_once() {
    check(two_obey);
}

#[test]
fn weaker_orderings_are_found_out() {
    // A swap that fails is followed by a load, so that no swap needs to observe.
    for how in [Weakening::SwapsRelease, Weakening::Loads] {
        assert!(finds_a_fault(how, one_withdraws_one_obeys), "{how:?}");
    }
}
