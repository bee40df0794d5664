//! Get, put, content, passing on, looking at.

use super::*;
use crate::sync::Word64;

#[test]
fn one_object_and_two_come_out_and_go_back_on_their_own() {
    let (group, _) = fake::group();
    for handler in HandlerId::ALL {
        let pool = pool::<Message>(&group, &PoolConfig::new(10).handler(handler));
        assert_eq!((pool.avail_count(), pool.is_full()), (10, true));
        let one = pool.get().unwrap();
        let two = pool.get().unwrap();
        assert_ne!(one.offset(), two.offset());
        assert_eq!((pool.avail_count(), pool.in_use_count()), (8, 2));
        drop((one, two));
        assert!(pool.is_full(), "{handler}");
    }
}

#[test]
fn a_pool_gives_out_each_of_its_objects_once_and_then_none() {
    let (group, _) = fake::group();
    for handler in HandlerId::ALL {
        let pool = pool::<u64>(&group, &PoolConfig::new(100).handler(handler));
        let held: Vec<_> = core::iter::from_fn(|| pool.get()).collect();
        let mut numbers: Vec<_> = held.iter().map(|object| object.number().unwrap()).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..100), "{handler}");
        assert!(pool.is_empty() && pool.get().is_none());
    }
}

#[test]
fn what_is_written_to_an_object_stays_while_it_is_held() {
    let (group, _) = fake::group();
    let pool = pool::<Message>(&group, &PoolConfig::new(32));
    let mut held: Vec<_> = core::iter::from_fn(|| pool.get()).collect();
    for (object, from) in held.iter_mut().zip(1..) {
        **object = Message { from, text: [from as u8; 92], len: 92 };
    }
    for (object, from) in held.iter().zip(1..) {
        assert_eq!((object.from, object.text, object.len), (from, [from as u8; 92], 92));
    }
}

#[test]
fn objects_of_bytes_have_the_length_that_was_asked_for() {
    let (group, _) = fake::group();
    let pool = raw_pool(&group, 100, &PoolConfig::new(3));
    let mut one = pool.get().unwrap();
    let two = pool.get().unwrap();
    one.fill(0xff);
    assert_eq!((one.len(), two.len()), (100, 100));
    assert!(two.iter().all(|byte| *byte == 0));
}

#[test]
fn every_object_is_aligned_as_the_pool_says() {
    let (group, _) = fake::group();
    for (flags, align) in [(PoolFlags::NONE, 64), (PoolFlags::NO_CACHE_ALIGN, 8)] {
        let pool = raw_pool(&group, 20, &PoolConfig::new(50).flags(flags));
        assert_eq!(pool.object_alignment(), align);
        assert!(pool.objects().all(|at| at.get().is_multiple_of(align)));
        let object = pool.get().unwrap();
        assert!(object.as_ptr().addr().is_multiple_of(align as usize));
    }
}

#[test]
fn a_bulk_is_had_in_full_or_not_at_all() {
    let (group, _) = fake::group();
    for handler in HandlerId::ALL {
        let pool = pool::<u64>(&group, &PoolConfig::new(10).handler(handler));
        let mut eight = [Offset::NONE; 8];
        pool.get_bulk(&mut eight).unwrap();
        assert_eq!(pool.get_bulk(&mut [Offset::NONE; 3]), Err(PoolEmpty { asked: 3 }));
        assert_eq!(pool.avail_count(), 2, "{handler}");
        pool.get_bulk(&mut [Offset::NONE; 2]).unwrap();
        pool.get_bulk(&mut []).unwrap();
    }
}

#[test]
fn a_place_is_adopted_once_with_what_was_written_there() {
    let (group, platform) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(4));
    let other = fake::join(group.window(), 1, platform);
    let there = Mempool::<u64>::attach(&other, pool.at().cast()).unwrap();
    let mut object = pool.get().unwrap();
    *object = 7;
    let place = object.into_offset();
    assert_eq!(pool.avail_count(), 3);
    let adopted = there.adopt(place).unwrap();
    assert_eq!(*adopted, 7);
    assert!(matches!(pool.adopt(place), Err(AdoptError::NotOnItsWay { .. })));
    drop(adopted);
    assert!(pool.is_full());
    assert!(matches!(pool.adopt(place), Err(AdoptError::NotOnItsWay { .. })));
}

#[test]
fn a_place_where_no_object_starts_is_not_adopted() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(4));
    let first = pool.objects().next().unwrap();
    let between = first.add(8).unwrap();
    let past = first.add(4 * pool.stride()).unwrap();
    for place in [between, past, Offset::NONE, Offset::new(u64::MAX)] {
        assert_eq!(pool.adopt(place).unwrap_err(), AdoptError::NotAnObject { at: place.get() });
    }
    assert!(matches!(pool.adopt(first), Err(AdoptError::NotOnItsWay { number: 0, .. })));
}

#[test]
fn walking_shows_every_object_and_all_memory() {
    let (group, _) = fake::group();
    let pool = pool::<Message>(&group, &PoolConfig::new(50));
    let _held = pool.get();
    let places: Vec<_> = pool.objects().map(Offset::get).collect();
    assert_eq!(places.len(), 50);
    assert!(places.windows(2).all(|pair| pair[1] >= pair[0] + pool.stride()));
    let range = pool.mem_range().unwrap();
    assert_eq!((range.start, range.gaps), (OBJECTS_AT, Gaps::None));
    let [chunk] = pool.memory().collect::<Vec<_>>()[..] else { panic!("one chunk") };
    assert_eq!(
        (chunk.at, chunk.bytes, chunk.objects, chunk.first),
        (OBJECTS_AT, range.bytes, 50, 0)
    );
}

#[test]
fn the_dump_has_the_lines_that_people_know() {
    let (group, _) = fake::group();
    let pool = pool::<Message>(&group, &PoolConfig::new(50).cache(8).handler(HandlerId::LfStack));
    let lcore = lcore(&group, 3);
    drop(pool.cache(&lcore).unwrap().get());
    let text = pool.dump().to_string();
    for line in [
        "mempool <pool>@+0x4000000",
        "  flags=10",
        "  size=50",
        "  populated_size=50",
        "  elt_size=104",
        "  total_obj_size=192",
        "  ops_index=7",
        "  ops_name: <lf_stack>",
        "    cache_size=8",
        "    cache_count[3]=4",
        "    total_cache_count=4",
        "  common_pool_count=46",
        "    get_success_objs=1",
        "    put_objs=1",
    ] {
        assert!(text.lines().any(|there| there == line), "no line {line:?} in\n{text}");
    }
}

#[test]
fn the_private_area_is_zeroed_shared_and_only_as_long_as_asked() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(1).private(16));
    let words = pool.private::<[Word64; 2]>();
    assert!(words.is_none_or(|words| words[0].get() == 0));
    assert!(pool.private::<[Word64; 3]>().is_none());
    let words = pool.private::<[Word64; 2]>().unwrap();
    assert!(words.iter().all(|word| word.get() == 0));
}

#[test]
fn an_object_dropped_in_another_process_is_free_for_all() {
    let (group, platform) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(1));
    let other = fake::join(group.window(), 1, platform);
    let there = Mempool::<u64>::attach(&other, pool.at().cast()).unwrap();
    let held = there.get().unwrap();
    assert!(pool.get().is_none());
    drop(held);
    assert!(pool.get().is_some());
}

#[test]
fn a_users_cache_keeps_objects_and_gives_them_back_when_it_goes() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100));
    let cache = UserCache::<u64, 16>::new(&pool);
    drop(cache.access().get().unwrap());
    assert_eq!((cache.access().len(), pool.avail_count()), (8, 92));
    let held = cache.access().get().map(Object::into_offset).unwrap();
    drop(cache);
    assert_eq!(pool.avail_count(), 99);
    drop(pool.adopt(held).unwrap());
    assert!(pool.is_full());
}
