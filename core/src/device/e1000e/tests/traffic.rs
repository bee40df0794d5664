//! Packets that come and go.

use super::*;
use crate::mbuf::flags;

#[test]
fn what_comes_is_received_in_its_order_on_either_chip() {
    for chip in Chip::ALL {
        let stage = Stage::new(chip, PortSetup::queues(1, 1));
        let (home, mut rx) = (stage.pool.home(), stage.rx(0));
        assert!(burst(&mut rx, &home).is_empty(), "the device has buffers now");
        // Several times around the queue of 32.
        for number in 0..200 {
            assert!(stage.model.deliver(0, &frame(number, 60 + number as usize)), "{number}");
            assert_eq!(burst(&mut rx, &home), [frame(number, 60 + number as usize)]);
        }
        assert_eq!(rx.claim().stats().packets, 200);
    }
}

#[test]
fn what_is_sent_goes_in_its_order_and_its_mbufs_come_home() {
    for chip in Chip::ALL {
        let stage = Stage::new(chip, PortSetup::queues(1, 1));
        let (home, mut tx) = (stage.pool.home(), stage.tx(0));
        for number in 0..200 {
            let bytes = frame(number, 60);
            assert_eq!(tx.burst(&mut [Some(packet(&home, &bytes))]), 1, "{number}");
            stage.model.transmit(0, u32::MAX);
            assert_eq!(stage.model.take_sent(), [bytes]);
        }
        assert!(stage.pool.in_use_count() <= 32, "no more than the queue holds");
    }
}

#[test]
fn a_full_queue_takes_no_more_until_the_device_has_sent() {
    let stage = Stage::simple();
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let mut packets: Vec<_> = (0..40).map(|it| Some(packet(&home, &frame(it, 60)))).collect();
    assert_eq!(tx.burst(&mut packets), 31);
    assert!(packets[31].is_some() && packets[30].is_none());
    assert_eq!(tx.burst(&mut packets), 0);
    stage.model.transmit(0, 5);
    assert_eq!(tx.burst(&mut packets), 0, "every eighth is reported");
    stage.model.transmit(0, 3);
    assert_eq!(tx.burst(&mut packets), 8);
    stage.model.transmit(0, u32::MAX);
    assert_eq!(tx.burst(&mut packets), 1);
    stage.model.transmit(0, u32::MAX);
    let sent = stage.model.take_sent();
    assert_eq!(sent, (0..40).map(|it| frame(it, 60)).collect::<Vec<_>>());
}

#[test]
fn a_frame_longer_than_a_buffer_is_one_packet_of_several_segments_both_ways() {
    let stage = Stage::new(Chip::I82574l, PortSetup { mtu: Some(9000), ..PortSetup::queues(1, 1) });
    let (home, mut rx, mut tx) = (stage.pool.home(), stage.rx(0), stage.tx(0));
    burst(&mut rx, &home);
    for number in 0..20 {
        let long = frame(number, 9000);
        assert!(stage.model.deliver(0, &long));
        let mut got = [None];
        assert_eq!(rx.burst(&home, &mut got), 1);
        let [Some(came)] = &got else { unreachable!() };
        assert_eq!((came.segments_count(), bytes(came)), (5, long.clone()));
        assert_eq!(tx.burst(&mut got), 1);
        stage.model.transmit(0, u32::MAX);
        assert_eq!(stage.model.take_sent(), [long]);
    }
}

#[test]
fn half_of_a_long_frame_is_not_received() {
    let stage = Stage::new(Chip::I82574l, PortSetup { mtu: Some(9000), ..PortSetup::queues(1, 1) });
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    let (model, half) = (stage.model, frame(1, 2048));
    assert!(model.complete(0, &half, 0, model.facts(2048, 1, 0)));
    assert!(burst(&mut rx, &home).is_empty());
    assert!(model.complete(0, &half[..100], 0, model.facts(100, 3, 0)));
    assert_eq!(burst(&mut rx, &home)[0].len(), 2148);
}

#[test]
fn each_queue_has_its_own_packets_and_they_say_their_hash() {
    let stage = Stage::new(Chip::I82574l, PortSetup::queues(2, 2));
    let home = stage.pool.home();
    let (mut first, mut second) = (stage.rx(0), stage.rx(1));
    for queue in [&mut first, &mut second] {
        burst(queue, &home);
    }
    assert!(stage.model.deliver(1, &frame(0x0700_0001, 60)));
    assert!(burst(&mut first, &home).is_empty());
    let mut got = [None];
    assert_eq!(second.burst(&home, &mut got), 1);
    let [Some(came)] = &got else { unreachable!() };
    assert_eq!((came.hash(), came.flags()), (7, flags::RSS_HASH));
    for queue in 0..2 {
        let mut tx = stage.tx(queue);
        assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(u32::from(queue), 60)))]), 1);
        stage.model.transmit(queue, u32::MAX);
        assert_eq!(stage.model.take_sent(), [frame(u32::from(queue), 60)]);
    }
}

#[test]
fn a_claimant_writes_the_tail_of_its_queue_and_no_other_register() {
    let stage = Stage::new(Chip::I82574l, PortSetup::queues(2, 2));
    let worker = stage.join(1);
    stage.model.take_written();
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let home = pool.home();
    let (mut rx, mut tx) = (rx(&worker, stage.model, 1), tx(&worker, stage.model, 1));
    burst(&mut rx, &home);
    assert!(stage.model.deliver(1, &frame(1, 60)));
    assert_eq!(burst(&mut rx, &home).len(), 1);
    assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(1, 60)))]), 1);
    drop((rx, tx));
    let written: Vec<_> = stage.model.take_written().into_iter().collect();
    assert_eq!(written, [0x2918, 0x3918]);
}

#[test]
fn a_device_without_buffers_says_so_once_and_goes_on_when_there_are_some() {
    let stage = Stage::simple();
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    let mut all: Vec<_> = core::iter::from_fn(|| home.alloc()).collect();
    for _ in 0..3 {
        assert!(burst(&mut rx, &home).is_empty());
    }
    assert_eq!(rx.claim().stats().no_mbuf, 1);
    assert!(!stage.model.deliver(0, &frame(1, 60)));
    all.truncate(200);
    burst(&mut rx, &home);
    assert!(stage.model.deliver(0, &frame(2, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(2, 60)]);
}

#[test]
fn what_a_device_cannot_send_is_dropped_and_counted() {
    let stage = Stage::simple();
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let mut many = packet(&home, &frame(0, 60));
    for _ in 0..20 {
        many.chain(packet(&home, &frame(0, 4))).unwrap();
    }
    let (short, long) = (packet(&home, &frame(1, 13)), packet(&home, &frame(2, 1600)));
    let good = packet(&home, &frame(3, 14));
    assert_eq!(tx.burst(&mut [Some(short), None, Some(long), Some(many), Some(good)]), 4);
    assert_eq!(tx.claim().stats().dropped, 3);
    stage.model.transmit(0, u32::MAX);
    assert_eq!(stage.model.take_sent(), [frame(3, 14)]);
}

#[test]
fn what_lies_with_the_device_is_counted_as_such_and_not_as_held() {
    let stage = Stage::simple();
    let (home, mut rx, mut tx) = (stage.pool.home(), stage.rx(0), stage.tx(0));
    burst(&mut rx, &home);
    let mut chained = packet(&home, &frame(1, 60));
    chained.chain(packet(&home, &frame(2, 60))).unwrap();
    assert_eq!(tx.burst(&mut [Some(chained)]), 1);
    assert_eq!(stage.audit("posted"), 31 + 2);
    drop((rx, tx));
    stage.device.shut_down(&stage.port, &home).unwrap();
    assert_eq!(stage.audit("shut down"), 0);
    assert_eq!(stage.pool.in_use_count(), 0);
}
