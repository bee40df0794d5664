//! `MbufRing`: a ring that carries packets from process to process.
//!
//! A packet travels as one word, its [`Waybill`]. Who takes it out writes down that all its
//! segments are his, before anybody sees it leave. So in a ring the ring answers for a whole packet,
//! and out of it each segment's tag does (`mempool`'s tag rule, for every segment).
#![expect(unsafe_code, reason = "who destroys a ring promises that nobody uses it")]

use core::fmt;

use super::bundle::Bundle;
use super::consumer::MbufConsumer;
use super::layout::Waybill;
use super::mbuf::Mbuf;
use super::tally::Tally;
use crate::group::Group;
use crate::offset::Offset;
use crate::ring::kind::{Any, Kind};
use crate::ring::{
    AttachError, ClaimError, Held, Producer, Ring, RingConfig, RingError, RingFacts,
};

/// Packets that are put in or taken out at a time. What a burst costs whatever its length, some 80 cycles from
/// ring to ring, is 1.3 for each packet of 64; room for more would have to be cleared, and would be in
/// the hands of who is killed.
pub(super) const RING_BATCH: usize = 64;

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
pub struct MbufRing(Ring<Waybill>);

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
        unsafe { Ring::<Waybill>::destroy(group, name) }
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
        self.0.consumer_as().map(MbufConsumer::of)
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
pub struct MbufProducer<K: Kind = Any>(Producer<Waybill, K>);

impl<K: Kind> MbufProducer<K> {
    /// Gives a packet to whoever takes it out; gives it back if the ring is full, or held up
    /// ([`Held`]).
    #[inline]
    pub fn enqueue<'h>(&mut self, packet: Mbuf<'h>) -> Result<(), Mbuf<'h>> {
        match self.0.enqueue(packet.bill()) {
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
        Ok(self.enqueue_burst_tallied(packets)?.packets)
    }

    /// As [`enqueue_burst`](Self::enqueue_burst), and says how many bytes went in.
    #[inline]
    pub fn enqueue_burst_tallied(
        &mut self,
        packets: &mut [Option<Mbuf<'_>>],
    ) -> Result<Tally, Held> {
        let (mut sent, mut bills) = (Tally::default(), [Waybill::NONE; RING_BATCH]);
        for part in packets.chunks_mut(RING_BATCH) {
            let Some(home) = part.iter().flatten().next().map(|packet| packet.home) else {
                continue;
            };
            let mut filled = 0;
            for (slot, packet) in bills.iter_mut().zip(part.iter().flatten()) {
                *slot = packet.bill();
                filled += 1;
            }
            // What it is worth is asked before it is seen to be there: then it is somebody else's.
            let bills = bills.get(..filled).unwrap_or_default();
            let all = Waybill::bytes_of(bills, home);
            let put = match self.0.enqueue_burst(bills) {
                Ok(put) => put,
                Err(held) if sent.packets == 0 => return Err(held),
                Err(_) => break,
            };
            for packet in part.iter_mut().filter(|packet| packet.is_some()).take(put) {
                let _ = packet.take().map(Mbuf::into_place);
            }
            sent.packets += put;
            sent.bytes += all;
            if put < filled {
                // The rest is still here.
                let rest = Waybill::bytes_of(bills.get(put..).unwrap_or_default(), home);
                sent.bytes = sent.bytes.saturating_sub(rest);
                break;
            }
        }
        Ok(sent)
    }

    /// Puts as many packets of `bundle` in as fit, the first first; the rest stay in it. Says how many went
    /// in, and their bytes. A header is read only of packets of 65,535 bytes and more.
    #[inline]
    pub fn enqueue_bundle(&mut self, bundle: &mut Bundle<'_>) -> Result<Tally, Held> {
        bundle.settle();
        self.enqueue_bundle_to_port(bundle)
    }

    /// The same into a ring whose consumer is a port's Rx queue, which says itself by which port they come: to
    /// anybody else these words say what was true a hop before.
    #[inline]
    pub(crate) fn enqueue_bundle_to_port(
        &mut self,
        bundle: &mut Bundle<'_>,
    ) -> Result<Tally, Held> {
        if bundle.is_empty() {
            return Ok(Tally::default());
        }
        let all = bundle.tally();
        let put = self.0.enqueue_burst(bundle.bills())?;
        Ok(bundle.went(put, all))
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
