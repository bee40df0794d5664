//! Mbufs of pools that nobody named, found by what their headers say, and whether there is anything
//! to be read where a peer says so.

use super::layout::MbufHeader;
use crate::group::Group;
use crate::mempool::{PoolHeader, PoolView};
use crate::offset::Offset;

/// The pool that the header at `at` names and the mbuf's number there, if it is one of that pool.
///
/// Both places are a peer's word, or of a pool that was destroyed since: nothing is read of a page
/// that is not there.
#[cold]
pub(super) fn foreign_pool(group: &Group, at: u64, header: &MbufHeader) -> Option<(PoolView, u32)> {
    if !is_backed(group, at, size_of::<MbufHeader>()) {
        return None;
    }
    let whose = header.pool.get();
    if !is_backed(group, whose, size_of::<PoolHeader>()) {
        return None;
    }
    let pool = PoolView::inspect(group, Offset::new(whose)).ok()?;
    let number = pool.number(at).filter(|_| pool.has_mbufs())?;
    Some((pool, number))
}

/// Whether `bytes` at `at`, fewer than a page has, lie on pages that are there. Takes no lock.
pub(super) fn is_backed(group: &Group, at: u64, bytes: usize) -> bool {
    let is_there = |at| group.memseg_lists().page_of(Offset::<u8>::new(at)).is_some();
    let last = at.checked_add(bytes as u64 - 1);
    is_there(at) && last.is_some_and(is_there)
}
