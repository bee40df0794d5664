//! The ports between the primary and the workers: two of net_ring a worker, joined.

use demo_lane::Lane as Names;
use phalanx_core::mbuf::MbufRing;
use phalanx_core::port::{DriverKind, Port, PortConfig, PortSetup};
use phalanx_linux::port::Ports;

use super::courier::Lane;
use crate::Failure;

/// Makes both ports of worker `index`, lets them run, and opens the queues of the primary's: by that the rings of both
/// are made.
pub(super) fn open(ports: Ports, index: usize) -> Result<Lane, Failure> {
    let names = Names::of(index).ok_or_else(|| Failure::new("no such worker"))?;
    let group = ports.group();
    let config = PortConfig { rx_max: 1, tx_max: 1, ..PortConfig::new(DriverKind::Ring) };
    let mine = Port::create(group, names.primary, &config)?;
    let theirs = Port::create(group, names.worker, &config)?;
    mine.join(&theirs)?;
    for port in [&mine, &theirs] {
        ports.configure(port, &PortSetup::queues(1, 1))?;
        ports.start(port)?;
    }
    let (output, input) = (ports.open_tx(&mine, 0)?, ports.open_rx(&mine, 0)?);
    let there = MbufRing::lookup(group, names.there)?;
    let back_here = MbufRing::lookup(group, names.back)?;
    Ok(Lane { output, input, there, back_here, sent: 0, back: 0, wrong: 0, due: 0 })
}
