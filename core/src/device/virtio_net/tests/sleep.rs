//! Sleeping on a queue: it is armed by a word in its memory.

use super::*;
use crate::device::{Heard, Hearing};
use crate::port::{NobodyRouses, RxSleep};
use crate::wait::{Roused, Waiting};

const NOW: Waiting = Waiting::SpinThenSleep { spins: 0 };

#[test]
fn an_armed_queue_interrupts_by_its_vector_until_it_is_disarmed() {
    let stage = Stage::new(2);
    stage.device.hear_by(&stage.port, Some(Hearing::Vectors(3))).unwrap();
    let (home, mut queues) = (stage.pool.home(), [stage.rx(0), stage.rx(1)]);
    queues.iter_mut().for_each(|queue| drop(burst(queue, &home)));
    assert!(stage.model.deliver(1, &frame(1, 60)));
    assert_eq!(stage.model.take_fired(), [], "it is polled");
    let (sleep, writes) = (RxSleep::begin(&stage.group), stage.model.control_writes());
    queues.iter_mut().for_each(|queue| sleep.arm(queue).unwrap());
    assert_eq!(burst(&mut queues[1], &home), [frame(1, 60)]);
    assert!(stage.model.deliver(1, &frame(2, 60)));
    assert_eq!(stage.model.take_fired(), [2]);
    stage.port.rouse(1);
    assert_eq!(sleep.sleep(u64::MAX), Roused::Called);
    queues.iter_mut().for_each(RxQueue::disarm);
    assert_eq!(burst(&mut queues[1], &home), [frame(2, 60)]);
    assert!(stage.model.deliver(1, &frame(3, 60)) && stage.model.deliver(0, &frame(4, 60)));
    assert_eq!(stage.model.take_fired(), []);
    assert_eq!(stage.model.control_writes(), writes, "a claimant writes no control register");
}

#[test]
fn a_line_is_let_go_and_says_what_it_was_for() {
    let stage = Stage::new(1);
    stage.device.hear_by(&stage.port, Some(Hearing::One)).unwrap();
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    RxSleep::begin(&stage.group).arm(&mut rx).unwrap();
    assert!(stage.model.deliver(0, &frame(1, 60)));
    assert_eq!(stage.model.take_fired().len(), 1);
    assert_eq!(stage.device.acknowledge(), Heard { is_of_device: false, is_of_queues: true });
    assert_eq!(stage.device.acknowledge(), Heard::default());
}

#[test]
fn a_device_that_has_no_room_for_a_vector_is_not_slept_on() {
    let traits = Traits { refuses_vectors: true, ..Traits::default() };
    let stage = Stage::unset(traits, &PortSetup::queues(1, 1));
    stage.set_up(&SMALL).unwrap();
    stage.device.start(&stage.port).unwrap();
    stage.port.start().unwrap();
    stage.device.hear_by(&stage.port, Some(Hearing::Vectors(2))).unwrap();
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    let refused = NobodyRouses { port: stage.port.name(), driver: DriverKind::VirtioNet };
    assert_eq!(rx.wait(&home, &mut [const { None }; 4], NOW, || true), Err(refused));
    assert!(stage.model.deliver(0, &frame(1, 60)));
    assert_eq!(stage.model.take_fired(), []);
}

#[test]
fn the_next_claimant_of_one_that_died_armed_is_not_interrupted() {
    let stage = Stage::new(1);
    stage.device.hear_by(&stage.port, Some(Hearing::Vectors(2))).unwrap();
    let worker = stage.join(1);
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let mut queue = rx(&worker, stage.model, 0);
    burst(&mut queue, &pool.home());
    RxSleep::begin(&worker).arm(&mut queue).unwrap();
    core::mem::forget(queue);
    stage.kill(1);
    assert!(stage.model.deliver(0, &frame(1, 60)));
    assert_eq!(stage.model.take_fired(), [1]);
    stage.port.rouse(0);
    let (home, mut next) = (stage.pool.home(), stage.rx(0));
    assert_eq!(burst(&mut next, &home), [frame(1, 60)]);
    assert!(stage.model.deliver(0, &frame(2, 60)));
    assert_eq!(stage.model.take_fired(), []);
}

#[test]
fn every_packet_reaches_a_sleeper() {
    const COUNT: u32 = 500;
    let stage = Stage::new(1);
    stage.device.hear_by(&stage.port, Some(Hearing::Vectors(2))).unwrap();
    let mut rx = stage.rx(0);
    burst(&mut rx, &stage.pool.home());
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| {
            let (home, mut next) = (stage.pool.home(), 0);
            while next < COUNT {
                let mut got = [const { None }; 4];
                rx.wait(&home, &mut got, NOW, || true).unwrap();
                for packet in got.iter().flatten() {
                    assert_eq!(number(&bytes(packet)), next);
                    next += 1;
                }
            }
        });
        for next in 0..COUNT {
            while !stage.model.deliver(0, &frame(next, 60)) {
                std::thread::yield_now();
            }
            for vector in stage.model.take_fired() {
                assert_eq!(vector, 1);
                stage.port.rouse(0);
            }
        }
        sleeper.join().unwrap();
    });
}
