//! More memory for a heap: which list, which grains, and how they join what is there.

use super::class::{link, unlink};
use super::element::{Elem, FIRST};
use super::error::{AllocError, Damage, Fault, Refusal, Step};
use super::fit::Shape;
use super::place::Place;
use super::request::Pages;
use crate::group::{Group, flags};
use crate::lock::Transaction;
use crate::memseg::{BackError, Bit, Keep, LISTS_MAX, List, MarkError, back};
use crate::platform::CommitError;

/// A run of free grains that would make the block fit.
#[derive(Clone, Copy, Debug)]
struct Plan {
    list: List,
    first: usize,
    count: usize,
}

impl Plan {
    fn bytes(&self) -> u64 {
        self.list.grain_bytes() * self.count as u64
    }

    /// Least memory first; of equals the biggest pages, which cost the fewest TLB entries.
    fn rank(&self) -> (u64, u64) {
        (self.bytes(), u64::MAX - self.list.page_bytes())
    }
}

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

    /// A list had no room. It does not hide what a list that could be asked has answered.
    fn no_room(&mut self, list: &List, refusal: Refusal) {
        if self.wanted_pages == 0 {
            *self = Self { node: Some(list.node()), refusal, ..Self::none() };
        }
    }

    fn refused(&mut self, plan: &Plan, refusal: Refusal) {
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

/// The best run of free grains in `list`: one right behind backed memory, or else the lowest.
/// What is free at the end of the memory before the run, and behind it, counts in.
fn plan(group: &Group, list: List, shape: &Shape) -> Result<Option<Plan>, Damage> {
    let joins = !group.has(flags::MATCH_ALLOCATIONS);
    let (mut lowest, mut from) = (None, 0);
    while let Some((first, length)) = list.run(from, Bit::Free) {
        from = first + length;
        let (mut start, mut end) = (list.grain_at(first), list.grain_at(from));
        if joins {
            let before = island_before(group, &list, first)?.filter(|(_, last)| last.is_free());
            start = before.map_or(start, |(_, last)| last.at);
            let after = island_behind(group, &list, from)?.filter(Elem::is_free);
            end = after.map_or(end, |elem| elem.end());
        }
        let Some(at) = shape.place(start, end) else { continue };
        let bytes = (at + shape.bytes).saturating_sub(list.grain_at(first));
        let count = (bytes.div_ceil(list.grain_bytes()) as usize).clamp(1, length);
        let plan = Plan { list, first, count };
        if first > 0 {
            return Ok(Some(plan));
        }
        lowest = Some(plan);
    }
    Ok(lowest)
}

/// The island that ends where grain `first` starts: its first and its last element. Islands of
/// matched grains stay alone.
fn island_before(group: &Group, list: &List, first: usize) -> Result<Option<(Elem, Elem)>, Damage> {
    let Some(last_grain) = first.checked_sub(1).filter(|grain| list.is_backed(*grain)) else {
        return Ok(None);
    };
    let back = list.backed().run_back(last_grain, Bit::Used).unwrap_or(1).max(1);
    let (mut at, end) = (list.grain_at(first - back), list.grain_at(first));
    while at < end {
        let head = Elem::read_in(group, *list, at)?;
        let last = head.last(group)?;
        at = last.end();
        if at == end {
            return Ok(Some((head, last)).filter(|_| head.matched().is_none()));
        }
    }
    Err(Damage { at, fault: Fault::Outside })
}

/// The first element of the island that starts with grain `grain`.
fn island_behind(group: &Group, list: &List, grain: usize) -> Result<Option<Elem>, Damage> {
    if !list.is_backed(grain) {
        return Ok(None);
    }
    let elem = Elem::read_in(group, *list, list.grain_at(grain))?;
    match elem.is_first() {
        true => Ok(Some(elem).filter(|elem| elem.matched().is_none())),
        false => Err(elem.damage(Fault::Link(elem.head.before.get()))),
    }
}

/// Backs the plan's grains and gives them to the node's heap. The inner error is a refusal that
/// has changed nothing.
fn add(
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

/// Backs `grains` more grains of `list` and gives them to its node's heap for good: what
/// `-m`, `--socket-mem` and legacy mode ask for at start (ME-12). They never go back to the
/// system. One contiguous run, so that whoever then asks for all of it gets it.
///
/// Returns the bytes. Errors: as [`allocate`](super::allocate); the journal takes any number of
/// grains. Cost: one call of the platform, which backs and clears the pages.
pub fn reserve(tx: &Transaction, list: &List, grains: usize) -> Result<u64, AllocError> {
    let bytes = list.grain_bytes().saturating_mul(grains as u64);
    let mut shortage = Shortage::none();
    shortage.no_room(list, Refusal::Range);
    let Ok(first) = list.backed().find_next_run(0, grains, Bit::Free) else {
        return Err(shortage.error(bytes));
    };
    let plan = Plan { list: *list, first, count: grains };
    match add(tx, &plan, Keep::Pinned, false)? {
        Ok(_) => Ok(bytes),
        Err(refusal) => {
            shortage.refused(&plan, refusal);
            Err(shortage.error(bytes))
        }
    }
}
