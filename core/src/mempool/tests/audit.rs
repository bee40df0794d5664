//! Audits of good pools and of bad ones.
#![expect(unsafe_code, reason = "what an audit finds is a broken promise")]

use super::*;

#[test]
fn an_audit_says_where_every_object_is() {
    let (group, _) = fake::group();
    for handler in HandlerId::ALL {
        let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8).handler(handler));
        let lcore = lcore(&group, 9);
        let cache = pool.cache(&lcore).unwrap();
        let held = cache.get().unwrap();
        let on_its_way = pool.get().unwrap().into_offset();
        let audit = pool.audit().unwrap();
        assert_eq!((audit.common, audit.cached, audit.outside), (95, 3, 2), "{handler}");
        assert_eq!((audit.on_their_way, audit.moving), (1, 0));
        drop((held, pool.adopt(on_its_way).unwrap()));
        assert_eq!(pool.audit().map(|audit| audit.outside), Ok(0));
    }
}

#[test]
fn an_object_that_was_put_twice_is_named() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8));
    let lcore = lcore(&group, 9);
    let cache = pool.cache(&lcore).unwrap();
    let mut one = [Offset::NONE];
    pool.get_bulk(&mut one).unwrap();
    let number = pool.number(one[0].get()).unwrap();
    // SAFETY: broken on purpose; nobody gets an object of this pool again.
    unsafe { cache.put_bulk(&[one[0], one[0]]) };
    let twice = AuditError::Twice { number, found_in: Where::Cache { lcore: 9 } };
    assert_eq!(pool.audit(), Err(twice));
    assert!(twice.to_string().contains("the cache of lcore 9"));
}

#[test]
fn a_free_object_that_is_marked_as_on_its_way_is_named() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100));
    let place = pool.get().unwrap().into_offset();
    let number = pool.number(place.get()).unwrap();
    // SAFETY: broken on purpose; nobody gets an object of this pool again.
    unsafe { pool.put_bulk(&[place]) };
    let error = AuditError::FreeAndOnItsWay { number, found_in: Where::Handler };
    assert_eq!(pool.audit(), Err(error));
}

#[test]
fn what_is_no_object_and_a_length_that_cannot_be_are_found() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(100).cache(8));
    let cache = pool.cache_of(200).unwrap();
    cache.slots.write(0, &[12345]);
    cache.header.len.publish(1);
    let found_in = Where::Cache { lcore: 200 };
    assert_eq!(pool.audit(), Err(AuditError::NotAnObject { found_in, at: 12345 }));
    cache.header.len.publish(9);
    assert_eq!(pool.audit(), Err(AuditError::CacheLength { lcore: 200, len: 9, size: 8 }));
}

#[test]
fn one_process_audits_at_a_time_and_a_dead_ones_audit_is_taken_over() {
    let (group, platform) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(10));
    let other = fake::join(group.window(), 1, platform);
    let there = Mempool::<u64>::attach(&other, pool.at().cast()).unwrap();
    core::mem::forget(there.claim(&there.header.auditing).unwrap());
    assert_eq!(pool.audit(), Err(AuditError::Busy { by: other.me(), pid: 101 }));
    platform.dead.lock().unwrap().insert(1);
    assert!(pool.audit().is_ok());
}
