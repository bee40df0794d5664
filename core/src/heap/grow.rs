//! More memory for a heap: which list gives it, and how it joins what is there.

use super::class::{link, unlink};
use super::damage::{Damage, Fault, Step};
use super::element::{Elem, FIRST};
use super::error::{AllocError, Refusal};
use super::fit::Shape;
use super::place::Place;
use super::plan::{Plan, island_before, island_behind, plan};
use super::request::{Node, Pages};
use crate::group::flags;
use crate::lock::Transaction;
use crate::memseg::{BackError, Keep, LISTS_MAX, List, MarkError, back};
use crate::platform::CommitError;

/// Why the heap did not grow, for the error's sentence: what was tried last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shortage {
    wanted_pages: u64,
    page_bytes: u64,
    node: Option<u32>,
    refusal: Refusal,
}

impl Shortage {
    /// Nothing has been tried yet.
    pub(super) const fn none() -> Self {
        Self { wanted_pages: 0, page_bytes: 0, node: None, refusal: Refusal::NoList }
    }

    /// The same, of a request that only this node may serve.
    pub(super) const fn on(node: Node) -> Self {
        let node = if let Node::On(node) = node { Some(node) } else { None };
        Self { node, ..Self::none() }
    }

    /// A list had no room. It does not hide what a list that could be asked has answered.
    pub(super) fn no_room(&mut self, list: &List, refusal: Refusal) {
        if self.wanted_pages == 0 {
            *self = Self { node: Some(list.node()), refusal, ..Self::none() };
        }
    }

    pub(super) fn refused(&mut self, plan: &Plan, refusal: Refusal) {
        *self = Self {
            wanted_pages: plan.bytes() / plan.list.page_bytes(),
            page_bytes: plan.list.page_bytes(),
            node: Some(plan.list.node()),
            refusal,
        };
    }

    /// The error that says so.
    pub(super) fn error(&self, bytes: u64) -> AllocError {
        let free_bytes = match self.refusal {
            Refusal::System(CommitError::NotEnough { free }) => free,
            _ => 0,
        };
        let Self { wanted_pages, page_bytes, node, refusal } = *self;
        AllocError::NoMemory { bytes, wanted_pages, page_bytes, node, free_bytes, refusal }
    }
}

/// Grows a list of `node` so that the block fits; returns the free element that holds it.
/// `None` if no list could, and `shortage` says why; nothing has changed then.
pub(super) fn grow(
    tx: &Transaction,
    shape: &Shape,
    node: u32,
    pages: Pages,
    shortage: &mut Shortage,
) -> Result<Option<(Place, Elem)>, AllocError> {
    let mut plans = [None; LISTS_MAX];
    let lists = tx.group().memseg_lists();
    let wanted = |list: &List| list.node() == node && pages.wants(list.page_bytes());
    for (list, slot) in lists.iter().filter(wanted).zip(&mut plans) {
        if list.is_fixed() || tx.group().has(flags::LEGACY) {
            shortage.no_room(&list, Refusal::Fixed);
            continue;
        }
        *slot = plan(tx.group(), list, shape)?;
        if slot.is_none() {
            shortage.no_room(&list, Refusal::Range);
        }
    }
    plans.sort_unstable_by_key(|plan| plan.map_or((u64::MAX, u64::MAX), |plan| plan.rank()));
    for plan in plans.into_iter().flatten() {
        let matched = tx.group().has(flags::MATCH_ALLOCATIONS);
        match add(tx, &plan, Keep::WhileUsed, matched)? {
            Ok(grown) => return Ok(Some(grown)),
            Err(refusal) => shortage.refused(&plan, refusal),
        }
    }
    Ok(None)
}

/// Backs the plan's grains and gives them to the node's heap. The inner error is a refusal that
/// has changed nothing.
pub(super) fn add(
    tx: &Transaction,
    plan: &Plan,
    keep: Keep,
    matched: bool,
) -> Result<Result<(Place, Elem), Refusal>, AllocError> {
    let Plan { list, first, count } = *plan;
    if let Some(place) = Place::of_node(tx.group(), list.node()) {
        let limit = place.heap.limit.get();
        if limit != 0 && place.heap.total_bytes.get().saturating_add(plan.bytes()) > limit {
            return Ok(Err(Refusal::Limit(limit)));
        }
    }
    let (before, behind) = match matched {
        true => (None, None),
        false => (
            island_before(tx.group(), &list, first)?,
            island_behind(tx.group(), &list, first + count)?,
        ),
    };
    let Some(place) = Place::make(tx, list.node())? else {
        return Ok(Err(Refusal::TooManyNodes));
    };
    match back(tx, &list, first, count, keep) {
        Ok(()) => {}
        Err(BackError::Limit { limit }) => return Ok(Err(Refusal::Limit(limit))),
        Err(BackError::Commit(error)) => return Ok(Err(Refusal::System(error))),
        Err(BackError::Mark(MarkError::Journal(full))) => return Err(full.into()),
        Err(BackError::Mark(MarkError::Range { .. })) => return Ok(Err(Refusal::Range)),
    }
    let elem = stand(tx, plan, &place, before, behind, matched)?;
    Ok(Ok((place, elem)))
}

/// Puts one free element on freshly backed grains and joins it with its neighbours.
fn stand(
    tx: &Transaction,
    plan: &Plan,
    place: &Place,
    before: Option<(Elem, Elem)>,
    behind: Option<Elem>,
    matched: bool,
) -> Step<Elem> {
    let at = plan.list.grain_at(plan.first);
    let elem =
        Elem::unread(tx.group(), plan.list, at).ok_or(Damage { at, fault: Fault::Outside })?;
    let last = match &behind {
        Some(behind) => behind.last(tx.group())?.at,
        None => at,
    };
    let link_word = match &before {
        Some((_, last_before)) => last_before.at,
        None => FIRST | last,
    };
    let tied = if matched { (plan.first as u64) << 32 | plan.count as u64 } else { 0 };
    elem.write(tx, plan.bytes(), link_word, place.word(plan.list.index()), tied)?;
    if let Some((first, _)) = &before {
        tx.set(&first.head.before, FIRST | last)?;
    }
    if let Some(behind) = &behind {
        tx.set(&behind.head.before, at)?;
    }
    place.count(tx, plan.bytes() as i64, 0)?;
    let elem = coalesce(tx, place, &elem)?;
    link(tx, place.heap, &elem)?;
    Ok(elem)
}

/// Merges a free element that is in no free list with its free neighbours.
pub(super) fn coalesce(tx: &Transaction, place: &Place, elem: &Elem) -> Step<Elem> {
    if let Some(next) = elem.next(tx.group())?.filter(|next| elem.may_join(next)) {
        unlink(tx, place.heap, &next)?;
        elem.absorb(tx, &next)?;
    }
    if let Some(previous) = elem.previous(tx.group())?.filter(|previous| elem.may_join(previous)) {
        unlink(tx, place.heap, &previous)?;
        previous.absorb(tx, elem)?;
        return Ok(previous);
    }
    Ok(*elem)
}
