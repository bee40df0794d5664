//! The rings of a net_ring port: their names, and what earlier ports of the name have left in others.
//!
//! A ring that is not of the usual size says so in its name: `E12_RXTX0_net_ring0` has 2^12 slots. So a port that
//! is made anew with another `size=` has rings of its own, whoever still puts packets into the old ones, and what
//! lies in those is given back by whoever opens the Rx queue.

use core::fmt::Write;

use super::port::Port;
use super::ring::{RING_SIZE, RingOpenError};
use crate::directory;
use crate::group::Group;
use crate::mbuf::{MbufPool, MbufRing};
use crate::name::{Name, NameError, NameText};
use crate::ring::{RingConfig, Sync, kind};

/// The largest ring that a port may have, as a power of two: what `size=` takes.
const LARGEST: u32 = 20;

/// How many packets are taken out of an old ring at a time.
const BATCH: usize = 32;

/// Who puts packets into the rings of a port.
#[derive(Clone, Copy)]
pub(super) enum Filled {
    /// Its Tx queue of the same number.
    ByItself,
    /// Any Tx queue of the port that it is joined with.
    ByItsPeer,
}

/// The ring by which packets come to Rx queue `queue` of `port`. Takes the group's lock, and the heap if it is
/// not there yet.
pub(super) fn ring(port: &Port, queue: u16, filled: Filled) -> Result<MbufRing, RingOpenError> {
    let size = size_of(port);
    let producer = match filled {
        Filled::ByItself => Sync::Single,
        Filled::ByItsPeer => Sync::Multi,
    };
    let name = name_of(port, queue, filled, size).map_err(crate::ring::RingError::from)?;
    let config = RingConfig::new(size).producer(producer).consumer(Sync::Single);
    let (ring, _) = MbufRing::create_or_attach(port.group(), name.as_str(), &config)?;
    match ring.size() {
        found if found == size => Ok(ring),
        found => Err(RingOpenError::Size { ring: name, found, wanted: size }),
    }
}

/// Gives back what lies in rings that the queue had when its port had another size. Takes the group's lock for
/// each size that there is.
pub(super) fn drop_earlier(port: &Port, queue: u16, filled: Filled) {
    let (group, mine) = (port.group(), size_of(port));
    for size in (1..=LARGEST).map(|bits| 1 << bits).filter(|size| *size != mine) {
        if let Ok(name) = name_of(port, queue, filled, size)
            && let Ok(Some(_)) = directory::find(group, name)
            && let Ok(ring) = MbufRing::lookup(group, name.as_str())
        {
            empty(group, &ring);
        }
    }
}

/// Gives back what lies in a ring, unless somebody has its end: he has not come by a port, and keeps it.
#[cold]
fn empty(group: &Group, ring: &MbufRing) {
    let (pool, consumer) = (MbufPool::any(group), ring.consumer_as::<kind::Single>());
    if let (Some(pool), Ok(mut consumer)) = (pool, consumer) {
        let (home, mut packets) = (pool.home(), [const { None }; BATCH]);
        // No more than it can hold: who still fills it is not waited for.
        for _ in 0..=ring.size() as usize / BATCH {
            if !matches!(consumer.dequeue_burst(&home, &mut packets), Ok(1..)) {
                break;
            }
        }
    }
}

fn size_of(port: &Port) -> u32 {
    port.args().value("size").and_then(|size| size.parse().ok()).unwrap_or(RING_SIZE)
}

fn name_of(port: &Port, queue: u16, filled: Filled, size: u32) -> Result<Name, NameError> {
    let mut name = NameText::default();
    // What does not fit is one byte too long for a name, and refused as such.
    let _ = match size {
        RING_SIZE => name.write_str("ETH"),
        size => write!(name, "E{:02}", size.ilog2()),
    };
    let kind = match filled {
        Filled::ByItself => "RXTX",
        Filled::ByItsPeer => "RX",
    };
    let _ = write!(name, "_{kind}{queue}_{}", port.name());
    Name::new(name.as_str())
}
