//! Packets that are passed on and not looked at.

use proptest::prelude::*;

use super::*;
use crate::mbuf::span::Span;

/// A second ring of the stage's size.
fn second(stage: &Stage) -> MbufRing {
    MbufRing::create(&stage.group, "second", &RingConfig::exact(20).both(Sync::Multi)).unwrap()
}

/// Packets of `0..count`, each of so many bytes, by port 3.
fn send(ring: &MbufRing, home: &MbufHome<'_>, count: u8) {
    let mut into = ring.producer().unwrap();
    for n in 0..count {
        let mut packet = filled(home, &[&[n; 50][..usize::from(n)]]);
        packet.set_port(Some(3));
        into.enqueue(packet).unwrap();
    }
}

#[test]
fn packets_go_from_ring_to_ring_in_order_with_their_bytes_and_no_header_is_written() {
    let stage = Stage::plain();
    let (home, other) = (stage.pool.home(), second(&stage));
    send(&stage.ring, &home, 10);
    let mut bundle = Bundle::new(&home);
    let came = stage.ring.consumer().unwrap().dequeue_bundle_by(7, &mut bundle).unwrap();
    assert_eq!((came, bundle.len()), (Tally { packets: 10, bytes: 45 }, 10));
    assert_eq!(stage.check(10).in_rings, 0);
    let headers = bundle.bills().iter().map(|bill| home.mbuf(bill.place()).unwrap());
    assert!(headers.map(|header| Span::of(header).port).all(|port| port == 3));
    assert_eq!(other.producer().unwrap().enqueue_bundle(&mut bundle), Ok(came));
    assert!(bundle.is_empty());
    // Whoever looks finds the port that was written into the word.
    let mut taken = [const { None }; 20];
    assert_eq!(other.consumer().unwrap().dequeue_burst(&home, &mut taken), Ok(10));
    let seen: Vec<_> = taken.iter().flatten().map(|it| (it.len(), it.port())).collect();
    assert_eq!(seen, (0..10).map(|n| (n, Some(7))).collect::<Vec<_>>());
    assert!(taken.iter().flatten().all(|it| it.check() == Ok(())));
}

#[test]
fn what_finds_no_room_stays_in_the_bundle_in_order() {
    let stage = Stage::plain();
    let (home, other) = (stage.pool.home(), second(&stage));
    send(&other, &home, 12);
    send(&stage.ring, &home, 15);
    let mut bundle = Bundle::new(&home);
    assert_eq!(stage.ring.consumer().unwrap().dequeue_bundle(&mut bundle), Ok(15));
    let went = other.producer().unwrap().enqueue_bundle(&mut bundle);
    assert_eq!(went, Ok(Tally { packets: 8, bytes: 28 }));
    let left: Vec<_> = bundle.drain().map(|it| (it.len(), it.port())).collect();
    assert_eq!(left, (8..15).map(|n| (n, Some(3))).collect::<Vec<_>>());
    drop(bundle);
    assert_eq!(stage.check(0).in_rings, 20);
}

#[test]
fn every_segment_of_what_is_passed_on_is_who_took_its() {
    let stage = Stage::plain();
    let member = stage.join(1);
    let (pool, _, ring) = of(&member);
    let (home, also) = (stage.pool.home(), stage.small.home());
    let mut packet = filled(&home, &[b"a", b"b"]);
    packet.chain(filled(&also, &[b"c"])).unwrap();
    let kept = packet.to_clone(&home).unwrap();
    let mut into = stage.ring.producer().unwrap();
    for packet in [packet, filled(&also, &[b"d"]), filled(&home, &[b"e"])] {
        into.enqueue(packet).unwrap();
    }
    let there = pool.home();
    let mut bundle = Bundle::new(&there);
    assert_eq!(ring.consumer().unwrap().dequeue_bundle(&mut bundle), Ok(3));
    assert_eq!(bundle.tally(), Tally { packets: 3, bytes: 5 });
    assert_eq!((pool.held_by(member.me(), &[]), stage.small.held_by(member.me(), &[])), (3, 2));
    core::mem::forget(bundle);
    stage.kill(1);
    assert_eq!(stage.reap_all().len(), 1);
    assert_eq!((bytes_of(&kept), kept.check()), (b"abc".to_vec(), Ok(())));
    drop(kept);
    stage.use_it();
}

#[test]
fn a_bundle_that_is_freed_or_dropped_puts_back_what_is_plain_and_what_is_not() {
    let stage = Stage::plain();
    let (home, also) = (stage.pool.home(), stage.small.home());
    for is_plain in [true, false] {
        let mut into = stage.ring.producer().unwrap();
        send(&stage.ring, &home, 4);
        let clone = (!is_plain).then(|| {
            into.enqueue(filled(&also, &[b"x"])).unwrap();
            let packet = filled(&home, &[b"y", b"z"]);
            let clone = packet.to_clone(&also).unwrap();
            into.enqueue(packet).unwrap();
            clone
        });
        let mut bundle = Bundle::new(&home);
        let taken = stage.ring.consumer().unwrap().dequeue_bundle(&mut bundle).unwrap();
        assert_eq!(taken, if is_plain { 4 } else { 6 });
        assert_eq!(bundle.free(), taken);
        assert!(clone.is_none_or(|clone| bytes_of(&clone) == b"yz"));
        stage.check(0);
    }
    send(&stage.ring, &home, 4);
    let mut bundle = Bundle::new(&home);
    stage.ring.consumer().unwrap().dequeue_bundle(&mut bundle).unwrap();
    drop(bundle.drain().next());
    assert!(bundle.is_empty());
    stage.check(0);
}

#[test]
fn a_bundle_takes_packets_of_its_home_while_there_is_room() {
    let stage = Stage::plain();
    let (home, also) = (stage.pool.home(), stage.small.home());
    let (mut first, mut second) = (Bundle::new(&home), Bundle::new(&home));
    while first.add(filled(&home, &[b"a"])).is_ok() {}
    assert_eq!((first.len(), first.room()), (Bundle::SIZE, 0));
    assert!(second.add(filled(&also, &[b"b"])).is_err());
    let mut strange = Bundle::new(&also);
    for packet in first.drain() {
        let Err(packet) = strange.push(packet) else { panic!("it has another home") };
        second.push(packet).unwrap();
    }
    let open = second.open();
    assert_eq!(
        open.iter().flatten().map(|it| it.data()[0]).collect::<Vec<_>>(),
        [b'a'; Bundle::SIZE]
    );
    drop(open);
    stage.check(0);
}

#[test]
fn ports_and_lengths_that_a_word_has_no_room_for_are_read_in_the_header() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut long = filled(&home, &[&[1; 1500]]);
    for _ in 0..45 {
        long.chain(filled(&home, &[&[1; 1500]])).unwrap();
    }
    long.set_port(Some(700));
    stage.ring.producer().unwrap().enqueue(long).unwrap();
    let mut bundle = Bundle::new(&home);
    let mut out = stage.ring.consumer().unwrap();
    let came = out.dequeue_bundle_by(300, &mut bundle);
    assert_eq!(came, Ok(Tally { packets: 1, bytes: 69_000 }));
    let packet = bundle.drain().next().unwrap();
    assert_eq!((packet.len(), packet.port()), (69_000, Some(300)));
    assert_eq!(packet.open().unwrap().port(), Some(300));
    let mut none = filled(&home, &[b"a"]);
    none.set_port(None);
    bundle.add(none).unwrap();
    assert_eq!(bundle.drain().next().unwrap().port(), None);
}

#[test]
fn what_is_no_mbuf_is_passed_on_and_found_out_by_who_looks() {
    let stage = Stage::plain();
    let (home, other) = (stage.pool.home(), second(&stage));
    let raw = crate::ring::Ring::<Waybill>::lookup(&stage.group, "ring").unwrap();
    let mut raw = raw.producer().unwrap();
    for word in [0, 65, u64::MAX, 1 << 20, stage.pool.at().get() | 1] {
        raw.enqueue(Waybill { says: word }).unwrap();
    }
    send(&stage.ring, &home, 1);
    let mut bundle = Bundle::new(&home);
    assert_eq!(stage.ring.consumer().unwrap().dequeue_bundle(&mut bundle), Ok(6));
    other.producer().unwrap().enqueue_bundle(&mut bundle).unwrap();
    assert_eq!(stage.pool.strays(), 0);
    other.consumer().unwrap().dequeue_bundle(&mut bundle).unwrap();
    assert_eq!(bundle.free(), 6);
    assert_eq!((stage.pool.strays(), stage.pool.avail_count()), (5, MBUFS));
}

#[test]
fn what_is_no_mbuf_of_the_pool_is_no_fresh_packet_and_the_others_go_back_where_they_belong() {
    let stage = Stage::plain();
    let (home, also) = (stage.pool.home(), stage.small.home());
    let held: Vec<_> = (0..4).map(|_| home.alloc().unwrap().into_place()).collect();
    let others = also.alloc().unwrap().into_place();
    // A place of the pool's, but for a bit past the window, and others.
    let wild = held[1] | 1 << 40;
    stage.pool.give(&[wild, stage.pool.at().get(), held[0] + 64, others]);
    // They are the last; sound ones lie before them.
    let mut before = [const { None }; MBUFS as usize - Bundle::SIZE];
    home.alloc_bulk(&mut before).unwrap();
    let (mut bundle, fresh) = (Bundle::new(&home), Fresh { len: 9, port: 3 });
    assert!(bundle.fill_fresh(fresh).is_err() && bundle.is_empty());
    assert_eq!((stage.pool.strays(), stage.pool.avail_count()), (3, Bundle::SIZE as u32 - 4));
    assert_eq!((stage.small.strays(), stage.small.avail_count()), (0, SMALL));
    drop(before);
    assert_eq!(bundle.fill_fresh(fresh), Ok(Bundle::SIZE));
    assert_eq!(bundle.tally(), Tally { packets: Bundle::SIZE, bytes: Bundle::SIZE as u64 * 9 });
    drop(bundle);
    assert_eq!((stage.pool.strays(), stage.pool.avail_count()), (3, MBUFS - 4));
}

#[test]
fn packets_that_came_by_several_ports_keep_theirs_in_one_bundle() {
    let stage = Stage::plain();
    let (home, other) = (stage.pool.home(), second(&stage));
    let mut bundle = Bundle::new(&home);
    for ports in [[7, 8], [7, 300], [300, 8]] {
        send(&stage.ring, &home, 5);
        send(&other, &home, 6);
        for (ring, port, tally) in [(&stage.ring, ports[0], (5, 10)), (&other, ports[1], (6, 15))] {
            let came = ring.consumer().unwrap().dequeue_bundle_by(port, &mut bundle).unwrap();
            assert_eq!((came.packets, came.bytes), tally);
        }
        bundle.add(filled(&home, &[b"a"])).unwrap();
        assert_eq!(bundle.tally(), Tally { packets: 12, bytes: 26 });
        let came: Vec<_> = bundle.drain().map(|it| (it.len(), it.port())).collect();
        let expected = [(5, ports[0]), (6, ports[1])];
        let expected = expected.iter().flat_map(|(n, port)| (0..*n).map(|n| (n, Some(*port))));
        assert_eq!(came, expected.chain([(1, None)]).collect::<Vec<_>>());
    }
    stage.check(0);
}

#[test]
fn bytes_are_those_of_all_whether_they_lie_in_a_row_or_not_and_whatever_their_words_say() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut long = filled(&home, &[&[1; 1500]]);
    for _ in 0..43 {
        long.chain(filled(&home, &[&[1; 1500]])).unwrap();
    }
    // Of port 254 there is room in a word, of 255 there is none.
    for (port, is_lying) in [(7, true), (254, false), (255, true), (255, false)] {
        let mut packets: Vec<_> = (1..8).map(|n| filled(&home, &[&[n; 7][..n as usize]])).collect();
        packets.sort_by_key(|packet| if is_lying { packet.at() } else { packet.at() % 11 });
        let mut into = stage.ring.producer().unwrap();
        packets.into_iter().for_each(|packet| into.enqueue(packet).unwrap());
        let mut bundle = Bundle::new(&home);
        let mut out = stage.ring.consumer().unwrap();
        let came = out.dequeue_bundle_by(port, &mut bundle);
        assert_eq!(came, Ok(Tally { packets: 7, bytes: 28 }));
        assert!(bundle.drain().all(|packet| packet.port() == Some(port)));
    }
    let mut bundle = Bundle::new(&home);
    let mut rest = Bundle::new(&home);
    let spare = (0..MBUFS - 44 - 2).map(|_| home.alloc().unwrap()).collect::<Vec<_>>();
    let two = [home.alloc().unwrap(), home.alloc().unwrap()].map(Mbuf::into_place);
    stage.pool.give(&two);
    for at in [home.alloc().unwrap(), home.alloc().unwrap()].map(Mbuf::into_place) {
        let bill = Waybill::blank(9, 3).unwrap().at(at);
        let raw = crate::ring::Ring::<Waybill>::lookup(&stage.group, "ring").unwrap();
        raw.producer().unwrap().enqueue(bill).unwrap();
    }
    stage.ring.producer().unwrap().enqueue(long).unwrap();
    let came = stage.ring.consumer().unwrap().dequeue_bundle_by(7, &mut bundle);
    assert_eq!(came, Ok(Tally { packets: 3, bytes: 9 + 9 + 66_000 }));
    bundle.drain().for_each(|packet| rest.push(packet).unwrap());
    assert_eq!(rest.tally(), Tally { packets: 3, bytes: 66_018 });
    drop((rest, spare));
    stage.check(0);
}

#[test]
fn what_went_and_what_stayed_of_a_bundle_came_by_the_same_port() {
    let stage = Stage::plain();
    let (home, other) = (stage.pool.home(), second(&stage));
    send(&other, &home, 12);
    send(&stage.ring, &home, 15);
    let mut bundle = Bundle::new(&home);
    stage.ring.consumer().unwrap().dequeue_bundle_by(7, &mut bundle).unwrap();
    other.producer().unwrap().enqueue_bundle(&mut bundle).unwrap();
    let left: Vec<_> = bundle.drain().map(|it| (it.len(), it.port())).collect();
    assert_eq!(left, (8..15).map(|n| (n, Some(7))).collect::<Vec<_>>());
    let mut taken = [const { None }; 20];
    other.consumer().unwrap().dequeue_burst(&home, &mut taken).unwrap();
    let went: Vec<_> = taken.iter().flatten().skip(12).map(|it| (it.len(), it.port())).collect();
    assert_eq!(went, (0..8).map(|n| (n, Some(7))).collect::<Vec<_>>());
}

#[test]
fn the_header_of_a_fresh_packet_is_written_by_who_looks_at_it_and_by_nobody_else() {
    let stage = Stage::plain();
    let (home, other) = (stage.pool.home(), second(&stage));
    // What the last holders have left.
    let all: Vec<_> = (0..MBUFS).map(|_| filled(&home, &[b"an older packet"])).collect();
    home.free_bulk(all);
    let mut bundle = Bundle::new(&home);
    assert_eq!(bundle.fill_fresh(BLANK), Ok(Bundle::SIZE));
    let header = |bill: &Waybill| home.mbuf(bill.place()).unwrap();
    let lens = |bundle: &Bundle<'_>| -> Vec<_> {
        bundle.bills().iter().map(|bill| Span::of(header(bill)).len).collect()
    };
    assert_eq!(lens(&bundle), [15; Bundle::SIZE]);
    let put = stage.ring.producer().unwrap().enqueue_bundle(&mut bundle).unwrap();
    assert_eq!(put, Tally { packets: 20, bytes: 180 });
    drop(bundle.drain());
    // Passed on once more, by another port.
    stage.ring.consumer().unwrap().dequeue_bundle_by(7, &mut bundle).unwrap();
    assert_eq!(lens(&bundle), [15; 20]);
    other.producer().unwrap().enqueue_bundle(&mut bundle).unwrap();
    let mut taken = [const { None }; 20];
    assert_eq!(other.consumer().unwrap().dequeue_burst(&home, &mut taken), Ok(20));
    for packet in taken.iter().flatten() {
        assert_eq!((packet.len(), packet.port(), packet.check()), (9, Some(7), Ok(())));
        assert_eq!((packet.headroom(), packet.references()), (HEADROOM, 1));
    }
    drop(taken);
    stage.check(0);
}

#[test]
fn a_fresh_packet_of_another_pool_is_written_as_that_pool_s() {
    let stage = Stage::plain();
    let (home, also) = (stage.pool.home(), stage.small.home());
    let mut bundle = Bundle::new(&also);
    drop(core::iter::from_fn(|| also.alloc()).skip(1).collect::<Vec<_>>());
    for fresh in [BLANK, Fresh { len: 5000, port: 3 }] {
        let alone = also.alloc().unwrap().into_place();
        let bill = Waybill::blank(fresh.len, fresh.port).unwrap().at(alone);
        let raw = crate::ring::Ring::<Waybill>::lookup(&stage.group, "ring").unwrap();
        raw.producer().unwrap().enqueue(bill).unwrap();
        let packet = stage.ring.consumer().unwrap().dequeue(&home).unwrap().unwrap();
        // No more than fits.
        let len = fresh.len.min(200 - HEADROOM);
        assert_eq!((packet.data().len(), packet.port()), (usize::from(len), Some(3)));
        assert_eq!((packet.headroom(), packet.check()), (HEADROOM, Ok(())));
    }
    assert_eq!(bundle.free(), 0);
    stage.check(0);
}

#[test]
fn what_nobody_looked_at_goes_back_when_its_holder_dies() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    drop(filled(&home, &[b"a", b"b"]));
    let member = stage.join(1);
    let (pool, _, ring) = of(&member);
    let there = pool.home();
    let mut bundle = Bundle::new(&there);
    assert_eq!(bundle.fill_fresh(BLANK), Ok(Bundle::SIZE));
    ring.producer().unwrap().enqueue_bundle(&mut bundle).unwrap();
    core::mem::forget(bundle);
    stage.kill(1);
    assert_eq!(stage.reap_all().len(), 1);
    assert_eq!(stage.check(0).in_rings, 20);
    stage.use_it();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_word_of_any_bits_makes_nothing_panic_or_hang(
        words in proptest::collection::vec((any::<u64>(), any::<bool>()), 1..20),
        port: u16,
    ) {
        let stage = Stage::plain();
        let home = stage.pool.home();
        let packet = filled(&home, &[b"abc", b"def"]);
        let ring = crate::ring::Ring::<Waybill>::lookup(&stage.group, "ring").unwrap();
        for (word, is_near) in &words {
            // Some say of an mbuf what they like.
            let near = word & !Waybill::place_in(u64::MAX) | packet.at();
            let word = if *is_near { near } else { *word };
            // And some would be a row, but for bits that no place has.
            let word = if word % 5 == 0 { packet.at() | 1 | word << 40 } else { word };
            ring.producer().unwrap().enqueue(Waybill { says: word }).unwrap();
        }
        let mut bundle = Bundle::new(&home);
        let mut out = stage.ring.consumer().unwrap();
        prop_assert_eq!(out.dequeue_bundle_by(port, &mut bundle).unwrap().packets, words.len());
        let _ = bundle.tally();
        for packet in bundle.drain() {
            let _ = (packet.len(), packet.port(), format!("{packet:?}"));
            // It is not alone: so it is not freed.
            core::mem::forget(packet.open());
        }
        core::mem::forget(packet);
    }
}
