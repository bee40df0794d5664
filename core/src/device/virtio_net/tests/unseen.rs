//! Packets that nobody looks at on their way.

use super::*;
use crate::device::fake_bus::{LateBus, Mapped};

/// Bytes of what comes and goes by one queue.
fn bytes_of(frames: &[Vec<u8>]) -> u64 {
    frames.iter().map(|frame| frame.len() as u64).sum()
}

#[test]
fn what_comes_unseen_has_its_bytes_and_says_its_port_when_it_is_opened() {
    let stage = Stage::new(1);
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    assert!(unseen(&mut rx, &home).is_empty(), "the device has buffers now");
    let mut all = Vec::new();
    for round in 0..40 {
        let frames: Vec<_> = (0..7).map(|it| frame(round * 7 + it, 60 + it as usize)).collect();
        frames.iter().for_each(|frame| assert!(stage.model.deliver(0, frame)));
        assert_eq!(unseen(&mut rx, &home), frames);
        all.extend(frames);
    }
    let stats = rx.claim().stats();
    assert_eq!((stats.packets, stats.bytes), (280, bytes_of(&all)));
    assert!(stage.model.deliver(0, &frame(1, 60)));
    let mut came = Bundle::new(&home);
    assert_eq!(rx.burst_unseen(&mut came), 1);
    let [Some(packet), ..] = came.open() else { panic!("one came") };
    assert_eq!((bytes(&packet), packet.port()), (frame(1, 60), Some(stage.port.id())));
}

#[test]
fn what_was_built_goes_in_its_order_and_its_mbufs_come_home() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let mut bundle = Bundle::new(&home);
    for round in 0..40 {
        let frames: Vec<_> = (0..7).map(|it| frame(round * 7 + it, 64)).collect();
        build(&mut bundle, &frames);
        assert_eq!((tx.burst_unseen(&mut bundle), bundle.len()), (7, 0));
        stage.model.transmit(0, u32::MAX);
        assert_eq!(stage.model.take_sent(), frames);
    }
    let stats = tx.claim().stats();
    assert_eq!((stats.packets, stats.bytes), (280, 280 * 64));
    assert!(stage.pool.in_use_count() <= 32, "no more than the queue holds");
    drop(tx);
    stage.device.shut_down(&stage.port, &home).unwrap();
    assert_eq!((stage.audit("shut down"), stage.pool.in_use_count()), (0, 0));
}

#[test]
fn what_was_a_clone_before_is_built_and_sent_like_any_other() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let owner = packet(&home, &frame(0, 60));
    let clones: Vec<_> = (0..20).map(|_| owner.to_clone(&home).unwrap()).collect();
    drop((clones, owner));
    let mut bundle = Bundle::new(&home);
    for round in 0..20 {
        let frames: Vec<_> = (0..7).map(|it| frame(round * 7 + it, 64)).collect();
        build(&mut bundle, &frames);
        assert_eq!(tx.burst_unseen(&mut bundle), 7);
        stage.model.transmit(0, u32::MAX);
        assert_eq!(stage.model.take_sent(), frames);
    }
    drop(tx);
    stage.device.shut_down(&stage.port, &home).unwrap();
    assert_eq!((stage.audit("sent"), stage.pool.in_use_count()), (0, 0));
}

#[test]
fn what_came_unseen_can_be_sent_unseen() {
    let stage = Stage::new(1);
    let (home, mut rx, mut tx) = (stage.pool.home(), stage.rx(0), stage.tx(0));
    unseen(&mut rx, &home);
    for round in 0..40 {
        let frames: Vec<_> = (0..7).map(|it| frame(round * 7 + it, 60 + it as usize)).collect();
        frames.iter().for_each(|frame| assert!(stage.model.deliver(0, frame)));
        let mut bundle = Bundle::new(&home);
        assert_eq!(rx.burst_unseen(&mut bundle), 7);
        assert_eq!(tx.burst_unseen(&mut bundle), 7);
        stage.model.transmit(0, u32::MAX);
        assert_eq!(stage.model.take_sent(), frames);
    }
}

#[test]
fn what_finds_no_room_stays_in_the_bundle_in_its_order() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let frames: Vec<_> = (0..40).map(|it| frame(it, 60)).collect();
    let mut bundle = Bundle::new(&home);
    build(&mut bundle, &frames);
    assert_eq!((tx.burst_unseen(&mut bundle), bundle.len()), (32, 8));
    assert_eq!(tx.burst_unseen(&mut bundle), 0);
    stage.model.transmit(0, u32::MAX);
    assert_eq!(tx.burst_unseen(&mut bundle), 8);
    stage.model.transmit(0, u32::MAX);
    assert_eq!(stage.model.take_sent(), frames);
    assert_eq!(tx.claim().stats().packets, 40);
}

#[test]
fn what_cannot_be_sent_is_dropped_and_counted_and_the_rest_goes() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let mut bundle = Bundle::new(&home);
    for (number, len) in [(0, 60), (1, 13), (2, 1600), (3, 14)] {
        build(&mut bundle, &[frame(number, len)]);
    }
    assert_eq!((tx.burst_unseen(&mut bundle), bundle.len()), (4, 0));
    assert_eq!(tx.claim().stats().dropped, 2);
    stage.model.transmit(0, u32::MAX);
    assert_eq!(stage.model.take_sent(), [frame(0, 60), frame(3, 14)]);
}

#[test]
fn what_is_not_plain_or_cannot_be_sent_is_looked_at() {
    let stage = Stage::new(1);
    let (home, mut tx) = (stage.pool.home(), stage.tx(0));
    let other = MbufPool::create(&stage.group, "others", &MbufConfig::new(8)).unwrap();
    let also = other.home();
    let mut bundle = Bundle::new(&home);
    build(&mut bundle, &[frame(0, 60), frame(1, 60)]);
    let mut chained = packet(&home, &frame(2, 60));
    chained.chain(packet(&home, &frame(3, 40))).unwrap();
    let whole = bytes(&chained);
    let kept = chained.to_clone(&home).unwrap();
    bundle.add(chained).unwrap();
    build(&mut bundle, &[frame(4, 13)]);
    build(&mut bundle, &[frame(5, 60)]);
    assert_eq!((tx.burst_unseen(&mut bundle), bundle.len()), (5, 0));
    let stats = tx.claim().stats();
    assert_eq!((stats.packets, stats.dropped, stats.bytes), (5, 1, 60 * 3 + 100 + 13));
    stage.model.transmit(0, u32::MAX);
    assert_eq!(stage.model.take_sent(), [frame(0, 60), frame(1, 60), whole, frame(5, 60)]);
    drop((kept, bundle));
    // Another pool's, which is not this queue's last one's.
    let mut bundle = Bundle::new(&also);
    for number in 6..8 {
        build(&mut bundle, &[frame(number, 60)]);
        assert_eq!(tx.burst_unseen(&mut bundle), 1);
        stage.model.transmit(0, u32::MAX);
        assert_eq!(stage.model.take_sent(), [frame(number, 60)]);
    }
    drop((bundle, tx));
    stage.device.shut_down(&stage.port, &home).unwrap();
    assert_eq!((stage.pool.in_use_count(), other.in_use_count()), (0, 0));
}

#[test]
fn what_the_device_does_not_reach_yet_stays_with_the_caller_and_goes_once_it_is_mapped() {
    let stage = Stage::new(1);
    let (home, late) = (stage.pool.home(), LateBus::new(FakeBus::new(stage.group)));
    let claim = stage.port.claim_tx(0).unwrap();
    let driver = VirtioTx::open(&claim, Region::Notify(stage.model), late).unwrap();
    let mut tx = TxQueue::new(claim, driver);
    let (one, two) = (frame(1, 60), frame(2, 60));
    let mut chained = packet(&home, &two);
    chained.chain(packet(&home, &frame(3, 40))).unwrap();
    let whole = bytes(&chained);
    let mut packets = [Some(packet(&home, &one)), Some(chained)];
    let mut bundle = Bundle::new(&home);
    build(&mut bundle, &[frame(4, 60), frame(5, 60)]);
    late.set(Mapped::NotYet);
    for _ in 0..3 {
        assert_eq!((tx.burst(&mut packets), tx.burst_unseen(&mut bundle)), (0, 0));
        assert_eq!(tx.burst(&mut packets[1..]), 0, "nor one of several pieces");
    }
    assert_eq!((tx.claim().stats().dropped, bundle.len()), (0, 2));
    late.set(Mapped::Meanwhile);
    assert_eq!(tx.burst(&mut packets), 2);
    late.set(Mapped::Meanwhile);
    assert_eq!((tx.burst_unseen(&mut bundle), tx.claim().stats().dropped), (2, 0));
    stage.model.transmit(0, u32::MAX);
    assert_eq!(stage.model.take_sent(), [one, whole, frame(4, 60), frame(5, 60)]);
    late.set(Mapped::Refused);
    build(&mut bundle, &[frame(6, 60)]);
    assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(7, 60)))]), 1);
    assert_eq!((tx.burst_unseen(&mut bundle), tx.claim().stats().dropped), (1, 2), "never reached");
}
