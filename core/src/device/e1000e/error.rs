//! `E1000eError`: why a device, or a queue of one, was not had or changed.

use core::fmt;

use super::chip::Chip;
use crate::device::slots::DeviceQueueError;
use crate::name::Name;
use crate::port::{Direction, DriverKind, PortError, QueueError};

/// The fewest and the most descriptors of a queue.
pub(super) const SIZE_MIN: u32 = 32;
pub(super) const SIZE_MAX: u32 = 4096;

/// Why a device, or a queue of one, was not had or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum E1000eError {
    /// The driver knows no such chip.
    Unknown {
        /// PCI vendor.
        vendor: u16,
        /// PCI device.
        device: u16,
    },
    /// Its BAR 0 is too short.
    Bar {
        /// Bytes that it has.
        found: usize,
        /// Bytes that the chip's has.
        needed: usize,
    },
    /// It does not answer: it was pulled, or has no power.
    Absent,
    /// It does not come out of its reset.
    Stuck,
    /// It says no address, or one that is none.
    NoMac,
    /// There can be no queue of so many descriptors.
    Size {
        /// Which kind of queue.
        direction: Direction,
        /// How many were asked for.
        asked: u32,
    },
    /// The chip has not as many queues.
    Queues {
        /// Which kind of queue.
        direction: Direction,
        /// How many the port has.
        asked: u16,
        /// Which chip.
        chip: Chip,
    },
    /// The chip takes no frames as long.
    Mtu {
        /// The payload asked for, in bytes.
        asked: u32,
        /// Which chip.
        chip: Chip,
    },
    /// The port is another driver's.
    Driver {
        /// The port.
        port: Name,
        /// Its driver.
        found: DriverKind,
    },
    /// The port is not this process's.
    NotOwner {
        /// The port.
        port: Name,
    },
    /// Nobody has set the device up yet.
    NotSetUp {
        /// The port.
        port: Name,
    },
    /// The device cannot reach the queue's memory, or not in one piece.
    Unreachable {
        /// The queue.
        queue: Name,
        /// Where its memory lies: bytes from the window's start.
        at: u64,
        /// Bytes of it.
        bytes: u64,
    },
    /// A pool's mbufs have less room than the device takes them to have.
    Room {
        /// Bytes behind the headroom.
        there: u16,
        /// Bytes that are needed.
        needed: u16,
    },
    /// A queue's memory was not had.
    Queue(DeviceQueueError),
    /// A queue of the port was not had.
    Claim(QueueError),
    /// The port could not be changed.
    Port(PortError),
}

impl fmt::Display for E1000eError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { vendor, device } => write!(
                f,
                "net_e1000e was to drive the device {vendor:04x}:{device:04x} and knows 8086:10d3 (82574L) and \
                 8086:100e (82540EM); bind the device to another driver"
            ),
            Self::Bar { found, needed } => write!(
                f,
                "the device's BAR 0 was to have {needed} bytes and has {found}; it is not the chip that its ids say"
            ),
            Self::Absent => f.write_str(
                "the device was to be asked and answers nothing but ones; it was pulled, or has no power: see that \
                 it is there (phalanx devices), and start again",
            ),
            Self::Stuck => f.write_str(
                "the device was to be reset and does not come out of it; unbind and bind it anew, or turn the \
                 machine off and on",
            ),
            Self::NoMac => f.write_str(
                "the device was asked for its MAC address and has none in its registers or its EEPROM; give the port \
                 one",
            ),
            Self::Size { direction, asked } => write!(
                f,
                "a queue for {direction} of {asked} descriptors was asked for; give a power of two from {SIZE_MIN} to \
                 {SIZE_MAX}"
            ),
            Self::Queues { direction, asked, chip } => write!(
                f,
                "the port was to have {asked} {direction} queues and the {chip} has {}; configure fewer",
                chip.queues()
            ),
            Self::Mtu { asked, chip } => write!(
                f,
                "a payload of {asked} bytes was asked for and the {chip} takes 1 to {}; ask for less",
                chip.mtu_max()
            ),
            Self::Driver { port, found } => write!(
                f,
                "the port {port} was to be driven by net_e1000e and is a port of {found}; use that driver"
            ),
            Self::NotOwner { port } => write!(
                f,
                "the device of the port {port} was to be set up by a process that does not own it; have its owner do \
                 it, or adopt the port first"
            ),
            Self::NotSetUp { port } => write!(
                f,
                "a queue of the port {port} was asked for and its owner has not set the device up; try again when it \
                 has"
            ),
            Self::Unreachable { queue, at, bytes } => write!(
                f,
                "the queue {queue} was to be shown to the device and its {bytes} bytes at +{at:#x} are not in one \
                 piece for it; give the group hugepages, or an IOMMU"
            ),
            Self::Room { there, needed } => write!(
                f,
                "packets were to be received into mbufs with room for {there} bytes and the device wants {needed}; \
                 make the pool with that and the headroom"
            ),
            Self::Queue(error) => error.fmt(f),
            Self::Claim(error) => error.fmt(f),
            Self::Port(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for E1000eError {}

impl From<DeviceQueueError> for E1000eError {
    fn from(error: DeviceQueueError) -> Self {
        Self::Queue(error)
    }
}

impl From<QueueError> for E1000eError {
    fn from(error: QueueError) -> Self {
        Self::Claim(error)
    }
}

impl From<PortError> for E1000eError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}
