//! What a peer may have written: named, and never followed.

use proptest::prelude::*;

use super::*;
use crate::mbuf::link::{Link, header};
use crate::mbuf::span::Span;

#[test]
fn lengths_that_leave_the_buffer_give_no_data() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut mbuf = filled(&home, &[b"abc"]);
    let sound = Span::of(mbuf.header);
    for wild in [
        Span { len: u16::MAX, ..sound },
        Span { offset: 2175, ..sound },
        Span { offset: u16::MAX, len: u16::MAX, ..sound },
        Span { room: 0, ..sound },
    ] {
        wild.write(mbuf.header);
        assert!(mbuf.data().is_empty() && mbuf.data_mut().unwrap().is_empty());
        assert!(matches!(mbuf.check(), Err(MbufFault::Data { .. })));
        let _ = (mbuf.append(1).map(drop), mbuf.prepend(1).map(drop), mbuf.adj(1), mbuf.trim(1));
    }
}

#[test]
fn a_buffer_that_is_not_its_own_gives_no_data() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let other = filled(&home, &[b"other"]);
    let (also, window) = (stage.small.home(), fake::WINDOW_BYTES as u64);
    let mut packets = [filled(&home, &[b"abc"]), filled(&also, &[b"abc"])];
    packets[1].home = &home;
    for mbuf in &mut packets {
        let (own, sound) = (mbuf.header.buf.get(), Span::of(mbuf.header));
        assert_eq!((mbuf.data(), mbuf.check()), (&b"abc"[..], Ok(())));
        let others = other.header.buf.get();
        for wild in [0, u64::MAX, u64::MAX - 100, 1 << 60, window, others, own + 1] {
            mbuf.header.buf.set(wild);
            assert!(mbuf.data().is_empty() && mbuf.data_mut().unwrap().is_empty());
            assert!(mbuf.append(1).is_err() && mbuf.prepend(1).is_err());
            assert!(matches!(mbuf.check(), Err(MbufFault::Data { .. })));
        }
        mbuf.header.buf.set(own);
        Span { room: sound.room + 1, ..sound }.write(mbuf.header);
        assert!(mbuf.data().is_empty() && mbuf.append(1).is_err());
        sound.write(mbuf.header);
        let clone = mbuf.to_clone(&home).unwrap();
        assert_eq!((clone.data(), clone.check()), (&b"abc"[..], Ok(())));
        clone.header.buf.set(others);
        assert!(clone.data().is_empty());
    }
    assert_eq!(other.data(), b"other");
}

#[test]
fn links_that_lead_nowhere_or_in_a_circle_are_not_followed() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    for wild in [u64::MAX >> 16, 64, 1, 0, fake::WINDOW_BYTES as u64] {
        let packet = filled(&home, &[b"abc"]);
        Link::new(wild, 3).write(packet.header);
        assert_eq!(packet.segments().count(), 1);
        assert_eq!(packet.check(), Err(MbufFault::Segments { said: 3, found: 1 }));
    }
    let packet = filled(&home, &[b"abc"]);
    for said in [0, 2, u16::MAX] {
        Link::new(packet.at(), said).write(packet.header);
        assert_eq!(packet.segments().count(), 1);
        assert!(packet.to_clone(&home).is_ok() && packet.copy(&home, 0, 9).is_ok());
    }
    drop(packet);
    // A place of 0 is none; the others are counted.
    assert_eq!((stage.pool.avail_count(), stage.pool.strays()), (MBUFS, 4));
}

#[test]
fn what_is_no_mbuf_comes_out_of_no_ring_and_is_counted() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mbuf = filled(&home, &[b"abc"]);
    let ring = crate::ring::Ring::<Waybill>::lookup(&stage.group, "ring");
    let mut raw = ring.unwrap().producer().unwrap();
    for wild in [0, 64, mbuf.at() + 64, u64::MAX, 1 << 20] {
        raw.enqueue(Waybill { says: wild }).unwrap();
    }
    stage.ring.producer().unwrap().enqueue(mbuf).unwrap();
    let mut out = stage.ring.consumer().unwrap();
    assert_eq!(bytes_of(&out.dequeue(&home).unwrap().unwrap()), b"abc");
    assert_eq!(stage.pool.strays(), 5);
}

#[test]
fn a_pool_that_is_none_is_not_used_for_a_segment() {
    let stage = Stage::plain();
    let (home, other) = (stage.pool.home(), stage.small.home());
    for wild in [0, 64, stage.pool.at().get(), stage.pool.at().get() + 64, u64::MAX] {
        let mut packet = filled(&home, &[b"a"]);
        let tail = filled(&other, &[b"b"]);
        let (header, pool) = (tail.header, tail.header.pool.get());
        packet.chain(tail).unwrap();
        header.pool.set(wild);
        let before = stage.pool.strays();
        drop(packet);
        assert_eq!(stage.pool.strays(), before + 1);
        header.pool.set(pool);
    }
}

#[test]
fn a_place_where_no_page_is_is_not_read_and_leads_nobody_to_an_mbuf() {
    let stage = Stage::plain();
    let (group, other) = (&stage.group, stage.join(1));
    let (pool, ..) = of(&other);
    let (home, others_home) = (stage.pool.home(), pool.home());
    let held = others_home.alloc().unwrap().into_place();
    // The fake's memory is all there; no page of it is a list's.
    let nowhere = fake::WINDOW_BYTES as u64 - 4096;
    Link::new(held, 2).write(header(group.window(), nowhere).unwrap());
    let ring = crate::ring::Ring::<Waybill>::lookup(group, "ring");
    let place = Waybill::bare(nowhere);
    ring.unwrap().producer().unwrap().enqueue(place).unwrap();
    stage.kill(1);
    assert_eq!(stage.reap_all().len(), 1);
    assert_eq!(stage.pool.avail_count(), MBUFS);
    assert!(stage.ring.consumer().unwrap().dequeue(&home).unwrap().is_none());
    assert_eq!(stage.pool.strays(), 1);
}

#[test]
fn no_copy_is_made_of_bytes_that_the_segments_do_not_have() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let packet = filled(&home, &[b"abc", b"def"]);
    for said in [7, 5000, u32::MAX] {
        packet.header.packet_len.set(said);
        assert!(matches!(packet.copy(&home, 0, said), Err(CopyError::Range { .. })));
        assert_eq!(bytes_of(&packet.copy(&home, 2, 4).unwrap()), b"cdef");
    }
    drop(packet);
    stage.check(0);
}

#[test]
fn a_link_to_what_is_no_mbuf_writes_nothing_there() {
    let stage = Stage::plain();
    let (home, window) = (stage.pool.home(), stage.group.window());
    let whose = filled(&home, &[&[0; 64]]);
    // It could be a segment with one behind it that was parted from it.
    let place = whose.header.buf.get();
    let there = header(window, place).unwrap();
    let wild = |said| {
        let packet = filled(&home, &[b"abc"]);
        Link::new(7, said).write(there);
        Link::new(place, said + 1).write(packet.header);
        packet
    };
    for said in [1, 3] {
        let strays = stage.pool.strays();
        drop(wild(said));
        home.free_bulk([wild(said)]);
        assert_eq!(stage.pool.strays(), strays + 2);
        let mut packet = wild(said);
        assert!(packet.append(1).is_ok() && packet.trim(1).is_ok());
        assert!(packet.split_off(1).is_none());
        stage.ring.producer().unwrap().enqueue(packet).unwrap();
        drop(stage.ring.consumer().unwrap().dequeue(&home).unwrap());
        assert_eq!(Link::of(there), Link::new(7, said));
    }
    drop(whose);
    assert_eq!(stage.pool.avail_count(), MBUFS);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_header_of_any_bytes_makes_nothing_panic_or_hang(
        words: [u64; 6],
        near in 0..4u64,
        counts: [u32; 2],
    ) {
        let (stage, mut sink) = (Stage::plain(), Vec::new());
        let home = stage.pool.home();
        let Some(mut packet) = home.alloc() else { return Ok(()) };
        packet.append(9).unwrap();
        let header = packet.header;
        let [buf, link, flags, span, pool, bond] = words;
        // Some words are next to right ones.
        let own = packet.at();
        match near {
            0 => header.buf.set(buf),
            1 => header.buf.set(own + buf % 4096),
            _ => {}
        }
        if near < 3 {
            header.link.publish(link);
            header.span.set(span);
        } else {
            Link::new(own, (link % 5) as u16).write(header);
            header.span.set(header.span.get() ^ 1 << (span % 64));
        }
        header.flags.set(flags);
        header.pool.set(if near == 1 { stage.small.at().get() } else { pool });
        header.bond.publish(bond);
        header.packet_len.set(counts[0]);
        let _ = packet.check();
        sink.extend_from_slice(packet.data());
        packet.segments().for_each(|part| sink.extend_from_slice(part));
        let _ = (packet.read(counts[1], counts[0] % 4096, &mut [0; 64]), packet.tailroom());
        let _ = (packet.to_clone(&home), packet.dump(8).to_string().len());
        let _ = packet.copy(&home, counts[1], counts[0]).map(|copy| copy.len());
        let _ = (packet.adj(span as u16), packet.trim(span as u16));
        let _ = packet.append(0).map(|part| part.len());
        let _ = packet.prepend(0).map(|part| part.len());
        let _ = packet.split_off(1);
        let _ = packet.is_shared();
        drop(packet);
    }
}
