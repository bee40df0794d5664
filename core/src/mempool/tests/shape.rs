//! Populating, attaching, and headers that lie.

#![expect(unsafe_code, reason = "an observer is made by hand")]

use super::*;
use crate::group::ProcessId;

#[test]
fn objects_lie_in_as_many_chunks_as_memory_came_in() {
    let (group, _) = fake::group();
    for handler in HandlerId::ALL {
        let pool = empty::<u64>(&group, &PoolConfig::new(100).handler(handler));
        assert_eq!(pool.add_chunk(Offset::new(OBJECTS_AT), 64 * 30), Ok(30));
        assert_eq!(pool.populated(), 30);
        assert_eq!(pool.add_chunk(Offset::new(OBJECTS_AT - 8192), 64 * 50), Ok(50));
        assert_eq!(pool.add_chunk(Offset::new(OBJECTS_AT + 8192), 1 << 20), Ok(20));
        let full = pool.add_chunk(Offset::new(OBJECTS_AT + (2 << 20)), 4096);
        assert_eq!(full, Err(PopulateError::Full { objects: 100 }));
        assert_eq!(pool.memory().map(|chunk| chunk.objects).collect::<Vec<_>>(), [30, 50, 20]);
        assert_eq!(pool.mem_range().unwrap().gaps, Gaps::Some);
        let held: Vec<_> = core::iter::from_fn(|| pool.get()).collect();
        let mut numbers: Vec<_> = held.iter().map(|object| object.number().unwrap()).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..100), "{handler}");
    }
}

#[test]
fn memory_that_holds_no_object_or_is_not_the_groups_is_refused() {
    let (group, _) = fake::group();
    let pool = empty::<Message>(&group, &PoolConfig::new(100));
    let small = pool.add_chunk(Offset::new(OBJECTS_AT), 191);
    assert_eq!(small, Err(PopulateError::TooSmall { bytes: 191, stride: 192 }));
    for (at, bytes) in [(u64::MAX - 64, 4096), (0, 4096), (OBJECTS_AT, u64::MAX)] {
        let outside = pool.add_chunk(Offset::new(at), bytes);
        assert_eq!(outside, Err(PopulateError::Place { at, bytes }));
    }
    assert_eq!((pool.populated(), pool.memory().count()), (0, 0));
}

#[test]
fn one_process_populates_at_a_time_and_a_dead_ones_work_goes_on() {
    let (group, platform) = fake::group();
    let pool = empty::<u64>(&group, &PoolConfig::new(100));
    let other = fake::join(group.window(), 1, platform);
    let there = Mempool::<u64>::attach(&other, pool.at().cast()).unwrap();
    pool.add_chunk(Offset::new(OBJECTS_AT), 64 * 10).unwrap();
    let claim = there.claim(&there.header.populating).unwrap();
    let busy = pool.add_chunk(Offset::new(OBJECTS_AT + 8192), 1 << 20);
    assert_eq!(busy, Err(PopulateError::Busy { by: other.me(), pid: 101 }));
    // Killed after the chunk of 90 was counted, before one of its objects was put in.
    pool.header.chunks[1].first.set(OBJECTS_AT + 8192);
    pool.header.chunks[1].count.set(90);
    pool.header.chunks[1].index.set(10);
    pool.header.chunk_count.publish(2);
    platform.dead.lock().unwrap().insert(1);
    core::mem::forget(claim);
    let full = pool.add_chunk(Offset::new(OBJECTS_AT + (1 << 20)), 1 << 20);
    assert_eq!(full, Err(PopulateError::Full { objects: 100 }));
    assert_eq!((pool.populated(), pool.avail_count()), (100, 100));
    assert_eq!(pool.audit().map(|audit| audit.common), Ok(100));
}

#[test]
fn no_object_crosses_a_page_unless_the_flag_says_that_it_may() {
    let (group, _) = fake::group();
    let config = PoolConfig::new(40).flags(PoolFlags::NO_SPREAD);
    let pool = raw_pool(&group, 1500, &config);
    assert!(pool.objects().all(|at| at.get() / 4096 == (at.get() + 1499) / 4096));
    let crossing = config.flags(PoolFlags::NO_SPREAD | PoolFlags::NO_IOVA_CONTIG);
    let pool = raw_pool(&group, 1500, &crossing);
    assert!(pool.objects().any(|at| at.get() / 4096 != (at.get() + 1499) / 4096));
    assert!(pool.flags().has(PoolFlags::NON_IO));
}

#[test]
fn a_pool_is_attached_to_as_what_it_is_and_as_nothing_else() {
    let (group, _) = fake::group();
    let pool = pool::<Message>(&group, &PoolConfig::new(4));
    assert!(Mempool::<Message>::attach(&group, pool.at().cast()).is_ok());
    let other = Mempool::<[u64; 13]>::attach(&group, pool.at().cast()).unwrap_err();
    assert!(
        matches!(other, AttachError::Element { expected, found } if expected.size == found.size)
    );
    assert!(matches!(
        RawMempool::attach(&group, pool.at().cast()),
        Err(AttachError::Element { .. })
    ));
    assert_eq!(
        PoolView::attach(&group, pool.at().cast()).map(|it| it.element()),
        Ok(pool.element())
    );
}

#[test]
fn a_handler_that_this_build_does_not_know_is_named_at_attach() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(4));
    pool.header.handler.set(17);
    let error = Mempool::<u64>::attach(&group, pool.at().cast()).unwrap_err();
    assert_eq!(error, AttachError::UnknownHandler { name: name("pool"), id: 17 });
    assert!(error.to_string().contains("handler 17"), "{error}");
}

#[test]
fn a_header_that_contradicts_itself_is_refused_by_the_number_that_does() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(400).cache(16));
    let refused = |what| {
        let error = Mempool::<u64>::attach(&group, pool.at().cast()).unwrap_err();
        assert_eq!(error, AttachError::Damaged { at: POOL_AT, what });
    };
    let header = pool.header;
    for (word, what) in [
        (&header.objects, "number of objects"),
        (&header.cache_size, "cache size"),
        (&header.element_bytes, "object size"),
        (&header.element_align, "object alignment"),
        (&header.align, "stride"),
        (&header.private_bytes, "length"),
    ] {
        let good = word.get();
        word.set(u32::MAX);
        refused(what);
        word.set(good);
    }
    header.bytes.set(0);
    refused("length");
}

#[test]
fn bytes_that_are_no_pool_are_told_apart_from_a_place_that_is_none() {
    let (group, _) = fake::group();
    let nothing = Mempool::<u64>::attach(&group, Offset::new(OBJECTS_AT)).unwrap_err();
    assert_eq!(nothing, AttachError::NotAPool { at: OBJECTS_AT, magic: 0 });
    for at in [0, 8, u64::MAX - 127, 1 << 50] {
        let outside = Mempool::<u64>::attach(&group, Offset::new(at)).unwrap_err();
        assert_eq!(outside, AttachError::Place { at });
    }
}

#[test]
fn a_header_written_over_after_attaching_harms_nobody_who_is_attached() {
    let (group, _) = fake::group();
    let pool = pool::<Message>(&group, &PoolConfig::new(10).cache(4));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    let header = pool.header;
    for word in [&header.objects, &header.cache_size, &header.element_bytes, &header.align] {
        word.set(u32::MAX);
    }
    header.stride.set(1);
    let held: Vec<_> = core::iter::from_fn(|| cache.get()).collect();
    assert_eq!(held.len(), 10);
}

#[test]
fn a_word_in_the_cache_that_is_no_place_is_left_out() {
    let (group, _) = fake::group();
    let pool = pool::<Message>(&group, &PoolConfig::new(10).cache(4));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    drop(cache.get());
    cache.cache.slots.write(1, &[u64::MAX]);
    cache.cache.header.len.publish(2);
    assert_eq!(cache.get().map(|object| object.number().is_some()), Some(true));
    assert_eq!(pool.strays(), 1);
    cache.cache.header.len.publish(u32::MAX);
    assert!(cache.len() <= 4 && cache.get().is_some());
}

#[test]
fn an_lcore_of_another_group_has_no_cache_here() {
    let (group, platform) = fake::group();
    let (elsewhere, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(4));
    let stranger = lcore(&elsewhere, 7);
    assert_eq!(pool.cache(&stranger).unwrap_err(), CacheError::OtherGroup { lcore: 7 });
    let other = fake::join(group.window(), 1, platform);
    let neighbour = lcore(&other, 8);
    assert!(pool.cache(&neighbour).is_err());
}

#[test]
fn an_observer_looks_and_does_nothing_else() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(4).cache(2));
    // SAFETY: an observer claims nothing.
    let observer =
        unsafe { Group::new(group.window(), ProcessId::OBSERVER, group.platform()) }.unwrap();
    let refused = Mempool::<u64>::attach(&observer, pool.at().cast()).unwrap_err();
    assert_eq!(refused, AttachError::Observer { name: name("pool") });
    let view = PoolView::inspect(&observer, pool.at().cast()).unwrap();
    assert_eq!((view.avail_count(), view.audit()), (4, Err(AuditError::Observer)));
    let memory = view.add_chunk(Offset::new(OBJECTS_AT), 4096);
    assert_eq!(memory, Err(PopulateError::Observer));
    assert!(view.dump().to_string().contains("common_pool_count=4"));
}
