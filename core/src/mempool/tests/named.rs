//! Pools by name, on a group with memory.

#![expect(unsafe_code, reason = "what these tests destroy they do not use again")]

use core::sync::atomic::Ordering;

use super::*;
use crate::directory::{CreateError, LookupError};
use crate::heap::{AllocError, AllocRequest};

fn mb(count: u64) -> u64 {
    count << 20
}

#[test]
fn a_created_pool_is_found_by_its_name_in_another_process() {
    let (group, platform) = fake::group_with_memory();
    let other = fake::join(group.window(), 1, platform);
    for handler in HandlerId::ALL {
        let config = PoolConfig::new(100).cache(16).handler(handler);
        let made = Mempool::<Message>::create(&group, handler.name(), &config).unwrap();
        let found = Mempool::<Message>::lookup(&other, handler.name()).unwrap();
        assert_eq!((found.at(), found.size(), found.handler()), (made.at(), 100, handler));
        assert_eq!((found.name(), found.creator()), (name(handler.name()), Some(group.me())));
        assert!(found.is_full());
    }
    let mut names = Vec::new();
    walk(&group, |found| names.push(found.name)).unwrap();
    assert_eq!(names.len(), HandlerId::ALL.len());
}

#[test]
fn a_second_pool_of_one_name_is_refused_and_costs_nothing() {
    let (group, platform) = fake::group_with_memory();
    Mempool::<u64>::create(&group, "rx", &PoolConfig::new(10)).unwrap();
    let before = platform.free_bytes.load(Ordering::Relaxed);
    let again = Mempool::<u64>::create(&group, "rx", &PoolConfig::new(1 << 20)).unwrap_err();
    assert!(matches!(again, PoolError::Create(CreateError::Exists { .. })), "{again:?}");
    assert_eq!(platform.free_bytes.load(Ordering::Relaxed), before);
}

#[test]
fn create_or_attach_finds_the_pool_that_is_there_and_says_so() {
    let (group, _) = fake::group_with_memory();
    let (_, created) =
        Mempool::<u64>::create_or_attach(&group, "rx", &PoolConfig::new(10)).unwrap();
    assert!(created);
    let (pool, created) =
        Mempool::<u64>::create_or_attach(&group, "rx", &PoolConfig::new(99)).unwrap();
    assert_eq!((pool.size(), created), (10, false));
    let other = Mempool::<i64>::create_or_attach(&group, "rx", &PoolConfig::new(10));
    assert!(matches!(other, Err(PoolError::Lookup(LookupError::WrongElement { .. }))));
}

#[test]
fn a_pool_that_cannot_be_is_refused_before_anything_is_allocated() {
    let (group, platform) = fake::group_with_memory();
    let before = platform.free_bytes.load(Ordering::Relaxed);
    let none = Mempool::<u64>::create(&group, "rx", &PoolConfig::new(0));
    assert_eq!(none.unwrap_err(), PoolError::Config(ConfigError::Objects { objects: 0 }));
    let long = Mempool::<u64>::create(&group, &"x".repeat(32), &PoolConfig::new(1));
    assert!(matches!(long, Err(PoolError::Name(_))));
    let empty = RawMempool::create_raw(&group, "rx", 0, &PoolConfig::new(1));
    assert!(matches!(empty, Err(PoolError::Config(ConfigError::ElementSize { size: 0 }))));
    assert_eq!(platform.free_bytes.load(Ordering::Relaxed), before);
}

#[test]
fn a_pool_is_looked_up_as_what_it_is() {
    let (group, _) = fake::group_with_memory();
    Mempool::<u64>::create(&group, "typed", &PoolConfig::new(10)).unwrap();
    RawMempool::create_raw(&group, "bytes", 8, &PoolConfig::new(10)).unwrap();
    let wrong = |error| matches!(error, PoolError::Lookup(LookupError::WrongElement { .. }));
    assert!(wrong(Mempool::<[u32; 2]>::lookup(&group, "typed").unwrap_err()));
    assert!(wrong(RawMempool::lookup(&group, "typed").unwrap_err()));
    assert!(wrong(Mempool::<u64>::lookup(&group, "bytes").unwrap_err()));
    assert_eq!(RawMempool::lookup(&group, "bytes").unwrap().element().size, 8);
    let found = crate::directory::find(&group, name("typed")).unwrap().unwrap();
    assert_eq!(PoolView::inspect(&group, found.at).unwrap().size(), 10);
    crate::ring::Ring::<u64>::create(&group, "ring", &crate::ring::RingConfig::new(8)).unwrap();
    let ring = Mempool::<u64>::lookup(&group, "ring").unwrap_err();
    assert!(matches!(ring, PoolError::Lookup(LookupError::WrongKind { .. })));
    let none = Mempool::<u64>::lookup(&group, "bites").unwrap_err();
    assert!(none.to_string().contains("did you mean"), "{none}");
}

#[test]
fn a_handler_that_this_build_does_not_know_is_named_at_lookup() {
    let (group, _) = fake::group_with_memory();
    let pool = Mempool::<u64>::create(&group, "rx", &PoolConfig::new(10)).unwrap();
    pool.header.handler.set(9);
    let error = Mempool::<u64>::lookup(&group, "rx").unwrap_err();
    let unknown = AttachError::UnknownHandler { name: name("rx"), id: 9 };
    assert_eq!(error, PoolError::Attach(unknown));
}

#[test]
fn objects_lie_in_several_blocks_if_there_is_no_block_for_all() {
    let (group, _) = fake::group_with_memory();
    // 32 grains of 2 MB on node 0 are left in pieces of at most 14 MB; the big pages are taken.
    let node = crate::heap::Node::On(0);
    let request = |bytes| AllocRequest::new(bytes).node(node);
    let tx = group.begin().unwrap();
    let big = request(mb(47)).pages(crate::heap::Pages::Only(mb(16)));
    crate::heap::allocate(&tx, &big).unwrap();
    let small = |bytes| request(bytes).pages(crate::heap::Pages::Only(mb(2)));
    let mut holes = Vec::new();
    for _ in 0..4 {
        holes.push(crate::heap::allocate(&tx, &small(mb(14) - 128)).unwrap().at);
        crate::heap::allocate(&tx, &small(mb(2) - 128)).unwrap();
    }
    tx.commit();
    let tx = group.begin().unwrap();
    for at in holes {
        crate::heap::free(&tx, at).unwrap();
    }
    tx.commit();
    let config = PoolConfig::new(20 << 10).node(node);
    let pool = RawMempool::create_raw(&group, "big", 2048, &config).unwrap();
    assert!(pool.memory().count() > 1);
    assert_eq!((pool.populated(), pool.avail_count()), (20 << 10, 20 << 10));
    assert_eq!(pool.audit().map(|audit| audit.common), Ok(20 << 10));
    assert!(pool.get().unwrap().iter().all(|byte| *byte == 0));
    destroy(&group, "big").unwrap();
    assert!(RawMempool::create_raw(&group, "big", 2048, &config).is_ok());
}

#[test]
fn a_pool_for_which_there_is_no_memory_leaves_nothing() {
    let (group, platform) = fake::group_with_memory();
    platform.free_bytes.store(mb(8), Ordering::Relaxed);
    let config = PoolConfig::new(20 << 10);
    let error = RawMempool::create_raw(&group, "big", 2048, &config).unwrap_err();
    let PoolError::Objects { error: AllocError::NoMemory { .. }, .. } = error else {
        panic!("{error:?}")
    };
    assert!(error.to_string().contains("20480 objects"), "{error}");
    assert_eq!(platform.free_bytes.load(Ordering::Relaxed), mb(8));
    assert!(RawMempool::lookup(&group, "big").is_err());
}

#[test]
fn a_pool_whose_objects_are_in_use_is_not_destroyed() {
    let (group, platform) = fake::group_with_memory();
    let before = platform.free_bytes.load(Ordering::Relaxed);
    let pool = Mempool::<u64>::create(&group, "rx", &PoolConfig::new(10).cache(4)).unwrap();
    let lcore = lcore(&group, 0);
    let cache = pool.cache(&lcore).unwrap();
    let held = cache.get().unwrap();
    let refused = destroy(&group, "rx").unwrap_err();
    assert_eq!(refused, PoolError::Busy { name: name("rx"), in_use: 1 });
    drop(held);
    destroy(&group, "rx").unwrap();
    assert!(matches!(Mempool::<u64>::lookup(&group, "rx"), Err(PoolError::Lookup(_))));
    assert_eq!(platform.free_bytes.load(Ordering::Relaxed), before);
}

fn destroy(group: &Group, name: &str) -> Result<(), PoolError> {
    // SAFETY: what a test destroys it does not use again.
    unsafe { Mempool::<u64>::destroy(group, name) }
}
