//! Shared ends without a handle: for a ring that lies inside another structure.
//!
//! A mempool's handler is used from wherever an object is dropped, through `&self`; it can keep
//! no producer of its own. Shared ends need none: what they know of each other stands in the
//! ring. A ring with a [`Sync::Single`] end, which lives by what its handle remembers, is none
//! for this.

use core::fmt;

use super::claim::RingEnd;
use super::config::Sync;
use super::cursor::{BATCH_MAX, Reservation, Want, owner, position};
use super::held::Held;
use super::owned;
use super::ring::Ring;
use super::rts::Rts;
use super::side::{Discipline, Hand, Side};
use crate::shared::Element;

/// A ring whose ends are both shared, used through `&self` by any thread.
pub(crate) struct Unclaimed<T: Element> {
    ring: Ring<T>,
    producers: Side,
    consumers: Side,
}

impl<T: Element> Clone for Unclaimed<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Element> Copy for Unclaimed<T> {}

impl<T: Element> fmt::Debug for Unclaimed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ring.fmt(f)
    }
}

impl<T: Element> Unclaimed<T> {
    /// The ring's ends, without a claim; `None` if one of them is single.
    pub(crate) fn of(ring: Ring<T>) -> Option<Self> {
        let producers = side(&ring, RingEnd::Producer);
        let consumers = side(&ring, RingEnd::Consumer);
        let shared = producers.sync != Sync::Single && consumers.sync != Sync::Single;
        shared.then_some(Self { ring, producers, consumers })
    }

    /// The ring.
    pub(crate) fn ring(&self) -> &Ring<T> {
        &self.ring
    }

    /// Puts all `elements` in, or none and returns `false`: if there is no room, or if they are
    /// more than [`BATCH_MAX`].
    #[inline(always)]
    pub(crate) fn enqueue_bulk(&self, elements: &[T]) -> Result<bool, Held> {
        match self.put(elements) {
            Ok(done) => Ok(done),
            Err(tag) => self.ring.insist(RingEnd::Producer, tag, || self.put(elements)),
        }
    }

    /// Fills `elements`, or takes none and returns `false`, as
    /// [`enqueue_bulk`](Self::enqueue_bulk). Shows `first` what it takes, while the elements still
    /// lie in the ring for everybody else.
    #[inline(always)]
    pub(crate) fn dequeue_bulk_with(
        &self,
        elements: &mut [T],
        first: impl Fn(&[T]),
    ) -> Result<bool, Held> {
        match self.take(elements, &first) {
            Ok(done) => Ok(done),
            Err(tag) => self.ring.insist(RingEnd::Consumer, tag, || self.take(elements, &first)),
        }
    }

    /// Whether a living process is in the middle at `end`, so that the next must wait for it. A look,
    /// and a system call if there is somebody.
    pub(crate) fn is_held(&self, end: RingEnd) -> bool {
        let tag = owner(self.ring.end(end).tail.observe());
        self.ring.sync(end) != Sync::Rts && tag != 0 && !self.ring.member.is_gone(tag)
    }

    #[inline(always)]
    fn put(&self, elements: &[T]) -> Result<bool, u16> {
        let Some(wanted) = wanted(elements) else { return Ok(false) };
        let (run, call) = self.reserve(self.producers, wanted);
        if run.count == 0 {
            return run.granted().map(|_| wanted == 0);
        }
        crash_point!("put: reserved");
        match elements {
            [one] => self.ring.slots.put_one(run.start, *one),
            several => self.ring.slots.put(run.start, several),
        }
        self.publish(self.producers, run, call);
        Ok(true)
    }

    #[inline(always)]
    fn take(&self, elements: &mut [T], first: impl Fn(&[T])) -> Result<bool, u16> {
        let Some(wanted) = wanted(elements) else { return Ok(false) };
        let (run, call) = self.reserve(self.consumers, wanted);
        if run.count == 0 {
            return run.granted().map(|_| wanted == 0);
        }
        match &mut *elements {
            [one] => *one = self.ring.slots.take_one(run.start),
            several => self.ring.slots.take(run.start, several),
        }
        first(elements);
        self.publish(self.consumers, run, call);
        Ok(true)
    }

    /// A run, and the number of the call (Rts).
    #[inline(always)]
    fn reserve(&self, side: Side, wanted: u32) -> (Reservation, u16) {
        match side.sync {
            Sync::Rts => self.reserve_relaxed(side, wanted),
            _ => (owned::reserve(side, &self.ring.member, wanted, Want::All), 0),
        }
    }

    #[inline(always)]
    fn publish(&self, side: Side, run: Reservation, call: u16) {
        match side.sync {
            Sync::Rts => self.publish_relaxed(side, run, call),
            _ => owned::publish(side, run),
        }
    }

    #[inline(never)]
    fn reserve_relaxed(&self, side: Side, wanted: u32) -> (Reservation, u16) {
        let mut hand = self.hand(0);
        let run = Rts::reserve(side, &mut hand, wanted, Want::All);
        (run, hand.call)
    }

    #[inline(never)]
    fn publish_relaxed(&self, side: Side, run: Reservation, call: u16) {
        Rts::publish(side, &mut self.hand(call), run);
    }

    /// For whom, and which call; what else a hand remembers is for single ends.
    fn hand(&self, call: u16) -> Hand {
        Hand { position: 0, limit: 0, call, member: self.ring.member }
    }

    /// Shows `visit` each element, oldest first, and takes none. Exact while nobody works on
    /// the ring; else an element may be missed, or be any bytes.
    pub(crate) fn visit(&self, mut visit: impl FnMut(T)) {
        let first = position(self.ring.header.consumers.tail.observe());
        for index in 0..self.ring.count() {
            visit(self.ring.slots.take_one(first.wrapping_add(index)));
        }
    }
}

#[inline(always)]
fn wanted<T>(elements: &[T]) -> Option<u32> {
    u32::try_from(elements.len()).ok().filter(|wanted| *wanted <= BATCH_MAX)
}

fn side<T: Element>(ring: &Ring<T>, end: RingEnd) -> Side {
    let (peer, spare) = match end {
        RingEnd::Producer => (RingEnd::Consumer, ring.shape.capacity),
        RingEnd::Consumer => (RingEnd::Producer, 0),
    };
    Side {
        own: ring.end(end),
        peer: ring.end(peer),
        spare,
        capacity: ring.shape.capacity,
        sync: ring.sync(end),
        tag: ring.member.tag(),
        // News is between single ends.
        believed: 0,
        log: ring.log(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;
    use crate::offset::Offset;
    use crate::ring::RingConfig;

    fn ring(config: &RingConfig) -> Option<Unclaimed<u64>> {
        let (group, _) = fake::group();
        Unclaimed::of(Ring::format(&group, Offset::new(64 << 20), 8192, config).unwrap())
    }

    #[test]
    fn shared_ends_give_and_take_all_or_nothing_in_order() {
        for sync in [Sync::Multi, Sync::Rts, Sync::Hts] {
            let ring = ring(&RingConfig::exact(5).both(sync)).unwrap();
            assert_eq!(ring.enqueue_bulk(&[1]), Ok(true));
            assert_eq!(ring.enqueue_bulk(&[2, 3]), Ok(true));
            assert_eq!(ring.enqueue_bulk(&[4, 5, 6]), Ok(false));
            assert_eq!(ring.enqueue_bulk(&[]), Ok(true));
            let mut seen = Vec::new();
            ring.visit(|element| seen.push(element));
            assert_eq!(seen, [1, 2, 3]);
            let mut taken = [0; 2];
            assert_eq!(ring.dequeue_bulk_with(&mut taken, |_| {}), Ok(true));
            assert_eq!(taken, [1, 2]);
            assert_eq!(ring.dequeue_bulk_with(&mut taken, |_| {}), Ok(false));
            assert_eq!(ring.ring().count(), 1);
        }
    }

    #[test]
    fn a_single_end_cannot_be_used_without_a_claim() {
        assert!(ring(&RingConfig::exact(5).producer(Sync::Single)).is_none());
        assert!(ring(&RingConfig::exact(5).consumer(Sync::Single)).is_none());
    }
}
