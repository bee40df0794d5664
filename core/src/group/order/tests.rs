//! Orders as one process gives them to another, and the word they stand in.

use super::standing::{ANSWERS, ORDERS, number_of};
use super::*;
use crate::fake;

#[test]
fn every_standing_comes_back_as_itself_and_is_nothing_to_another_tenant() {
    let orders = ORDERS.map(Standing::Asked);
    let answers = ANSWERS.map(Standing::Answered);
    let obeyed = ORDERS.map(Standing::Obeyed);
    for standing in [Standing::None].iter().chain(&orders).chain(&answers).chain(&obeyed) {
        let word = standing.to_word(7, 9);
        assert_eq!(Standing::from_word(word, 7), *standing);
        assert_eq!(Standing::from_word(word, 8), Standing::None);
        assert_eq!(number_of(word), 9);
    }
}

#[test]
fn words_that_nobody_writes_say_nothing() {
    for code in (0..=u64::from(u16::MAX)).chain([0xffff_0000, u64::from(u32::MAX)]) {
        let known = [1..=3, 17..=22, 33..=35].iter().any(|codes| codes.contains(&code));
        assert_eq!(Standing::from_word(code, 0) != Standing::None, known, "{code}");
    }
}

#[test]
fn an_order_is_obeyed_once_and_its_answer_is_written_over_by_the_next() {
    let (group, _) = fake::group();
    let (region, me) = (group.region(), group.me());
    let given = region.ask(me, Order::TakeIfVacant).unwrap();
    assert_eq!(region.ask(me, Order::GiveUp), Err(given));
    assert_eq!(group.order(), Some(Order::TakeIfVacant));
    assert!(group.begin_to_obey(Order::TakeIfVacant) && group.order().is_none());
    assert!(!group.begin_to_obey(Order::TakeIfVacant));
    assert_eq!(region.ask(me, Order::GiveUp), Err(given));
    group.answer(Order::TakeIfVacant, Answer::AlreadyPrimary);
    assert_eq!(region.order(me), Standing::Answered(Answer::AlreadyPrimary));
    assert_eq!(group.order(), None);
    assert!(region.ask(me, Order::GiveUp).is_ok());
}

#[test]
fn an_order_that_was_taken_back_is_neither_obeyed_nor_answered() {
    let (group, _) = fake::group();
    let (region, me) = (group.region(), group.me());
    let given = region.ask(me, Order::GiveUp).unwrap();
    // Whoever is to obey has seen it, and is stopped there.
    let seen = group.order().unwrap();
    assert_eq!(region.withdraw(me, given), Ok(()));
    assert!(!group.begin_to_obey(seen));
    group.answer(Order::GiveUp, Answer::Done);
    assert_eq!(region.order(me), Standing::None);
}

#[test]
fn an_order_that_is_obeyed_is_not_taken_back_and_answered() {
    let (group, _) = fake::group();
    let (region, me) = (group.region(), group.me());
    let given = region.ask(me, Order::GiveUp).unwrap();
    assert!(group.begin_to_obey(Order::GiveUp));
    assert_eq!(region.withdraw(me, given), Err(Standing::Obeyed(Order::GiveUp)));
    group.answer(Order::GiveUp, Answer::NotPrimary);
    assert_eq!(region.order(me), Standing::Answered(Answer::NotPrimary));
}

#[test]
fn an_order_answered_before_it_is_taken_back_says_so() {
    let (group, _) = fake::group();
    let (region, me) = (group.region(), group.me());
    let given = region.ask(me, Order::GiveUp).unwrap();
    assert!(group.begin_to_obey(Order::GiveUp));
    group.answer(Order::GiveUp, Answer::Done);
    assert_eq!(region.withdraw(me, given), Err(Standing::Answered(Answer::Done)));
}

#[test]
fn nobody_takes_back_the_same_order_that_another_has_given_since() {
    let (group, _) = fake::group();
    let (region, me) = (group.region(), group.me());
    let first = region.ask(me, Order::GiveUp).unwrap();
    assert!(group.begin_to_obey(Order::GiveUp));
    group.answer(Order::GiveUp, Answer::Done);
    let second = region.ask(me, Order::GiveUp).unwrap();
    assert_eq!(region.order_given(me, first), Standing::None);
    assert_eq!(region.withdraw(me, first), Err(Standing::None));
    assert_eq!(region.order_given(me, second), Standing::Asked(Order::GiveUp));
    assert!(group.begin_to_obey(Order::GiveUp));
    group.answer(Order::GiveUp, Answer::NotPrimary);
    assert_eq!(region.order_given(me, second), Standing::Answered(Answer::NotPrimary));
}

#[test]
fn the_next_tenant_of_a_slot_has_no_order() {
    let (group, _) = fake::group();
    let next = ProcessId::new(group.me().slot(), group.me().generation() + 1);
    assert!(group.region().ask(group.me(), Order::GiveUp).is_ok());
    assert_eq!(group.region().order(next), Standing::None);
    assert!(group.region().ask(next, Order::TakeIfVacant).is_ok());
}

#[test]
fn nobody_takes_orders_in_a_slot_that_is_none() {
    let (group, _) = fake::group();
    assert!(group.region().ask(ProcessId::OBSERVER, Order::GiveUp).is_ok());
    assert_eq!(group.region().order(ProcessId::OBSERVER), Standing::None);
}
