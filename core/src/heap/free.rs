//! Giving a block back: merge with free neighbours, and let whole grains go.

use super::class::{link, unlink};
use super::damage::{Fault, Step};
use super::element::{Elem, FIRST, state};
use super::error::FreeError;
use super::grow::coalesce;
use super::place::Place;
use super::{ELEMENT_MIN, HEADER_BYTES};
use crate::group::{Group, flags};
use crate::lock::Transaction;
use crate::memseg::{Bit, MarkError, unback};
use crate::offset::Offset;

/// How many runs of grains one free lets go. Pinned grains lie in one run as a rule, so two are
/// enough; what is left goes with the next free there.
const RUNS: usize = 4;

/// Gives the block at `at` back; any process may, whoever allocated it (MH-3).
///
/// Grains that nothing lies on any more leave the heap with it; they reach the system after the
/// commit, when [`Group::give_back_memory`] is called. Pinned grains and fixed lists stay.
/// Errors: [`FreeError::NotABlock`] and [`FreeError::AlreadyFree`] change nothing; after any
/// other, drop the transaction. Cost: some thirty journal entries, no walk.
pub(crate) fn free(tx: &Transaction, at: Offset<u8>) -> Result<(), FreeError> {
    let elem = busy(tx.group(), at)?;
    let place = Place::of(tx.group(), &elem)?;
    let bytes = elem.bytes() as i64;
    tx.set(&elem.head.state, state::FREE)?;
    tx.set(&elem.head.owner, 0)?;
    tx.set(&place.heap.busy_count, place.heap.busy_count.get().wrapping_sub(1))?;
    place.count(tx, 0, -bytes)?;
    let elem = coalesce(tx, &place, &elem)?;
    link(tx, place.heap, &elem)?;
    Ok(shrink(tx, &place, elem)?)
}

/// The busy element whose block starts at `at`, its neighbours agreeing that it is there.
pub(super) fn busy(group: &Group, at: Offset<u8>) -> Result<Elem, FreeError> {
    let not_a_block = FreeError::NotABlock { at };
    let header = at.get().checked_sub(HEADER_BYTES).ok_or(not_a_block)?;
    let list = group.memseg_lists().list_of(Offset::<u8>::new(header)).ok_or(not_a_block)?;
    let there = Elem::unread(group, list, header).ok_or(not_a_block)?;
    match there.head.state.get() {
        state::BUSY => {}
        state::FREE | state::MERGED => return Err(FreeError::AlreadyFree { at }),
        _ => return Err(not_a_block),
    }
    let elem = Elem::read_in(group, list, header)?;
    elem.next(group)?;
    elem.previous(group)?;
    Ok(elem)
}

/// Lets the grains go that the free, linked element `elem` covers alone (MH-4).
pub(super) fn shrink(tx: &Transaction, place: &Place, elem: Elem) -> Step<()> {
    if elem.list.is_fixed() || tx.group().has(flags::LEGACY) {
        return Ok(());
    }
    if let Some((first, count)) = elem.matched() {
        let is_all = elem.at == elem.list.grain_at(first)
            && elem.end() == elem.list.grain_at(first.saturating_add(count));
        if is_all {
            cut_out(tx, place, &elem, first, first + count)?;
        }
        return Ok(());
    }
    let mut rest = Some(elem);
    for _ in 0..RUNS {
        let Some(elem) = rest else { break };
        let Some((first, end)) = spare_grains(&elem) else { break };
        rest = cut_out(tx, place, &elem, first, end)?;
    }
    Ok(())
}

/// The first run of grains, `(first, end)`, that lie in `elem` whole and are not pinned, such
/// that what is left of it on either side is nothing or an element.
fn spare_grains(elem: &Elem) -> Option<(usize, usize)> {
    let list = &elem.list;
    let mut low = list.grain_of(elem.at);
    let mut high = list.grain_of(elem.end());
    while list.grain_at(low) != elem.at && list.grain_at(low) < elem.at.saturating_add(ELEMENT_MIN)
    {
        low += 1;
    }
    while list.grain_at(high) != elem.end()
        && list.grain_at(high).saturating_add(ELEMENT_MIN) > elem.end()
    {
        high = high.checked_sub(1)?;
    }
    let first = list.pinned().find_next(low, Bit::Free).ok()?;
    let end = (first + list.pinned().run_from(first, Bit::Free).ok()?).min(high);
    (first < end).then_some((first, end))
}

/// Takes grains `first..end` out of the free, linked element around them, and with them out of
/// the heap. The island falls in two there. Returns what is left behind them, free and linked.
fn cut_out(
    tx: &Transaction,
    place: &Place,
    elem: &Elem,
    first: usize,
    end: usize,
) -> Step<Option<Elem>> {
    let (list, group) = (elem.list, tx.group());
    let (hole, hole_end, elem_end) = (list.grain_at(first), list.grain_at(end), elem.end());
    let (word, tied) = (elem.head.place.get(), elem.head.matched.get());
    let (next, previous) = (elem.next(group)?, elem.previous(group)?);
    let last = elem.first(group)?.last(group)?.at;
    unlink(tx, place.heap, elem)?;

    let mut right = None;
    if hole_end < elem_end {
        let outside = elem.damage(Fault::Outside);
        let rest = Elem::unread(group, list, hole_end).ok_or(outside)?;
        let last = if next.is_some() { last } else { hole_end };
        rest.write(tx, elem_end - hole_end, FIRST | last, word, tied)?;
        if let Some(next) = &next {
            tx.set(&next.head.before, hole_end)?;
        }
        link(tx, place.heap, &rest)?;
        right = Some(rest);
    } else if let Some(next) = &next {
        tx.set(&next.head.before, FIRST | last)?;
    }

    if elem.at < hole {
        elem.set_last(tx, elem.at)?;
        tx.set(&elem.head.bytes, hole - elem.at)?;
        link(tx, place.heap, elem)?;
    } else {
        if let Some(previous) = &previous {
            previous.set_last(tx, previous.at)?;
        }
        elem.wipe(tx)?;
    }
    place.count(tx, -((hole_end - hole) as i64), 0)?;
    match unback(tx, &list, first, end - first) {
        Ok(()) => Ok(right),
        Err(MarkError::Journal(full)) => Err(full.into()),
        Err(MarkError::Range { .. }) => Err(elem.damage(Fault::Size(elem_end)).into()),
    }
}
