//! What keeps the free objects, as a process sees it: a match over the closed set of handlers.
//!
//! All are used by any number of processes at a time, whatever the flags promise: an object
//! that is dropped is a put, from wherever it is dropped, so "one putter at a time" cannot be
//! kept by types, and a broken promise would give one object to two. The promise is not
//! needed; `ring_sp_sc` and its like are served by rings that several may use.

use super::HandlerId;
use super::layout::StackHeader;
use super::stack::Stack;
use super::view::PoolView;
use crate::group::Group;
use crate::offset::Offset;
use crate::sync::Word64;

/// Bytes that a handler takes for `objects`; `None` if that cannot be addressed.
pub(super) fn handler_bytes(_id: HandlerId, objects: u32) -> Option<u64> {
    Some(size_of::<StackHeader>() as u64 + u64::from(objects) * 8)
}

/// A handler at work.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handler {
    /// `lf_stack`, `stack`.
    Stack(Stack),
}

impl Handler {
    /// Makes an empty handler of zeroed memory.
    pub(super) fn format(
        group: &Group,
        at: Offset<u8>,
        id: HandlerId,
        objects: u32,
    ) -> Option<Self> {
        Self::attach(group, at, id, objects)
    }

    /// The handler at `at`; `None` if it is not there, or damaged.
    pub(super) fn attach(
        group: &Group,
        at: Offset<u8>,
        _id: HandlerId,
        objects: u32,
    ) -> Option<Self> {
        let header = group.window().resolve(at.cast::<StackHeader>())?;
        let links = at.add(size_of::<StackHeader>() as u64)?;
        let links = group.window().slice(links.cast::<Word64>(), objects as usize)?;
        Some(Self::Stack(Stack::new(header, links)))
    }

    /// Fills `to` with free objects, or takes none and returns `false`.
    #[inline]
    pub(super) fn take(&self, pool: &PoolView, to: &mut [u64]) -> bool {
        match self {
            Self::Stack(stack) => stack.take(pool, to),
        }
    }

    /// Gives objects back. Returns how many of them were none, and were left out.
    #[inline]
    pub(super) fn give(&self, pool: &PoolView, from: &[u64]) -> u64 {
        match self {
            Self::Stack(stack) => stack.give(pool, from),
        }
    }

    /// How many free objects it has. While others work on it: about.
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Stack(stack) => stack.len(),
        }
    }

    /// Shows `visit` the place of each free object. Exact while nobody works on it.
    pub(super) fn visit(&self, pool: &PoolView, mut visit: impl FnMut(u64)) {
        match self {
            Self::Stack(stack) => stack.visit(|number| visit(pool.place(number).unwrap_or(0))),
        }
    }
}
