//! `Object`: one element of a pool, held by nobody else.
//!
//! An object comes out of a pool and goes back when it is dropped. To pass it to another
//! process, [`Object::into_offset`] turns it into its place and marks it as on its way; who gets
//! the place [`adopt`](super::Mempool::adopt)s it, which succeeds once. So a place that is
//! adopted twice, kept after it was passed on, or made up, is an error and not an element with
//! two owners.
#![expect(unsafe_code, reason = "an object that is held alone is borrowed as the element it is")]

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use super::cache::Cache;
use super::item::PoolItem;
use super::tag::Tag;
use super::view::PoolView;
use crate::offset::Offset;

/// Where an object goes when it is dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home<'p> {
    pub(crate) pool: &'p PoolView,
    pub(super) cache: Option<Cache<'p>>,
}

impl Home<'_> {
    /// Fills `to` with objects, or takes none and returns `false`.
    #[inline(always)]
    pub(crate) fn take(&self, to: &mut [u64]) -> bool {
        match &self.cache {
            Some(cache) => cache.take(self.pool, to),
            None => self.pool.take(to),
        }
    }

    /// Puts objects back that the caller holds.
    #[inline(always)]
    pub(crate) fn give(&self, from: &[u64]) {
        match &self.cache {
            Some(cache) => cache.give(self.pool, from),
            None => self.pool.give(from),
        }
    }
}

/// An element of a pool, held exclusively; dropped, it goes back. Stays on its thread.
///
/// What is in it when it is got is what its last holder left there.
pub struct Object<'p, T: PoolItem + ?Sized> {
    home: Home<'p>,
    at: u64,
    data: NonNull<T>,
    _owns: PhantomData<&'p mut ()>,
}

impl<'p, T: PoolItem + ?Sized> Object<'p, T> {
    /// Gets one; `None` if there is none.
    #[inline]
    pub(super) fn get(home: Home<'p>) -> Option<Self> {
        let mut word = [0];
        while home.take(&mut word) {
            let [at] = word;
            if let Some(data) = element(home.pool, at) {
                return Some(Self { home, at, data, _owns: PhantomData });
            }
            // Something that a peer wrote; left out.
            home.pool.note_strays(1);
        }
        None
    }

    /// Takes over the object at `at`, which is on its way.
    pub(super) fn adopt(home: Home<'p>, at: u64) -> Result<Self, AdoptError> {
        let number = home.pool.number(at).ok_or(AdoptError::NotAnObject { at })?;
        let data = element(home.pool, at).ok_or(AdoptError::NotAnObject { at })?;
        let refused = AdoptError::NotOnItsWay { at, number };
        let word = home.pool.tag_word(number).ok_or(refused)?;
        let found = word.observe();
        // One swap decides: between adopters, and between them and who reaps the sender.
        let is_mine = Tag::from_word(found).is_on_its_way()
            && word.swap_if(found, home.pool.own_tag().word()).is_ok();
        if is_mine { Ok(Self { home, at, data, _owns: PhantomData }) } else { Err(refused) }
    }

    /// The object at `at`, which this process has just taken from a ring that nobody puts a place
    /// into but for an object given up; `None` if it is none of this pool.
    pub(super) fn taken(home: Home<'p>, at: u64) -> Option<Self> {
        home.pool.number(at)?;
        Some(Self { home, at, data: element(home.pool, at)?, _owns: PhantomData })
    }

    /// Takes over the object at `at`.
    ///
    /// # Safety
    ///
    /// The caller holds it, and gives it up.
    pub(super) unsafe fn hold(home: Home<'p>, at: u64) -> Result<Self, AdoptError> {
        home.pool.number(at).ok_or(AdoptError::NotAnObject { at })?;
        let data = element(home.pool, at).ok_or(AdoptError::NotAnObject { at })?;
        Ok(Self { home, at, data, _owns: PhantomData })
    }

    /// Where it lies.
    #[inline]
    pub fn offset(&self) -> Offset<T::Place> {
        Offset::new(self.at)
    }

    /// Its number in the pool, from 0.
    pub fn number(&self) -> Option<u32> {
        self.home.pool.number(self.at)
    }

    /// Lets go of it without putting it back: its place may be sent to another process, which
    /// [`adopt`](super::Mempool::adopt)s it. A place that nobody adopts is an object lost; of a
    /// recoverable pool, until this process ends: then what lies in no ring goes back.
    ///
    /// Through an [`ObjectRing`](super::ObjectRing) an object travels without a swap, and is
    /// somebody's at every instruction.
    pub fn into_offset(self) -> Offset<T::Place> {
        let held = ManuallyDrop::new(self);
        let pool = held.home.pool;
        if let Some(word) = pool.number(held.at).and_then(|number| pool.tag_word(number)) {
            // Pairs with the swap in `adopt`: who adopts it sees what was written to it.
            word.publish(pool.own_tag().on_its_way().word());
        }
        Offset::new(held.at)
    }

    /// Lets go of it without putting it back or marking it.
    pub(super) fn into_unmarked(self) -> u64 {
        ManuallyDrop::new(self).at
    }
}

/// The element at `at`, if one fits there in the window.
#[inline]
fn element<T: PoolItem + ?Sized>(pool: &PoolView, at: u64) -> Option<NonNull<T>> {
    let element = pool.shape.element;
    let place = Offset::<u8>::new(at);
    let data = pool.group.window().address(place, element.size as usize, element.align as usize)?;
    (!place.is_none()).then(|| T::at(data, element.size as usize))
}

impl<T: PoolItem + ?Sized> Deref for Object<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: in the window and aligned (`element`); any bytes are a `T`; a place is in one
        // pair of hands at a time: pools hand it out once, `adopt` succeeds once, and the
        // rest is the promise of the unsafe calls in `raw`.
        unsafe { self.data.as_ref() }
    }
}

impl<T: PoolItem + ?Sized> DerefMut for Object<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `self` is borrowed alone.
        unsafe { self.data.as_mut() }
    }
}

impl<T: PoolItem + ?Sized> Drop for Object<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.home.give(&[self.at]);
    }
}

impl<T: PoolItem + ?Sized> fmt::Debug for Object<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object(+{:#x})", self.at)
    }
}

/// Why a place did not become an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdoptError {
    /// No object of this pool starts there.
    NotAnObject {
        /// Bytes from the window's start.
        at: u64,
    },
    /// The object is in the pool, or in somebody's hands.
    NotOnItsWay {
        /// Bytes from the window's start.
        at: u64,
        /// The object's number.
        number: u32,
    },
}

impl fmt::Display for AdoptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject { at } => write!(
                f,
                "the object at +{at:#x} was to be adopted, and no object of this pool starts there; \
                 check which pool it came from"
            ),
            Self::NotOnItsWay { at, number } => write!(
                f,
                "object {number} at +{at:#x} was to be adopted and is free or held by somebody; adopt a place once, \
                 and only one that `into_offset` gave out"
            ),
        }
    }
}

impl core::error::Error for AdoptError {}
