//! `ObjectRing<T>`: a ring that carries a pool's objects from process to process.
//!
//! An object that goes in is given up; who takes it out has it, and of a recoverable pool has
//! written that down ([`tag`](super::tag)) before anybody else sees it leave. So a safe program
//! cannot forget to: an object gets into such a ring and out of it in this way only, and its
//! element type is none that a plain ring is looked up with. The reaper looks through these rings.
#![expect(unsafe_code, reason = "a parcel lies in shared memory: `Shared` is unsafe to claim")]

use core::fmt;

use super::item::PoolItem;
use super::object::{Home, Object};
use super::object_consumer::ObjectConsumer;
use super::pool::Mempool;
use super::pool_cache::PoolCache;
use super::view::PoolView;
use crate::group::Group;
use crate::offset::{OFFSET, Offset};
use crate::ring::kind::{Any, Kind};
use crate::ring::{ClaimError, Held, Producer, PutError, Ring, RingConfig, RingError, RingFacts};
use crate::shared::{ElementLayout, Shared, hash_times};

/// The place of an object that a ring has. No program can name it, and so none opens such a ring past
/// [`ObjectRing`] and [`MbufRing`](crate::mbuf::MbufRing): its elements are plain to copy, and what
/// they stand for is held by one.
///
/// ```compile_fail
/// use phalanx_core::mempool::Parcel;
/// ```
///
/// ```compile_fail
/// use phalanx_core::mbuf::MbufPlace;
/// ```
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Parcel<P>(pub(crate) Offset<P>);

/// What tells a ring of parcels from one of offsets.
const PARCEL: usize = 0x9a7ce1;

// SAFETY: transparent over an `Offset`, which is `Shared`.
unsafe impl<P: Shared> Shared for Parcel<P> {
    const HASH: u64 = hash_times(P::HASH, PARCEL);
}

impl<P> fmt::Debug for Parcel<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A ring of objects of a pool of `T`s. Copies freely.
///
/// ```no_run
/// # use phalanx_core::{group::Group, mempool::{Mempool, ObjectRing}, ring::RingConfig};
/// # fn f(group: &Group, pool: &Mempool<u64>) -> Result<(), Box<dyn std::error::Error>> {
/// let ring = ObjectRing::<u64>::create(group, "work", &RingConfig::new(1024))?;
/// let mut producer = ring.producer()?;
/// if let Some(mut object) = pool.get() {
///     *object = 7;
///     producer.enqueue(object).map_err(|full| full.to_string())?;
/// }
/// let mut consumer = ring.consumer()?;
/// let object = consumer.dequeue(pool)?;
/// # Ok(()) }
/// ```
pub struct ObjectRing<T: PoolItem + ?Sized>(Ring<Parcel<T::Place>>);

impl<T: PoolItem + ?Sized> Clone for ObjectRing<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: PoolItem + ?Sized> Copy for ObjectRing<T> {}

impl<T: PoolItem + ?Sized> fmt::Debug for ObjectRing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: PoolItem + ?Sized> ObjectRing<T> {
    /// Creates the ring `name`; as [`Ring::create`].
    pub fn create(group: &Group, name: &str, config: &RingConfig) -> Result<Self, RingError> {
        Ring::create(group, name, config).map(Self)
    }

    /// The ring `name`, if it carries objects of pools of `T`s; as [`Ring::lookup`].
    pub fn lookup(group: &Group, name: &str) -> Result<Self, RingError> {
        Ring::lookup(group, name).map(Self)
    }

    /// The ring `name`, created if there is none; as [`Ring::create_or_attach`].
    pub fn create_or_attach(
        group: &Group,
        name: &str,
        config: &RingConfig,
    ) -> Result<(Self, bool), RingError> {
        Ring::create_or_attach(group, name, config).map(|(ring, created)| (Self(ring), created))
    }

    /// Destroys the ring `name`; as [`Ring::destroy`]. Objects in it stay under the tags of who put
    /// them in: of a recoverable pool they go back when that process ends. Drain it first.
    ///
    /// # Safety
    ///
    /// As for [`Ring::destroy`].
    pub unsafe fn destroy(group: &Group, name: &str) -> Result<(), RingError> {
        // SAFETY: the caller's promise.
        unsafe { Ring::<Parcel<T::Place>>::destroy(group, name) }
    }

    /// A producer; as [`Ring::producer`].
    pub fn producer(&self) -> Result<ObjectProducer<T>, ClaimError> {
        self.producer_as()
    }

    /// A consumer; as [`Ring::consumer`].
    pub fn consumer(&self) -> Result<ObjectConsumer<T>, ClaimError> {
        self.consumer_as()
    }

    /// A producer of a ring whose way of synchronising the program knows.
    pub fn producer_as<K: Kind>(&self) -> Result<ObjectProducer<T, K>, ClaimError> {
        self.0.producer_as().map(ObjectProducer)
    }

    /// A consumer of a ring whose way of synchronising the program knows.
    pub fn consumer_as<K: Kind>(&self) -> Result<ObjectConsumer<T, K>, ClaimError> {
        self.0.consumer_as().map(ObjectConsumer::of)
    }

    /// How many objects are in it. While others work on it: about.
    pub fn count(&self) -> u32 {
        self.0.count()
    }

    /// The ring's facts.
    pub fn facts(&self) -> RingFacts {
        self.0.facts()
    }
}

/// Where an object that is taken out goes when it is dropped: a pool, or a cache of it.
pub trait ObjectHome<T: PoolItem + ?Sized>: sealed::Sealed {
    #[doc(hidden)]
    fn hold_taken(&self, at: u64) -> Option<Object<'_, T>>;
    #[doc(hidden)]
    fn view(&self) -> &PoolView;
}

mod sealed {
    pub trait Sealed {}
    impl<T: super::PoolItem + ?Sized> Sealed for super::Mempool<T> {}
    impl<T: super::PoolItem + ?Sized> Sealed for super::PoolCache<'_, T> {}
}

fn object<T: PoolItem + ?Sized>(home: Home<'_>, at: u64) -> Option<Object<'_, T>> {
    let object = Object::taken(home, at);
    if object.is_none() {
        home.pool.note_strays(1);
    }
    object
}

impl<T: PoolItem + ?Sized> ObjectHome<T> for Mempool<T> {
    fn hold_taken(&self, at: u64) -> Option<Object<'_, T>> {
        object(self.home(), at)
    }
    fn view(&self) -> &PoolView {
        &self.view
    }
}

impl<T: PoolItem + ?Sized> ObjectHome<T> for PoolCache<'_, T> {
    fn hold_taken(&self, at: u64) -> Option<Object<'_, T>> {
        object(self.home(), at)
    }
    fn view(&self) -> &PoolView {
        &self.pool.view
    }
}

/// Puts objects in. Writes no tag.
#[derive(Debug)]
pub struct ObjectProducer<T: PoolItem + ?Sized, K: Kind = Any>(Producer<Parcel<T::Place>, K>);

impl<T: PoolItem + ?Sized, K: Kind> ObjectProducer<T, K> {
    /// Gives an object to whoever takes it out; gives it back if the ring is full, or held up
    /// ([`Held`]).
    #[inline]
    pub fn enqueue<'p>(&mut self, object: Object<'p, T>) -> Result<(), Object<'p, T>> {
        match self.0.enqueue(Parcel(object.offset())) {
            Ok(()) => {
                let _ = object.into_place();
                Ok(())
            }
            Err(_) => Err(object),
        }
    }

    /// As [`Producer::wake`](crate::ring::Producer::wake).
    #[inline]
    pub fn wake(&self) {
        self.0.wake();
    }

    /// Puts the objects at all `places` in, or none.
    ///
    /// # Safety
    ///
    /// Each is of a pool of `T`s, is held by the caller (got in bulk, or by
    /// [`Object::into_place`]), stands in `places` once, and is not used after it went in.
    #[inline(always)]
    pub unsafe fn enqueue_bulk(&mut self, places: &[Offset<T::Place>]) -> Result<(), PutError> {
        self.0.enqueue_bulk(parcels(places))
    }

    /// Puts as many of the objects at `places` in as fit; returns how many.
    ///
    /// # Safety
    ///
    /// As for [`enqueue_bulk`](Self::enqueue_bulk).
    #[inline(always)]
    pub unsafe fn enqueue_burst(&mut self, places: &[Offset<T::Place>]) -> Result<usize, Held> {
        self.0.enqueue_burst(parcels(places))
    }
}

/// Whether a ring of elements like `ring` carries objects of a pool of elements like `pool`: as
/// parcels, or as plain offsets that are on their way.
pub(super) fn carries(ring: ElementLayout, pool: ElementLayout) -> bool {
    let place = if pool.hash == 0 { <u8 as Shared>::HASH } else { pool.hash };
    ring.size == 8 && [hash_times(place, PARCEL), hash_times(place, OFFSET)].contains(&ring.hash)
}

pub(super) fn parcels<P>(places: &[Offset<P>]) -> &[Parcel<P>] {
    // SAFETY: a `Parcel` is a transparent `Offset`.
    unsafe { core::slice::from_raw_parts(places.as_ptr().cast(), places.len()) }
}

pub(super) fn parcels_mut<P>(places: &mut [Offset<P>]) -> &mut [Parcel<P>] {
    // SAFETY: a `Parcel` is a transparent `Offset`.
    unsafe { core::slice::from_raw_parts_mut(places.as_mut_ptr().cast(), places.len()) }
}

pub(super) fn words<P>(parcels: &[Parcel<P>]) -> &[u64] {
    // SAFETY: a `Parcel` is a transparent `Offset`, which is a transparent u64.
    unsafe { core::slice::from_raw_parts(parcels.as_ptr().cast(), parcels.len()) }
}
