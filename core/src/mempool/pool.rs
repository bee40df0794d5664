//! `Mempool<T>`: a pool of `T`s, and what can be done with it without an lcore.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use super::format::AttachError;
use super::item::PoolItem;
use super::object::{AdoptError, Home, Object};
use super::slots::words_mut;
use super::view::PoolView;
use crate::group::{Group, ProcessId};
use crate::offset::Offset;

/// A pool of objects: any [`Element`](crate::shared::Element), or `[u8]` for bytes.
///
/// Any thread may use it through `&`. Its own `get` and `put` go past all caches; a thread that
/// holds an lcore is faster with [`cache`](Self::cache). What does not depend on `T` is in
/// [`PoolView`], which this derefs to.
#[doc(alias = "rte_mempool")]
pub struct Mempool<T: PoolItem + ?Sized> {
    pub(super) view: PoolView,
    _of: PhantomData<fn() -> T>,
}

/// A pool of objects whose size is known at run time only.
pub type RawMempool = Mempool<[u8]>;

impl<T: PoolItem + ?Sized> Clone for Mempool<T> {
    fn clone(&self) -> Self {
        Self::new(self.view.clone())
    }
}

impl<T: PoolItem + ?Sized> fmt::Debug for Mempool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.view, f)
    }
}

impl<T: PoolItem + ?Sized> Deref for Mempool<T> {
    type Target = PoolView;
    fn deref(&self) -> &PoolView {
        &self.view
    }
}

/// The pool had fewer objects than were asked for, all or none; nothing was taken.
#[doc(alias = "ENOENT")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolEmpty {
    /// How many were asked for.
    pub asked: usize,
}

impl fmt::Display for PoolEmpty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} objects were asked for, all or none, and the pool has fewer; put some back, or make it larger",
            self.asked
        )
    }
}

impl core::error::Error for PoolEmpty {}

impl<T: PoolItem + ?Sized> Mempool<T> {
    pub(super) fn new(view: PoolView) -> Self {
        Self { view, _of: PhantomData }
    }

    /// The pool at `at`, checked to be one of `T`s.
    pub(crate) fn attach(group: &Group, at: Offset<u8>) -> Result<Self, AttachError> {
        let view = PoolView::attach(group, at)?;
        if group.me() == ProcessId::OBSERVER {
            return Err(AttachError::Observer { name: view.name() });
        }
        if !T::is(view.shape.element) {
            let (expected, found) = (T::expected(), view.shape.element);
            return Err(AttachError::Element { expected, found });
        }
        Ok(Self::new(view))
    }

    /// Gets one object past all caches; `None` if the pool has none. An atomic swap or two.
    #[doc(alias = "rte_mempool_get")]
    pub fn get(&self) -> Option<Object<'_, T>> {
        Object::get(self.home())
    }

    /// Fills `to` with objects past all caches, or takes none. Each is the caller's to keep
    /// track of: to put back ([`put_bulk`](Self::put_bulk)), or to [`hold`](Self::hold).
    #[inline]
    pub fn get_bulk(&self, to: &mut [Offset<T::Place>]) -> Result<(), PoolEmpty> {
        let asked = to.len();
        if self.view.take(words_mut(to)) { Ok(()) } else { Err(PoolEmpty { asked }) }
    }

    /// Takes over an object whose place somebody gave out by [`Object::into_offset`]; it goes
    /// back past all caches. Succeeds once. One atomic swap.
    pub fn adopt(&self, place: Offset<T::Place>) -> Result<Object<'_, T>, AdoptError> {
        Object::adopt(self.home(), place.get())
    }

    pub(crate) fn home(&self) -> Home<'_> {
        Home { pool: &self.view, cache: None }
    }
}
