//! net_ring: two ports joined by rings, or one that hears itself.
//!
//! A port alone has a ring for each queue, called as the reference calls it (`ETH_RXTX0_net_ring0`):
//! what goes by Tx queue 0 comes by Rx queue 0. Of two that are joined ([`Port::join`]) each has a ring
//! for each of its Rx queues (`ETH_RX0_net_ring1`), which all Tx queues of the other fill; if there
//! are several, the sender chooses by the packet's hash, with the receiver's RSS. A ring is made when
//! the first queue that leads to it is opened, and outlives every process. The Rx queue says by which port a packet
//! came; who opens the ring by its name instead is told nothing of that he may rely on.
//!
//! A port whose arguments name a peer never hears itself: while that one is not there, it has no Tx
//! queue to open, and its Rx queues wait.

use core::fmt;

use super::claim::{RxClaim, TxClaim};
use super::driver::{RxDriver, TxDriver, tallied};
use super::error::{Doing, PortError};
use super::kinds::{BurstMode, DriverKind};
use super::layout::{RxLine, TxLine};
use super::port::Port;
use super::ring_of::{Filled, drop_earlier, ring};
use super::rss::Rss;
use crate::mbuf::{Bundle, Mbuf, MbufConsumer, MbufHome, MbufProducer, Tally, flags};
use crate::name::{NAME_BYTES, Name};
use crate::ring::{ClaimError, RingError, kind};

/// How many Rx queues, and how many Tx queues, a net_ring port may have.
#[doc(alias = "RTE_PMD_RING_MAX_RX_RINGS")]
pub const RING_QUEUES_MAX: u16 = 16;

/// Slots of each ring, unless `size=` says otherwise; one stays empty.
pub const RING_SIZE: u32 = 1024;

/// Most bytes of the name of a net_ring port: its rings' names begin with up to `ETH_RXTX15_`.
pub const RING_NAME_MAX: usize = NAME_BYTES - 1 - "ETH_RXTX15_".len();

/// Packets that are sorted by their queues at a time.
const BATCH: usize = 64;

/// Why a queue of a net_ring port was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingOpenError {
    /// The port that it is joined with cannot be used so.
    Port(PortError),
    /// A ring could not be made or found.
    Ring(RingError),
    /// Somebody has the ring's end, who has not come by a port.
    Claim(ClaimError),
    /// The port is to be joined with another, and is not.
    Apart {
        /// The port.
        port: Name,
        /// The port that its arguments name.
        peer: Name,
    },
    /// A ring of that name is there, and has another size: no port has made it.
    Size {
        /// The ring.
        ring: Name,
        /// How many slots it has.
        found: u32,
        /// How many the port's rings are to have.
        wanted: u32,
    },
}

impl fmt::Display for RingOpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(error) => error.fmt(f),
            Self::Ring(error) => error.fmt(f),
            Self::Claim(error) => error.fmt(f),
            Self::Apart { port, peer } => write!(
                f,
                "a Tx queue of the port {port} was to be opened and its peer {peer} is not joined with it; make that \
                 one (--vdev {peer}), or start again with --vdev {port},peer={peer}"
            ),
            Self::Size { ring, found, wanted } => write!(
                f,
                "a queue was to be opened with a ring {ring:?} of {wanted} slots, and somebody has made a ring of that \
                 name with {found}; destroy that one, or name the port otherwise"
            ),
        }
    }
}

impl core::error::Error for RingOpenError {}

impl From<RingError> for RingOpenError {
    fn from(error: RingError) -> Self {
        Self::Ring(error)
    }
}

impl From<ClaimError> for RingOpenError {
    fn from(error: ClaimError) -> Self {
        Self::Claim(error)
    }
}

/// An Rx queue of net_ring: the consumer of its ring.
#[derive(Debug)]
pub struct RingRx(MbufConsumer<kind::Single>);

/// A Tx queue of net_ring: a producer of each ring that its packets may go to.
pub struct RingTx {
    /// Of the first ring.
    first: MbufProducer,
    /// Of the others, and which of all a packet goes to; `None` with one ring.
    spread: Option<Spread>,
}

struct Spread {
    rss: Rss,
    others: [Option<MbufProducer>; RING_QUEUES_MAX as usize - 1],
}

impl fmt::Debug for RingTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingTx").field("first", &self.first).finish_non_exhaustive()
    }
}

impl RingRx {
    /// The driver of a queue that this process has. Cost: the group's lock, and if the ring is not there
    /// yet, an allocation.
    pub fn open(claim: &RxClaim) -> Result<Self, RingOpenError> {
        let port = claim.port();
        let filled_by = match (port.peer(), port.args().value("peer")) {
            (None, None) => Filled::ByItself,
            _ => Filled::ByItsPeer,
        };
        let consumer = ring(port, claim.queue(), filled_by)?.consumer_as()?;
        drop_earlier(port, claim.queue(), filled_by);
        Ok(Self(consumer))
    }
}

impl RingTx {
    /// The driver of a queue that this process has; cost as of [`RingRx::open`], for each ring that it
    /// leads to.
    pub fn open(claim: &TxClaim) -> Result<Self, RingOpenError> {
        let port = claim.port();
        let Some(peer) = port.peer() else {
            if let Some(peer) = port.args().value("peer") {
                return Err(RingOpenError::Apart { port: port.name(), peer: Name::cut(peer) });
            }
            let first = ring(port, claim.queue(), Filled::ByItself)?.producer()?;
            return Ok(Self { first, spread: None });
        };
        let peer = Port::by_id(port.group(), peer).map_err(RingOpenError::Port)?;
        let (name, found) = (peer.name(), peer.phase());
        if !found.has_queues() {
            let doing = Doing::Open;
            return Err(RingOpenError::Port(PortError::Phase { name, doing, found }));
        }
        let producer =
            |queue| Ok::<_, RingOpenError>(ring(&peer, queue, Filled::ByItsPeer)?.producer()?);
        let first = producer(0)?;
        if peer.burst_mode() != BurstMode::Hashed {
            return Ok(Self { first, spread: None });
        }
        let mut others = [const { None }; RING_QUEUES_MAX as usize - 1];
        for (queue, other) in (1..peer.rx_queues()).zip(&mut others) {
            *other = Some(producer(queue)?);
        }
        Ok(Self { first, spread: Some(Spread { rss: peer.rss(), others }) })
    }
}

impl RxDriver for RingRx {
    #[inline]
    fn receive<'h>(
        &mut self,
        _: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        // A held-up end gives nothing now.
        self.0.dequeue_burst(home, to).unwrap_or(0)
    }

    #[inline]
    fn receive_by<'h>(
        &mut self,
        port: u16,
        _: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        self.0.dequeue_burst_by(port, home, to).unwrap_or_default()
    }

    #[inline]
    fn gives_unseen(&self) -> bool {
        true
    }

    #[inline]
    fn receive_unseen(&mut self, port: u16, _: &RxLine, to: &mut Bundle<'_>) -> Tally {
        self.0.dequeue_bundle_by(port, to).unwrap_or_default()
    }
}

impl TxDriver for RingTx {
    #[inline]
    fn send(&mut self, _: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        match &mut self.spread {
            None => self.first.enqueue_burst(packets).unwrap_or(0),
            Some(spread) => spread.send(&mut self.first, packets),
        }
    }

    #[inline]
    fn send_tallied(&mut self, queue: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> Tally {
        match &self.spread {
            None => self.first.enqueue_burst_tallied(packets).unwrap_or_default(),
            Some(_) => tallied(packets, |packets| self.send(queue, packets)),
        }
    }

    /// With one ring: among several a packet's data choose.
    #[inline]
    fn takes_unseen(&self) -> bool {
        self.spread.is_none()
    }

    #[inline]
    fn send_unseen(&mut self, _: &TxLine, packets: &mut Bundle<'_>) -> Tally {
        // The queue at the other end says by which port they come.
        self.first.enqueue_bundle_to_port(packets).unwrap_or_default()
    }
}

impl Spread {
    #[inline(never)]
    fn send(&mut self, first: &mut MbufProducer, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        let (mut sent, mut shut) = (0, OPEN);
        for part in packets.chunks_mut(BATCH) {
            sent += self.send_part(first, part, &mut shut);
            if shut == ALL_SHUT {
                break;
            }
            crash_point!("net_ring: a part of a burst is sent");
        }
        sent
    }

    /// Sends what goes to queues that are no `shut` ones, and adds to these.
    fn send_part(
        &mut self,
        first: &mut MbufProducer,
        part: &mut [Option<Mbuf<'_>>],
        shut: &mut u64,
    ) -> usize {
        let (mut queues, mut used) = ([0u16; BATCH], 0u64);
        for (queue, packet) in queues.iter_mut().zip(part.iter_mut()) {
            if let Some(packet) = packet {
                let hash = self.rss.hash(packet.data());
                // 0 is the hash of what is of no kind that is hashed.
                let flags = packet.flags() & !flags::RSS_HASH;
                packet.set_flags(if hash == 0 { flags } else { flags | flags::RSS_HASH });
                packet.set_hash(hash);
                *queue = self.rss.queue_of_hash(hash);
                used |= 1 << (*queue % 64);
            }
        }
        let (mut sent, others) = (0, self.others.iter_mut().flatten());
        for (queue, producer) in (0..).zip([first].into_iter().chain(others)) {
            if (used & !*shut) >> queue & 1 == 1 {
                let fit = put(producer, queue, &queues, part);
                sent += fit.sent();
                match fit {
                    Fit::All(_) => {}
                    Fit::Some(_) => *shut |= 1 << queue,
                    // It has waited long enough for this burst.
                    Fit::Held => {
                        *shut = ALL_SHUT;
                        break;
                    }
                }
            }
        }
        sent
    }
}

/// The queues, a bit each, that take no more of a burst: what comes later of a flow must not pass what
/// did not fit, if there is room meanwhile.
const OPEN: u64 = 0;

/// No queue takes more of a burst.
const ALL_SHUT: u64 = u64::MAX;

/// What of the packets of one queue went into its ring.
#[derive(Clone, Copy)]
enum Fit {
    /// All of them.
    All(usize),
    /// Not all.
    Some(usize),
    /// None, for somebody who is stopped stands in the way.
    Held,
}

impl Fit {
    const fn sent(self) -> usize {
        match self {
            Self::All(sent) | Self::Some(sent) => sent,
            Self::Held => 0,
        }
    }
}

/// Puts the packets of one queue into its ring, in their order; what does not fit stays where it was.
fn put(
    producer: &mut MbufProducer,
    queue: u16,
    queues: &[u16; BATCH],
    part: &mut [Option<Mbuf<'_>>],
) -> Fit {
    let mut own = [const { None }; BATCH];
    let (mut places, mut count) = ([0u8; BATCH], 0);
    for (at, (packet, _)) in (0u8..)
        .zip(part.iter_mut().zip(queues))
        .filter(|(_, (packet, of))| packet.is_some() && **of == queue)
    {
        if let (Some(slot), Some(place)) = (own.get_mut(count), places.get_mut(count)) {
            (*slot, *place) = (packet.take(), at);
            count += 1;
        }
    }
    let all = own.get_mut(..count).unwrap_or_default();
    let fit = match producer.enqueue_burst(all) {
        Ok(sent) if sent == count => Fit::All(sent),
        Ok(sent) => Fit::Some(sent),
        Err(_) => Fit::Held,
    };
    for (left, place) in own.iter_mut().zip(places).skip(fit.sent()).take(count - fit.sent()) {
        if let Some(slot) = part.get_mut(usize::from(place)) {
            *slot = left.take();
        }
    }
    fit
}

/// How many queues of a kind a port of `driver` may have, of so many that are asked for.
pub(super) const fn queues_of(driver: DriverKind, asked: u16) -> u16 {
    match driver {
        DriverKind::Ring if asked > RING_QUEUES_MAX => RING_QUEUES_MAX,
        _ => asked,
    }
}
