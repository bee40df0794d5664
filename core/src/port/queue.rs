//! The hot path: bursts of packets, through a driver that the program knows by its type.

use core::fmt;

use super::attention::STOPPED;
use super::capture::{Tap, TapPlace};
use super::claim::{RxClaim, TxClaim};
use super::kinds::Direction;
use super::layout::{RxLine, TxLine};
use super::port::Port;
use crate::mbuf::{Bundle, Mbuf, MbufHome, Tally};
use crate::offset::Offset;

/// Where packets come from.
pub trait RxDriver {
    /// Fills the beginning of `to` with packets that came, and returns how many; what stood there is
    /// freed. Nothing waits, but for a process that is stopped in the middle of a shared ring's end:
    /// 80 ms at most, and then none came. Each packet has its data and length; its port is set by the caller.
    fn receive<'h>(
        &mut self,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize;

    /// As [`receive`](Self::receive), and sets each packet's port to `port` and counts its bytes: what a
    /// queue calls. A driver that has each packet's header at hand anyway does it there.
    #[inline]
    fn receive_by<'h>(
        &mut self,
        port: u16,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        let (packets, mut bytes) = (self.receive(queue, home, to), 0);
        for packet in to.iter_mut().take(packets).flatten() {
            packet.set_port(Some(port));
            bytes += u64::from(packet.len());
        }
        Tally { packets, bytes }
    }

    /// Has the device of `port`, which is this queue's, interrupt once when something comes, from now on;
    /// whether it will, and the port's owner hears it. By default it does not.
    /// [`RxSleep::arm`](super::RxSleep::arm) calls it.
    fn arm(&mut self, _port: &Port) -> bool {
        false
    }

    /// Has the device interrupt no more, or once in vain.
    fn disarm(&mut self) {}

    /// Whether it has packets to give that need not be looked at on their way:
    /// [`receive_unseen`](Self::receive_unseen).
    #[inline]
    fn gives_unseen(&self) -> bool {
        false
    }

    /// As [`receive_by`](Self::receive_by), and adds what came to `to`. Called only of a driver that
    /// [`gives_unseen`](Self::gives_unseen): who overrides that overrides this too, since by default nothing comes.
    #[inline]
    fn receive_unseen(&mut self, _port: u16, _queue: &RxLine, _to: &mut Bundle<'_>) -> Tally {
        Tally::default()
    }
}

/// Where packets go to.
pub trait TxDriver {
    /// Takes packets, the first first, leaving `None` where it took one, and returns how many. What
    /// it took it sends, or frees and counts as dropped. What it leaves there was not to be taken now.
    /// Places that are `None` before are passed over. Nothing waits, but as of
    /// [`RxDriver::receive`]: once a burst.
    fn send(&mut self, queue: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize;

    /// As [`send`](Self::send), and counts the bytes of what it took: what a queue calls. A driver that
    /// has each packet's header at hand anyway does it there.
    #[inline]
    fn send_tallied(&mut self, queue: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> Tally {
        tallied(packets, |packets| self.send(queue, packets))
    }

    /// Whether it takes packets without a look at them: [`send_unseen`](Self::send_unseen).
    #[inline]
    fn takes_unseen(&self) -> bool {
        false
    }

    /// As [`send_tallied`](Self::send_tallied): what it leaves is in `packets` after. Called only of a driver
    /// that [`takes_unseen`](Self::takes_unseen): who overrides that overrides this too, since by default nothing
    /// goes.
    #[inline]
    fn send_unseen(&mut self, _queue: &TxLine, _packets: &mut Bundle<'_>) -> Tally {
        Tally::default()
    }
}

/// Has `send` take packets, and counts the bytes of what it took by what is left.
#[inline(always)]
pub(super) fn tallied(
    packets: &mut [Option<Mbuf<'_>>],
    send: impl FnOnce(&mut [Option<Mbuf<'_>>]) -> usize,
) -> Tally {
    let all = bytes_of(packets);
    let sent = send(packets);
    let left = if sent == packets.len() { 0 } else { bytes_of(packets) };
    Tally { packets: sent, bytes: all.saturating_sub(left) }
}

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

#[inline(always)]
fn bytes_of(packets: &[Option<Mbuf<'_>>]) -> u64 {
    packets.iter().flatten().map(|packet| u64::from(packet.len())).sum()
}
