//! Two senders and the owner of a mailbox; sleeping beside it.
#![cfg(loom)]

use loom::thread;
use phalanx_core::message::model::{ModelBox, ModelInbox};
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, finds_a_fault};

fn put(mailbox: ModelBox, tag: u16, number: u64) {
    while !mailbox.put(tag, [number, !number]) {
        thread::yield_now();
    }
}

/// The number of a frame, which must be whole.
fn whole(frame: [u64; 2]) -> u64 {
    assert_eq!(frame[1], !frame[0], "a frame that is not whole");
    frame[0]
}

fn take(inbox: &mut ModelInbox) -> u64 {
    loop {
        if let Some(frame) = inbox.next() {
            return whole(frame);
        }
        thread::yield_now();
    }
}

/// Each sender's frame comes, whole, once.
fn two_senders() {
    let mailbox = ModelBox::new(0);
    let threads = [1, 2].map(|i| thread::spawn(move || put(mailbox, i, u64::from(i))));
    let mut inbox = mailbox.inbox();
    let mut seen = [take(&mut inbox), take(&mut inbox)];
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
    assert_eq!(inbox.next(), None);
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Three frames through two cells: cells are used again, order holds.
fn cells_used_again() {
    let mailbox = ModelBox::new(0);
    let thread = thread::spawn(move || (1..4).for_each(|number| put(mailbox, 1, number)));
    let mut inbox = mailbox.inbox();
    for number in 1..4 {
        assert_eq!(take(&mut inbox), number);
    }
    thread.join().unwrap();
}

/// The bell has bits that a last owner left, so the owner may see a frame before its bell.
fn a_bell_of_before() {
    let mailbox = ModelBox::new(3);
    let thread = thread::spawn(move || (1..3).for_each(|number| put(mailbox, 1, number)));
    let mut inbox = mailbox.inbox();
    for number in 1..3 {
        assert_eq!(take(&mut inbox), number);
    }
    assert_eq!(inbox.next(), None);
    thread.join().unwrap();
}

/// An owner that sleeps whenever there is nothing: it gets its frame, or it sleeps for ever.
fn take_asleep(inbox: &mut ModelInbox, dead: u16) -> u64 {
    loop {
        inbox.look_through_if_asked(dead);
        if let Some(frame) = inbox.next() {
            return whole(frame);
        }
        if let Some(expected) = inbox.lie_down() {
            while !inbox.is_called(expected) {
                thread::yield_now();
            }
            inbox.get_up();
        }
    }
}

fn a_sleeper() {
    let mailbox = ModelBox::new(0);
    let thread = thread::spawn(move || put(mailbox, 1, 7));
    assert_eq!(take_asleep(&mut mailbox.inbox(), 0), 7);
    thread.join().unwrap();
}

/// The sender is killed before the bell; whoever finds it dead gets the sleeper to look.
fn a_dead_senders_frame() {
    let mailbox = ModelBox::new(0);
    let thread = thread::spawn(move || {
        mailbox.put_and_die(1, [7, !7]);
        mailbox.mend(1);
    });
    assert_eq!(take_asleep(&mut mailbox.inbox(), 1), 7);
    thread.join().unwrap();
}

#[test]
fn two_senders_lose_nothing() {
    check(two_senders);
}

#[test]
fn a_cell_is_used_again_and_order_holds() {
    check(cells_used_again);
}

#[test]
fn a_bell_that_was_left_lets_nothing_overtake() {
    check(a_bell_of_before);
}

#[test]
fn no_call_is_missed() {
    check(a_sleeper);
}

#[test]
fn a_dead_senders_frame_wakes_the_sleeper() {
    check(a_dead_senders_frame);
}

#[test]
fn weaker_orderings_are_found_out() {
    let faults: [(Weakening, fn()); 4] = [
        // A bit of the bell that shows no frame, or is taken without seeing it.
        (Weakening::Raises, two_senders),
        (Weakening::Takes, two_senders),
        // Without the fence both look before the other has written.
        (Weakening::Fences, a_sleeper),
        // A frame that is seen ready by its word alone.
        (Weakening::SwapsRelease, a_bell_of_before),
    ];
    for (how, model) in faults {
        assert!(finds_a_fault(how, model), "{how:?}");
    }
}
