//! Claimants and owners die at each crash point; the device goes on.

use super::*;
use crate::fake::{End, die_at};

/// Whatever a dead claimant has left: nothing is wrong, the next one goes on, and in the end all mbufs
/// are there.
fn settle(stage: &Stage, at: &str, came: u32) {
    stage.kill(1);
    stage.audit(at);
    let (home, mut rx, mut tx) = (stage.pool.home(), stage.rx(0), stage.tx(0));
    // What came before, in its order, but for what the dead one had in its hands.
    let mut last = None;
    for _ in 0..3 {
        for got in burst(&mut rx, &home) {
            let number = u32::from_be_bytes(got[..4].try_into().unwrap());
            assert_eq!(got, frame(number, got.len()), "{at}");
            assert!(number < came && last.is_none_or(|last| number > last), "{at}: {number}");
            last = Some(number);
        }
    }
    for number in 100..140 {
        assert!(stage.model.deliver(0, &frame(number, 60)), "{at}");
        assert_eq!(burst(&mut rx, &home), [frame(number, 60)], "{at}");
        assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(number, 60)))]), 1, "{at}");
        stage.model.transmit(0, u32::MAX);
        assert_eq!(stage.model.take_sent().pop(), Some(frame(number, 60)), "{at}");
    }
    stage.audit(at);
    drop((rx, tx));
    stage.device.shut_down(&stage.port, &home).unwrap();
    assert_eq!(stage.audit(at), 0);
    assert_eq!(stage.pool.in_use_count(), 0, "{at}");
}

/// Has slot 1 do `work` and die at each crash point of it.
fn at_each_point(
    setup: PortSetup,
    came: u32,
    prepare: fn(&Stage),
    work: fn(&Group, &'static Model),
) -> usize {
    for point in 0.. {
        let stage = Stage::new(Chip::I82574l, setup);
        prepare(&stage);
        let (worker, model) = (stage.join(1), stage.model);
        let end = die_at(point, move || work(&worker, model));
        let at = format!("point {point}: {end:?}");
        settle(&stage, &at, came);
        if let End::Finished(()) = end {
            return point;
        }
    }
    unreachable!()
}

fn fill(stage: &Stage) {
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    for number in 0..16 {
        assert!(stage.model.deliver(0, &frame(number, 60)));
    }
}

fn receive(worker: &Group, model: &'static Model) {
    let pool = MbufPool::lookup(worker, "packets").unwrap();
    let (home, mut rx) = (pool.home(), rx(worker, model, 0));
    let mut got: [Option<Mbuf<'_>>; 32] = [const { None }; 32];
    rx.burst(&home, &mut got);
    core::mem::forget((rx, got));
}

#[test]
fn who_dies_while_it_receives_or_refills_loses_no_mbuf() {
    let points = at_each_point(PortSetup::queues(1, 1), 16, fill, receive);
    assert!(points > 50, "{points}");
}

#[test]
fn who_dies_while_it_fills_a_fresh_queue_loses_no_mbuf() {
    at_each_point(PortSetup::queues(1, 1), 0, |_| {}, receive);
}

fn fill_long(stage: &Stage) {
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    for number in 0..4 {
        assert!(stage.model.deliver(0, &frame(number, 5000)));
    }
}

#[test]
fn who_dies_in_the_middle_of_a_long_frame_leaves_no_half_of_it() {
    let setup = PortSetup { mtu: Some(9000), ..PortSetup::queues(1, 1) };
    at_each_point(setup, 4, fill_long, receive);
}

fn send(worker: &Group, model: &'static Model) {
    let pool = MbufPool::lookup(worker, "packets").unwrap();
    let (home, mut tx) = (pool.home(), tx(worker, model, 0));
    let made = |number| {
        let mut packet = packet(&home, &frame(number, 60));
        packet.chain(self::packet(&home, &frame(number, 40))).unwrap();
        Some(packet)
    };
    for round in 0..5 {
        let mut packets: Vec<_> = (0..6).map(|it| made(round * 6 + it)).collect();
        tx.burst(&mut packets);
        model.transmit(0, 9);
        core::mem::forget(packets);
    }
    core::mem::forget(tx);
}

#[test]
fn who_dies_while_it_sends_or_cleans_loses_no_mbuf() {
    let points = at_each_point(PortSetup::queues(1, 1), 0, |_| {}, send);
    assert!(points > 80, "{points}");
}

fn receive_unseen(worker: &Group, model: &'static Model) {
    let pool = MbufPool::lookup(worker, "packets").unwrap();
    let (home, mut rx) = (pool.home(), rx(worker, model, 0));
    let mut got = Bundle::new(&home);
    rx.burst_unseen(&mut got);
    core::mem::forget((rx, got));
}

#[test]
fn who_dies_while_it_receives_what_it_does_not_look_at_loses_no_mbuf() {
    let points = at_each_point(PortSetup::queues(1, 1), 16, fill, receive_unseen);
    assert!(points > 40, "{points}");
}

/// Each bundle is sent as it was built; the mbufs' headers say what their last holders left.
fn send_unseen(worker: &Group, model: &'static Model) {
    let pool = MbufPool::lookup(worker, "packets").unwrap();
    let (home, mut tx) = (pool.home(), tx(worker, model, 0));
    let mut old: Vec<_> = (0..24).map(|it| packet(&home, &frame(it, 1000))).collect();
    while let (Some(mut packet), Some(rest)) = (old.pop(), old.pop()) {
        packet.chain(rest).unwrap();
    }
    for round in 0..5 {
        let (frames, mut bundle) =
            ((0..6).map(|it| frame(round * 6 + it, 60)).collect::<Vec<_>>(), Bundle::new(&home));
        build(&mut bundle, &frames);
        tx.burst_unseen(&mut bundle);
        model.transmit(0, 5);
        core::mem::forget(bundle);
    }
    core::mem::forget(tx);
}

#[test]
fn who_dies_while_it_sends_what_it_has_built_or_cleans_loses_no_mbuf() {
    let points = at_each_point(PortSetup::queues(1, 1), 0, |_| {}, send_unseen);
    assert!(points > 80, "{points}");
}

#[test]
fn the_device_runs_on_when_its_owner_dies_and_a_new_owner_goes_on_with_it() {
    let stage = Stage::simple();
    let (heir, worker) = (stage.join(1), stage.join(2));
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let (home, mut rx) = (pool.home(), rx(&worker, stage.model, 0));
    burst(&mut rx, &home);
    stage.platform.dead.lock().unwrap().insert(0);
    while reap(&heir).unwrap().is_some() {}
    assert!(stage.model.deliver(0, &frame(1, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(1, 60)], "nobody owns it");
    let device = E1000e::open(Chip::I82574l, stage.model, FakeBus::new(heir)).unwrap();
    let port = Port::lookup(&heir, NAME).unwrap();
    port.adopt().unwrap();
    assert_eq!(device.is_set_up(&port), Ok(true));
    assert!(stage.model.deliver(0, &frame(2, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(2, 60)], "another does");
    // To reset it, it needs all queues.
    let heirs = MbufPool::lookup(&heir, "packets").unwrap();
    assert!(matches!(device.setup(&port, &SMALL, &heirs.home()), Err(E1000eError::Queue(_))));
    drop(rx);
    device.setup(&port, &SMALL, &heirs.home()).unwrap();
    assert_eq!(heirs.in_use_count(), 0);
}

#[test]
fn an_owner_who_dies_while_it_sets_up_leaves_a_device_that_the_next_one_sets_up() {
    for point in 0.. {
        let stage = Stage::simple();
        fill(&stage);
        let (group, platform, model) = (stage.group, stage.platform, stage.model);
        let heir = stage.join(1);
        let end = die_at(point, move || {
            let pool = MbufPool::lookup(&group, "packets").unwrap();
            let device = E1000e::open(Chip::I82574l, model, FakeBus::new(group)).unwrap();
            device.setup(&Port::lookup(&group, NAME).unwrap(), &SMALL, &pool.home()).unwrap();
        });
        platform.dead.lock().unwrap().insert(0);
        while reap(&heir).unwrap().is_some() {}
        let (mut found, pool) = (Vec::new(), MbufPool::lookup(&heir, "packets").unwrap());
        audit(&heir, |finding| found.push(finding.to_string())).unwrap();
        assert!(found.is_empty(), "{end:?}: {found:?}");
        let port = Port::lookup(&heir, NAME).unwrap();
        port.adopt().unwrap();
        let device = E1000e::open(Chip::I82574l, model, FakeBus::new(heir)).unwrap();
        if let End::Died("e1000e: it is reset" | "e1000e: all but its chip is written") = end {
            assert_eq!(device.is_set_up(&port), Ok(false), "{end:?}");
        }
        device.setup(&port, &SMALL, &pool.home()).unwrap();
        device.start();
        assert_eq!(pool.in_use_count(), 0, "{end:?}");
        let mut rx = rx(&heir, model, 0);
        burst(&mut rx, &pool.home());
        assert!(model.deliver(0, &frame(1, 60)), "{end:?}");
        assert_eq!(burst(&mut rx, &pool.home()), [frame(1, 60)], "{end:?}");
        if let End::Finished(()) = end {
            break;
        }
    }
}
