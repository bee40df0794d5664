//! One type for the queues of all drivers, for programs that learn their drivers from the group.
//!
//! The drivers are a closed set, so a burst costs one predicted branch and no call through a pointer.

#[cfg(feature = "std")]
use super::pcap::{PcapRx, PcapTx};
#[cfg(feature = "std")]
use super::pci::{BarPart, QueueDevice};
#[cfg(feature = "std")]
use phalanx_core::device::{
    e1000e::{E1000eRx, E1000eTx},
    virtio_net::{VirtioRx, VirtioTx},
};
use phalanx_core::mbuf::{Bundle, Mbuf, MbufHome, Tally};
use phalanx_core::port::{
    DriverKind, NullRx, NullTx, RingRx, RingTx, RxClaim, RxDriver, RxLine, TxClaim, TxDriver,
    TxLine,
};
#[cfg(feature = "std")]
use phalanx_core::{port::Port, reach::Reach};

#[cfg(feature = "std")]
use super::af_packet::{AfPacketRx, AfPacketTx};
#[cfg(feature = "std")]
use super::descriptors::Lease;
use super::open_error::OpenError;
#[cfg(feature = "std")]
use super::tap::{TapRx, TapTx};

/// An Rx queue's driver, whichever it is.
#[derive(Debug)]
pub enum AnyRx {
    /// net_null
    Null(NullRx),
    /// net_ring
    Ring(RingRx),
    /// net_af_packet
    #[cfg(feature = "std")]
    AfPacket(AfPacketRx, Option<Lease>),
    /// net_tap
    #[cfg(feature = "std")]
    Tap(TapRx, Option<Lease>),
    /// net_pcap
    #[cfg(feature = "std")]
    Pcap(PcapRx),
    /// net_e1000e
    #[cfg(feature = "std")]
    E1000e(E1000eRx<BarPart, Reach>, QueueDevice),
    /// net_virtio
    #[cfg(feature = "std")]
    Virtio(VirtioRx<BarPart, Reach>, QueueDevice),
}

/// A Tx queue's driver, whichever it is.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a queue is opened once, and lies where it is put")]
pub enum AnyTx {
    /// net_null
    Null(NullTx),
    /// net_ring
    Ring(RingTx),
    /// net_af_packet
    #[cfg(feature = "std")]
    AfPacket(AfPacketTx, Option<Lease>),
    /// net_tap
    #[cfg(feature = "std")]
    Tap(TapTx, Option<Lease>),
    /// net_pcap
    #[cfg(feature = "std")]
    Pcap(PcapTx),
    /// net_e1000e
    #[cfg(feature = "std")]
    E1000e(E1000eTx<BarPart, Reach>, QueueDevice),
    /// net_virtio
    #[cfg(feature = "std")]
    Virtio(VirtioTx<BarPart, Reach>, QueueDevice),
}

impl AnyRx {
    /// Why no packet comes by the queue any more, or not now, if that is not as it should be: one sentence,
    /// for the program to show. Ask when a burst brings nothing, and at the end. No system call.
    pub fn fault(&self) -> Option<&(dyn core::error::Error + 'static)> {
        #[cfg(feature = "std")]
        match self {
            Self::Pcap(driver) => return driver.fault().map(|fault| fault as _),
            Self::E1000e(_, device) | Self::Virtio(_, device) => return device.fault(),
            _ => {}
        }
        None
    }

    /// The driver of a queue that this process has, by what the port's shared state says.
    pub(super) fn open(claim: &RxClaim) -> Result<Self, OpenError> {
        let port = claim.port();
        match port.driver() {
            DriverKind::Null => {
                NullRx::of(port).map(Self::Null).ok_or_else(|| OpenError::no_driver(port))
            }
            DriverKind::Ring => Ok(Self::Ring(RingRx::open(claim)?)),
            #[cfg(feature = "std")]
            DriverKind::AfPacket => super::kernel::af_packet_rx(claim),
            #[cfg(feature = "std")]
            DriverKind::Tap => super::kernel::tap_rx(claim),
            #[cfg(feature = "std")]
            DriverKind::Pcap => Ok(Self::Pcap(PcapRx::open(port, claim.queue(), claim.line())?)),
            #[cfg(feature = "std")]
            DriverKind::E1000e | DriverKind::VirtioNet => Ok(super::pci::open_rx(claim)?),
            _ => Err(OpenError::no_driver(port)),
        }
    }
}

impl AnyTx {
    /// Why the last burst was not sent, as of [`AnyRx::fault`]. What was not sent stayed the program's: what it
    /// drops then it counts itself.
    pub fn fault(&self) -> Option<&(dyn core::error::Error + 'static)> {
        #[cfg(feature = "std")]
        match self {
            Self::Pcap(driver) => return driver.fault().map(|fault| fault as _),
            Self::E1000e(_, device) | Self::Virtio(_, device) => return device.fault(),
            _ => {}
        }
        None
    }

    /// As [`AnyRx::open`].
    pub(super) fn open(claim: &TxClaim) -> Result<Self, OpenError> {
        let port = claim.port();
        match port.driver() {
            DriverKind::Null => {
                NullTx::of(port).map(Self::Null).ok_or_else(|| OpenError::no_driver(port))
            }
            DriverKind::Ring => Ok(Self::Ring(RingTx::open(claim)?)),
            #[cfg(feature = "std")]
            DriverKind::AfPacket => super::kernel::af_packet_tx(claim),
            #[cfg(feature = "std")]
            DriverKind::Tap => super::kernel::tap_tx(claim),
            #[cfg(feature = "std")]
            DriverKind::Pcap => Ok(Self::Pcap(PcapTx::open(port, claim.queue())?)),
            #[cfg(feature = "std")]
            DriverKind::E1000e | DriverKind::VirtioNet => Ok(super::pci::open_tx(claim)?),
            _ => Err(OpenError::no_driver(port)),
        }
    }
}

impl RxDriver for AnyRx {
    #[inline]
    fn receive<'h>(
        &mut self,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        match self {
            Self::Null(driver) => driver.receive(queue, home, to),
            Self::Ring(driver) => driver.receive(queue, home, to),
            #[cfg(feature = "std")]
            Self::AfPacket(driver, _) => driver.receive(queue, home, to),
            #[cfg(feature = "std")]
            Self::Tap(driver, _) => driver.receive(queue, home, to),
            #[cfg(feature = "std")]
            Self::Pcap(driver) => driver.receive(queue, home, to),
            #[cfg(feature = "std")]
            Self::E1000e(driver, _) => driver.receive(queue, home, to),
            #[cfg(feature = "std")]
            Self::Virtio(driver, _) => driver.receive(queue, home, to),
        }
    }

    #[inline]
    fn receive_by<'h>(
        &mut self,
        port: u16,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        match self {
            Self::Null(driver) => driver.receive_by(port, queue, home, to),
            Self::Ring(driver) => driver.receive_by(port, queue, home, to),
            #[cfg(feature = "std")]
            Self::AfPacket(driver, _) => driver.receive_by(port, queue, home, to),
            #[cfg(feature = "std")]
            Self::Tap(driver, _) => driver.receive_by(port, queue, home, to),
            #[cfg(feature = "std")]
            Self::Pcap(driver) => driver.receive_by(port, queue, home, to),
            #[cfg(feature = "std")]
            Self::E1000e(driver, _) => driver.receive_by(port, queue, home, to),
            #[cfg(feature = "std")]
            Self::Virtio(driver, _) => driver.receive_by(port, queue, home, to),
        }
    }

    #[cfg(feature = "std")]
    fn arm(&mut self, port: &Port) -> bool {
        match self {
            Self::E1000e(driver, _) => driver.arm(port),
            Self::Virtio(driver, _) => driver.arm(port),
            _ => false,
        }
    }

    #[cfg(feature = "std")]
    fn disarm(&mut self) {
        match self {
            Self::E1000e(driver, _) => driver.disarm(),
            Self::Virtio(driver, _) => driver.disarm(),
            _ => {}
        }
    }

    #[inline]
    fn gives_unseen(&self) -> bool {
        match self {
            Self::Null(driver) => driver.gives_unseen(),
            Self::Ring(driver) => driver.gives_unseen(),
            #[cfg(feature = "std")]
            Self::E1000e(driver, _) => driver.gives_unseen(),
            #[cfg(feature = "std")]
            Self::Virtio(driver, _) => driver.gives_unseen(),
            #[cfg(feature = "std")]
            _ => false,
        }
    }

    #[inline]
    fn receive_unseen(&mut self, port: u16, queue: &RxLine, to: &mut Bundle<'_>) -> Tally {
        match self {
            Self::Null(driver) => driver.receive_unseen(port, queue, to),
            Self::Ring(driver) => driver.receive_unseen(port, queue, to),
            #[cfg(feature = "std")]
            Self::E1000e(driver, _) => driver.receive_unseen(port, queue, to),
            #[cfg(feature = "std")]
            Self::Virtio(driver, _) => driver.receive_unseen(port, queue, to),
            #[cfg(feature = "std")]
            _ => Tally::default(),
        }
    }
}

impl TxDriver for AnyTx {
    #[inline]
    fn send(&mut self, queue: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        match self {
            Self::Null(driver) => driver.send(queue, packets),
            Self::Ring(driver) => driver.send(queue, packets),
            #[cfg(feature = "std")]
            Self::AfPacket(driver, _) => driver.send(queue, packets),
            #[cfg(feature = "std")]
            Self::Tap(driver, _) => driver.send(queue, packets),
            #[cfg(feature = "std")]
            Self::Pcap(driver) => driver.send(queue, packets),
            #[cfg(feature = "std")]
            Self::E1000e(driver, _) => driver.send(queue, packets),
            #[cfg(feature = "std")]
            Self::Virtio(driver, _) => driver.send(queue, packets),
        }
    }

    #[inline]
    fn send_tallied(&mut self, queue: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> Tally {
        match self {
            Self::Null(driver) => driver.send_tallied(queue, packets),
            Self::Ring(driver) => driver.send_tallied(queue, packets),
            #[cfg(feature = "std")]
            Self::AfPacket(driver, _) => driver.send_tallied(queue, packets),
            #[cfg(feature = "std")]
            Self::Tap(driver, _) => driver.send_tallied(queue, packets),
            #[cfg(feature = "std")]
            Self::Pcap(driver) => driver.send_tallied(queue, packets),
            #[cfg(feature = "std")]
            Self::E1000e(driver, _) => driver.send_tallied(queue, packets),
            #[cfg(feature = "std")]
            Self::Virtio(driver, _) => driver.send_tallied(queue, packets),
        }
    }

    #[inline]
    fn takes_unseen(&self) -> bool {
        match self {
            Self::Null(driver) => driver.takes_unseen(),
            Self::Ring(driver) => driver.takes_unseen(),
            #[cfg(feature = "std")]
            Self::E1000e(driver, _) => driver.takes_unseen(),
            #[cfg(feature = "std")]
            Self::Virtio(driver, _) => driver.takes_unseen(),
            #[cfg(feature = "std")]
            _ => false,
        }
    }

    #[inline]
    fn send_unseen(&mut self, queue: &TxLine, packets: &mut Bundle<'_>) -> Tally {
        match self {
            Self::Null(driver) => driver.send_unseen(queue, packets),
            Self::Ring(driver) => driver.send_unseen(queue, packets),
            #[cfg(feature = "std")]
            Self::E1000e(driver, _) => driver.send_unseen(queue, packets),
            #[cfg(feature = "std")]
            Self::Virtio(driver, _) => driver.send_unseen(queue, packets),
            #[cfg(feature = "std")]
            _ => Tally::default(),
        }
    }
}
