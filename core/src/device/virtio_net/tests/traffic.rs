//! Packets that come and go.

use super::*;

#[test]
fn what_comes_is_received_in_its_order() {
    let stage = Stage::new(1);
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    assert!(burst(&mut rx, &home).is_empty(), "the device has buffers now");
    // Several times around the ring of 32.
    for number in 0..200 {
        assert!(stage.model.deliver(0, &frame(number, 60 + number as usize)), "{number}");
        assert_eq!(burst(&mut rx, &home), [frame(number, 60 + number as usize)]);
    }
}

#[test]
fn what_is_sent_goes_in_its_order_and_its_mbufs_come_home() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    for number in 0..200 {
        let bytes = frame(number, 60);
        assert_eq!(tx.burst(&mut [Some(packet(&home, &bytes))]), 1, "{number}");
        stage.model.transmit(0, u32::MAX);
        assert_eq!(stage.model.take_sent(), [bytes]);
    }
    assert!(stage.pool.in_use_count() <= 16, "no more than the queue holds");
}

#[test]
fn a_full_queue_takes_no_more_until_the_device_has_sent() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let mut packets: Vec<_> = (0..40).map(|it| Some(packet(&home, &frame(it, 60)))).collect();
    assert_eq!(tx.burst(&mut packets), 32, "a descriptor each");
    assert_eq!(tx.burst(&mut packets), 0);
    stage.model.transmit(0, 3);
    assert_eq!(tx.burst(&mut packets), 3);
    stage.model.transmit(0, u32::MAX);
    assert_eq!(tx.burst(&mut packets), 5);
    stage.model.transmit(0, u32::MAX);
    let sent: Vec<_> = stage.model.take_sent().iter().map(|frame| number(frame)).collect();
    assert_eq!(sent, (0..40).collect::<Vec<_>>());
}

#[test]
fn a_packet_without_room_for_the_header_has_it_in_a_descriptor_of_its_own() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    for headroom in [0, 11, 12, 13, 127, 128] {
        let mut packet = home.alloc().unwrap();
        packet.append(60).unwrap().fill(1);
        packet.prepend(128 - headroom).unwrap().fill(7);
        let expected = bytes(&packet);
        assert_eq!(tx.burst(&mut [Some(packet)]), 1, "{headroom}");
        stage.model.transmit(0, 1);
        assert_eq!(stage.model.take_sent(), [expected], "{headroom}");
    }
}

#[test]
fn a_packet_of_several_segments_is_one_frame() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    for round in 0..40 {
        let mut all = packet(&home, &frame(round, 60));
        all.chain(packet(&home, &[5; 40])).unwrap();
        all.chain(packet(&home, &[6; 7])).unwrap();
        let expected = bytes(&all);
        assert_eq!(tx.burst(&mut [Some(all)]), 1, "{round}");
        stage.model.transmit(0, 1);
        assert_eq!(stage.model.take_sent(), [expected]);
    }
}

#[test]
fn a_device_may_give_back_in_any_order() {
    let stage = Stage::new(1);
    let (home, mut rx, mut tx) = (stage.pool.home(), stage.rx(0), stage.tx(0));
    burst(&mut rx, &home);
    let mut filled: Vec<_> =
        (0..20).map(|it| stage.model.fill(0, &frame(it, 60)).unwrap()).collect();
    filled.reverse();
    for (head, len) in filled {
        stage.model.give(0, head, len);
    }
    let came: Vec<_> = burst(&mut rx, &home).iter().map(|frame| number(frame)).collect();
    assert_eq!(came, (0..20).rev().collect::<Vec<_>>());
    for round in 0..20 {
        let mut packets: Vec<_> = (0..8).map(|_| Some(packet(&home, &frame(round, 60)))).collect();
        assert_eq!(tx.burst(&mut packets), 8, "{round}");
        let mut heads = stage.model.send(0, 8);
        heads.rotate_left(round as usize % 8);
        heads.into_iter().for_each(|head| stage.model.give(1, head.into(), 0));
    }
    // One is kept, and all others go around it.
    let mut kept: Vec<_> = (0..1).map(|_| Some(packet(&home, &frame(9, 60)))).collect();
    tx.burst(&mut kept);
    let kept = stage.model.send(0, 1);
    for round in 0..60 {
        assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(round, 60)))]), 1, "{round}");
        stage.model.transmit(0, 1);
    }
    stage.model.give(1, kept[0].into(), 0);
    stage.audit("in any order");
}

#[test]
fn each_queue_has_its_own_packets_and_a_claimant_writes_one_register() {
    let stage = Stage::new(2);
    let worker = stage.join(1);
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let (home, before) = (pool.home(), stage.model.control_writes());
    stage.model.take_told();
    let (mut rx, mut tx) = (rx(&worker, stage.model, 1), tx(&worker, stage.model, 1));
    burst(&mut rx, &home);
    assert!(!stage.model.deliver(0, &frame(1, 60)), "nobody serves the first");
    assert!(stage.model.deliver(1, &frame(2, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(2, 60)]);
    assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(3, 60)))]), 1);
    stage.model.transmit(1, 1);
    assert_eq!(stage.model.take_sent(), [frame(3, 60)]);
    assert_eq!(stage.model.take_told(), [2, 3]);
    assert_eq!(stage.model.control_writes(), before);
}

#[test]
fn a_device_without_buffers_says_so_once_and_goes_on_when_there_are_some() {
    let stage = Stage::new(1);
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
    let stage = Stage::new(1);
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
