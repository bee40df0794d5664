//! A process that died in the middle of a call, while others work on and mend.
#![cfg(loom)]

use loom::thread;
use phalanx_core::ring::{DEAD_IN_MODEL, ModelCall, Ring, RingConfig, RingEnd, Sync};
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, check_within, consumer, finds_a_fault, producer, ring};

type Wide = [u32; 4];

fn new(sync: Sync) -> Ring<Wide> {
    let ring = ring(RingConfig::new(8).both(sync), [0u32; 4], u32::MAX - 1);
    if sync == Sync::Rts {
        for end in [RingEnd::Producer, RingEnd::Consumer] {
            ring.set_lead_max(end, 7).unwrap();
        }
    }
    ring
}

/// The dead one is in the middle of a call.
fn die_in_the_middle(ring: &Ring<Wide>, end: RingEnd) -> ModelCall {
    ring.model_as(DEAD_IN_MODEL).model_begin(end, 1).unwrap()
}

fn rest(ring: &Ring<Wide>) -> Vec<u32> {
    let mut c = consumer(ring);
    core::iter::from_fn(move || c.dequeue().unwrap()).map(|it| it[0]).collect()
}

/// Two producers find a dead one in the middle: one undoes it, both go on.
fn two_undo_a_dead_one() {
    let ring = new(Sync::Multi);
    die_in_the_middle(&ring, RingEnd::Producer);
    let (mut one, mut two) = (producer(&ring), producer(&ring));
    let thread = thread::spawn(move || one.enqueue([1; 4]).unwrap());
    two.enqueue([2; 4]).unwrap();
    thread.join().unwrap();
    let mut rest = rest(&ring);
    rest.sort_unstable();
    assert_eq!(rest, [1, 2]);
}

/// The same at an Rts end where one must come after the other: both wait for the dead one, both
/// ask to mend, neither is told that the end is held.
fn two_mend_and_put() {
    let ring = new(Sync::Rts);
    ring.set_lead_max(RingEnd::Producer, 0).unwrap();
    die_in_the_middle(&ring, RingEnd::Producer);
    let (mut one, mut two) = (producer(&ring), producer(&ring));
    let thread = thread::spawn(move || one.enqueue([1; 4]));
    assert_eq!(two.enqueue([2; 4]), Ok(()));
    assert_eq!(thread.join().unwrap(), Ok(()));
    let mut rest = rest(&ring);
    rest.sort_unstable();
    assert_eq!(rest, [1, 2]);
}

/// And at the consumers' end: what the dead one had is taken, by one of them.
fn two_mend_and_take() {
    let ring = new(Sync::Rts);
    ring.set_lead_max(RingEnd::Consumer, 0).unwrap();
    producer(&ring).enqueue_bulk(&[[1; 4], [2; 4]]).unwrap();
    die_in_the_middle(&ring, RingEnd::Consumer);
    let (mut one, mut two) = (consumer(&ring), consumer(&ring));
    let thread = thread::spawn(move || one.dequeue());
    let mut taken = [two.dequeue(), thread.join().unwrap()];
    taken.sort_unstable_by_key(|it| it.ok().flatten());
    assert_eq!(taken, [Ok(Some([1; 4])), Ok(Some([2; 4]))]);
}

/// Two calls end at the same time: the tail passes both.
fn two_finish() {
    let ring = new(Sync::Rts);
    let calls = [1, 2].map(|i| {
        let call = ring.model_begin(RingEnd::Producer, 1).unwrap();
        ring.model_fill(call, [i; 4]);
        call
    });
    let thread = thread::spawn(move || ring.model_finish(calls[1]));
    ring.model_finish(calls[0]);
    let mut c = consumer(&ring);
    let first = c.dequeue().unwrap().map(|it| it[0]);
    assert_eq!(first, Some(1));
    thread.join().unwrap();
    assert_eq!(rest(&ring), [2]);
}

/// One mends while another finishes behind the dead one; with a third call, made behind both, that
/// has confirmed the other's.
fn one_mends_one_finishes_a_put(is_followed: bool) {
    let ring = new(Sync::Rts);
    die_in_the_middle(&ring, RingEnd::Producer);
    let call = ring.model_begin(RingEnd::Producer, 1).unwrap();
    if is_followed {
        producer(&ring).enqueue([2; 4]).unwrap();
    }
    let thread = thread::spawn(move || {
        ring.model_fill(call, [1; 4]);
        ring.model_finish(call);
    });
    assert!(ring.model_mend(RingEnd::Producer));
    assert_eq!(consumer(&ring).dequeue(), Ok(Some([1; 4])));
    thread.join().unwrap();
    assert_eq!(rest(&ring), [2][..usize::from(is_followed)]);
}

/// The same at the consumers' end: what the dead one had comes back, before what follows.
fn one_mends_one_finishes_a_take(is_followed: bool) {
    let ring = new(Sync::Rts);
    let mut p = producer(&ring);
    for i in 1..5 {
        p.enqueue([i; 4]).unwrap();
    }
    die_in_the_middle(&ring, RingEnd::Consumer);
    let call = ring.model_begin(RingEnd::Consumer, 1).unwrap();
    if is_followed {
        assert_eq!(consumer(&ring).dequeue(), Ok(Some([3; 4])));
    }
    let thread = thread::spawn(move || ring.model_finish(call));
    assert!(ring.model_mend(RingEnd::Consumer));
    assert_eq!(consumer(&ring).dequeue(), Ok(Some([1; 4])));
    thread.join().unwrap();
    assert_eq!(rest(&ring), [3, 4][usize::from(is_followed)..]);
}

/// One mends while another reserves, or finds the end frozen and waits.
fn one_mends_one_puts() {
    let ring = new(Sync::Rts);
    die_in_the_middle(&ring, RingEnd::Producer);
    let mut p = producer(&ring);
    let thread = thread::spawn(move || p.enqueue([1; 4]).is_ok());
    let has_mended = ring.model_mend(RingEnd::Producer);
    assert!(thread.join().unwrap());
    assert!(has_mended);
    assert_eq!(rest(&ring), [1]);
}

/// Two mend at the same time: one does, the other lets it finish, and nothing is done twice.
fn two_mend() {
    let ring = new(Sync::Rts);
    die_in_the_middle(&ring, RingEnd::Producer);
    producer(&ring).enqueue([1; 4]).unwrap();
    let thread = thread::spawn(move || ring.model_mend(RingEnd::Producer));
    let one = ring.model_mend(RingEnd::Producer);
    let two = thread.join().unwrap();
    assert!(one && two);
    assert_eq!(rest(&ring), [1]);
}

#[test]
fn two_producers_undo_a_dead_one_once() {
    check(two_undo_a_dead_one);
}

#[test]
fn two_that_wait_for_a_dead_one_both_put() {
    check(two_mend_and_put);
}

#[test]
fn two_that_wait_for_a_dead_one_both_take() {
    check(two_mend_and_take);
}

#[test]
fn of_two_that_finish_one_sees_the_other() {
    check(two_finish);
}

#[test]
fn a_put_that_finishes_while_its_end_is_mended_is_made() {
    check(|| one_mends_one_finishes_a_put(false));
    check(|| one_mends_one_finishes_a_put(true));
}

#[test]
fn a_take_that_finishes_while_its_end_is_mended_is_made() {
    check(|| one_mends_one_finishes_a_take(false));
    check(|| one_mends_one_finishes_a_take(true));
}

#[test]
fn a_put_that_begins_while_its_end_is_mended_is_made() {
    check_within(3, one_mends_one_puts);
}

#[test]
#[ignore = "takes more than a minute: cargo test ... -- --ignored"]
fn a_put_that_begins_while_its_end_is_mended_is_made_however_often_it_is_interrupted() {
    check(one_mends_one_puts);
}

#[test]
fn an_end_is_mended_once() {
    check(two_mend);
}

#[test]
fn weaker_orderings_are_found_out() {
    let found = |how, models: &[fn()]| models.iter().any(|model| finds_a_fault(how, *model));
    let relaxed: [fn(); 3] = [
        two_finish,
        || one_mends_one_finishes_a_put(false),
        || one_mends_one_finishes_a_take(false),
    ];
    for how in
        [Weakening::SwapsRelease, Weakening::SwapsAcquire, Weakening::Stores, Weakening::Loads]
    {
        assert!(found(how, &relaxed), "{how:?}");
    }
}
