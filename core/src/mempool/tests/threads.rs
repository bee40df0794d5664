//! Several lcores at once: no object is ever in two hands.
#![expect(unsafe_code, reason = "bulks are put back by hand")]
#![allow(clippy::disallowed_types, reason = "what checks the pool is not made of it")]

use core::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;

/// Who holds each object, as the threads say: 0 for nobody.
struct Hands(Vec<AtomicU64>);

impl Hands {
    fn of(pool: &Mempool<u64>) -> Self {
        Self((0..pool.size()).map(|_| AtomicU64::new(0)).collect())
    }
    fn take(&self, pool: &Mempool<u64>, place: Offset<u64>, who: u64) {
        let number = pool.number(place.get()).expect("an object");
        assert_eq!(self.0[number as usize].swap(who, Ordering::Relaxed), 0, "held twice");
    }
    fn give(&self, pool: &Mempool<u64>, place: Offset<u64>, who: u64) {
        let number = pool.number(place.get()).expect("an object");
        assert_eq!(self.0[number as usize].swap(0, Ordering::Relaxed), who);
    }
}

/// Gets and puts in many sizes; now and then single objects, with content.
fn work(pool: &Mempool<u64>, hands: &Hands, lcore: &Lcore, rounds: u64) {
    let who = u64::from(lcore.id()) + 1;
    let cache = pool.cache(lcore).unwrap();
    let mut random = who;
    for _ in 0..rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut places = [Offset::NONE; 24];
        let places = &mut places[..1 + (random >> 33) as usize % 24];
        if cache.get_bulk(places).is_err() {
            thread::yield_now();
            continue;
        }
        places.iter().for_each(|place| hands.take(pool, *place, who));
        if let Some(mut object) = cache.get() {
            hands.take(pool, object.offset(), who);
            *object = random;
            assert_eq!(*object, random);
            hands.give(pool, object.offset(), who);
        }
        places.iter().for_each(|place| hands.give(pool, *place, who));
        // SAFETY: got above.
        unsafe { cache.put_bulk(places) };
    }
    cache.flush();
}

fn stress(handler: HandlerId, cache_size: u32) {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(200).cache(cache_size).handler(handler));
    let hands = Hands::of(&pool);
    thread::scope(|scope| {
        for id in 0..3 {
            let lcore = lcore(&group, id);
            let (pool, hands) = (&pool, &hands);
            scope.spawn(move || work(pool, hands, &lcore, 2000));
        }
    });
    let audit = pool.audit().expect("a sound pool");
    assert_eq!((audit.common, audit.outside), (200, 0), "{handler}");
    assert_eq!(pool.strays(), 0);
}

#[test]
fn no_object_is_held_twice_whatever_the_handler() {
    for handler in HandlerId::ALL {
        stress(handler, 0);
        stress(handler, 16);
    }
}

#[test]
fn objects_that_are_passed_between_threads_arrive_once_with_their_content() {
    let (group, _) = fake::group();
    let pool = pool::<u64>(&group, &PoolConfig::new(64).cache(8));
    let (sender, receiver) = std::sync::mpsc::channel::<(u64, Offset<u64>)>();
    thread::scope(|scope| {
        let (from, to) = (lcore(&group, 0), lcore(&group, 1));
        let pool = &pool;
        scope.spawn(move || {
            let cache = pool.cache(&from).unwrap();
            let mut sent = 0;
            while sent < 2000 {
                match cache.get() {
                    Some(mut object) => {
                        *object = sent;
                        sender.send((sent, object.into_offset())).unwrap();
                        sent += 1;
                    }
                    None => thread::yield_now(),
                }
            }
        });
        scope.spawn(move || {
            let cache = pool.cache(&to).unwrap();
            for (content, place) in receiver {
                assert_eq!(*cache.adopt(place).unwrap(), content);
            }
        });
    });
    assert!(pool.is_full());
    assert_eq!(pool.audit().map(|audit| audit.outside), Ok(0));
}
