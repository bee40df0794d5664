//! Finding memory for a pool: one block for all of it, or one for its tables and some for its
//! objects.
//!
//! Where a device must find each object in one piece, how many fit depends on the size of the
//! pages that they lie on. So each page size of the group is asked for alone, small ones first:
//! a pool of a few objects does not cost a gigabyte.

use super::config::PoolConfig;
use super::error::PoolError;
use super::view::PoolView;
use crate::directory::{self, CreateError, Found, Identity, Kind, Obtained};
use crate::group::{Group, flags};
use crate::heap::{self, AllocError, AllocRequest, Pages};
use crate::lock::{JournalFull, Transaction};
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::ElementLayout;
use crate::sync::Word64;

/// How many blocks the objects may lie in: what one transaction's journal holds.
const BLOCKS_MAX: usize = 12;

/// A pool that is wanted.
pub(super) struct Request<'a> {
    pub(super) group: &'a Group,
    pub(super) name: Name,
    pub(super) element: ElementLayout,
    pub(super) config: &'a PoolConfig,
    /// Writes the private area, before there is an object.
    pub(super) prepare: &'a dyn Fn(&PoolView),
}

/// What becomes of a pool that has the name already.
#[derive(Clone, Copy)]
pub(crate) enum IfThere {
    /// It stands in the way.
    Refuse,
    /// It is what is wanted.
    Attach,
}

/// Whether the objects lie in the pool's own block.
#[derive(Clone, Copy)]
enum Objects {
    Inside,
    InBlocksOfTheirOwn,
}

/// One way to do it.
#[derive(Clone, Copy)]
struct Way {
    objects: Objects,
    /// 0 for any.
    page_bytes: u64,
    if_there: IfThere,
}

impl Request<'_> {
    /// Creates the pool in one transaction: it is there whole, or not at all. Says whether it
    /// was created.
    pub(super) fn make(&self, if_there: IfThere) -> Result<(PoolView, bool), PoolError> {
        let mut refused = None;
        for objects in [Objects::Inside, Objects::InBlocksOfTheirOwn] {
            for page_bytes in page_sizes(self.group) {
                match self.make_so(Way { objects, page_bytes, if_there }) {
                    Err(error) if is_shortage(&error) => {
                        // How many objects had a place says more than that the tables had none.
                        if !matches!(refused, Some(PoolError::Objects { .. })) {
                            refused = Some(error);
                        }
                    }
                    result => return result,
                }
            }
        }
        // No pages at all: the heap says what is missing.
        let way = Way { objects: Objects::Inside, page_bytes: 0, if_there };
        refused.map_or_else(|| self.make_so(way), Err)
    }

    fn make_so(&self, way: Way) -> Result<(PoolView, bool), PoolError> {
        // Pages of 4 KB are for no device: nobody minds what crosses them.
        let paged = !self.group.has(flags::NO_HUGE);
        let shape = self.config.shape(self.element, if paged { way.page_bytes } else { 0 })?;
        let (header, objects) = (shape.header_bytes(), shape.object_bytes().unwrap_or(u64::MAX));
        let bytes = match way.objects {
            Objects::Inside => header.saturating_add(objects),
            Objects::InBlocksOfTheirOwn => header,
        };
        let what = Identity { name: self.name, kind: Kind::Mempool, element: self.element };
        let memory = self.memory(way, bytes);
        let furnish = |tx: &Transaction, found: &Found| {
            let node = self.config.node.wanted();
            let pool = PoolView::format(tx.group(), found.at, found.name, node, &shape)?;
            (self.prepare)(&pool);
            match way.objects {
                Objects::Inside => pool.add_chunk(Offset::new(found.at.get() + header), objects)?,
                Objects::InBlocksOfTheirOwn => self.add_blocks(tx, &pool, way, objects)?,
            };
            Ok::<_, PoolError>(pool)
        };
        let obtained = match way.if_there {
            IfThere::Attach => directory::create_or_attach(self.group, &what, &memory, furnish)?,
            IfThere::Refuse => {
                let (found, pool) = directory::create(self.group, &what, &memory, furnish)?;
                Obtained::Created(found, pool)
            }
        };
        match obtained {
            Obtained::Created(_, pool) => Ok((pool, true)),
            Obtained::Attached(found) => Ok((PoolView::attach(self.group, found.at)?, false)),
        }
    }

    /// Takes blocks for the objects: as long as is wanted, and half as long whenever there is
    /// none such.
    fn add_blocks(
        &self,
        tx: &Transaction,
        pool: &PoolView,
        way: Way,
        objects: u64,
    ) -> Result<u32, PoolError> {
        let (mut bytes, mut blocks) = (objects, 0);
        // Blocks that hold an object each, and of which the most there may be could do.
        let one = pool.shape.geometry.bytes_for(1).unwrap_or(u64::MAX);
        let least = one.max(objects / (2 * BLOCKS_MAX as u64));
        while pool.populated() < pool.size() {
            match heap::allocate(tx, &self.memory(way, bytes)) {
                Ok(block) if blocks < BLOCKS_MAX => {
                    blocks += 1;
                    zero(tx.group(), block.at, block.bytes);
                    pool.add_chunk(block.at, block.bytes)?;
                }
                Err(AllocError::NoMemory { .. }) if bytes / 2 >= least => bytes /= 2,
                other => {
                    let full = AllocError::JournalFull(JournalFull);
                    return Err(self.shortage(pool, other.err().unwrap_or(full)));
                }
            }
        }
        Ok(pool.populated())
    }

    fn shortage(&self, pool: &PoolView, error: AllocError) -> PoolError {
        let (placed, objects) = (pool.populated(), pool.size());
        PoolError::Objects { name: self.name, placed, objects, error }
    }

    fn memory(&self, way: Way, bytes: u64) -> AllocRequest {
        let pages = match way.page_bytes {
            0 => Pages::Any,
            size => Pages::Only(size),
        };
        AllocRequest::new(bytes).align(128).node(self.config.node).pages(pages)
    }
}

/// Whether other pages, or more pieces, may help.
fn is_shortage(error: &PoolError) -> bool {
    let error = match error {
        PoolError::Create(CreateError::Memory { error, .. }) | PoolError::Objects { error, .. } => {
            error
        }
        _ => return false,
    };
    matches!(error, AllocError::NoMemory { .. } | AllocError::TooBig { .. })
}

/// The group's page sizes, smallest first.
fn page_sizes(group: &Group) -> impl Iterator<Item = u64> {
    let lists = group.memseg_lists();
    let mut last = 0;
    core::iter::from_fn(move || {
        last = lists.iter().map(|list| list.page_bytes()).filter(|bytes| *bytes > last).min()?;
        Some(last)
    })
}

/// Writes zeros, as the directory does with what it gives.
fn zero(group: &Group, at: Offset<u8>, bytes: u64) {
    let words = usize::try_from(bytes / 8).ok();
    let words = words.and_then(|count| group.window().slice::<Word64>(at.cast(), count));
    for word in words.unwrap_or_default() {
        word.set(0);
    }
}
