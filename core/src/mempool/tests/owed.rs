//! Giving back while a process is stopped in the middle of the pool's ring.
#![expect(unsafe_code, reason = "places are put back by hand")]

use super::*;
use crate::fake::{End, die_at};
use crate::ring::Ring;

#[test]
fn what_is_put_behind_a_stopped_process_is_owed_and_had_when_it_is_gone() {
    for is_recoverable in [false, true] {
        let (group, platform) = fake::group();
        let config = PoolConfig::new(20);
        let config = if is_recoverable { config.recoverable() } else { config };
        let pool = pool::<u64>(&group, &config);
        let mut five = [Offset::NONE; 5];
        pool.get_bulk(&mut five).unwrap();
        let other = fake::join(group.window(), 1, platform);
        let there = Mempool::<u64>::attach(&other, pool.at().cast()).unwrap();
        let end = die_at(if is_recoverable { 2 } else { 0 }, move || drop(there.get()));
        assert!(matches!(end, End::Died("put: reserved")), "{end:?}");
        // SAFETY: got above, each once.
        unsafe { pool.put_bulk(&five) };
        let books = || pool.audit().map(|audit| (audit.common, audit.outside, audit.owed));
        assert_eq!((books(), pool.strays()), (Ok((14, 6, 5)), 0));
        // It is not there yet, and nobody waits for it.
        assert_eq!(pool.get_bulk(&mut [Offset::NONE; 19]), Err(PoolEmpty { asked: 19 }));
        assert_eq!(books(), Ok((14, 6, 5)));
        platform.dead.lock().unwrap().insert(1);
        assert_eq!(pool.get_bulk(&mut [Offset::NONE; 19]), Ok(()));
        assert_eq!((books(), pool.collect_owed()), (Ok((0, 20, 0)), 0));
    }
}

#[test]
fn what_is_owed_is_collected_by_who_asks() {
    let (group, platform) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(200));
    let mut held = [Offset::NONE; 150];
    pool.get_bulk(&mut held).unwrap();
    let other = fake::join(group.window(), 1, platform);
    let there = Mempool::<u64>::attach(&other, pool.at().cast()).unwrap();
    assert!(matches!(die_at(0, move || drop(there.get())), End::Died(_)));
    // SAFETY: got above, each once.
    unsafe { pool.put_bulk(&held) };
    assert_eq!(pool.collect_owed(), 0, "the other lives");
    assert_eq!(pool.audit().map(|audit| audit.owed), Ok(150));
    platform.dead.lock().unwrap().insert(1);
    assert_eq!(pool.collect_owed(), 150);
    assert_eq!(pool.audit().map(|audit| (audit.common, audit.owed)), Ok((199, 0)));
    assert_eq!(pool.strays(), 0);
}

#[test]
fn a_pool_to_which_all_is_owed_is_destroyed() {
    let (group, platform) = fake::group_with_memory();
    let pool = Mempool::<u64>::create(&group, "rx", &PoolConfig::new(20)).unwrap();
    let mut five = [Offset::NONE; 5];
    pool.get_bulk(&mut five).unwrap();
    let other = fake::join(group.window(), 1, platform);
    let ring = Ring::<u64>::attach(&other, pool.ring_at().unwrap()).unwrap();
    let mut end = ring.producer().unwrap();
    let in_the_middle = end.enqueue_start_bulk(1).unwrap();
    // SAFETY: got above, each once.
    unsafe { pool.put_bulk(&five) };
    in_the_middle.finish(0);
    assert_eq!(pool.audit().map(|audit| (audit.common, audit.owed)), Ok((15, 5)));
    // SAFETY: nobody uses it again.
    unsafe { Mempool::<u64>::destroy(&group, "rx") }.unwrap();
}
