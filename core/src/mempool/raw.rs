//! Places by hand: the bulk calls that move eight bytes an object, and the promise they need.
//!
//! A place that was got in bulk is a number; nothing but its holder knows that it is held. So
//! who puts it back, or takes it over as an [`Object`], promises that it is his. Getting needs
//! no promise: a place that is forgotten is an object lost, and harms nobody.
#![expect(unsafe_code, reason = "who puts a place back promises that he holds it")]

use super::item::PoolItem;
use super::object::{AdoptError, Object};
use super::pool::Mempool;
use super::pool_cache::PoolCache;
use super::slots::words;
use crate::offset::Offset;

impl<T: PoolItem + ?Sized> Mempool<T> {
    /// Puts all of `places` back, past all caches.
    ///
    /// # Safety
    ///
    /// Each was got from this pool (by `get_bulk`, or by [`Object::into_place`]), is held by the
    /// caller, stands in `places` once, and is not used afterwards.
    #[doc(alias = "rte_mempool_put_bulk")]
    #[inline]
    pub unsafe fn put_bulk(&self, places: &[Offset<T::Place>]) {
        self.view.give(words(places));
    }

    /// The object at `place`, which goes back past all caches.
    ///
    /// Checked: an object of this pool starts there.
    ///
    /// # Safety
    ///
    /// The caller holds it (as for [`put_bulk`](Self::put_bulk)) and gives it up to the object.
    pub unsafe fn hold(&self, place: Offset<T::Place>) -> Result<Object<'_, T>, AdoptError> {
        // SAFETY: the caller's promise.
        unsafe { Object::hold(self.home(), place.get()) }
    }
}

impl<T: PoolItem + ?Sized> PoolCache<'_, T> {
    /// Puts all of `places` back.
    ///
    /// # Safety
    ///
    /// As for [`Mempool::put_bulk`].
    #[doc(alias = "rte_mempool_put_bulk")]
    #[doc(alias = "rte_mempool_generic_put")]
    #[inline(always)]
    pub unsafe fn put_bulk(&self, places: &[Offset<T::Place>]) {
        self.cache.give(&self.pool.view, words(places));
    }

    /// The object at `place`, which goes back through this cache.
    ///
    /// # Safety
    ///
    /// As for [`Mempool::hold`].
    pub unsafe fn hold(&self, place: Offset<T::Place>) -> Result<Object<'_, T>, AdoptError> {
        // SAFETY: the caller's promise.
        unsafe { Object::hold(self.home(), place.get()) }
    }
}

impl<T: PoolItem + ?Sized> Object<'_, T> {
    /// Lets go of it without putting it back and without marking it as on its way: the caller
    /// holds the place now, as if it was got in bulk.
    pub fn into_place(self) -> Offset<T::Place> {
        Offset::new(self.into_unmarked())
    }
}
