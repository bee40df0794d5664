//! Pools by name: created whole, found by every process, as what they are.
//!
//! A pool is one directory entry (header, caches, tables, handler) and the chunks its objects
//! lie in: one if the heap has a piece that long, else several. All of it is made in one
//! transaction, so a death or an error anywhere leaves neither name nor memory.

#![expect(unsafe_code, reason = "who destroys a pool promises that nobody uses it")]

use core::fmt;

use super::PoolItem;
use super::config::{ConfigError, PoolConfig, Shape};
use super::format::AttachError;
use super::layout::CHUNKS_MAX;
use super::pool::Mempool;
use super::populate::PopulateError;
use super::view::PoolView;
use crate::directory::{
    self, CreateError, DestroyError, Found, Identity, Kind, LookupError, Obtained,
};
use crate::group::Group;
use crate::heap::{self, AllocError, AllocRequest, Node};
use crate::lock::Transaction;
use crate::name::{Name, NameError};
use crate::offset::Offset;
use crate::shared::{Element, ElementLayout};

/// Why a named pool was not made, found or destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// Its name is none.
    Name(NameError),
    /// There can be no such pool.
    Config(ConfigError),
    /// The directory refused it, or there is no memory for its header.
    Create(CreateError),
    /// There is no memory for its objects.
    Objects {
        /// The pool.
        name: Name,
        /// Bytes that its objects take.
        bytes: u64,
        /// What the heap said.
        error: AllocError,
    },
    /// Its memory could not be made objects.
    Populate(PopulateError),
    /// There is none of that name, or it is something else.
    Lookup(LookupError),
    /// What the directory calls a pool is none, or one of something else.
    Attach(AttachError),
    /// It could not be destroyed.
    Destroy(DestroyError),
    /// Some of its objects are in use (W-58).
    Busy {
        /// The pool.
        name: Name,
        /// How many.
        in_use: u32,
    },
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Create(error) => error.fmt(f),
            Self::Objects { name, bytes, error } => {
                write!(f, "{bytes} bytes for the objects of mempool {name} were asked for: {error}")
            }
            Self::Populate(error) => error.fmt(f),
            Self::Lookup(error) => error.fmt(f),
            Self::Attach(error) => error.fmt(f),
            Self::Destroy(error) => error.fmt(f),
            Self::Busy { name, in_use } => {
                write!(
                    f,
                    "mempool {name} was to be destroyed and {in_use} of its objects are in use; put them back first"
                )
            }
        }
    }
}

impl core::error::Error for PoolError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for PoolError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! {
    Name(NameError), Config(ConfigError), Create(CreateError), Populate(PopulateError), Lookup(LookupError),
    Attach(AttachError), Destroy(DestroyError),
}

fn identity(name: Name, element: ElementLayout) -> Identity {
    Identity { name, kind: Kind::Mempool, element }
}

/// The page size by which objects are laid out, so that none crosses a page.
fn page_bytes(group: &Group) -> u64 {
    group.memseg_lists().iter().map(|list| list.page_bytes()).min().unwrap_or(4096)
}

fn node(config: &PoolConfig) -> Node {
    config.node.map_or(Node::Any, Node::On)
}

impl<T: Element> Mempool<T> {
    /// Creates the pool `name` of `T`s, with all its objects free.
    ///
    /// Errors: [`PoolError`]; nothing is left then. Cost: the group's lock, some heap
    /// allocations, one put in 64 objects. Answers MP-4, MP-9.
    #[doc(alias = "rte_mempool_create")]
    pub fn create(group: &Group, name: &str, config: &PoolConfig) -> Result<Self, PoolError> {
        create_view(group, name, ElementLayout::of::<T>(), config).map(Self::new)
    }

    /// The pool `name`, created if there is none (W-17). Says whether it was created; one that
    /// was there keeps its own size and handler.
    pub fn create_or_attach(
        group: &Group,
        name: &str,
        config: &PoolConfig,
    ) -> Result<(Self, bool), PoolError> {
        let what = identity(Name::new(name)?, ElementLayout::of::<T>());
        let shape = config.shape(what.element, page_bytes(group))?;
        let made = directory::create_or_attach(
            group,
            &what,
            &header_memory(&shape, config),
            |tx, found| furnish(tx, found, &shape, config),
        )?;
        match made {
            Obtained::Created(_, view) => Ok((Self::new(view), true)),
            Obtained::Attached(found) => Ok((Self::attach(group, found.at)?, false)),
        }
    }
}

impl Mempool<[u8]> {
    /// Creates the pool `name` of objects of `bytes` each.
    #[doc(alias = "rte_mempool_create")]
    pub fn create_raw(
        group: &Group,
        name: &str,
        bytes: u32,
        config: &PoolConfig,
    ) -> Result<Self, PoolError> {
        create_view(group, name, ElementLayout { size: bytes, ..ElementLayout::bytes() }, config)
            .map(Self::new)
    }
}

impl<T: PoolItem + ?Sized> Mempool<T> {
    /// The pool `name`, if there is one and its objects are `T`s (for `[u8]`: raw bytes).
    ///
    /// Errors: [`PoolError::Lookup`] if there is none or it is no pool; [`PoolError::Attach`] if it
    /// is one of something else, or kept by a handler that this build does not know (W-39).
    #[doc(alias = "rte_mempool_lookup")]
    pub fn lookup(group: &Group, name: &str) -> Result<Self, PoolError> {
        let found = directory::lookup_kind(group, Name::new(name)?, Kind::Mempool)?;
        Ok(Self::attach(group, found.at)?)
    }

    /// Destroys the pool `name` and gives its memory back, unless objects are in use (W-58).
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
                let view = PoolView::attach(group, found.at)?;
                match view.in_use_count() {
                    0 => free_chunks(tx, &view),
                    in_use => Err(PoolError::Busy { name, in_use }),
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

fn create_view(
    group: &Group,
    name: &str,
    element: ElementLayout,
    config: &PoolConfig,
) -> Result<PoolView, PoolError> {
    let what = identity(Name::new(name)?, element);
    let shape = config.shape(element, page_bytes(group))?;
    let memory = header_memory(&shape, config);
    directory::create(group, &what, &memory, |tx, found| furnish(tx, found, &shape, config))
        .map(|(_, view)| view)
}

fn header_memory(shape: &Shape, config: &PoolConfig) -> AllocRequest {
    AllocRequest { align: 128, node: node(config), ..AllocRequest::new(shape.header_bytes()) }
}

/// Formats the header and gives the pool its objects: in one piece if there is one, else in
/// halves of what is missing, as often as the pool has room for chunks.
fn furnish(
    tx: &Transaction,
    found: &Found,
    shape: &Shape,
    config: &PoolConfig,
) -> Result<PoolView, PoolError> {
    let node_id = config.node.map(|_| found.node);
    let view = PoolView::format(tx.group(), found.at, found.name, node_id, shape)?;
    let all = shape.object_bytes().unwrap_or(u64::MAX);
    let mut piece = all;
    let mut chunks = 0;
    while view.populated() < config.objects {
        let request = AllocRequest { node: node(config), ..AllocRequest::new(piece) };
        match heap::allocate(tx, &request) {
            Ok(block) => {
                view.add_chunk(block.at, block.bytes)?;
                chunks += 1;
            }
            Err(error @ AllocError::NoMemory { .. }) => {
                piece /= 2;
                if piece < shape.stride() * 2 || chunks + 1 >= CHUNKS_MAX {
                    return Err(PoolError::Objects { name: found.name, bytes: all, error });
                }
            }
            Err(error) => return Err(PoolError::Objects { name: found.name, bytes: all, error }),
        }
    }
    Ok(view)
}

fn free_chunks(tx: &Transaction, view: &PoolView) -> Result<(), PoolError> {
    for chunk in view.memory() {
        let at = Offset::new(chunk.at);
        let name = view.name();
        heap::free(tx, at).map_err(|error| DestroyError::Memory {
            name,
            kind: Kind::Mempool,
            error,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;

    fn destroy(group: &Group) -> Result<(), PoolError> {
        // SAFETY: what a test destroys it does not use again.
        unsafe { Mempool::<[u64; 8]>::destroy(group, "pool") }
    }

    #[test]
    fn a_created_pool_is_found_by_its_name_with_all_objects_free() {
        let (group, _) = fake::group_with_memory();
        Mempool::<u64>::create(&group, "pool", &PoolConfig::new(100)).unwrap();
        let found = Mempool::<u64>::lookup(&group, "pool").unwrap();
        assert_eq!((found.avail_count(), found.in_use_count()), (100, 0));
    }

    #[test]
    fn a_pool_of_other_objects_is_refused() {
        let (group, _) = fake::group_with_memory();
        Mempool::<u64>::create(&group, "pool", &PoolConfig::new(100)).unwrap();
        assert!(matches!(Mempool::<[u32; 2]>::lookup(&group, "pool"), Err(PoolError::Attach(_))));
        assert!(matches!(Mempool::<[u8]>::lookup(&group, "pool"), Err(PoolError::Attach(_))));
    }

    #[test]
    fn a_second_pool_of_one_name_is_refused_and_create_or_attach_finds_the_first() {
        let (group, _) = fake::group_with_memory();
        Mempool::<u64>::create(&group, "pool", &PoolConfig::new(100)).unwrap();
        assert!(matches!(
            Mempool::<u64>::create(&group, "pool", &PoolConfig::new(9)),
            Err(PoolError::Create(_))
        ));
        let (pool, created) =
            Mempool::<u64>::create_or_attach(&group, "pool", &PoolConfig::new(9)).unwrap();
        assert_eq!((pool.size(), created), (100, false));
    }

    #[test]
    fn a_pool_with_objects_in_use_is_not_destroyed_and_one_without_gives_its_memory_back() {
        let (group, platform) = fake::group_with_memory();
        let free = || platform.free_bytes.load(core::sync::atomic::Ordering::Relaxed);
        let before = free();
        let pool = Mempool::<[u64; 8]>::create(&group, "pool", &PoolConfig::new(1000)).unwrap();
        let held = pool.get().unwrap();
        let refused = destroy(&group);
        assert!(matches!(refused, Err(PoolError::Busy { in_use: 1, .. })));
        drop(held);
        destroy(&group).unwrap();
        assert_eq!(free(), before);
    }

    #[test]
    fn a_pool_that_memory_does_not_suffice_for_leaves_nothing() {
        let (group, platform) = fake::group_with_memory();
        let free = || platform.free_bytes.load(core::sync::atomic::Ordering::Relaxed);
        let before = free();
        let error = Mempool::<[u8; 4096]>::create(&group, "pool", &PoolConfig::new(10_000_000))
            .unwrap_err();
        assert!(matches!(error, PoolError::Objects { .. } | PoolError::Create(_)), "{error}");
        assert_eq!(free(), before);
        assert!(Mempool::<[u8; 4096]>::lookup(&group, "pool").is_err());
    }
}
