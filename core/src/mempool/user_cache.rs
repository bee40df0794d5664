//! `UserCache`: a cache for a thread that has no lcore, in the process's own memory (MP-8).
//!
//! It is not in shared memory, as the reference's is: nobody else may use it, its size is known
//! when the program is built, and so it costs no allocation and can lie on the stack. What is
//! in it counts as held by the process, and is found as such when the process dies.

use core::cell::UnsafeCell;

use super::cache::Cache;
use super::config::CACHE_MAX;
use super::item::PoolItem;
use super::layout::CacheHeader;
use super::pool::Mempool;
use super::pool_cache::PoolCache;
use super::slots::Slots;

/// A cache of up to `N` objects (1 to 512, checked when it is built), used by one thread.
/// Dropped, it gives what it has to the pool.
///
/// ```text
/// let cache = UserCache::<Message, 32>::new(&pool);
/// let message = cache.access().get();
/// ```
#[doc(alias = "rte_mempool_cache_create")]
#[doc(alias = "rte_mempool_cache_free")]
#[derive(Debug)]
pub struct UserCache<'p, T: PoolItem + ?Sized, const N: usize> {
    pool: &'p Mempool<T>,
    header: CacheHeader,
    // Not `Sync`: one thread at a time.
    slots: UnsafeCell<[u64; N]>,
}

impl<'p, T: PoolItem + ?Sized, const N: usize> UserCache<'p, T, N> {
    /// An empty cache of `pool`.
    pub fn new(pool: &'p Mempool<T>) -> Self {
        const { assert!(N >= 1 && N <= CACHE_MAX as usize, "a cache keeps 1 to 512 objects") };
        Self { pool, header: CacheHeader::default(), slots: UnsafeCell::new([0; N]) }
    }

    /// The pool through this cache, for getting and putting.
    pub fn access(&self) -> PoolCache<'_, T> {
        PoolCache { pool: self.pool, cache: self.cache() }
    }

    fn cache(&self) -> Cache<'_> {
        Cache { header: &self.header, slots: Slots::of(&self.slots) }
    }
}

impl<T: PoolItem + ?Sized, const N: usize> Drop for UserCache<'_, T, N> {
    fn drop(&mut self) {
        self.cache().flush(&self.pool.view);
    }
}
