//! Sleeping on a queue: it is armed, and interrupts once.

use super::super::registers as reg;
use super::*;
use crate::port::RxSleep;
use crate::wait::{Roused, Waiting};

const NOW: Waiting = Waiting::SpinThenSleep { spins: 0 };

/// Two queues whose interrupts are heard so.
fn heard_by(hearing: Hearing) -> Stage {
    let stage = Stage::new(Chip::I82574l, PortSetup::queues(2, 2));
    stage.device.hear_by(&stage.port, Some(hearing)).unwrap();
    stage
}

#[test]
fn an_armed_queue_interrupts_once_by_its_own_vector_and_its_claimant_is_roused() {
    let stage = heard_by(Hearing::Vectors(3));
    let worker = stage.join(1);
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let (home, mut rx) = (pool.home(), rx(&worker, stage.model, 1));
    burst(&mut rx, &home);
    assert!(stage.model.deliver(1, &frame(1, 60)));
    assert_eq!(stage.model.take_fired(), [], "it is polled");
    let sleep = RxSleep::begin(&worker);
    sleep.arm(&mut rx).unwrap();
    assert_eq!(burst(&mut rx, &home), [frame(1, 60)]);
    assert!(stage.model.deliver(1, &frame(3, 60)) && stage.model.deliver(1, &frame(4, 60)));
    assert_eq!(stage.model.take_fired(), [2]);
    stage.port.rouse(0);
    assert_eq!(sleep.sleep(u64::MAX), Roused::ByItself, "it is not of its queue");
    stage.port.rouse(1);
    assert_eq!(sleep.sleep(u64::MAX), Roused::Called);
    rx.disarm();
    assert_eq!(burst(&mut rx, &home), [frame(3, 60), frame(4, 60)]);
    let wakes = stage.platform.wakes();
    stage.port.rouse(1);
    assert_eq!(stage.platform.wakes(), wakes, "nobody sleeps");
}

#[test]
fn queues_that_share_an_interrupt_are_roused_together_and_armed_anew() {
    let stage = heard_by(Hearing::One);
    let (home, mut queues) = (stage.pool.home(), [stage.rx(0), stage.rx(1)]);
    queues.iter_mut().for_each(|queue| drop(burst(queue, &home)));
    let sleep = RxSleep::begin(&stage.group);
    queues.iter_mut().for_each(|queue| sleep.arm(queue).unwrap());
    assert!(stage.model.deliver(1, &frame(1, 60)));
    assert_eq!(stage.model.take_fired(), [0]);
    let heard = Heard { is_of_device: false, is_of_queues: true };
    assert_eq!(stage.device.acknowledge(), heard);
    stage.port.rouse_all();
    assert_eq!(sleep.sleep(u64::MAX), Roused::Called);
    assert!(stage.model.deliver(0, &frame(2, 60)));
    assert_eq!(stage.model.take_fired(), [], "the owner has masked it");
    queues.iter_mut().for_each(RxQueue::disarm);
    assert_eq!(queues.each_mut().map(|queue| burst(queue, &home).len()), [1, 1]);
    let sleep = RxSleep::begin(&stage.group);
    sleep.arm(&mut queues[0]).unwrap();
    // What came while it was masked interrupts at once, in vain.
    assert_eq!(stage.model.take_fired(), [0]);
}

#[test]
fn a_queue_whose_interrupts_nobody_hears_is_not_slept_on_but_by_naps() {
    let stage = Stage::simple();
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    let mut got = [const { None }; 4];
    let refused = rx.wait(&home, &mut got, NOW, || true).unwrap_err();
    let expected = "an Rx queue of the port 0000:00:11.0 was to be slept on, and its owner hears no interrupt of the \
                    device, so nobody would wake the sleeper; poll it, or wait with Waiting::Mixed";
    assert_eq!(refused.to_string(), expected);
    assert_eq!(stage.platform.sleeps(), 0);
    let naps = Waiting::Mixed { spins: 0, nap_ns: 1000 };
    assert_eq!(rx.wait(&home, &mut got, naps, || stage.platform.sleeps() < 3), Ok(0));
    assert!(stage.model.deliver(0, &frame(1, 60)));
    assert_eq!(rx.wait(&home, &mut got, NOW, || true), Ok(1), "what is there is given");
}

#[test]
fn who_sleeps_on_a_queue_writes_no_register_but_its_tail_and_the_masks() {
    let stage = heard_by(Hearing::Vectors(3));
    let (home, mut rx) = (stage.pool.home(), stage.rx(1));
    burst(&mut rx, &home);
    stage.model.take_written();
    let link = stage.model.get(reg::IMS);
    assert_eq!(rx.wait(&home, &mut [const { None }; 4], NOW, || false), Ok(0));
    let written: Vec<usize> = stage.model.take_written().into_iter().collect();
    assert_eq!(written, [reg::ICR, reg::IMS, reg::IMC]);
    assert_eq!(stage.model.get(reg::IMS), link, "nobody else's bit has changed");
}

#[test]
fn a_claimant_that_dies_armed_costs_one_interrupt() {
    let stage = heard_by(Hearing::Vectors(3));
    let worker = stage.join(1);
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let mut queue = rx(&worker, stage.model, 0);
    burst(&mut queue, &pool.home());
    RxSleep::begin(&worker).arm(&mut queue).unwrap();
    core::mem::forget(queue);
    stage.kill(1);
    (0..5).for_each(|number| assert!(stage.model.deliver(0, &frame(number, 60))));
    assert_eq!(stage.model.take_fired(), [1]);
    stage.port.rouse(0);
    assert_eq!(burst(&mut stage.rx(0), &stage.pool.home()).len(), 5);
}
