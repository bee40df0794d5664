//! net_ring: alone, joined, and spread over several queues.

use super::*;
use crate::mbuf::{Mbuf, MbufHome, MbufRing, flags};
use crate::recovery::reap;
use crate::ring::RingConfig;

fn rx(port: &Port, queue: u16) -> RxQueue<RingRx> {
    let claim = port.claim_rx(queue).unwrap();
    let driver = RingRx::open(&claim).unwrap();
    RxQueue::new(claim, driver)
}

fn tx(port: &Port, queue: u16) -> TxQueue<RingTx> {
    let claim = port.claim_tx(queue).unwrap();
    let driver = RingTx::open(&claim).unwrap();
    TxQueue::new(claim, driver)
}

/// A UDP packet of flow `flow`, numbered `number`.
fn packet<'h>(home: &'h MbufHome<'h>, flow: u8, number: u8) -> Mbuf<'h> {
    let mut packet = home.alloc().unwrap();
    let data = packet.append(46).unwrap();
    data.fill(0);
    data[12..16].copy_from_slice(&[8, 0, 0x45, 0]);
    data[23] = 17;
    data[26..34].copy_from_slice(&[10, 0, 0, flow, 10, 0, 0, 1]);
    data[34..38].copy_from_slice(&[1, flow, 0, 53]);
    data[45] = number;
    packet
}

fn numbers(packets: &[Option<Mbuf<'_>>]) -> Vec<(u8, u8)> {
    packets.iter().flatten().map(|packet| (packet.data()[29], packet.data()[45])).collect()
}

/// Two ports that are joined and run: of one Rx queue, and of two, made with `args`.
fn running_pair(stage: &Stage, args: &'static str) -> (Port, Port) {
    let (zero, one) = (stage.port("net_ring0", ""), stage.port("net_ring1", args));
    zero.join(&one).unwrap();
    zero.configure(&PortSetup::queues(1, 1)).unwrap();
    one.configure(&PortSetup::queues(2, 1)).unwrap();
    zero.start().unwrap();
    one.start().unwrap();
    (zero, one)
}

#[test]
fn a_ring_port_alone_hears_itself_queue_by_queue() {
    let stage = Stage::new();
    let port = stage.running("net_ring0", "", 2);
    let home = stage.pool.home();
    let (mut tx1, mut rx0, mut rx1) = (tx(&port, 1), rx(&port, 0), rx(&port, 1));
    let mut packets = [Some(packet(&home, 1, 1)), None, Some(packet(&home, 2, 2))];
    assert_eq!(tx1.burst(&mut packets), 2);
    let mut got = [const { None }; 4];
    assert_eq!(rx0.burst(&home, &mut got), 0);
    assert_eq!(rx1.burst(&home, &mut got), 2);
    assert_eq!(numbers(&got), [(1, 1), (2, 2)]);
    assert!(got.iter().flatten().all(|packet| packet.port() == Some(0)));
    assert!(MbufRing::lookup(&stage.group, "ETH_RXTX1_net_ring0").is_ok());
    assert_eq!(port.stats().tx_bytes, 92);
}

#[test]
fn two_joined_ports_hear_each_other_across_processes() {
    let stage = Stage::new();
    let (zero, one) = (stage.port("net_ring0", ""), stage.port("net_ring1", "peer=net_ring0"));
    one.join(&zero).unwrap();
    one.join(&zero).unwrap();
    for port in [zero, one] {
        port.configure(&PortSetup::queues(1, 1)).unwrap();
        port.start().unwrap();
    }
    assert_eq!((zero.peer(), one.peer()), (Some(1), Some(0)));
    let worker = stage.join(1);
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let (home, their_home) = (stage.pool.home(), pool.home());
    let mut theirs = rx(&seen(&worker, &one), 0);
    let mut ours = tx(&zero, 0);
    assert_eq!(ours.burst(&mut [Some(packet(&home, 1, 7))]), 1);
    let mut got = [const { None }; 4];
    assert_eq!(theirs.burst(&their_home, &mut got), 1);
    assert_eq!(numbers(&got), [(1, 7)]);
    assert_eq!(got[0].as_ref().unwrap().port(), Some(1));
}

#[test]
fn a_sender_chooses_the_peers_queue_by_the_hash_and_keeps_flows_in_order() {
    let stage = Stage::new();
    let (zero, one) = (stage.port("net_ring0", ""), stage.port("net_ring1", ""));
    zero.join(&one).unwrap();
    zero.configure(&PortSetup::queues(1, 2)).unwrap();
    one.configure(&PortSetup::queues(3, 1)).unwrap();
    zero.start().unwrap();
    one.start().unwrap();
    assert_eq!((zero.burst_mode(), one.burst_mode()), (BurstMode::Plain, BurstMode::Hashed));
    let home = stage.pool.home();
    let mut senders = [tx(&zero, 0), tx(&zero, 1)];
    for number in 0..6 {
        let mut burst: Vec<_> = (0..20).map(|flow| Some(packet(&home, flow, number))).collect();
        assert_eq!(senders[usize::from(number % 2)].burst(&mut burst), 20);
    }
    let rss = one.rss();
    let mut all = 0;
    for queue in 0..3 {
        let mut got = [const { None }; 128];
        let count = rx(&one, queue).burst(&home, &mut got);
        all += count;
        assert!(count > 0, "queue {queue}");
        for packet in got.iter().flatten() {
            assert_eq!(rss.queue_of(packet.data()), queue);
            assert_eq!(packet.hash(), rss.hash(packet.data()));
            assert!(packet.flags() & flags::RSS_HASH != 0);
        }
        for flow in 0..20 {
            let own: Vec<u8> =
                numbers(&got).iter().filter(|it| it.0 == flow).map(|it| it.1).collect();
            assert!(own.is_empty() || own == [0, 1, 2, 3, 4, 5], "flow {flow}: {own:?}");
        }
    }
    assert_eq!(all, 120);
}

#[test]
fn what_a_full_ring_does_not_take_stays_with_the_sender_in_its_place() {
    let stage = Stage::new();
    let (zero, _one) = running_pair(&stage, "size=4");
    let home = stage.pool.home();
    let mut sender = tx(&zero, 0);
    let mut burst: Vec<_> = (0..16).map(|number| Some(packet(&home, 1, number))).collect();
    assert_eq!(sender.burst(&mut burst), 3);
    assert!(burst[..3].iter().all(Option::is_none));
    assert_eq!(numbers(&burst), (3..16).map(|number| (1, number)).collect::<Vec<_>>());
    assert_eq!(zero.stats().tx_packets, 3);
    assert_eq!(zero.stats().tx_bytes, 3 * 46);
}

#[test]
fn a_flow_stays_in_order_when_its_ring_is_emptied_in_the_middle_of_a_long_burst() {
    let stage = Stage::new();
    let (zero, one) = running_pair(&stage, "size=64");
    let home = stage.pool.home();
    let mut sender = tx(&zero, 0);
    let mut burst: Vec<_> = (0..128).map(|number| Some(packet(&home, 1, number))).collect();
    let queue = one.rss().queue_of(burst[0].as_ref().unwrap().data());
    let receiver = core::cell::RefCell::new(rx(&one, queue));
    let heard = std::rc::Rc::new(core::cell::RefCell::new(Vec::new()));
    let (pool, hears) = (stage.pool.clone(), heard.clone());
    let receive = std::rc::Rc::new(move || {
        let home = pool.home();
        let mut got = [const { None }; 128];
        receiver.borrow_mut().burst(&home, &mut got);
        hears.borrow_mut().extend(numbers(&got).iter().map(|(_, number)| *number));
    });
    let meanwhile = receive.clone();
    fake::meanwhile("net_ring: a part of a burst is sent", move || meanwhile());
    // One fits not; what comes after it waits too, though there is room by then.
    assert_eq!(sender.burst(&mut burst), 63);
    assert_eq!(sender.burst(&mut burst), 63);
    receive();
    assert_eq!(sender.burst(&mut burst), 2);
    receive();
    assert_eq!(*heard.borrow(), (0..128).collect::<Vec<_>>());
}

#[test]
fn a_dead_receivers_successor_gets_what_lay_in_the_ring() {
    let stage = Stage::new();
    let port = stage.running("net_ring0", "", 1);
    let worker = stage.join(1);
    let theirs = rx(&seen(&worker, &port), 0);
    let home = stage.pool.home();
    let mut sender = tx(&port, 0);
    assert_eq!(sender.burst(&mut [Some(packet(&home, 1, 1)), Some(packet(&home, 1, 2))]), 2);
    stage.kill(1);
    let report = reap(&stage.group).unwrap().unwrap();
    assert_eq!((report.recovered.ends, report.recovered.others), (1, 1));
    let mut got = [const { None }; 4];
    assert_eq!(rx(&port, 0).burst(&home, &mut got), 2);
    assert_eq!(numbers(&got), [(1, 1), (1, 2)]);
    core::mem::forget(theirs);
}

#[test]
fn ports_that_cannot_be_joined_are_refused() {
    let stage = Stage::new();
    let rings = [0, 1, 2].map(|n| stage.port(&format!("net_ring{n}"), ""));
    let null = stage.port("net_null0", "");
    let [zero, one, two] = rings;
    assert!(matches!(zero.join(&zero), Err(PortError::CannotJoin { .. })));
    assert!(matches!(zero.join(&null), Err(PortError::CannotJoin { .. })));
    zero.join(&one).unwrap();
    let error = two.join(&one).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the port net_ring2 was to be joined with net_ring1 and net_ring1 is joined with port 0; close that one \
         first, or name another peer"
    );
    zero.close().unwrap();
    two.join(&one).unwrap();
    assert_eq!((one.peer(), two.peer()), (Some(2), Some(1)));
}

#[test]
fn a_port_whose_peer_sends_to_it_is_not_closed_or_configured() {
    let stage = Stage::new();
    let (zero, one) = (stage.port("net_ring0", ""), stage.port("net_ring1", ""));
    zero.join(&one).unwrap();
    for port in [zero, one] {
        port.configure(&PortSetup::queues(1, 1)).unwrap();
    }
    let sender = tx(&zero, 0);
    let error = one.close().unwrap_err();
    assert!(matches!(error, PortError::Busy { .. }));
    assert!(error.to_string().contains("Tx queue 0 of net_ring0"), "{error}");
    drop(sender);
    one.close().unwrap();
    assert_eq!(zero.peer(), None);
}

#[test]
fn a_port_is_not_closed_while_the_one_it_is_joined_with_is_heard() {
    let stage = Stage::new();
    let (zero, one) = (stage.port("net_ring0", ""), stage.port("net_ring1", ""));
    zero.join(&one).unwrap();
    for port in [zero, one] {
        port.configure(&PortSetup::queues(2, 1)).unwrap();
        port.start().unwrap();
    }
    let receiver = rx(&zero, 1);
    let error = one.close().unwrap_err();
    assert!(error.to_string().contains("Rx queue 1 of net_ring0 is"), "{error}");
    drop(receiver);
    assert_eq!(zero.burst_mode(), BurstMode::Hashed);
    one.close().unwrap();
    assert_eq!((zero.peer(), zero.burst_mode()), (None, BurstMode::Plain));
}

#[test]
fn a_port_that_names_a_peer_does_not_hear_itself_while_that_one_is_not_there() {
    let stage = Stage::new();
    let port = stage.running("net_ring1", "peer=net_ring0", 1);
    let error = RingTx::open(&port.claim_tx(0).unwrap()).unwrap_err();
    assert!(
        error.to_string().contains("its peer net_ring0 is not joined with it; make that one"),
        "{error}"
    );
    drop(rx(&port, 0));
    let peer = stage.running("net_ring0", "", 1);
    port.join(&peer).unwrap();
    let (mut sender, mut receiver, home) = (tx(&peer, 0), rx(&port, 0), stage.pool.home());
    assert_eq!(sender.burst(&mut [Some(packet(&home, 1, 1))]), 1);
    assert_eq!(receiver.burst(&home, &mut [const { None }; 2]), 1);
}

#[test]
fn a_port_made_anew_with_another_size_has_rings_of_it_and_what_lay_in_the_old_ones_goes_back() {
    let stage = Stage::new();
    let home = stage.pool.home();
    for (size, room) in [(64, 63), (128, 127), (1024, 200), (64, 63), (2, 1)] {
        let port = stage.running("net_ring0", &format!("size={size}"), 1);
        let (receiver, mut sender) = (rx(&port, 0), tx(&port, 0));
        assert_eq!(stage.pool.in_use_count(), 0, "{size}");
        let mut packets: [_; 200] = core::array::from_fn(|it| Some(packet(&home, it as u8, 1)));
        assert_eq!(sender.burst(&mut packets), room, "{size}");
        drop((sender, receiver));
        drop(packets);
        port.close().unwrap();
        assert_eq!(stage.pool.in_use_count(), room as u32, "they lie there for the next");
    }
}

#[test]
fn a_ring_that_somebody_made_under_the_name_of_a_ports_is_told_of() {
    let stage = Stage::new();
    MbufRing::create(&stage.group, "E06_RXTX0_net_ring0", &RingConfig::new(8)).unwrap();
    let port = stage.running("net_ring0", "size=64", 1);
    let error = RingRx::open(&port.claim_rx(0).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a queue was to be opened with a ring \"E06_RXTX0_net_ring0\" of 64 slots, and somebody has made a ring of \
         that name with 8; destroy that one, or name the port otherwise"
    );
}

#[test]
fn a_port_whose_rings_would_have_no_name_is_refused() {
    let stage = Stage::new();
    let config = PortConfig::new(DriverKind::Ring);
    let name = "net_ring012345678901";
    let made = Port::create(&stage.group, &format!("{name}2"), &config);
    assert!(matches!(made, Err(PortError::RingName { .. })), "{made:?}");
    let port = stage.running(name, "", 16);
    drop(rx(&port, 15));
    let other = stage.port("net_ring0", "");
    port.join(&other).unwrap();
    drop(rx(&port, 15));
}

#[test]
fn only_what_is_hashed_has_a_hash() {
    let stage = Stage::new();
    let (zero, one) = running_pair(&stage, "");
    let home = stage.pool.home();
    let mut strange = packet(&home, 1, 1);
    strange.data_mut().unwrap()[12..14].copy_from_slice(&[0x88, 0xcc]);
    strange.set_flags(strange.flags() | flags::RSS_HASH);
    assert_eq!(tx(&zero, 0).burst(&mut [Some(strange)]), 1);
    let mut got = [const { None }; 2];
    assert_eq!(rx(&one, 0).burst(&home, &mut got), 1);
    assert_eq!(got[0].as_ref().unwrap().flags() & flags::RSS_HASH, 0);
}

#[test]
fn a_sender_whose_peer_has_no_queues_yet_is_told_so() {
    let stage = Stage::new();
    let (zero, one) = (stage.port("net_ring0", ""), stage.port("net_ring1", ""));
    zero.join(&one).unwrap();
    zero.configure(&PortSetup::queues(1, 1)).unwrap();
    let claim = zero.claim_tx(0).unwrap();
    let error = RingTx::open(&claim).unwrap_err();
    assert!(error.to_string().starts_with("the port net_ring1 was to be used"), "{error}");
}
