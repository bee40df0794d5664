//! Pools by name: created whole, found by every process, as what they are.
#![expect(unsafe_code, reason = "who destroys a pool promises that nobody uses it")]

use super::config::PoolConfig;
use super::create::{IfThere, Request};
use super::error::PoolError;
use super::format::AttachError;
use super::item::PoolItem;
use super::pool::{Mempool, RawMempool};
use super::view::PoolView;
use crate::directory::{self, DestroyError, Found, Kind, LookupError, ReadError};
use crate::group::Group;
use crate::heap;
use crate::lock::Transaction;
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::{Element, ElementLayout};

impl<T: Element> Mempool<T> {
    /// Creates the pool `name`, with all its objects free and zeroed. Refuses what cannot be
    /// before anything is allocated; who finds the name finds a whole pool.
    ///
    /// Memory: all in one piece; if there is none such, the objects in up to twelve. Cost: the
    /// group's lock, a heap allocation or several, a store for each 8 bytes. Answers MP-4, MP-9.
    ///
    /// ```text
    /// let config = PoolConfig::new(1023).cache(32);
    /// let pool = Mempool::<Message>::create(&group, "MSG_POOL", &config)?;
    /// ```
    #[doc(alias = "rte_mempool_create")]
    pub fn create(group: &Group, name: &str, config: &PoolConfig) -> Result<Self, PoolError> {
        let (name, element) = (Name::new(name)?, ElementLayout::of::<T>());
        let request = Request { group, name, element, config, prepare: &|_| {} };
        Ok(Self::new(request.make(IfThere::Refuse)?.0))
    }

    /// The pool `name`, created if there is none (W-17). Says whether it was created; one that
    /// was there keeps its own size and handler.
    pub fn create_or_attach(
        group: &Group,
        name: &str,
        config: &PoolConfig,
    ) -> Result<(Self, bool), PoolError> {
        let (name, element) = (Name::new(name)?, ElementLayout::of::<T>());
        let request = Request { group, name, element, config, prepare: &|_| {} };
        let (view, created) = request.make(IfThere::Attach)?;
        Ok((Self::new(view), created))
    }
}

impl RawMempool {
    /// As [`Mempool::create`], with objects of `bytes` bytes each.
    #[doc(alias = "rte_mempool_create")]
    pub fn create_raw(
        group: &Group,
        name: &str,
        bytes: u32,
        config: &PoolConfig,
    ) -> Result<Self, PoolError> {
        let element = ElementLayout { size: bytes, ..ElementLayout::bytes() };
        let name = Name::new(name)?;
        let request = Request { group, name, element, config, prepare: &|_| {} };
        Ok(Self::new(request.make(IfThere::Refuse)?.0))
    }
}

impl<T: PoolItem + ?Sized> Mempool<T> {
    /// As [`create`](Mempool::create) and [`create_or_attach`](Mempool::create_or_attach), of objects of
    /// `element`; `prepare` writes the private area before anybody finds the pool.
    pub(crate) fn make(
        group: &Group,
        name: &str,
        element: ElementLayout,
        config: &PoolConfig,
        if_there: IfThere,
        prepare: &dyn Fn(&PoolView),
    ) -> Result<(Self, bool), PoolError> {
        let request = Request { group, name: Name::new(name)?, element, config, prepare };
        let (view, created) = request.make(if_there)?;
        Ok((Self::new(view), created))
    }

    /// The pool `name`, if there is one and its objects are `T`s (for `[u8]`: raw bytes).
    ///
    /// Errors: [`PoolError::Lookup`] if there is none, or it is something else;
    /// [`PoolError::Attach`] if this build does not know its handler (W-39).
    ///
    /// ```text
    /// the mempool "MSG_POOL" was looked up with elements of one type and has another of the
    /// same 64 bytes; build both programs from one definition
    /// ```
    #[doc(alias = "rte_mempool_lookup")]
    pub fn lookup(group: &Group, name: &str) -> Result<Self, PoolError> {
        let found = directory::lookup_kind(group, Name::new(name)?, Kind::Mempool)?;
        if !T::is(found.element) {
            let Found { name, kind, element, .. } = found;
            let asked = T::expected();
            return Err(LookupError::WrongElement { name, kind, found: element, asked }.into());
        }
        Ok(Self::attach(group, found.at)?)
    }

    /// Destroys the pool `name`, whatever its objects are, and gives its memory back, unless
    /// objects are in use (W-58). What is owed to it is [collected](PoolView::collect_owed) first.
    ///
    /// # Safety
    ///
    /// Nobody, in any process, uses a handle, a cache or an object of it any more; that nobody takes
    /// one meanwhile is the caller's to know.
    #[doc(alias = "rte_mempool_free")]
    pub unsafe fn destroy(group: &Group, name: &str) -> Result<(), PoolError> {
        let name = Name::new(name)?;
        // SAFETY: the caller's promise.
        unsafe {
            directory::destroy(group, name, Kind::Mempool, |tx, found| {
                let pool = PoolView::attach(tx.group(), found.at)?;
                pool.collect_owed();
                match pool.populated().saturating_sub(pool.avail_count()) {
                    0 => free_chunks(tx, &pool, found),
                    in_use => Err(PoolError::Busy { name: found.name, in_use }),
                }
            })
        }
    }
}

impl PoolView {
    /// Looks at the pool at `at`, whatever its objects are. Writes nothing: observers may.
    pub fn inspect(group: &Group, at: Offset<u8>) -> Result<Self, AttachError> {
        Self::attach(group, at)
    }
}

/// Shows `visit` every pool. Nothing is locked meanwhile, so `visit` may create and destroy.
#[doc(alias = "rte_mempool_walk")]
#[doc(alias = "rte_mempool_list_dump")]
pub fn walk(group: &Group, mut visit: impl FnMut(&Found)) -> Result<(), ReadError> {
    directory::walk(group, |found| {
        if found.kind == Kind::Mempool {
            visit(found);
        }
    })
}

/// Gives back the chunks that do not lie in the pool's own block.
fn free_chunks(tx: &Transaction, pool: &PoolView, found: &Found) -> Result<(), PoolError> {
    let Found { name, kind, .. } = *found;
    let block = found.at.get()..found.at.get().saturating_add(found.len);
    for chunk in pool.memory().filter(|chunk| !block.contains(&chunk.at)) {
        heap::free(tx, Offset::new(chunk.at)).map_err(|error| DestroyError::Memory {
            name,
            kind,
            error,
        })?;
    }
    Ok(())
}
