//! `Ring<T>`: a ring as a process sees it, before it is anybody's producer or consumer.

use core::fmt;
use core::marker::PhantomData;

use super::Slots;
use super::claim::{ClaimError, RingEnd, claim};
use super::config::{RingConfig, Shape, Sync};
use super::consumer::Consumer;
use super::cursor::{available, owner, position};
use super::handle::Handle;
use super::held::Held;
use super::kind::{Any, Kind};
use super::layout::{CallLog, End, RingHeader};
use super::member::Member;
use super::mend::Mender;
use super::news;
use super::owned;
use super::producer::Producer;
use super::side::{Hand, Side};
use crate::group::ProcessId;
use crate::offset::Offset;
use crate::shared::Element;

/// How often a call is made again after somebody dead was found in its way.
const ATTEMPTS: u32 = 16;

/// A ring of `T`s. Copies freely; to put in and take out, ask it for a [`Producer`] or a
/// [`Consumer`].
#[doc(alias = "rte_ring")]
pub struct Ring<T: Element> {
    pub(super) header: &'static RingHeader,
    pub(super) slots: Slots<T>,
    /// The logs of Rts ends, the producers' first.
    pub(super) logs: [Option<&'static CallLog>; 2],
    pub(super) at: Offset<RingHeader>,
    pub(super) shape: Shape,
    pub(super) config: RingConfig,
    pub(super) member: Member,
}

impl<T: Element> Clone for Ring<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Element> Copy for Ring<T> {}

impl<T: Element> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("at", &self.at)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

/// RTS settings were asked for where there is no RTS (RI-13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadError {
    /// The end synchronises otherwise.
    NotRts {
        /// How it does.
        sync: Sync,
    },
    /// More than the ring holds.
    TooMuch {
        /// What was asked for.
        lead: u32,
        /// The ring's capacity.
        capacity: u32,
    },
}

impl fmt::Display for LeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRts { sync } => write!(
                f,
                "the greatest lead of an end was asked for, which only Sync::Rts has; this end is Sync::{sync:?}"
            ),
            Self::TooMuch { lead, capacity } => write!(
                f,
                "a lead of {lead} elements was asked for in a ring of {capacity}; ask for at most its capacity"
            ),
        }
    }
}

impl core::error::Error for LeadError {}

impl<T: Element> Ring<T> {
    /// Where it lies.
    pub fn at(&self) -> Offset<u8> {
        self.at.cast()
    }

    /// How many slots it has: a power of two.
    #[doc(alias = "rte_ring_get_size")]
    pub fn size(&self) -> u32 {
        self.shape.size
    }

    /// How many elements it holds at most.
    #[doc(alias = "rte_ring_get_capacity")]
    pub fn capacity(&self) -> u32 {
        self.shape.capacity
    }

    /// How producers synchronise.
    #[doc(alias = "rte_ring_get_prod_sync_type")]
    #[doc(alias = "rte_ring_is_prod_single")]
    pub fn producer_sync(&self) -> Sync {
        self.config.producer
    }

    /// How consumers synchronise.
    #[doc(alias = "rte_ring_get_cons_sync_type")]
    #[doc(alias = "rte_ring_is_cons_single")]
    pub fn consumer_sync(&self) -> Sync {
        self.config.consumer
    }

    /// How many elements are in it, 0..=capacity. While others work on it: about.
    #[doc(alias = "rte_ring_count")]
    pub fn count(&self) -> u32 {
        let taken = position(self.header.consumers.tail.observe());
        available(position(self.header.producers.tail.observe()), taken, self.shape.capacity)
    }

    /// How many more fit, `capacity - count`. While others work on it: about.
    #[doc(alias = "rte_ring_free_count")]
    pub fn free_count(&self) -> u32 {
        self.shape.capacity - self.count()
    }

    /// Whether nothing fits.
    #[doc(alias = "rte_ring_full")]
    pub fn is_full(&self) -> bool {
        self.free_count() == 0
    }

    /// Whether nothing is in it.
    #[doc(alias = "rte_ring_empty")]
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Who has claimed `end`; `None` if nobody has, or if it is no single end.
    pub fn holder(&self, end: RingEnd) -> Option<ProcessId> {
        ProcessId::unpack(self.claim_word(end).observe())
    }

    /// A producer. At a [`Sync::Single`] end it claims the end for as long as it lives; other
    /// ends have as many producers as are asked for. A dead process's claim is taken over.
    pub fn producer(&self) -> Result<Producer<T>, ClaimError> {
        self.producer_as::<Any>()
    }

    /// A consumer, as [`producer`](Self::producer).
    pub fn consumer(&self) -> Result<Consumer<T>, ClaimError> {
        self.consumer_as::<Any>()
    }

    /// A producer of a ring whose way of synchronising the program knows: see [`kind`](super::kind).
    ///
    /// ```no_run
    /// # use phalanx_core::ring::{Ring, kind::Multi};
    /// # fn f(ring: &Ring<u64>) -> Result<(), phalanx_core::ring::ClaimError> {
    /// let mut producer = ring.producer_as::<Multi>()?;
    /// # Ok(()) }
    /// ```
    pub fn producer_as<K: Kind>(&self) -> Result<Producer<T, K>, ClaimError> {
        self.enter::<K>(RingEnd::Producer)?;
        Ok(Producer { handle: self.handle(RingEnd::Producer), kind: PhantomData })
    }

    /// A consumer of a ring whose way of synchronising the program knows.
    pub fn consumer_as<K: Kind>(&self) -> Result<Consumer<T, K>, ClaimError> {
        self.enter::<K>(RingEnd::Consumer)?;
        Ok(Consumer { handle: self.handle(RingEnd::Consumer), kind: PhantomData })
    }

    /// How far the head of an RTS end may run ahead of its tail (RI-13).
    #[doc(alias = "rte_ring_get_prod_htd_max")]
    #[doc(alias = "rte_ring_get_cons_htd_max")]
    pub fn lead_max(&self, end: RingEnd) -> Result<u32, LeadError> {
        Ok(self.rts_end(end)?.lead_max.get())
    }

    /// Sets it, for all processes at once; 0 serialises the end.
    #[doc(alias = "rte_ring_set_prod_htd_max")]
    #[doc(alias = "rte_ring_set_cons_htd_max")]
    pub fn set_lead_max(&self, end: RingEnd, lead: u32) -> Result<(), LeadError> {
        let words = self.rts_end(end)?;
        if lead > self.shape.capacity {
            return Err(LeadError::TooMuch { lead, capacity: self.shape.capacity });
        }
        words.lead_max.set(lead);
        Ok(())
    }

    fn rts_end(&self, end: RingEnd) -> Result<&'static End, LeadError> {
        match self.sync(end) {
            Sync::Rts => Ok(self.end(end)),
            sync => Err(LeadError::NotRts { sync }),
        }
    }

    /// Claims `end` if it has to be claimed.
    fn enter<K: Kind>(&self, end: RingEnd) -> Result<(), ClaimError> {
        let found = self.sync(end);
        if let Some(expected) = K::SYNC
            && expected != found
        {
            return Err(ClaimError::OtherSync { end, expected, found });
        }
        let Some(group) = self.member.group() else { return Ok(()) };
        if group.me() == ProcessId::OBSERVER {
            return Err(ClaimError::Observer { end });
        }
        match found {
            Sync::Single => claim(self.claim_word(end), group, end),
            _ => Ok(()),
        }
    }

    pub(super) fn claim_word(&self, end: RingEnd) -> &'static crate::sync::Contested64 {
        match end {
            RingEnd::Producer => &self.header.producer_claim,
            RingEnd::Consumer => &self.header.consumer_claim,
        }
    }

    pub(super) fn sync(&self, end: RingEnd) -> Sync {
        match end {
            RingEnd::Producer => self.config.producer,
            RingEnd::Consumer => self.config.consumer,
        }
    }

    pub(super) fn end(&self, end: RingEnd) -> &'static End {
        match end {
            RingEnd::Producer => &self.header.producers,
            RingEnd::Consumer => &self.header.consumers,
        }
    }

    pub(super) fn log(&self, end: RingEnd) -> Option<&'static CallLog> {
        let [producers, consumers] = self.logs;
        match end {
            RingEnd::Producer => producers,
            RingEnd::Consumer => consumers,
        }
    }

    /// Makes a call at `end` again that the process of `tag` was in the way of, if that is dead and
    /// what it left could be undone.
    #[cold]
    #[inline(never)]
    pub(super) fn insist<R>(
        &self,
        end: RingEnd,
        mut tag: u16,
        mut call: impl FnMut() -> Result<R, u16>,
    ) -> Result<R, Held> {
        for _ in 0..ATTEMPTS {
            if !self.member.is_gone(tag) {
                break;
            }
            match self.mend(end).and_then(|()| call()) {
                Ok(done) => return Ok(done),
                Err(other) => tag = other,
            }
        }
        Err(self.member.held_by(tag))
    }

    /// Undoes what dead processes hold `end` up with. The tag of who does not finish, and lives.
    pub(super) fn mend(&self, end: RingEnd) -> Result<(), u16> {
        let own = self.end(end);
        if let Some(log) = self.log(end) {
            let mender = Mender::new((own, log), end, self.shape.capacity, &self.member);
            let slots = self.slots;
            mender.mend(&mut |from, to| slots.put_one(to, slots.take_one(from)))?;
        } else {
            let word = own.tail.observe();
            if owner(word) != 0 && self.member.is_gone(owner(word)) {
                // A failed swap means that another has undone it.
                let _ = owned::undo(own, word);
            }
        }
        Ok(())
    }

    pub(super) fn handle(&self, end: RingEnd) -> Handle<T> {
        let (peer, spare) = match end {
            RingEnd::Producer => (RingEnd::Consumer, self.shape.capacity),
            RingEnd::Consumer => (RingEnd::Producer, 0),
        };
        let (own, peer) = (self.end(end), self.end(peer));
        let (capacity, sync, tag) = (self.shape.capacity, self.sync(end), self.member.tag());
        // The last holder's position, and everything it did: pairs with its `publish`.
        let position = position(own.tail.observe());
        let hand = Hand { position, limit: position, call: 0, member: self.member };
        let believed = match end {
            RingEnd::Producer => 0,
            RingEnd::Consumer => news::believed(self.config.producer),
        };
        let log = self.log(end);
        let side = Side { own, peer, spare, capacity, sync, tag, believed, log };
        Handle { side, hand, ring: *self, end }
    }
}
