//! A device that says nonsense.

use super::*;
use crate::device::slots::DeviceQueue;
use crate::port::Direction;

#[test]
fn a_length_that_cannot_be_is_an_error_and_the_next_packet_comes() {
    let stage = Stage::new(1);
    let (home, mut rx, model) = (stage.pool.home(), stage.rx(0), stage.model);
    burst(&mut rx, &home);
    for len in [0, 11, 12, 2061, 70_000, u32::MAX] {
        let (head, _) = model.take(0).unwrap();
        model.give(0, head.into(), len);
    }
    assert!(model.deliver(0, &frame(9, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(9, 60)]);
    assert_eq!(rx.claim().stats().errors, 6);
    stage.audit("after nonsense");
}

#[test]
fn a_number_out_of_range_or_never_given_or_given_back_twice_is_an_error() {
    let stage = Stage::new(1);
    let (home, mut rx, model) = (stage.pool.home(), stage.rx(0), stage.model);
    burst(&mut rx, &home);
    model.give(0, 32, 72);
    model.give(0, u32::MAX, 72);
    let (head, len) = model.fill(0, &frame(1, 60)).unwrap();
    model.give(0, head, len);
    model.give(0, head, len);
    assert_eq!(burst(&mut rx, &home), [frame(1, 60)]);
    assert_eq!(rx.claim().stats().errors, 3);
    assert!(model.deliver(0, &frame(2, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(2, 60)]);
    stage.audit("after nonsense");
}

#[test]
fn a_device_that_has_used_more_than_it_was_given_is_not_believed_until_it_is_set_up_anew() {
    let stage = Stage::new(1);
    let (home, mut rx, mut tx) = (stage.pool.home(), stage.rx(0), stage.tx(0));
    burst(&mut rx, &home);
    for direction in [Direction::Rx, Direction::Tx] {
        let queue = DeviceQueue::lookup(&stage.port, direction, 0).unwrap();
        let ring = ring::Parts::of(32);
        queue.words32(ring.used, 1)[0].publish(0x7000 << 16);
    }
    for _ in 0..3 {
        assert!(burst(&mut rx, &home).is_empty());
    }
    assert_eq!(rx.claim().stats().errors, 1, "once");
    assert!(stage.device.has_failed(&stage.port) && !stage.device.needs_reset());
    let mut packets: Vec<_> = (0..40).map(|it| Some(packet(&home, &frame(it, 60)))).collect();
    assert_eq!(tx.burst(&mut packets), 32);
    assert_eq!(tx.burst(&mut packets), 0);
    drop((rx, tx, packets));
    stage.set_up(&SMALL).unwrap();
    assert_eq!(stage.pool.in_use_count(), 0);
    stage.device.start(&stage.port).unwrap();
    let mut rx = stage.rx(0);
    burst(&mut rx, &home);
    assert!(stage.model.deliver(0, &frame(1, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(1, 60)]);
    assert!(!stage.device.has_failed(&stage.port));
}

#[test]
fn a_device_that_asks_for_a_reset_has_no_link_until_it_is_set_up_anew() {
    let stage = Stage::new(1);
    burst(&mut stage.rx(0), &stage.pool.home());
    assert!(!stage.device.has_failed(&stage.port) && stage.device.link().is_up());
    stage.model.fail();
    assert!(stage.device.has_failed(&stage.port));
    assert_eq!(stage.device.link(), crate::port::Link::DOWN);
    stage.set_up(&SMALL).unwrap();
    stage.device.start(&stage.port).unwrap();
    assert!(!stage.device.has_failed(&stage.port) && stage.device.link().is_up());
}

#[test]
fn a_device_is_believed_at_every_moment_of_honest_traffic() {
    let stage = Stage::new(1);
    let (home, mut rx, mut tx) = (stage.pool.home(), stage.rx(0), stage.tx(0));
    for round in 0..100 {
        burst(&mut rx, &home);
        assert!(!stage.device.has_failed(&stage.port));
        assert!(stage.model.deliver(0, &frame(round, 60)));
        assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(round, 60)))]), 1);
        stage.model.transmit(0, u32::MAX);
        assert!(!stage.device.has_failed(&stage.port));
    }
}

#[test]
fn descriptors_that_the_device_has_written_over_lead_nowhere() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let queue = DeviceQueue::lookup(&stage.port, Direction::Tx, 0).unwrap();
    for round in 0..40 {
        let mut packets: Vec<_> = (0..4).map(|it| Some(packet(&home, &frame(it, 60)))).collect();
        tx.burst(&mut packets);
        let heads = stage.model.send(0, 4);
        // Each descriptor goes on in itself, or where there is none.
        for (at, word) in (0..).zip(queue.words64(0, 64)).filter(|(at, _)| at % 2 == 1) {
            let next: u64 = if round % 2 == 0 { at / 2 } else { 0xffff };
            word.publish(next << 48 | 1 << 32 | 60);
        }
        heads.into_iter().for_each(|head| stage.model.give(1, head.into(), 0));
        assert!(stage.pool.in_use_count() <= 32);
        stage.audit("written over");
    }
    assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(1, 60)))]), 1, "it goes on");
}
