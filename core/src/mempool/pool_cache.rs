//! `PoolCache`: a pool as an lcore uses it, through the cache that is the lcore's alone.
//!
//! The handle borrows the [`Lcore`], whose claim is one process's and which is used by one
//! thread at a time. So two threads, or two processes, cannot share a cache: there is no way to
//! say it (MP-7, W-12).

use core::fmt;

use super::cache::Cache;
use super::item::PoolItem;
use super::object::{AdoptError, Home, Object};
use super::pool::{Mempool, PoolEmpty};
use super::slots::words_mut;
use super::stats::CacheStats;
use super::view::PoolView;
use crate::group::Lcore;
use crate::log::Told;
use crate::offset::Offset;

/// A pool in the hand of an lcore. Made in a few loads; it may be made for each use, or kept.
///
/// What is in the cache stays there when the handle or the lcore is given up, for the lcore's
/// next holder; [`flush`](Self::flush) gives it to all.
#[doc(alias = "rte_mempool_default_cache")]
#[derive(Debug)]
pub struct PoolCache<'p, T: PoolItem + ?Sized> {
    pub(super) pool: &'p Mempool<T>,
    pub(super) cache: Cache<'p>,
}

/// Why an lcore has no cache in this pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheError {
    /// The lcore is claimed in another group.
    OtherGroup {
        /// The lcore's id.
        lcore: u16,
    },
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherGroup { lcore } => write!(
                f,
                "lcore {lcore} was to use a pool of a group in which it is not claimed; claim one in the pool's group"
            ),
        }
    }
}

impl core::error::Error for CacheError {}

impl<T: PoolItem + ?Sized> Mempool<T> {
    /// The pool as `lcore` uses it. In a pool without caches everything goes past them, and is
    /// counted all the same. A pool whose memory is far from the lcore does as well, but slower: the log
    /// says so, once.
    pub fn cache<'p>(&'p self, lcore: &'p Lcore) -> Result<PoolCache<'p, T>, CacheError> {
        let (group, here) = (lcore.group(), &self.view.group);
        let same = core::ptr::eq(group.region(), here.region()) && group.me() == here.me();
        let cache = self.view.cache_of(lcore.id()).filter(|_| same);
        let cache = cache.ok_or(CacheError::OtherGroup { lcore: lcore.id() })?;
        if cache.enter(&self.view) {
            tell_if_far(&self.view, lcore);
        }
        Ok(PoolCache { pool: self, cache })
    }
}

/// Tells of an lcore that uses memory of another NUMA node than its own.
#[cold]
fn tell_if_far(pool: &PoolView, lcore: &Lcore) {
    let near = lcore.node();
    if let Some(node) = pool.lies_on().filter(|node| *node != near) {
        let told = Told::FarPool { pool: pool.name(), node, lcore: lcore.id(), near };
        pool.group.platform().tell(told);
    }
}

impl Cache<'_> {
    /// Notes who uses the cache now, and says whether that is new. What the last holder left in it is used on, unless it died
    /// while it moved objects: then the slots are not believed, and what they name is left to
    /// recovery.
    fn enter(&self, pool: &PoolView) -> bool {
        let me = pool.group.me().pack();
        if self.header.moving.observe() != 0 {
            self.header.len.publish(0);
            self.header.moving.publish(0);
        }
        let is_new = self.header.owner.observe() != me;
        if is_new {
            self.take_over(pool);
            // Pairs with the reaper's look: who sees the owner sees that all in it is this one's.
            self.header.owner.publish(me);
        }
        is_new
    }

    /// What the last holder left becomes this process's, object by object, while the header still
    /// names the last one: until then the reaper believes the cache, and not the tags.
    #[cold]
    fn take_over(&self, pool: &PoolView) {
        if pool.is_recoverable() {
            for place in (0..self.len()).filter_map(|index| self.slots.glance(index)) {
                pool.tag_own(&[place]);
                crash_point!("enter: one is tagged");
            }
        }
    }
}

impl<'p, T: PoolItem + ?Sized> PoolCache<'p, T> {
    /// Gets one object; `None` if neither cache nor pool has one.
    #[doc(alias = "rte_mempool_get")]
    #[inline]
    pub fn get(&self) -> Option<Object<'_, T>> {
        Object::get(self.home())
    }

    /// Fills `to` with objects, or takes none. Each is the caller's to keep track of: to put back
    /// ([`put_bulk`](Self::put_bulk)), or to [`hold`](Self::hold).
    #[doc(alias = "rte_mempool_get_bulk")]
    #[doc(alias = "rte_mempool_generic_get")]
    #[inline(always)]
    pub fn get_bulk(&self, to: &mut [Offset<T::Place>]) -> Result<(), PoolEmpty> {
        let asked = to.len();
        if self.cache.take(&self.pool.view, words_mut(to)) {
            Ok(())
        } else {
            Err(PoolEmpty { asked })
        }
    }

    /// Takes over an object whose place somebody gave out by [`Object::into_offset`]; it goes
    /// back through this cache. Succeeds once. One atomic swap.
    pub fn adopt(&self, place: Offset<T::Place>) -> Result<Object<'_, T>, AdoptError> {
        Object::adopt(self.home(), place.get())
    }

    /// Gives everything in the cache to the pool: before a long rest, so that others have it.
    #[doc(alias = "rte_mempool_cache_flush")]
    pub fn flush(&self) {
        self.cache.flush(&self.pool.view);
    }

    /// How many objects are in the cache.
    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// Whether the cache holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What went through it, ever.
    pub fn stats(&self) -> CacheStats {
        CacheStats::of(&self.cache)
    }

    /// The pool.
    pub fn pool(&self) -> &Mempool<T> {
        self.pool
    }

    pub(crate) fn home(&self) -> Home<'p> {
        Home { pool: &self.pool.view, cache: Some(self.cache) }
    }
}

#[cfg(test)]
mod tests {
    use static_assertions::{assert_impl_all, assert_not_impl_any};

    use super::*;
    use crate::mempool::UserCache;

    // One thread at a time uses a cache, and what goes back into it stays with that thread.
    assert_not_impl_any!(PoolCache<'static, u64>: Send, Sync);
    assert_not_impl_any!(Object<'static, u64>: Send, Sync);
    assert_not_impl_any!(UserCache<'static, u64, 8>: Sync);
    assert_impl_all!(Mempool<u64>: Send, Sync);
}
