//! Bursts of packets that are not looked at: ports count them, and give them, like any others.

use super::*;
use crate::mbuf::{Bundle, Mbuf, MbufHome, Tally};
use crate::port::capture::{Capture, CaptureConfig};

fn rx(port: &Port) -> RxQueue<RingRx> {
    let claim = port.claim_rx(0).unwrap();
    let driver = RingRx::open(&claim).unwrap();
    RxQueue::new(claim, driver)
}

fn tx(port: &Port) -> TxQueue<RingTx> {
    let claim = port.claim_tx(0).unwrap();
    let driver = RingTx::open(&claim).unwrap();
    TxQueue::new(claim, driver)
}

/// Packets of 60, 61, ... bytes.
fn packets<'h, const N: usize>(home: &'h MbufHome<'h>) -> [Option<Mbuf<'h>>; N] {
    core::array::from_fn(|n| {
        let mut packet = home.alloc().unwrap();
        packet.append(60 + n as u16).unwrap().fill(n as u8);
        Some(packet)
    })
}

fn counts(port: &Port) -> [u64; 4] {
    let stats = port.stats();
    [stats.rx_packets, stats.rx_bytes, stats.tx_packets, stats.tx_bytes]
}

#[test]
fn what_passes_from_ring_to_ring_is_counted_and_comes_by_the_last_port() {
    let stage = Stage::new();
    let [first, second] = ["net_ring0", "net_ring1"].map(|name| stage.running(name, "", 1));
    let home = stage.pool.home();
    let (mut from, mut into) = (rx(&first), tx(&second));
    assert!(from.driver().gives_unseen() && into.driver().takes_unseen());
    assert_eq!(tx(&first).burst(&mut packets::<5>(&home)), 5);
    let mut bundle = Bundle::new(&home);
    assert_eq!((from.burst_unseen(&mut bundle), into.burst_unseen(&mut bundle)), (5, 5));
    assert!(bundle.is_empty());
    let bytes = 60 + 61 + 62 + 63 + 64;
    assert_eq!(counts(&first), [5, bytes, 5, bytes]);
    assert_eq!(counts(&second), [0, 0, 5, bytes]);
    let mut last = rx(&second);
    assert_eq!(last.burst_unseen(&mut bundle), 5);
    let seen: Vec<_> = bundle.open().into_iter().flatten().collect();
    assert!(seen.iter().all(|it| it.port() == Some(second.id()) && it.check() == Ok(())));
    assert_eq!(seen.iter().map(|it| it.data()[0]).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}

#[test]
fn what_a_full_ring_does_not_take_stays_in_the_bundle_and_is_not_counted() {
    let stage = Stage::new();
    let port = stage.running("net_ring0", "size=4", 1);
    let home = stage.pool.home();
    let (mut into, mut bundle) = (tx(&port), Bundle::new(&home));
    packets::<5>(&home).into_iter().flatten().for_each(|it| bundle.add(it).unwrap());
    assert_eq!(into.burst_unseen(&mut bundle), 3);
    assert_eq!(bundle.tally(), Tally { packets: 2, bytes: 63 + 64 });
    assert_eq!(counts(&port), [0, 0, 3, 60 + 61 + 62]);
    port.stop().unwrap();
    assert_eq!((into.burst_unseen(&mut bundle), rx(&port).burst_unseen(&mut bundle)), (0, 0));
    assert_eq!(bundle.len(), 2);
}

#[test]
fn a_sender_that_chooses_among_queues_looks_at_the_packets_of_a_bundle() {
    let stage = Stage::new();
    let (zero, one) = (stage.port("net_ring0", ""), stage.port("net_ring1", "size=4"));
    zero.join(&one).unwrap();
    zero.configure(&PortSetup::queues(1, 1)).unwrap();
    one.configure(&PortSetup::queues(2, 1)).unwrap();
    zero.start().unwrap();
    one.start().unwrap();
    let home = stage.pool.home();
    let (mut into, mut bundle) = (tx(&zero), Bundle::new(&home));
    assert!(!into.driver().takes_unseen());
    packets::<5>(&home).into_iter().flatten().for_each(|it| bundle.add(it).unwrap());
    // No flow that is hashed: all go to one queue.
    assert_eq!(into.burst_unseen(&mut bundle), 3);
    assert_eq!(bundle.tally(), Tally { packets: 2, bytes: 63 + 64 });
}

#[test]
fn net_null_gives_and_takes_bundles_as_it_does_packets() {
    let stage = Stage::new();
    for (args, is_blind) in [("size=100", true), ("size=100,copy=1", false)] {
        let port = stage.running("net_null0", args, 1);
        let mut from = RxQueue::new(port.claim_rx(0).unwrap(), NullRx::of(&port).unwrap());
        let mut into = TxQueue::new(port.claim_tx(0).unwrap(), NullTx::of(&port).unwrap());
        assert_eq!(from.driver().gives_unseen(), is_blind);
        let home = stage.pool.home();
        let mut bundle = Bundle::new(&home);
        assert_eq!(from.burst_unseen(&mut bundle), Bundle::SIZE);
        let open = bundle.open();
        for packet in open.into_iter().flatten() {
            assert_eq!((packet.len(), packet.port()), (100, Some(port.id())));
            bundle.add(packet).unwrap();
        }
        assert_eq!(into.burst_unseen(&mut bundle), Bundle::SIZE);
        let (packets, bytes) = (Bundle::SIZE as u64, 100 * Bundle::SIZE as u64);
        assert_eq!(counts(&port), [packets, bytes, packets, bytes]);
        assert_eq!(stage.pool.avail_count(), 256);
        // More than there are.
        let mut all: Vec<_> = core::iter::from_fn(|| home.alloc()).collect();
        drop(all.pop());
        assert_eq!(from.burst_unseen(&mut bundle), 0);
        assert_eq!(port.rx_stats(0).unwrap().no_mbuf, packets);
        drop((from, into, all));
        port.close().unwrap();
    }
}

#[test]
fn a_wild_place_in_the_pool_is_written_to_by_no_burst_and_counted_once() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let mut from = RxQueue::new(port.claim_rx(0).unwrap(), NullRx::of(&port).unwrap());
    let mut into = TxQueue::new(port.claim_tx(0).unwrap(), NullTx::of(&port).unwrap());
    let home = stage.pool.home();
    // A header written there would be the end of the pool.
    core::mem::forget(home.alloc().unwrap());
    stage.pool.give(&[stage.pool.at().get()]);
    let mut bundle = Bundle::new(&home);
    let mut came = 0;
    for _ in 0..3 * 256 / Bundle::SIZE {
        came += from.burst_unseen(&mut bundle);
        into.burst_unseen(&mut bundle);
    }
    let all = 3 * 256 - Bundle::SIZE;
    assert_eq!((came, stage.pool.strays(), stage.pool.avail_count()), (all, 1, 255));
    assert_eq!(port.rx_stats(0).unwrap().no_mbuf, Bundle::SIZE as u64);
    assert!(Port::lookup(&stage.group, "net_null0").is_ok());
    assert!(MbufPool::lookup(&stage.group, "packets").is_ok());
}

#[test]
fn who_captures_sees_what_nobody_else_looks_at() {
    let stage = Stage::new();
    let [first, second] = ["net_ring0", "net_ring1"].map(|name| stage.running(name, "", 1));
    let home = stage.pool.home();
    assert_eq!(tx(&first).burst(&mut packets::<4>(&home)), 4);
    let config = CaptureConfig { copies: 63, ..CaptureConfig::default() };
    let capture = Capture::open(&stage.group, &config).unwrap();
    capture.on(&first).unwrap();
    capture.on(&second).unwrap();
    let mut bundle = Bundle::new(&home);
    assert_eq!(rx(&first).burst_unseen(&mut bundle), 4);
    assert_eq!(tx(&second).burst_unseen(&mut bundle), 4);
    let mut seen = Vec::new();
    capture.reader().unwrap().read(1000, |it| {
        let first = it.parts().flatten().next().copied();
        seen.push((it.origin().direction, first));
    });
    let of = |direction| (0..4).map(move |n| (direction, Some(n)));
    let both: Vec<_> = of(Direction::Rx).chain(of(Direction::Tx)).collect();
    assert_eq!(seen, both);
    assert_eq!((counts(&first)[0], counts(&second)[2]), (4, 4));
}
