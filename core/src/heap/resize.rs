//! Making a block longer or shorter.

use super::allocate::{allocate, block_of, trim};
use super::bytes;
use super::class::{link, unlink};
use super::damage::Step;
use super::element::Elem;
use super::error::{AllocError, FreeError};
use super::fit::Shape;
use super::free::{busy, free, shrink};
use super::grow::coalesce;
use super::place::Place;
use super::request::{AllocRequest, Block, Node, Pages};
use crate::lock::Transaction;
use crate::offset::Offset;

/// Gives the block at `at` `bytes` bytes and (at least) alignment `align`; what fits of its
/// content stays.
///
/// In place if the alignment holds and it gets shorter or has room behind it; else a new block
/// is taken, on the same node and pages if there is room, the content copied and the old block
/// freed. The old place is no block then. Errors: as [`allocate`] and
/// [`free`]; [`AllocError::NoMemory`] leaves the block as it is (and the transaction may go on).
/// 0 bytes are an error and not a free. Cost: as those two, and the copy under the lock.
pub(super) fn resize(
    tx: &Transaction,
    at: Offset<u8>,
    bytes: u64,
    align: u64,
) -> Result<Block, AllocError> {
    let request = AllocRequest::new(bytes).align(align);
    let shape = request.shape(tx.group().window().len() as u64)?;
    let elem = busy(tx.group(), at)?;
    if at.get().is_multiple_of(shape.align)
        && let Some(block) = in_place(tx, &elem, &shape, bytes)?
    {
        return Ok(block);
    }
    let old = block_of(&elem);
    let moved =
        allocate(tx, &request.node(Node::Prefer(old.node)).pages(Pages::Prefer(old.page_bytes)))?;
    bytes::copy(tx.group().window(), &old, &moved);
    free(tx, old.at).map_err(|error| match error {
        FreeError::JournalFull(full) => AllocError::JournalFull(full),
        other => AllocError::Block(other),
    })?;
    Ok(moved)
}

/// Resizes without moving; `None` if there is no room behind the block.
fn in_place(tx: &Transaction, elem: &Elem, shape: &Shape, asked: u64) -> Step<Option<Block>> {
    let place = Place::of(tx.group(), elem)?;
    let (wanted, before) = (shape.element_bytes(), elem.bytes());
    if wanted > before {
        let next = elem.next(tx.group())?.filter(|next| {
            next.is_free()
                && next.head.matched.get() == elem.head.matched.get()
                && before.saturating_add(next.bytes()) >= wanted
        });
        let Some(next) = next else { return Ok(None) };
        unlink(tx, place.heap, &next)?;
        elem.absorb(tx, &next)?;
    }
    let rest = trim(tx, elem, wanted)?;
    tx.set(&elem.head.next_free, asked)?;
    place.count(tx, 0, elem.bytes() as i64 - before as i64)?;
    if let Some(rest) = rest {
        let rest = coalesce(tx, &place, &rest)?;
        link(tx, place.heap, &rest)?;
        shrink(tx, &place, rest)?;
    }
    Ok(Some(block_of(elem)))
}
