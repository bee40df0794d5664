//! The cache rule (MP-6), step by step.
#![expect(unsafe_code, reason = "the rule is about places that are put back by hand")]

use super::*;

type Places = Vec<Offset<u64>>;

fn get(cache: &PoolCache<'_, u64>, count: usize) -> Places {
    let mut places = vec![Offset::NONE; count];
    cache.get_bulk(&mut places).unwrap();
    places
}

fn put(cache: &PoolCache<'_, u64>, places: &[Offset<u64>]) {
    // SAFETY: the tests put what they got, once.
    unsafe { cache.put_bulk(places) };
}

/// What lies in the cache, oldest first.
fn cached(cache: &PoolCache<'_, u64>) -> Places {
    (0..cache.len()).map(|i| Offset::new(cache.cache.slots.glance(i).unwrap())).collect()
}

#[test]
fn a_first_get_fetches_half_a_cache_and_the_next_ones_are_popped() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    get(&cache, 1);
    assert_eq!((cache.len(), pool.common_count()), (3, 96));
    let before = cached(&cache);
    assert_eq!(get(&cache, 2), before[1..3]);
    assert_eq!((cache.len(), pool.common_count()), (1, 96));
}

#[test]
fn a_get_of_more_than_the_cache_has_takes_all_of_it_and_refills_half() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    get(&cache, 1);
    let before = cached(&cache);
    let got = get(&cache, 5);
    assert_eq!(got[..3], before[..]);
    // Two were missing: four came from the pool, two stay.
    assert_eq!((cache.len(), pool.common_count()), (2, 92));
}

#[test]
fn a_get_that_misses_more_than_half_a_cache_goes_straight_to_the_pool() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    get(&cache, 1);
    get(&cache, 3 + 5);
    assert_eq!((cache.len(), pool.common_count()), (0, 91));
    get(&cache, 4);
    assert_eq!((cache.len(), pool.common_count()), (0, 87));
}

#[test]
fn a_put_that_fits_is_pushed() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    let held = get(&cache, 20);
    put(&cache, &held[..8]);
    assert_eq!((cached(&cache), pool.common_count()), (held[..8].to_vec(), 80));
}

#[test]
fn a_put_that_does_not_fit_flushes_the_oldest_half_first() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8).handler(HandlerId::LfStack));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    let held = get(&cache, 20);
    put(&cache, &held[..7]);
    put(&cache, &held[7..11]);
    assert_eq!(cached(&cache), held[4..11]);
    assert_eq!(pool.common_count(), 84);
    let mut flushed = [Offset::NONE; 4];
    pool.get_bulk(&mut flushed).unwrap();
    flushed.reverse();
    assert_eq!(flushed, held[..4]);
}

#[test]
fn a_put_of_more_than_half_a_cache_that_does_not_fit_goes_past_it() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    let held = get(&cache, 20);
    put(&cache, &held[..5]);
    put(&cache, &held[5..10]);
    assert_eq!((cached(&cache), pool.common_count()), (held[..5].to_vec(), 85));
}

#[test]
fn a_get_that_fails_leaves_cache_and_pool_as_they_were() {
    let (group, _) = fake::group();
    for handler in HandlerId::ALL {
        let pool = pool::<u64>(&group, &PoolConfig::new(10).cache(8).handler(handler));
        let lcore = lcore(&group, 0);
        let cache = pool.cache(&lcore).unwrap();
        get(&cache, 1);
        let before = (cached(&cache), pool.common_count());
        assert_eq!(cache.get_bulk(&mut [Offset::NONE; 10]), Err(PoolEmpty { asked: 10 }));
        assert_eq!((cached(&cache), pool.common_count()), before, "{handler}");
        // Nine are left, six of them in the pool: half a cache does not fit in the answer.
        get(&cache, 9);
        assert!(pool.is_empty());
        assert_eq!(cache.stats().failures, 1);
    }
}

#[test]
fn where_the_pool_has_less_than_half_a_cache_what_is_missing_is_taken_alone() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(10).cache(8));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    get(&cache, 8);
    get(&cache, 1);
    assert_eq!((cache.len(), pool.common_count()), (0, 1));
}

#[test]
fn a_pool_without_caches_counts_what_its_lcores_do() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(10));
    let lcore = lcore(&group, 5);
    let cache = pool.cache(&lcore).unwrap();
    let held = get(&cache, 3);
    put(&cache, &held);
    assert_eq!((cache.len(), pool.common_count()), (0, 10));
    let stats = pool.stats_of(5).unwrap();
    assert_eq!((stats.gets, stats.got, stats.puts, stats.put), (1, 3, 1, 3));
    assert_eq!((stats.pool_gets, stats.pool_got), (1, 3));
}

#[test]
fn a_flush_leaves_nothing_in_the_cache() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(10).cache(8));
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    drop(cache.get());
    assert!(!cache.is_empty());
    cache.flush();
    assert_eq!((cache.len(), pool.common_count()), (0, 10));
}

#[test]
fn the_next_holder_of_an_lcore_has_what_the_last_one_left_in_the_cache() {
    let (group, platform) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(10).cache(8));
    let first = lcore(&group, 0);
    drop(pool.cache(&first).unwrap().get());
    drop(first);
    let other = fake::join(group.window(), 1, platform);
    let there = Mempool::<u64>::attach(&other, pool.at().cast()).unwrap();
    let second = lcore(&other, 0);
    assert_eq!(there.cache(&second).unwrap().len(), 4);
    assert_eq!(pool.header.strays.peek(), 0);
}

#[test]
fn a_cache_whose_holder_died_while_it_moved_objects_is_not_believed() {
    let (group, platform) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(10).cache(8));
    let first = lcore(&group, 0);
    let cache = pool.cache(&first).unwrap();
    drop(cache.get());
    cache.cache.header.moving.publish(1);
    assert_eq!(pool.audit().map(|audit| (audit.moving, audit.cached)), Ok((1, 0)));
    platform.dead.lock().unwrap().insert(0);
    let other = fake::join(group.window(), 1, platform);
    let there = Mempool::<u64>::attach(&other, pool.at().cast()).unwrap();
    let second = lcore(&other, 0);
    assert_eq!(there.cache(&second).unwrap().len(), 0);
}
