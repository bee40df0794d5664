//! `MbufRing`: a ring that carries packets from process to process.
//!
//! A packet travels by the place of its first segment. Who takes it out writes down that all its
//! segments are his, before anybody sees it leave. So in a ring the ring answers for a whole packet,
//! and out of it each segment's tag does (`mempool`'s tag rule, for every segment).
#![expect(unsafe_code, reason = "who destroys a ring promises that nobody uses it")]

use core::fmt;

use super::home::{BATCH, MbufHome};
use super::layout::MbufPlace;
use super::link::header;
use super::mbuf::Mbuf;
use crate::group::Group;
use crate::mempool::Parcel;
use crate::offset::Offset;
use crate::ring::kind::{Any, Kind};
use crate::ring::{
    AttachError, ClaimError, Consumer, Held, Producer, Ring, RingConfig, RingError, RingFacts,
    WaitError, Want,
};
use crate::wait::Waiting;

type Packet = Parcel<MbufPlace>;

const NONE: Packet = Parcel(Offset::NONE);

/// A ring of packets, of whatever pools. Copies freely.
///
/// ```no_run
/// # use phalanx_core::{group::Group, mbuf::{MbufPool, MbufRing}, ring::RingConfig};
/// # fn f(group: &Group, pool: &MbufPool) -> Result<(), Box<dyn std::error::Error>> {
/// let ring = MbufRing::create(group, "to the worker", &RingConfig::new(1024))?;
/// let home = pool.home();
/// let mut producer = ring.producer()?;
/// if let Some(packet) = home.alloc() {
///     producer.enqueue(packet).map_err(|full| format!("{full:?} did not fit"))?;
/// }
/// let packet = ring.consumer()?.dequeue(&home)?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy)]
pub struct MbufRing(Ring<Packet>);

impl fmt::Debug for MbufRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl MbufRing {
    /// Creates the ring `name`; as [`Ring::create`].
    pub fn create(group: &Group, name: &str, config: &RingConfig) -> Result<Self, RingError> {
        Ring::create(group, name, config).map(Self)
    }

    /// The ring `name`, if it carries packets; as [`Ring::lookup`].
    pub fn lookup(group: &Group, name: &str) -> Result<Self, RingError> {
        Ring::lookup(group, name).map(Self)
    }

    /// The ring `name`, created if there is none; as [`Ring::create_or_attach`].
    pub fn create_or_attach(
        group: &Group,
        name: &str,
        config: &RingConfig,
    ) -> Result<(Self, bool), RingError> {
        Ring::create_or_attach(group, name, config).map(|(ring, created)| (Self(ring), created))
    }

    /// The ring at `at`, which something in shared memory names, if it carries packets.
    pub(crate) fn attach(group: &Group, at: Offset<u8>) -> Result<Self, AttachError> {
        Ring::attach(group, at).map(Self)
    }

    /// Where it lies.
    pub(crate) fn at(&self) -> Offset<u8> {
        self.0.at()
    }

    /// Destroys the ring `name`; as [`Ring::destroy`]. Packets in it stay under the tags of who put
    /// them in: of recoverable pools they go back when that process ends. Drain it first.
    ///
    /// # Safety
    ///
    /// As for [`Ring::destroy`].
    pub unsafe fn destroy(group: &Group, name: &str) -> Result<(), RingError> {
        // SAFETY: the caller's promise.
        unsafe { Ring::<Packet>::destroy(group, name) }
    }

    /// A producer; as [`Ring::producer`].
    pub fn producer(&self) -> Result<MbufProducer, ClaimError> {
        self.producer_as()
    }

    /// A consumer; as [`Ring::consumer`].
    pub fn consumer(&self) -> Result<MbufConsumer, ClaimError> {
        self.consumer_as()
    }

    /// A producer of a ring whose way of synchronising the program knows.
    pub fn producer_as<K: Kind>(&self) -> Result<MbufProducer<K>, ClaimError> {
        self.0.producer_as().map(MbufProducer)
    }

    /// A consumer of a ring whose way of synchronising the program knows.
    pub fn consumer_as<K: Kind>(&self) -> Result<MbufConsumer<K>, ClaimError> {
        self.0.consumer_as().map(MbufConsumer)
    }

    /// How many slots it has; as [`Ring::size`].
    pub fn size(&self) -> u32 {
        self.0.size()
    }

    /// How many packets are in it. While others work on it: about.
    pub fn count(&self) -> u32 {
        self.0.count()
    }

    /// The ring's facts.
    pub fn facts(&self) -> RingFacts {
        self.0.facts()
    }
}

/// Puts packets in. Writes no tag.
#[derive(Debug)]
pub struct MbufProducer<K: Kind = Any>(Producer<Packet, K>);

impl<K: Kind> MbufProducer<K> {
    /// Gives a packet to whoever takes it out; gives it back if the ring is full, or held up
    /// ([`Held`]).
    #[inline]
    pub fn enqueue<'h>(&mut self, packet: Mbuf<'h>) -> Result<(), Mbuf<'h>> {
        match self.0.enqueue(Parcel(Offset::new(packet.at()))) {
            Ok(()) => {
                let _ = packet.into_place();
                Ok(())
            }
            Err(_) => Err(packet),
        }
    }

    /// Puts as many of `packets` in as fit, the first first, and leaves `None` in their places;
    /// returns how many. What is `None` before is skipped. An error only if none was put in.
    #[inline]
    pub fn enqueue_burst(&mut self, packets: &mut [Option<Mbuf<'_>>]) -> Result<usize, Held> {
        let (mut sent, mut places) = (0, [NONE; BATCH]);
        for part in packets.chunks_mut(BATCH) {
            let mut filled = 0;
            for (slot, packet) in places.iter_mut().zip(part.iter().flatten()) {
                *slot = Parcel(Offset::new(packet.at()));
                filled += 1;
            }
            let put = match self.0.enqueue_burst(places.get(..filled).unwrap_or_default()) {
                Ok(put) => put,
                Err(held) if sent == 0 => return Err(held),
                Err(_) => break,
            };
            for packet in part.iter_mut().filter(|packet| packet.is_some()).take(put) {
                let _ = packet.take().map(Mbuf::into_place);
            }
            sent += put;
            if put < filled {
                break;
            }
        }
        Ok(sent)
    }

    /// As [`Producer::wake`]: wakes consumers that sleep in [`MbufConsumer::wait`].
    #[inline]
    pub fn wake(&self) {
        self.0.wake();
    }

    /// The same, waiting for nobody who lives; as [`Producer::hurried`].
    pub(crate) fn hurried(self) -> Self {
        Self(self.0.hurried())
    }

    /// How many more fit now.
    pub fn free(&self) -> u32 {
        self.0.free()
    }
}

/// Takes packets out, and writes down who has their segments before anybody sees them leave.
#[derive(Debug)]
pub struct MbufConsumer<K: Kind = Any>(Consumer<Packet, K>);

impl<K: Kind> MbufConsumer<K> {
    /// Takes one packet out; `None` if there is none. Dropped, it goes back by way of `home`.
    ///
    /// What is no mbuf of any pool is left out, and counted as a stray of `home`'s pool: no more of it
    /// than there is when the first is met.
    #[inline]
    pub fn dequeue<'h>(&mut self, home: &'h MbufHome<'h>) -> Result<Option<Mbuf<'h>>, Held> {
        let (mut place, mut rest) = ([NONE], None);
        while self.take(home, &mut place)? == 1 {
            let [Parcel(at)] = place;
            if let Some(packet) = taken(home, at.get()) {
                return Ok(Some(packet));
            }
            if !self.goes_on(&mut rest, 1) {
                break;
            }
        }
        Ok(None)
    }

    /// Takes one packet out as [`dequeue`](Self::dequeue), waiting for it as [`Consumer::wait`] does:
    /// asleep only where the ring is [`waitable`](RingConfig::waitable), and woken by
    /// [`MbufProducer::wake`].
    pub fn wait<'h>(
        &mut self,
        home: &'h MbufHome<'h>,
        how: Waiting,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<Mbuf<'h>>, WaitError> {
        let ring = *self.0.ring();
        ring.wait_for(how, || self.dequeue(home), go_on)
    }

    /// Takes as many packets as there are and `packets` has room for, into its beginning; returns how
    /// many. What stood there is freed. As [`dequeue`](Self::dequeue) otherwise.
    #[inline]
    pub fn dequeue_burst<'h>(
        &mut self,
        home: &'h MbufHome<'h>,
        packets: &mut [Option<Mbuf<'h>>],
    ) -> Result<usize, Held> {
        let (mut filled, mut places, mut rest) = (0, [NONE; BATCH], None);
        while filled < packets.len() {
            let wanted = (packets.len() - filled).min(BATCH);
            let places = places.get_mut(..wanted).unwrap_or_default();
            let count = match self.take(home, places) {
                Ok(count) => count,
                Err(held) if filled == 0 => return Err(held),
                Err(_) => break,
            };
            let before = filled;
            for Parcel(at) in places.iter().take(count) {
                if let (Some(packet), Some(slot)) = (taken(home, at.get()), packets.get_mut(filled))
                {
                    *slot = Some(packet);
                    filled += 1;
                }
            }
            let strays = before + count - filled;
            if count < wanted || strays > 0 && !self.goes_on(&mut rest, strays) {
                break;
            }
        }
        Ok(filled)
    }

    /// Whether to look further after `strays` more: they are no more than `rest`, what there was when
    /// the first was met. What others put in meanwhile is for the next call.
    #[cold]
    fn goes_on(&self, rest: &mut Option<u32>, strays: usize) -> bool {
        let there = rest.unwrap_or_else(|| self.0.available().saturating_add(strays as u32));
        *rest = Some(there.saturating_sub(strays as u32));
        *rest > Some(0)
    }

    #[inline(always)]
    fn take(&mut self, home: &MbufHome<'_>, places: &mut [Packet]) -> Result<usize, Held> {
        self.0.take_with(places, Want::UpTo, |taken| {
            crash_point!("dequeue: reserved and copied");
            taken.iter().for_each(|Parcel(head)| claim(home, head.get()));
            crash_point!("dequeue: tagged");
        })
    }
}

/// Says of all segments of the packet at `head` that they are this process's. Reads nothing where no
/// mbuf lies.
#[inline]
fn claim(home: &MbufHome<'_>, head: u64) {
    let Some(first) = header(home.group().window(), head) else { return };
    if !home.tag(head, first) {
        return;
    }
    crash_point!("dequeue: a segment is tagged");
    for (at, header) in home.walk(head).skip(1) {
        // It is one: the walk has asked.
        let _is_mbuf = home.tag(at, header);
        crash_point!("dequeue: a segment is tagged");
    }
}

/// The packet at `head`, which this process has just taken.
#[inline]
fn taken<'h>(home: &'h MbufHome<'h>, head: u64) -> Option<Mbuf<'h>> {
    let header = home.mbuf(head);
    if header.is_none() {
        home.note_stray();
    }
    Some(Mbuf::new(home, header?))
}
