//! Which free grains a heap would grow by, and what stands on either side of them.

use super::damage::{Damage, Fault};
use super::element::Elem;
use super::fit::Shape;
use crate::group::{Group, flags};
use crate::memseg::{Bit, List};

/// A run of free grains that would make the block fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) list: List,
    pub(super) first: usize,
    pub(super) count: usize,
}

impl Plan {
    pub(super) fn bytes(&self) -> u64 {
        self.list.grain_bytes() * self.count as u64
    }

    /// Least memory first; of equals the biggest pages, which cost the fewest TLB entries.
    pub(super) fn rank(&self) -> (u64, u64) {
        (self.bytes(), u64::MAX - self.list.page_bytes())
    }
}

/// The best run of free grains in `list`: one right behind backed memory, or else the lowest.
/// What is free at the end of the memory before the run, and behind it, counts in.
pub(super) fn plan(group: &Group, list: List, shape: &Shape) -> Result<Option<Plan>, Damage> {
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
pub(super) fn island_before(
    group: &Group,
    list: &List,
    first: usize,
) -> Result<Option<(Elem, Elem)>, Damage> {
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
pub(super) fn island_behind(
    group: &Group,
    list: &List,
    grain: usize,
) -> Result<Option<Elem>, Damage> {
    if !list.is_backed(grain) {
        return Ok(None);
    }
    let elem = Elem::read_in(group, *list, list.grain_at(grain))?;
    match elem.is_first() {
        true => Ok(Some(elem).filter(|elem| elem.matched().is_none())),
        false => Err(elem.damage(Fault::Link(elem.head.before.get()))),
    }
}
