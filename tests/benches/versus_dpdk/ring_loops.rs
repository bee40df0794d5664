//! The ring subjects, written once for any ring. Each loop does the same work as its namesake in
//! `tests/bench/dpdk/ring.c`, call for call: same batch, same waiting, every element read. Each is
//! compiled by itself for each kind of call, so that no loop's registers depend on its neighbours.

use core::hint::{black_box, spin_loop};
use core::sync::atomic::Ordering;

use crate::cells;
use crate::clock;
use crate::control::{MAX_BATCH, STOP, Status, operations_per_look};
use crate::peer::{Outcome, Task};
use crate::ring_ends::{Bulk, Burst, Form, One, Put, Take};

/// The batch every producer sends: 1, 2, 3…
fn numbers() -> [u64; MAX_BATCH] {
    black_box(core::array::from_fn(|index| index as u64 + 1))
}

/// Reading every element is part of the work.
#[inline(always)]
fn sum_of(elements: &[u64]) -> u64 {
    elements.iter().fold(0, |sum, &element| sum.wrapping_add(element))
}

fn verdict(is_right: bool) -> Status {
    if is_right { Status::Ok } else { Status::WrongSum }
}

/// `RingAlone`, peer 0: puts a batch in and takes it out again.
pub(crate) fn alone(task: &Task, from: &mut impl Put, to: &mut impl Take) -> Outcome {
    match task.form {
        cells::Form::One => alone_as::<One>(task, from, to),
        cells::Form::Bulk => alone_as::<Bulk>(task, from, to),
        cells::Form::Burst => alone_as::<Burst>(task, from, to),
    }
}

#[inline(never)]
fn alone_as<F: Form>(task: &Task, from: &mut impl Put, to: &mut impl Take) -> Outcome {
    let n = F::batch(task.batch);
    let (numbers, mut taken) = (numbers(), [0; MAX_BATCH]);
    let (out, into) = (&numbers[..n], &mut taken[..n]);
    let (operations, mut moved, mut sum) = (operations_per_look(n), 0, 0_u64);
    task.start_line();
    let begin = clock::cycles();
    let mut now = begin;
    while now - begin < task.slice_cycles {
        for _ in 0..operations {
            F::put(from, out);
            let got = F::take(to, into);
            sum = sum.wrapping_add(sum_of(&into[..got]));
            moved += got as u64;
        }
        now = clock::cycles();
    }
    let status = verdict(sum == moved / n as u64 * sum_of(out));
    Outcome { elements: moved, cycles: now - begin, sum, status }
}

/// `RingAcross`, peer 0: produces until the slice is over, then says how much it was.
pub(crate) fn produce(task: &Task, ring: &mut impl Put) -> Outcome {
    match task.form {
        cells::Form::One => produce_as::<One>(task, ring),
        cells::Form::Bulk => produce_as::<Bulk>(task, ring),
        cells::Form::Burst => produce_as::<Burst>(task, ring),
    }
}

#[inline(never)]
fn produce_as<F: Form>(task: &Task, ring: &mut impl Put) -> Outcome {
    let n = F::batch(task.batch);
    let numbers = numbers();
    let out = &numbers[..n];
    let (operations, mut sent, mut sum) = (operations_per_look(n), 0, 0_u64);
    task.start_line();
    let begin = clock::cycles();
    while clock::cycles() - begin < task.slice_cycles {
        for _ in 0..operations {
            let put = loop {
                match F::put(ring, out) {
                    0 => spin_loop(),
                    put => break put as u64,
                }
            };
            sent += put;
            sum = sum.wrapping_add(put * (put + 1) / 2);
        }
    }
    task.page.sent.elements.store(sent, Ordering::Relaxed);
    task.page.sent.sum.store(sum, Ordering::Relaxed);
    task.page.sent.stop.store(1, Ordering::Release);
    Outcome::SILENT
}

/// `RingAcross`, peer 1: consumes until everything that was sent is there.
pub(crate) fn consume(task: &Task, ring: &mut impl Take) -> Outcome {
    match task.form {
        cells::Form::One => consume_as::<One>(task, ring),
        cells::Form::Bulk => consume_as::<Bulk>(task, ring),
        cells::Form::Burst => consume_as::<Burst>(task, ring),
    }
}

#[inline(never)]
fn consume_as<F: Form>(task: &Task, ring: &mut impl Take) -> Outcome {
    let n = F::batch(task.batch);
    let sent = &task.page.sent;
    let mut taken = [0; MAX_BATCH];
    let into = &mut taken[..n];
    let (mut moved, mut sum) = (0, 0_u64);
    task.start_line();
    let begin = clock::cycles();
    loop {
        let got = F::take(ring, into);
        if got != 0 {
            sum = sum.wrapping_add(sum_of(&into[..got]));
            moved += got as u64;
        } else if sent.stop.load(Ordering::Acquire) == 1
            && sent.elements.load(Ordering::Relaxed) == moved
        {
            break;
        } else {
            spin_loop();
        }
    }
    let cycles = clock::cycles() - begin;
    let status = verdict(sum == sent.sum.load(Ordering::Relaxed));
    Outcome { elements: moved, cycles, sum, status }
}

/// `RingBoth`: each peer puts a batch in and takes one out.
pub(crate) fn both(task: &Task, from: &mut impl Put, to: &mut impl Take) -> Outcome {
    match task.form {
        cells::Form::One => both_as::<One>(task, from, to),
        cells::Form::Bulk => both_as::<Bulk>(task, from, to),
        cells::Form::Burst => both_as::<Burst>(task, from, to),
    }
}

#[inline(never)]
fn both_as<F: Form>(task: &Task, from: &mut impl Put, to: &mut impl Take) -> Outcome {
    let n = F::batch(task.batch);
    let (numbers, mut taken) = (numbers(), [0; MAX_BATCH]);
    let (out, into) = (&numbers[..n], &mut taken[..n]);
    let (operations, mut moved, mut sum) = (operations_per_look(n), 0, 0_u64);
    task.start_line();
    let begin = clock::cycles();
    let mut now = begin;
    while now - begin < task.slice_cycles {
        for _ in 0..operations {
            while F::put(from, out) == 0 {
                spin_loop();
            }
            let got = loop {
                match F::take(to, into) {
                    0 => spin_loop(),
                    got => break got,
                }
            };
            sum = sum.wrapping_add(sum_of(&into[..got]));
            moved += got as u64;
        }
        now = clock::cycles();
    }
    Outcome { elements: moved, cycles: now - begin, sum, status: Status::Ok }
}

/// `RingTrip`: one element there and back. No pause while waiting: a trip is about time, and the bare
/// line does not pause either.
#[inline(never)]
pub(crate) fn trip(task: &Task, out: &mut impl Put, back: &mut impl Take) -> Outcome {
    let wait = |back: &mut _| loop {
        if let Some(element) = Take::take_one(back) {
            break element;
        }
    };
    task.start_line();
    if task.me == 1 {
        loop {
            let element = wait(back);
            out.put_one(element);
            if element == STOP {
                return Outcome::SILENT;
            }
        }
    }
    let (mut trips, mut is_right) = (0, true);
    let begin = clock::cycles();
    let mut now = begin;
    while now - begin < task.slice_cycles {
        for _ in 0..32 {
            trips += 1;
            out.put_one(trips);
            is_right &= wait(back) == trips;
        }
        now = clock::cycles();
    }
    out.put_one(STOP);
    wait(back);
    Outcome { elements: trips, cycles: now - begin, sum: 0, status: verdict(is_right) }
}
