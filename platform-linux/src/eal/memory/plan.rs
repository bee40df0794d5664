//! Which memseg lists a new group gets, and how much of each is taken at once.
//!
//! Pure: from what the machine has and what was asked for to a plan or an error; nothing is
//! opened or made. A list is one page size on one node; it may grow to its range as long as
//! the system has pages, and what `-m` or `--socket-mem` asked for is pinned from the start.

use std::path::PathBuf;

use super::MemoryError;

/// Most bytes a list may grow to: with 16 lists the window is just full.
pub const RANGE_MAX: u64 = 60 << 30;

/// Most grains a list can have (`RTE_MAX_MEMSEG_PER_LIST`).
const GRAINS_MAX: u64 = phalanx_core::memseg::GRAINS_MAX as u64;

/// Pages of one size that the machine can give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Bytes of a page.
    pub page_bytes: u64,
    /// Bytes that come and go together: a page, or 2 MB of small ones.
    pub grain_bytes: u64,
    /// The directory for the files; none for a group without files.
    pub dir: Option<PathBuf>,
    /// `(node, bytes free on it)`.
    pub nodes: Vec<(u32, u64)>,
    /// Most bytes of this size (`--pagesz-mem`); none for no limit.
    pub limit: Option<u64>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing at start; memory comes when it is needed.
    OnDemand,
    /// So many bytes, wherever they are.
    Total(u64),
    /// So many bytes on each node, by node.
    PerNode(Vec<u64>),
    /// Everything there is (`--legacy-mem` without an amount).
    All,
}

/// One list to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedList {
    /// Bytes of a page.
    pub page_bytes: u64,
    /// Bytes of a grain.
    pub grain_bytes: u64,
    /// The NUMA node.
    pub node: u32,
    /// The directory for its file.
    pub dir: Option<PathBuf>,
    /// Bytes it may grow to.
    pub range_bytes: u64,
    /// Bytes it has from the start and keeps.
    pub pinned_bytes: u64,
    /// Most bytes that may be backed; 0 for no limit.
    pub limit: u64,
}

/// Whether lists keep growing after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// They do.
    Dynamic,
    /// They have what they have (`--legacy-mem`).
    Fixed,
}

/// Plans the lists: `sources` biggest page first, `wanted` spread over them.
///
/// Errors: [`MemoryError::None`] if no source has a page, [`MemoryError::NotEnough`] if the
/// amount asked for is not there; each says how many pages of which size were wanted and free.
pub fn plan(
    sources: &[Source],
    wanted: &Wanted,
    growth: Growth,
) -> Result<Vec<PlannedList>, MemoryError> {
    let usable = |source: &&Source| source.limit != Some(0);
    let mut lists: Vec<(PlannedList, u64)> = Vec::new();
    for source in sources.iter().filter(usable) {
        for (node, free) in &source.nodes {
            lists.push((empty_list(source, *node), *free));
        }
    }
    if lists.iter().all(|(_, free)| *free == 0) {
        return Err(MemoryError::None { sources: sources.to_vec() });
    }
    match wanted {
        Wanted::OnDemand => {}
        Wanted::Total(bytes) => pin_total(&mut lists, *bytes)?,
        Wanted::PerNode(amounts) => {
            for (node, bytes) in (0u32..).zip(amounts) {
                pin_on(&mut lists, Some(node), *bytes)?;
            }
        }
        Wanted::All => {
            lists.iter_mut().for_each(|(list, free)| list.pinned_bytes = room(list, *free))
        }
    }
    let planned = lists.into_iter().map(|(list, _)| list);
    Ok(match growth {
        Growth::Dynamic => planned.collect(),
        Growth::Fixed => planned.filter(|list| list.pinned_bytes > 0).map(fixed).collect(),
    })
}

fn empty_list(source: &Source, node: u32) -> PlannedList {
    let range = RANGE_MAX.min(source.grain_bytes.saturating_mul(GRAINS_MAX));
    PlannedList {
        page_bytes: source.page_bytes,
        grain_bytes: source.grain_bytes,
        node,
        dir: source.dir.clone(),
        range_bytes: range / source.grain_bytes * source.grain_bytes,
        pinned_bytes: 0,
        limit: source.limit.unwrap_or(0),
    }
}

fn fixed(list: PlannedList) -> PlannedList {
    PlannedList { range_bytes: list.pinned_bytes, ..list }
}

/// Node by node, the first one first, until the amount is reached.
fn pin_total(lists: &mut [(PlannedList, u64)], bytes: u64) -> Result<(), MemoryError> {
    let there: u64 = lists.iter().map(|(list, free)| room(list, *free)).sum();
    if bytes > there {
        return Err(not_enough(lists, None, bytes));
    }
    let mut left = bytes;
    for node in nodes_of(lists.iter().map(|(list, _)| list)) {
        let there: u64 = lists
            .iter()
            .filter(|(list, _)| list.node == node)
            .map(|(list, free)| room(list, *free))
            .sum();
        let here = left.min(there);
        pin_on(lists, Some(node), here)?;
        left = left.saturating_sub(here);
    }
    if left > 0 { pin_on(lists, None, left) } else { Ok(()) }
}

/// What a list can still be given.
fn room(list: &PlannedList, free: u64) -> u64 {
    let most = if list.limit == 0 { list.range_bytes } else { list.limit.min(list.range_bytes) };
    let whole = free / list.grain_bytes * list.grain_bytes;
    whole.min(most).saturating_sub(list.pinned_bytes)
}

/// Big pages for what they fit, then the smallest that has one for the rest.
fn pin_on(
    lists: &mut [(PlannedList, u64)],
    node: Option<u32>,
    bytes: u64,
) -> Result<(), MemoryError> {
    let on_node = |list: &PlannedList| node.is_none_or(|node| list.node == node);
    let mut left = bytes;
    for (list, free) in lists.iter_mut().filter(|(list, _)| on_node(list)) {
        let whole = left / list.grain_bytes * list.grain_bytes;
        let taken = whole.min(room(list, *free));
        list.pinned_bytes += taken;
        left -= taken;
    }
    for (list, free) in lists.iter_mut().rev().filter(|(list, _)| on_node(list)) {
        if left > 0 && room(list, *free) >= list.grain_bytes {
            list.pinned_bytes += list.grain_bytes;
            left = left.saturating_sub(list.grain_bytes);
        }
    }
    if left == 0 {
        return Ok(());
    }
    Err(not_enough(lists, node, bytes))
}

/// What was wanted, and what there is of it: all pages of the node, or of all nodes, counted in
/// the smallest.
fn not_enough(lists: &[(PlannedList, u64)], node: Option<u32>, wanted_bytes: u64) -> MemoryError {
    let there = || lists.iter().filter(|(list, _)| node.is_none_or(|node| list.node == node));
    let free_bytes = there().map(|(_, free)| *free).sum();
    let limited = there().any(|(list, free)| list.limit > 0 && list.limit < *free);
    let page_bytes = there().map(|(list, _)| list.page_bytes).min().unwrap_or(0);
    let nodes =
        node.map_or_else(|| nodes_of(lists.iter().map(|(list, _)| list)), |node| vec![node]);
    MemoryError::NotEnough { wanted_bytes, page_bytes, nodes, free_bytes, limited }
}

/// The nodes of the lists, each once, lowest first.
pub(super) fn nodes_of<'a>(lists: impl IntoIterator<Item = &'a PlannedList>) -> Vec<u32> {
    let mut nodes: Vec<u32> = lists.into_iter().map(|list| list.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

#[cfg(test)]
mod tests;
