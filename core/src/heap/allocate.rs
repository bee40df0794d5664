//! Taking a block: the first free element that fits, or a list grows.

use super::class::{class_of, link, unlink, walk};
use super::damage::{Damage, Step};
use super::element::{Elem, state};
use super::error::AllocError;
use super::fit::Shape;
use super::grow::{self, Shortage};
use super::layout::CLASSES;
use super::place::{Place, nodes};
use super::request::{AllocRequest, Block, Node, Pages};
use super::{ELEMENT_MIN, HEADER_BYTES};
use crate::group::{Group, flags};
use crate::lock::Transaction;
use crate::offset::Offset;

/// Takes a block that does what `request` asks.
///
/// Node by node, in the order that [`Node`] says: an element that is free on wanted pages, then
/// more memory of wanted pages, then (with [`Pages::Prefer`]) both on any pages. Which pages a
/// heap grows by: those that take the least memory for this request, and of equals the biggest,
/// so small blocks do not cost a gigabyte and big ones do not cost a thousand TLB entries.
///
/// Errors: [`AllocError::NoMemory`] and the ones that name a bad request leave everything as it
/// was; after any other, drop the transaction. Cost: some thirty journal entries, a walk of the
/// free lists from the block's class up; if the heap grows, one call of the platform.
/// The block's bytes are whatever was there before. They may be written before the commit only
/// if this transaction has freed nothing. Answers MH-2, MZ-2, ME-14.
///
/// # Errors
/// [`AllocError`].
#[doc(alias = "rte_malloc_socket")]
pub fn allocate(tx: &Transaction, request: &AllocRequest) -> Result<Block, AllocError> {
    let group = tx.group();
    let shape = request.shape(group.window().len() as u64)?;
    let mut shortage = Shortage::on(request.node);
    for node in choice(group, request.node) {
        if let Some(block) = on_node(tx, request, &shape, node, request.pages, &mut shortage)? {
            return Ok(block);
        }
        if let Pages::Prefer(_) = request.pages
            && let Some(block) = on_node(tx, request, &shape, node, Pages::Any, &mut shortage)?
        {
            return Ok(block);
        }
    }
    Err(shortage.error(request.bytes))
}

/// The nodes to try, in order.
pub(super) fn choice(group: &Group, node: Node) -> impl Iterator<Item = u32> {
    let (near, only) = match node {
        _ if group.has(flags::NO_HUGE) => (None, None),
        Node::Any => (None, None),
        Node::Prefer(near) => (Some(near), None),
        Node::On(only) => (Some(only), Some(only)),
    };
    nodes(group, near).filter(move |node| only.is_none_or(|only| only == *node))
}

fn on_node(
    tx: &Transaction,
    request: &AllocRequest,
    shape: &Shape,
    node: u32,
    pages: Pages,
    shortage: &mut Shortage,
) -> Result<Option<Block>, AllocError> {
    if let Some(place) = Place::of_node(tx.group(), node)
        && let Some((elem, at)) = find(tx.group(), &place, shape, pages)?
    {
        return Ok(Some(take(tx, &place, &elem, at, shape, request.bytes)?));
    }
    let Some((place, elem)) = grow::grow(tx, shape, node, pages, shortage)? else {
        return Ok(None);
    };
    // The growth was planned around this very element, so the block fits.
    let at = shape
        .place(elem.at, elem.end())
        .ok_or_else(|| AllocError::Damaged(elem.damage(super::Fault::Size(elem.bytes()))))?;
    Ok(Some(take(tx, &place, &elem, at, shape, request.bytes)?))
}

/// The first free element that holds the block, and where in it the block lies.
fn find(
    group: &Group,
    place: &Place,
    shape: &Shape,
    pages: Pages,
) -> Result<Option<(Elem, u64)>, Damage> {
    for class in class_of(shape.element_bytes())..CLASSES {
        for elem in walk(group, place.heap, class) {
            let elem = elem?;
            if pages.wants(elem.list.page_bytes())
                && let Some(at) = shape.place(elem.at, elem.end())
            {
                return Ok(Some((elem, at)));
            }
        }
    }
    Ok(None)
}

/// Makes a block at `at` of the free element `elem`; what is left on either side stays free.
fn take(
    tx: &Transaction,
    place: &Place,
    elem: &Elem,
    at: u64,
    shape: &Shape,
    asked: u64,
) -> Step<Block> {
    unlink(tx, place.heap, elem)?;
    let mut block = *elem;
    let header = at.saturating_sub(HEADER_BYTES);
    if header > elem.at {
        block = elem.split(tx, header)?;
        link(tx, place.heap, elem)?;
    }
    if let Some(rest) = trim(tx, &block, shape.element_bytes())? {
        link(tx, place.heap, &rest)?;
    }
    tx.set(&block.head.state, state::BUSY)?;
    tx.set(&block.head.next_free, asked)?;
    tx.set(&block.head.prev_free, 0)?;
    tx.set(&block.head.owner, tx.group().me().pack())?;
    tx.set(&place.heap.busy_count, place.heap.busy_count.get().wrapping_add(1))?;
    place.count(tx, 0, block.bytes() as i64)?;
    Ok(block_of(&block))
}

/// Cuts what `elem` has beyond `bytes` off, if it is worth an element: free, and in no list.
pub(super) fn trim(tx: &Transaction, elem: &Elem, bytes: u64) -> Step<Option<Elem>> {
    match elem.bytes().saturating_sub(bytes) < ELEMENT_MIN {
        true => Ok(None),
        false => elem.split(tx, elem.at.saturating_add(bytes)).map(Some),
    }
}

/// What the holder of a busy element has.
pub(super) fn block_of(elem: &Elem) -> Block {
    let most = elem.bytes().saturating_sub(HEADER_BYTES);
    Block {
        at: Offset::new(elem.at + HEADER_BYTES),
        bytes: elem.head.next_free.get().min(most).next_multiple_of(super::LINE_BYTES).min(most),
        page_bytes: elem.list.page_bytes(),
        node: elem.list.node(),
    }
}

/// The biggest block that [`allocate`] could give of what is free now, without growing: what a
/// memzone of length 0 gets (MZ-3). `request.bytes` does not matter; its alignment, bound, node
/// and pages do. 0 if nothing is free there. Cost: a walk of the free lists.
///
/// # Errors
/// [`AllocError`].
#[doc(alias = "malloc_heap_alloc_biggest")]
pub fn biggest_free(tx: &Transaction, request: &AllocRequest) -> Result<u64, AllocError> {
    let bytes = if request.bound == 0 { 1 } else { request.bound };
    let group = tx.group();
    let shape = AllocRequest { bytes, ..*request }.shape(group.window().len() as u64)?;
    let mut biggest = 0;
    for place in choice(group, request.node).filter_map(|node| Place::of_node(group, node)) {
        for class in 0..CLASSES {
            for elem in walk(group, place.heap, class) {
                let elem = elem?;
                let strict = matches!(request.pages, Pages::Only(_));
                if !strict || request.pages.wants(elem.list.page_bytes()) {
                    biggest = shape.most_bytes(elem.at, elem.end()).max(biggest);
                }
            }
        }
    }
    Ok(biggest)
}
