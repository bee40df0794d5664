//! Telling the device of new buffers: a write to a register for many.

use super::super::registers as reg;
use super::super::setup::base;
use super::*;
use crate::port::{Direction, RxSleep};

const SIZE: u32 = WIDE.rx_size;

fn wide(mbufs: u32) -> Stage {
    Stage::sized(Chip::I82574l, PortSetup::queues(1, 1), WIDE, mbufs)
}

/// Up to which descriptor the device may go.
fn told(stage: &Stage) -> u32 {
    stage.model.get(base(Direction::Rx, 0) + reg::TAIL)
}

/// A row of frames comes and is received: so its buffers are replaced. They are the caller's to keep.
fn take_row<'h>(stage: &Stage, rx: &mut Rx, home: &'h MbufHome<'h>) -> [Option<Mbuf<'h>>; 32] {
    let mut came = [const { None }; 32];
    (0..32).for_each(|number| assert!(stage.model.deliver(0, &frame(number, 60)), "{number}"));
    assert_eq!(rx.burst(home, &mut came), 32);
    came
}

#[test]
fn a_device_that_has_enough_is_told_of_a_quarter_of_its_queue_together() {
    let stage = wide(1024);
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    assert_eq!(told(&stage), SIZE - 1, "it has all that there may be");
    let mut at_last = told(&stage);
    for round in 0..8 {
        take_row(&stage, &mut rx, &home);
        assert_eq!(told(&stage), at_last, "half a quarter, in round {round}");
        take_row(&stage, &mut rx, &home);
        at_last = (at_last + SIZE / 4) % SIZE;
        assert_eq!(told(&stage), at_last, "a quarter, in round {round}");
    }
}

#[test]
fn a_device_that_has_filled_more_than_half_is_told_of_each_row() {
    let stage = wide(1024);
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    let frames: Vec<_> = (0..SIZE - 1).map(|number| frame(number, 60)).collect();
    assert!(frames.iter().all(|frame| stage.model.deliver(0, frame)));
    let mut before = told(&stage);
    for row in frames.chunks(32).take(4) {
        assert_eq!(burst(&mut rx, &home), row);
        assert_eq!(told(&stage), (before + 32) % SIZE, "it has less than half");
        before = told(&stage);
    }
}

#[test]
fn a_device_is_told_of_what_little_there_is_in_a_pool() {
    let stage = wide(FEW);
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    // What is kept the pool lacks: the device has fewer than half its buffers then.
    let mut kept: Vec<_> = (0..9).map(|_| take_row(&stage, &mut rx, &home)).collect();
    for round in 0..3 {
        let before = told(&stage);
        kept.pop();
        assert!(burst(&mut rx, &home).is_empty());
        assert_eq!(told(&stage), (before + 32) % SIZE, "in round {round}");
    }
}

#[test]
fn a_device_whose_queue_is_slept_on_is_told_of_all() {
    let stage = wide(1024);
    stage.device.hear_by(&stage.port, Some(Hearing::One)).unwrap();
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    take_row(&stage, &mut rx, &home);
    assert_eq!(told(&stage), SIZE - 1);
    RxSleep::begin(&stage.group).arm(&mut rx).unwrap();
    assert_eq!(told(&stage), 31);
}

#[test]
fn what_was_posted_and_not_told_is_told_when_the_queue_is_had_anew() {
    let stage = wide(1024);
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    take_row(&stage, &mut rx, &home);
    drop(rx);
    assert_eq!(told(&stage), SIZE - 1);
    assert!(burst(&mut stage.rx(0), &home).is_empty());
    assert_eq!(told(&stage), 31);
}

#[test]
fn what_a_dead_claimant_has_posted_and_not_told_the_next_one_tells() {
    let stage = wide(1024);
    let (home, worker) = (stage.pool.home(), stage.join(1));
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let (theirs, mut dying) = (pool.home(), rx(&worker, stage.model, 0));
    burst(&mut dying, &theirs);
    take_row(&stage, &mut dying, &theirs);
    assert_eq!(told(&stage), SIZE - 1);
    core::mem::forget(dying);
    stage.kill(1);
    assert!(burst(&mut stage.rx(0), &home).is_empty());
    assert_eq!(told(&stage), 31, "a row further");
    assert_eq!(stage.audit("after the death"), u64::from(SIZE - 1));
}
