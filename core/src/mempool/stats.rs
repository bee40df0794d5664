//! What went through the caches: counters with one writer each, read by anybody.

use core::ops::Add;

use super::cache::Cache;
use super::layout::CacheHeader;
use super::view::PoolView;

/// What went through one cache, or all. Counts wrap round 2^64.
#[doc(alias = "rte_mempool_debug_stats")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Calls that got objects.
    pub gets: u64,
    /// Objects got.
    pub got: u64,
    /// Calls that put objects.
    pub puts: u64,
    /// Objects put.
    pub put: u64,
    /// Calls that wanted objects and got none.
    pub failures: u64,
    /// Calls that took from the pool.
    pub pool_gets: u64,
    /// Objects taken from the pool.
    pub pool_got: u64,
    /// Calls that gave to the pool.
    pub pool_puts: u64,
    /// Objects given to the pool.
    pub pool_put: u64,
}

impl CacheStats {
    /// What `cache` has counted. One without slots leaves it to the reader that all it did was
    /// done at the pool.
    pub(super) fn of(cache: &Cache<'_>) -> Self {
        let counted = Self::counted(cache.header);
        if cache.slots.size() > 0 {
            return counted;
        }
        let Self { gets: pool_gets, got: pool_got, puts: pool_puts, put: pool_put, .. } = counted;
        Self { pool_gets, pool_got, pool_puts, pool_put, ..counted }
    }

    fn counted(header: &CacheHeader) -> Self {
        Self {
            gets: header.gets.get(),
            got: header.got.get(),
            puts: header.puts.get(),
            put: header.put.get(),
            failures: header.failures.get(),
            pool_gets: header.pool_gets.get(),
            pool_got: header.pool_got.get(),
            pool_puts: header.pool_puts.get(),
            pool_put: header.pool_put.get(),
        }
    }
}

impl Add for CacheStats {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            gets: self.gets.wrapping_add(other.gets),
            got: self.got.wrapping_add(other.got),
            puts: self.puts.wrapping_add(other.puts),
            put: self.put.wrapping_add(other.put),
            failures: self.failures.wrapping_add(other.failures),
            pool_gets: self.pool_gets.wrapping_add(other.pool_gets),
            pool_got: self.pool_got.wrapping_add(other.pool_got),
            pool_puts: self.pool_puts.wrapping_add(other.pool_puts),
            pool_put: self.pool_put.wrapping_add(other.pool_put),
        }
    }
}

impl PoolView {
    /// What went through all lcores' caches.
    pub fn stats(&self) -> CacheStats {
        self.caches().map(|(_, cache)| CacheStats::of(&cache)).fold(CacheStats::default(), Add::add)
    }

    /// What went through the cache of `lcore`; `None` if there is no such lcore.
    pub fn stats_of(&self, lcore: u16) -> Option<CacheStats> {
        self.cache_of(lcore).map(|cache| CacheStats::of(&cache))
    }

    /// How many objects are free: in the handler and in all lcores' caches, at most
    /// [`size`](Self::size). While others get and put: about. Walks 256 caches (MP-11).
    #[doc(alias = "rte_mempool_avail_count")]
    pub fn avail_count(&self) -> u32 {
        self.common_count().saturating_add(self.cached_count()).min(self.shape.objects)
    }

    /// How many objects are not free.
    #[doc(alias = "rte_mempool_in_use_count")]
    pub fn in_use_count(&self) -> u32 {
        self.shape.objects - self.avail_count()
    }

    /// Whether no object is in use.
    #[doc(alias = "rte_mempool_full")]
    pub fn is_full(&self) -> bool {
        self.avail_count() == self.shape.objects
    }

    /// Whether no object is free.
    #[doc(alias = "rte_mempool_empty")]
    pub fn is_empty(&self) -> bool {
        self.avail_count() == 0
    }

    /// How many objects lie in the handler, past all caches.
    pub fn common_count(&self) -> u32 {
        self.handler.len()
    }

    /// How many objects lie in the lcores' caches.
    pub fn cached_count(&self) -> u32 {
        self.caches().map(|(_, cache)| cache.len() as u32).fold(0, u32::saturating_add)
    }

    /// How many objects lie in the cache of `lcore`; `None` if there is no such lcore.
    pub fn cached_by(&self, lcore: u16) -> Option<u32> {
        self.cache_of(lcore).map(|cache| cache.len() as u32)
    }

    /// How many words were put that are no objects, or found where objects should be: 0,
    /// unless somebody broke a promise or wrote over the pool.
    pub fn strays(&self) -> u64 {
        self.header.strays.observe()
    }
}
