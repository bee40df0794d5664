//! Pools, and what one mbuf does.

use static_assertions::assert_not_impl_any;

use super::*;
use crate::mempool::{Mempool, PoolConfig, PoolError, RawMempool};

// An mbuf goes back through its thread's cache.
assert_not_impl_any!(Mbuf<'static>: Send, core::marker::Sync);

#[test]
fn a_fresh_mbuf_is_empty_with_all_its_headroom() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mbuf = home.alloc().unwrap();
    assert_eq!((mbuf.len(), mbuf.data_len(), mbuf.segments_count()), (0, 0, 1));
    assert_eq!((mbuf.headroom(), mbuf.tailroom()), (128, 2048));
    assert_eq!((mbuf.port(), mbuf.flags(), mbuf.references()), (None, 0, 1));
    assert_eq!(mbuf.check(), Ok(()));
}

#[test]
fn what_the_last_holder_knew_of_a_packet_is_gone() {
    let stage = Stage::plain();
    let home = stage.small.home();
    let all: Vec<_> = core::iter::from_fn(|| home.alloc())
        .map(|mut mbuf| {
            mbuf.append(9).unwrap();
            mbuf.set_flags(flags::VLAN);
            mbuf.set_port(Some(3));
            mbuf.set_vlan(7);
            mbuf.set_hash(5);
            mbuf.set_packet_type(1);
            mbuf
        })
        .collect();
    drop(all);
    let mbuf = home.alloc().unwrap();
    assert_eq!((mbuf.len(), mbuf.data_len(), mbuf.flags(), mbuf.port()), (0, 0, 0, None));
    assert_eq!((mbuf.vlan(), mbuf.hash(), mbuf.packet_type()), (0, 0, 0));
}

#[test]
fn data_grow_and_shrink_at_both_ends() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut mbuf = home.alloc().unwrap();
    mbuf.append(4).unwrap().copy_from_slice(b"data");
    mbuf.prepend(2).unwrap().copy_from_slice(b"h:");
    assert_eq!((mbuf.data(), mbuf.len(), mbuf.headroom()), (&b"h:data"[..], 6, 126));
    mbuf.adj(1).unwrap();
    mbuf.trim(2).unwrap();
    assert_eq!((mbuf.data(), mbuf.len(), mbuf.tailroom()), (&b":da"[..], 3, 2046));
    mbuf.data_mut().unwrap()[0] = b';';
    assert_eq!(mbuf.data(), b";da");
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut mbuf = home.alloc().unwrap();
    mbuf.append(10).unwrap();
    let room = |asked, there| Err(EditError::Room { asked, there });
    assert_eq!(mbuf.append(2039).map(drop), room(2039, 2038));
    assert_eq!(mbuf.prepend(129).map(drop), room(129, 128));
    assert_eq!(mbuf.adj(11), room(11, 10));
    assert_eq!(mbuf.trim(11), room(11, 10));
    assert_eq!((mbuf.len(), mbuf.headroom(), mbuf.tailroom()), (10, 128, 2038));
}

#[test]
fn a_pool_gives_each_mbuf_once_and_bulk_gets_all_or_none() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut all: Vec<_> = (0..MBUFS + 1).map(|_| None).collect();
    assert_eq!(home.alloc_bulk(&mut all).unwrap_err().asked, MBUFS as usize + 1);
    assert!(all.iter().all(Option::is_none));
    all.pop();
    home.alloc_bulk(&mut all).unwrap();
    let mut places: Vec<_> = all.iter().flatten().map(Mbuf::at).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!((places.len() as u32, home.alloc().is_none()), (MBUFS, true));
    home.free_bulk(all.into_iter().flatten());
    assert!(stage.pool.is_full());
    stage.check(0);
}

#[test]
fn an_lcores_mbufs_come_from_its_cache() {
    let stage = Stage::plain();
    let lcore = lcore(&stage.group, 1);
    let home = stage.pool.home_of(&lcore).unwrap();
    drop(home.alloc());
    assert_eq!(stage.pool.cached_by(1), Some(4));
    stage.check(0);
}

#[test]
fn private_bytes_are_the_programs_own_and_stay_where_they_are() {
    let stage = Stage::plain();
    let home = stage.small.home();
    let mut mbuf = home.alloc().unwrap();
    mbuf.append(72).unwrap().fill(1);
    mbuf.private_mut().fill(9);
    assert_eq!((mbuf.private(), mbuf.data()), (&[9; 16][..], &[1; 72][..]));
    assert_eq!(stage.small.private_bytes_each(), 16);
    assert!(stage.pool.home().alloc().unwrap().private().is_empty());
}

#[test]
fn a_pool_of_mbufs_is_none_of_bytes_and_the_other_way_round() {
    let stage = Stage::plain();
    assert!(matches!(RawMempool::lookup(&stage.group, "packets"), Err(PoolError::Lookup(_))));
    Mempool::<u64>::create(&stage.group, "numbers", &PoolConfig::new(8)).unwrap();
    let found = MbufPool::lookup(&stage.group, "numbers");
    assert!(matches!(found, Err(MbufPoolError::Pool(PoolError::Lookup(_)))));
}

#[test]
fn a_pool_is_found_as_it_was_made_and_is_recoverable() {
    let stage = Stage::plain();
    let found = MbufPool::lookup(&stage.group, "small").unwrap();
    assert_eq!((found.data_room(), found.headroom(), found.size()), (200, 128, SMALL));
    assert!(found.is_recoverable());
    let config = MbufConfig::new(8).data_room(200).private(16);
    let (_, created) = MbufPool::create_or_attach(&stage.group, "small", &config).unwrap();
    assert!(!created);
}

#[test]
fn private_bytes_that_are_no_multiple_of_8_are_refused() {
    let (group, _) = fake::group_with_memory();
    let refused = MbufPool::create(&group, "odd", &MbufConfig::new(8).private(9));
    assert_eq!(refused.map(drop), Err(MbufPoolError::PrivateBytes { bytes: 9 }));
}

#[test]
fn a_pool_with_mbufs_in_use_is_not_destroyed() {
    #[expect(unsafe_code, reason = "what a test destroys it does not use again")]
    // SAFETY: as the reason says.
    let destroy = |group: &Group| unsafe { MbufPool::destroy(group, "small") };
    let stage = Stage::plain();
    let home = stage.small.home();
    let mbuf = home.alloc().unwrap();
    let busy = destroy(&stage.group).unwrap_err();
    assert!(matches!(busy, MbufPoolError::Pool(PoolError::Busy { in_use: 1, .. })));
    drop(mbuf);
    destroy(&stage.group).unwrap();
    assert!(MbufPool::lookup(&stage.group, "small").is_err());
}

#[test]
fn facts_are_kept_apart() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut mbuf = home.alloc().unwrap();
    mbuf.set_vlan(0xffff);
    mbuf.set_outer_vlan(0x1234);
    mbuf.set_port(Some(0xfffe));
    mbuf.set_mark(4);
    mbuf.set_tx_offload(u64::MAX);
    mbuf.set_flags(u64::MAX);
    assert_eq!((mbuf.vlan(), mbuf.outer_vlan(), mbuf.port()), (0xffff, 0x1234, Some(0xfffe)));
    assert_eq!((mbuf.mark(), mbuf.tx_offload()), (4, u64::MAX));
    assert_eq!(mbuf.flags(), !flags::OWN);
    mbuf.set_vlan(0);
    assert_eq!((mbuf.outer_vlan(), mbuf.headroom(), mbuf.tailroom()), (0x1234, 128, 2048));
    mbuf.reset();
    assert_eq!((mbuf.flags(), mbuf.port(), mbuf.outer_vlan()), (0, None, 0));
}

#[test]
fn a_dump_says_what_is_where() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let text = filled(&home, &[b"0123456789abcdefg", b"xyz"]).dump(18).to_string();
    assert!(text.contains("pkt_len=20, ol_flags=0x0, nb_segs=2, port=65535"));
    assert!(text.contains("len=17, off=128, refcnt=1"));
    assert!(text.contains("    0010: 67\n") && text.contains("    0000: 78\n"));
}
