//! The hot path: bursts of packets, through a driver that the program knows by its type.

use core::fmt;

use super::attention::STOPPED;
use super::capture::{Tap, TapPlace};
use super::claim::{RxClaim, TxClaim};
use super::driver::{RxDriver, TxDriver};
use super::kinds::Direction;
use super::layout::TxLine;
use super::port::Port;
use crate::mbuf::{Mbuf, MbufHome};
use crate::offset::Offset;

/// An Rx queue that this process has, and its driver.
pub struct RxQueue<D> {
    pub(super) driver: D,
    pub(super) claim: RxClaim,
    /// Its way into the capture that was on last.
    tap: Option<Tap>,
}

/// A Tx queue that this process has, and its driver.
pub struct TxQueue<D> {
    pub(super) driver: D,
    pub(super) claim: TxClaim,
    /// As of [`RxQueue`].
    tap: Option<Tap>,
}

impl<D> fmt::Debug for RxQueue<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.claim.fmt(f)
    }
}

impl<D> fmt::Debug for TxQueue<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.claim.fmt(f)
    }
}

impl<D> RxQueue<D> {
    /// The queue of `claim`, served by `driver`.
    pub fn new(claim: RxClaim, driver: D) -> Self {
        Self { driver, claim, tap: None }
    }

    /// The claim.
    pub fn claim(&self) -> &RxClaim {
        &self.claim
    }

    /// The port.
    pub fn port(&self) -> &Port {
        self.claim.port()
    }

    /// The driver.
    pub fn driver(&self) -> &D {
        &self.driver
    }

    /// The driver, to be told something.
    pub fn driver_mut(&mut self) -> &mut D {
        &mut self.driver
    }
}

impl<D> TxQueue<D> {
    /// The queue of `claim`, served by `driver`.
    pub fn new(claim: TxClaim, driver: D) -> Self {
        Self { driver, claim, tap: None }
    }

    /// The claim.
    pub fn claim(&self) -> &TxClaim {
        &self.claim
    }

    /// The port.
    pub fn port(&self) -> &Port {
        self.claim.port()
    }

    /// The driver.
    pub fn driver(&self) -> &D {
        &self.driver
    }

    /// The driver, to be told something.
    pub fn driver_mut(&mut self) -> &mut D {
        &mut self.driver
    }
}

impl<D: RxDriver> RxQueue<D> {
    /// Takes packets that came into the beginning of `to`, and returns how many; what stood there is
    /// freed. Each packet's port is this one's. None, while the port does not run.
    ///
    /// Beyond the driver's own: a look at each packet's header, two sums in the queue's line, and one
    /// load. No system call but the driver's, no lock, no allocation.
    #[doc(alias = "rte_eth_rx_burst")]
    #[inline]
    pub fn burst<'h>(&mut self, home: &'h MbufHome<'h>, to: &mut [Option<Mbuf<'h>>]) -> usize {
        let attention = self.claim.attention();
        if attention != 0 {
            return self.burst_watched(attention, home, to);
        }
        self.receive(home, to)
    }

    #[inline(always)]
    fn receive<'h>(&mut self, home: &'h MbufHome<'h>, to: &mut [Option<Mbuf<'h>>]) -> usize {
        let (line, port) = (self.claim.line(), self.claim.port().id());
        let came = self.driver.receive_by(port, line, home, to);
        if came.packets > 0 {
            line.count(came);
        }
        came.packets
    }

    #[cold]
    #[inline(never)]
    fn burst_watched<'h>(
        &mut self,
        attention: u64,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        if attention & STOPPED != 0 {
            return 0;
        }
        let count = self.receive(home, to);
        let came = to.get(..count).unwrap_or_default();
        let Self { claim, tap, .. } = self;
        let (port, queue, direction) = (claim.port(), claim.queue(), Direction::Rx);
        Tap::show_came(tap, Offset::new(attention), TapPlace { port, queue, direction }, came);
        count
    }
}

impl<D: TxDriver> TxQueue<D> {
    /// Sends packets, the first first: what was taken is `None` after, and how many that were is
    /// returned. What is left could not be taken now: try again, or drop it. None, while the port does
    /// not run.
    ///
    /// Cost as of [`RxQueue::burst`].
    #[doc(alias = "rte_eth_tx_burst")]
    #[inline]
    pub fn burst(&mut self, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        let attention = self.claim.attention();
        if attention != 0 {
            return self.burst_watched(attention, packets);
        }
        send(&mut self.driver, self.claim.line(), packets)
    }

    #[cold]
    #[inline(never)]
    fn burst_watched(&mut self, attention: u64, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        if attention & STOPPED != 0 {
            return 0;
        }
        let Self { claim, driver, tap } = self;
        let (port, queue, direction) = (claim.port(), claim.queue(), Direction::Tx);
        let place = TapPlace { port, queue, direction };
        Tap::show_going(tap, Offset::new(attention), place, packets, |part| {
            send(driver, claim.line(), part)
        })
    }
}

/// Has the driver send, and counts.
#[inline(always)]
fn send<D: TxDriver>(driver: &mut D, line: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
    let sent = driver.send_tallied(line, packets);
    if sent.packets > 0 {
        line.count(sent);
    }
    sent.packets
}
