//! What a peer may have written: named, and never followed.

use super::*;
use crate::mbuf::link::Link;
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
    for wild in [0, u64::MAX, u64::MAX - 100, 1 << 60, fake::WINDOW_BYTES as u64] {
        sound.write(mbuf.header);
        mbuf.header.buf.set(wild);
        assert!(wild == 0 || mbuf.data().is_empty());
    }
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
    stage.check(0);
}

#[test]
fn what_is_no_mbuf_comes_out_of_no_ring_and_is_counted() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mbuf = filled(&home, &[b"abc"]);
    let ring = crate::ring::Ring::<crate::mempool::Parcel<MbufPlace>>::lookup(&stage.group, "ring");
    let mut raw = ring.unwrap().producer().unwrap();
    for wild in [0, 64, mbuf.at() + 64, u64::MAX, 1 << 20] {
        raw.enqueue(crate::mempool::Parcel(crate::offset::Offset::new(wild))).unwrap();
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
