//! Sleeping beside a mailbox.

use super::*;

#[test]
fn who_sends_to_a_sleeper_is_told_to_call_it() {
    let mailbox = Mailbox::default();
    for bed in [Bed::Word, Bed::Socket] {
        let expected = mailbox.lie_down(bed).unwrap();
        let called = make_ready(&mailbox, Class::Message, 0, 1).unwrap().ring();
        assert_eq!(called, Some(bed));
        assert_ne!(mailbox.asleep.peek(), expected);
        mailbox.get_up();
        assert_eq!(make_ready(&mailbox, Class::Message, 0, 2).unwrap().ring(), None);
        take_all(&mailbox, &mut Queue::new());
    }
}

#[test]
fn nobody_lies_down_beside_a_rung_bell() {
    let mailbox = Mailbox::default();
    assert!(put(&mailbox, Class::Message, 0, 1));
    assert_eq!(mailbox.lie_down(Bed::Word), None);
    assert_eq!(Bed::of(mailbox.asleep.peek()), None);
    take_all(&mailbox, &mut Queue::new());
    mailbox.attention.raise(1);
    assert_eq!(mailbox.lie_down(Bed::Word), None);
}

#[test]
fn a_sleeper_whose_caller_died_is_called_by_the_next_who_looks() {
    let mailbox = Mailbox::default();
    assert_eq!(mailbox.overslept(), None);
    mailbox.lie_down(Bed::Word).unwrap();
    assert_eq!(mailbox.overslept(), None);
    // Rung, and dead before it looked whether anybody sleeps.
    let _ready = make_ready(&mailbox, Class::Message, 0, 1).unwrap();
    let (index, _) = (0..).zip(&mailbox.states).find(|(_, word)| word.peek() != 0).unwrap();
    mailbox.bell.raise(1 << index);
    assert_eq!(mailbox.overslept(), Some(Bed::Word));
}

#[test]
fn calls_of_a_lifetime_do_not_turn_into_a_sleep() {
    let mailbox = Mailbox::default();
    mailbox.asleep.publish(!3);
    let expected = mailbox.lie_down(Bed::Socket).unwrap();
    assert_eq!(mailbox.call(), Some(Bed::Socket));
    assert_ne!(mailbox.asleep.peek(), expected);
    mailbox.get_up();
    assert_eq!(Bed::of(mailbox.asleep.peek()), None);
}
