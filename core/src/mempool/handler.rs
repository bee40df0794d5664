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
use crate::ring::{BATCH_MAX, Held, Ring, RingConfig, RingEnd, Sync, Unclaimed};
use crate::shared::ElementLayout;
use crate::sync::Word64;

/// How the ends of a handler's ring keep apart; `None` for handlers that are no rings.
const fn ring_sync(id: HandlerId) -> Option<Sync> {
    match id {
        HandlerId::RingMpMc | HandlerId::RingSpSc | HandlerId::RingMpSc | HandlerId::RingSpMc => {
            Some(Sync::Multi)
        }
        HandlerId::RingMtRts => Some(Sync::Rts),
        HandlerId::RingMtHts => Some(Sync::Hts),
        HandlerId::LfStack | HandlerId::Stack => None,
    }
}

/// The ring of a handler for `objects`: a put must never find it full.
///
/// With a relaxed tail an object may be got, and put again, before the tail has passed the
/// place that it was got from. At most `objects` such places are left behind when somebody
/// reserves, who may reserve as many again ([`RELAXED_ROOM`]).
fn ring_config(sync: Sync, objects: u32) -> Option<RingConfig> {
    let room = if let Sync::Rts = sync { RELAXED_ROOM } else { 1 };
    Some(RingConfig::exact(objects.checked_mul(room)?).both(sync))
}

/// Places a relaxed ring has for each object: one to lie in, two to be left behind.
const RELAXED_ROOM: u32 = 3;

/// Bytes that a handler takes for `objects`; `None` if that cannot be addressed.
pub(super) fn handler_bytes(id: HandlerId, objects: u32) -> Option<u64> {
    match ring_sync(id) {
        Some(sync) => {
            let shape = ring_config(sync, objects)?.shape(ElementLayout::of::<u64>()).ok()?;
            Some(shape.bytes as u64)
        }
        None => Some(size_of::<StackHeader>() as u64 + u64::from(objects) * 8),
    }
}

/// A handler at work.
#[derive(Clone, Debug)]
pub(super) enum Handler {
    /// A ring of places.
    Ring(Unclaimed<u64>),
    /// `lf_stack`, `stack`.
    Stack(Stack),
}

impl Handler {
    /// Makes an empty handler of zeroed memory; `None` if the place is none.
    pub(super) fn format(
        group: &Group,
        at: Offset<u8>,
        id: HandlerId,
        objects: u32,
    ) -> Option<Self> {
        if let Some(sync) = ring_sync(id) {
            let bytes = usize::try_from(handler_bytes(id, objects)?).ok()?;
            let ring = Ring::<u64>::format(group, at, bytes, &ring_config(sync, objects)?).ok()?;
            if let Sync::Rts = sync {
                ring.set_lead_max(RingEnd::Consumer, objects).ok()?;
            }
        }
        Self::attach(group, at, id, objects)
    }

    /// The handler at `at`; `None` if it is not there, or is not as large as it must be.
    pub(super) fn attach(
        group: &Group,
        at: Offset<u8>,
        id: HandlerId,
        objects: u32,
    ) -> Option<Self> {
        let Some(sync) = ring_sync(id) else {
            let header = group.window().resolve(at.cast::<StackHeader>())?;
            let links = at.add(size_of::<StackHeader>() as u64)?;
            let links = group.window().slice(links.cast::<Word64>(), objects as usize)?;
            return Some(Self::Stack(Stack::new(header, links)));
        };
        let ring = Ring::<u64>::attach(group, at).ok()?;
        let same = (ring.capacity(), ring.producer_sync(), ring.consumer_sync());
        if same != (ring_config(sync, objects)?.count, sync, sync) {
            return None;
        }
        Unclaimed::of(ring).map(Self::Ring)
    }

    /// Fills `to` with free objects, or takes none and returns `false`; then `to` may hold
    /// anything. A ring shows `tag` what is taken before anybody sees that it is.
    #[inline(always)]
    pub(super) fn take(&self, pool: &PoolView, to: &mut [u64], tag: impl Fn(&[u64])) -> bool {
        match self {
            // Held up by a process that does not finish: there is nothing to be had.
            Self::Ring(ring) if to.len() <= BATCH_MAX as usize => {
                ring.dequeue_bulk_with(to, tag).unwrap_or(false)
            }
            Self::Ring(ring) => take_in_parts(pool, ring, to, tag),
            Self::Stack(stack) => stack.take(pool, to),
        }
    }

    /// Gives objects back; what a living process that does not finish keeps out is owed
    /// ([`PoolView::owe`]). Returns how many of them had no place there: none, unless one is no
    /// object of the pool or is there already.
    #[inline(always)]
    pub(super) fn give(&self, pool: &PoolView, from: &[u64]) -> u64 {
        match self {
            Self::Ring(ring) if from.len() <= BATCH_MAX as usize => give_part(pool, ring, from),
            Self::Ring(ring) => {
                from.chunks(BATCH_MAX as usize).map(|part| give_part(pool, ring, part)).sum()
            }
            Self::Stack(stack) => stack.give(pool, from),
        }
    }

    /// As [`give`](Self::give), all or none, and nothing is owed: `false` if there is no room.
    pub(super) fn give_now(&self, pool: &PoolView, from: &[u64]) -> Result<bool, Held> {
        match self {
            Self::Ring(ring) => ring.enqueue_bulk(from),
            Self::Stack(stack) => Ok(stack.give(pool, from) == 0),
        }
    }

    /// Whether a living process is in the middle of giving ([`RingEnd::Producer`]) or of taking, so
    /// that the next must wait for it.
    pub(super) fn is_held(&self, end: RingEnd) -> bool {
        match self {
            Self::Ring(ring) => ring.is_held(end),
            Self::Stack(_) => false,
        }
    }

    /// How many free objects it has. While others work on it: about.
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Ring(ring) => ring.ring().count(),
            Self::Stack(stack) => stack.len(),
        }
    }

    /// Shows `visit` the place of each free object. Exact while nobody works on it.
    pub(super) fn visit(&self, pool: &PoolView, mut visit: impl FnMut(u64)) {
        match self {
            Self::Ring(ring) => ring.visit(visit),
            Self::Stack(stack) => stack.visit(|number| visit(pool.place(number).unwrap_or(0))),
        }
    }
}

/// More than a ring gives at once: part by part, and back if the last ones are missing.
#[cold]
fn take_in_parts(
    pool: &PoolView,
    ring: &Unclaimed<u64>,
    to: &mut [u64],
    tag: impl Fn(&[u64]),
) -> bool {
    let mut taken = 0;
    for part in to.chunks_mut(BATCH_MAX as usize) {
        if ring.dequeue_bulk_with(part, &tag) != Ok(true) {
            break;
        }
        taken += part.len();
    }
    let had = taken == to.len();
    if !had {
        for part in to.get(..taken).unwrap_or_default().chunks(BATCH_MAX as usize) {
            give_part(pool, ring, part);
        }
    }
    had
}

/// At most [`BATCH_MAX`] of them.
#[inline(always)]
fn give_part(pool: &PoolView, ring: &Unclaimed<u64>, from: &[u64]) -> u64 {
    match ring.enqueue_bulk(from) {
        Ok(true) => 0,
        Ok(false) => give_one_by_one(pool, ring, from),
        Err(_) => pool.owe(from),
    }
}

/// As many as have room, if not all of them have.
#[cold]
fn give_one_by_one(pool: &PoolView, ring: &Unclaimed<u64>, from: &[u64]) -> u64 {
    let mut strays = 0;
    for (index, at) in from.iter().enumerate() {
        match ring.enqueue_bulk(&[*at]) {
            Ok(given) => strays += u64::from(!given),
            Err(_) => return strays + pool.owe(from.get(index..).unwrap_or_default()),
        }
    }
    strays
}
