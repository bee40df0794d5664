//! Which heap a node has, and the elements' way to it.

use super::damage::{Damage, Fault};
use super::element::Elem;
use super::error::{AllocError, Refusal};
use super::layout::Heap;
use crate::group::Group;
use crate::lock::{JournalFull, Transaction};
use crate::memseg::LISTS_MAX;

/// A heap and its place in the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) index: usize,
    pub(super) heap: &'static Heap,
}

impl Place {
    /// The heap of `node`, if it has one.
    pub(super) fn of_node(group: &Group, node: u32) -> Option<Self> {
        Self::all(group).find(|place| place.heap.node.get() == u64::from(node))
    }

    /// Every heap in use.
    pub(super) fn all(group: &Group) -> impl Iterator<Item = Self> + use<> {
        let heaps = group.region().heaps.iter().enumerate();
        heaps.filter(|(_, heap)| heap.used.get() == 1).map(|(index, heap)| Self { index, heap })
    }

    /// The heap that `elem` belongs to.
    pub(super) fn of(group: &Group, elem: &Elem) -> Result<Self, Damage> {
        let index = elem.heap_index();
        let heap = group.region().heaps.get(index).filter(|heap| heap.used.get() == 1);
        match heap {
            Some(heap) if heap.node.get() == u64::from(elem.list.node()) => {
                Ok(Self { index, heap })
            }
            _ => Err(elem.damage(Fault::Place(elem.head.place.get()))),
        }
    }

    /// The heap of `node`; a free place of the table becomes it if there is none.
    pub(super) fn make(tx: &Transaction, node: u32) -> Result<Option<Self>, JournalFull> {
        if let Some(place) = Self::of_node(tx.group(), node) {
            return Ok(Some(place));
        }
        let mut heaps = tx.group().region().heaps.iter().enumerate();
        let Some((index, heap)) = heaps.find(|(_, heap)| heap.used.get() == 0) else {
            return Ok(None);
        };
        tx.set(&heap.node, u64::from(node))?;
        tx.set(&heap.used, 1)?;
        Ok(Some(Self { index, heap }))
    }

    /// What stands in the header of an element of this heap in list `list`.
    pub(super) fn word(&self, list: usize) -> u64 {
        (list as u64) << 32 | self.index as u64
    }

    /// Counts elements' bytes in (`busy` of them busy), or out if negative.
    pub(super) fn count(&self, tx: &Transaction, total: i64, busy: i64) -> Result<(), JournalFull> {
        let Heap { total_bytes, busy_bytes, .. } = self.heap;
        tx.set(total_bytes, total_bytes.get().wrapping_add_signed(total))?;
        tx.set(busy_bytes, busy_bytes.get().wrapping_add_signed(busy))
    }
}

/// Sets the most bytes that the heap of `node` may have (`--socket-limit`); 0 for no limit. What
/// it has already stays. The heap is made if there is none.
///
/// # Errors
/// [`AllocError`].
#[doc(alias = "rte_mem_alloc_validator_register")]
pub fn set_limit(tx: &Transaction, node: u32, bytes: u64) -> Result<(), AllocError> {
    match Place::make(tx, node)? {
        Some(place) => Ok(tx.set(&place.heap.limit, bytes)?),
        None => Err(AllocError::NoMemory {
            bytes,
            wanted_pages: 0,
            page_bytes: 0,
            node: Some(node),
            free_bytes: 0,
            refusal: Refusal::TooManyNodes,
        }),
    }
}

/// The nodes that have memory or may get some, `near` first, each once.
pub(super) fn nodes(group: &Group, near: Option<u32>) -> impl Iterator<Item = u32> {
    let mut nodes = [None; LISTS_MAX + 1];
    let all = near.into_iter().chain(group.memseg_lists().iter().map(|list| list.node()));
    for node in all {
        if !nodes.contains(&Some(node))
            && let Some(free) = nodes.iter_mut().find(|place| place.is_none())
        {
            *free = Some(node);
        }
    }
    nodes.into_iter().flatten()
}
