//! Mending a ring that a dead process was in the middle of, and looking at what it holds.

use super::attach::{AttachError, check};
use super::config::Sync;
use super::cursor::{owner, position, with_owner};
use super::layout::{End, HEADER_BYTES};
use crate::group::{Group, ProcessId};
use crate::offset::Offset;
use crate::sync::Word64;

/// What was mended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mended {
    pub(crate) ends: u32,
}

pub(crate) fn repair(
    group: &Group,
    at: Offset<u8>,
    dead: ProcessId,
) -> Result<Mended, AttachError> {
    let it = check(group.window(), at)?;
    let undo = |end: &End| {
        let word = end.tail.observe();
        owner(word) == dead.tag()
            && end.tail.swap_if(word, with_owner(position(word), 0, 0)).is_ok()
    };
    let mut ends = 0;
    for (sync, end) in
        [(it.config.producer, &it.header.producers), (it.config.consumer, &it.header.consumers)]
    {
        ends += u32::from(sync == Sync::Hts && undo(end));
    }
    for claim in [&it.header.producer_claim, &it.header.consumer_claim] {
        ends += u32::from(claim.swap_if(dead.pack(), 0).is_ok());
    }
    Ok(Mended { ends })
}

pub(crate) fn visit_published(
    group: &Group,
    at: Offset<u8>,
    mut f: impl FnMut(u64),
) -> Result<(), AttachError> {
    let it = check(group.window(), at)?;
    let place = AttachError::Place { at: at.get() };
    let slots = at.add(HEADER_BYTES as u64).ok_or(place)?;
    let slots =
        group.window().slice::<Word64>(slots.cast(), it.shape.size as usize).ok_or(place)?;
    let first = position(it.header.consumers.tail.observe());
    let last = position(it.header.producers.tail.observe());
    let count = last.wrapping_sub(first).min(it.shape.capacity);
    for back in (1..=count).rev() {
        let index = last.wrapping_sub(back) & (it.shape.size - 1);
        if let Some(word) = slots.get(index as usize) {
            f(word.get());
        }
    }
    Ok(())
}
