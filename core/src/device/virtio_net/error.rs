//! `VirtioError`: why a device, or a queue of one, was not had or changed.

use core::fmt;

use crate::device::slots::DeviceQueueError;
use crate::name::Name;
use crate::port::{Direction, DriverKind, PortError};

/// The fewest descriptors of a queue: a packet that is sent takes two and more.
pub(super) const SIZE_MIN: u32 = 16;

/// Why a device, or a queue of one, was not had or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VirtioError {
    /// A region that its capabilities name is too short.
    Region {
        /// Which.
        which: &'static str,
        /// Bytes that it has.
        found: usize,
        /// Bytes that are needed.
        needed: usize,
    },
    /// It does not answer: it was pulled.
    Absent,
    /// It does not come out of its reset.
    Stuck,
    /// It is no modern one.
    Legacy {
        /// The features that it offers.
        offered: u64,
    },
    /// It goes past the IOMMU whose addresses the group has: what it wrote would lie anywhere.
    BesideIommu {
        /// The features that it offers.
        offered: u64,
    },
    /// It does not accept features that it has offered.
    Features {
        /// Which were wanted.
        wanted: u64,
    },
    /// It says no address, or one that is none.
    NoMac,
    /// There can be no queue of so many descriptors.
    Size {
        /// Which kind of queue.
        direction: Direction,
        /// How many were asked for.
        asked: u32,
        /// How many the device has at most.
        max: u16,
    },
    /// The device says that a queue has a size that none can have.
    Nonsense {
        /// Which of its queues.
        queue: u16,
        /// The size that it says.
        size: u16,
    },
    /// The device has not as many queues, or the port not as many of one kind as of the other.
    Queues {
        /// Rx queues of the port.
        rx: u16,
        /// Tx queues of the port.
        tx: u16,
        /// How many the device has, each way.
        max: u16,
    },
    /// The device takes no frames as long.
    Mtu {
        /// The payload asked for, in bytes.
        asked: u32,
        /// The longest.
        max: u32,
    },
    /// The place where the device is told of a queue lies outside of its region.
    Notify {
        /// Which of its queues.
        queue: u16,
        /// Bytes from the region's start.
        at: u64,
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
    /// A pool's mbufs have too little room for the longest frame.
    Room {
        /// Bytes behind the headroom.
        there: u16,
        /// Bytes that are needed.
        needed: u32,
    },
    /// The device has no control queue for this.
    NoControl,
    /// The device said no, or nothing, to a command.
    Refused {
        /// The command's class and number.
        command: [u8; 2],
    },
    /// A queue's memory was not had.
    Queue(DeviceQueueError),
    /// The port could not be changed.
    Port(PortError),
}

impl fmt::Display for VirtioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region { which, found, needed } => write!(
                f,
                "the device's {which} registers were to have {needed} bytes and have {found}; its capabilities are \
                 wrong, so use another device"
            ),
            Self::Absent => f.write_str(
                "the device was to be asked and answers nothing but ones; it was pulled: see that it is there \
                 (phalanx devices), and start again",
            ),
            Self::Stuck => f.write_str(
                "the device was to be reset and does not come out of it; unbind and bind it anew, or start the \
                 virtual machine again",
            ),
            Self::Legacy { offered } => write!(
                f,
                "the device was to be a modern one and offers the features {offered:#x}, VERSION_1 not among them; \
                 have the host make it modern (disable-legacy=on)"
            ),
            Self::BesideIommu { offered } => write!(
                f,
                "the device was to be reached by way of the IOMMU and offers the features {offered:#x}, ACCESS_PLATFORM not \
                 among them, so that it goes past it; have the host set iommu_platform=on, or use --iova-mode=pa"
            ),
            Self::Features { wanted } => write!(
                f,
                "the device was to accept the features {wanted:#x}, which it has offered, and does not; use another \
                 device"
            ),
            Self::NoMac => f.write_str(
                "the device was asked for its MAC address and has none; give the port one",
            ),
            Self::Size { direction, asked, max } => write!(
                f,
                "a queue for {direction} of {asked} descriptors was asked for; give a power of two from {SIZE_MIN} to \
                 {max}"
            ),
            Self::Nonsense { queue, size } => write!(
                f,
                "the device was asked for its queue {queue} and says that it has {size} descriptors, which none can; \
                 use another device"
            ),
            Self::Queues { rx, tx, max } => write!(
                f,
                "the port was to have {rx} Rx and {tx} Tx queues and the device has {max} of each; configure as many \
                 of one as of the other, and no more"
            ),
            Self::Mtu { asked, max } => write!(
                f,
                "a payload of {asked} bytes was asked for and the device takes 1 to {max}; ask for less"
            ),
            Self::Notify { queue, at } => write!(
                f,
                "the device was to be told of its queue {queue} by its register at {at:#x}, which it does not have; \
                 use another device"
            ),
            Self::Driver { port, found } => write!(
                f,
                "the port {port} was to be driven by net_virtio and is a port of {found}; use that driver"
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
                "packets were to be received into mbufs with room for {there} bytes and the port's MTU wants \
                 {needed}; make the pool with that and the headroom"
            ),
            Self::NoControl => f.write_str(
                "the device was to be told what to receive and has no control queue for that; have the host give it \
                 one, or leave it as it is",
            ),
            Self::Refused { command: [class, number] } => write!(
                f,
                "the device was given the command {class}.{number} and did not obey; set it up anew, or do without"
            ),
            Self::Queue(error) => error.fmt(f),
            Self::Port(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for VirtioError {}

impl From<DeviceQueueError> for VirtioError {
    fn from(error: DeviceQueueError) -> Self {
        Self::Queue(error)
    }
}

impl From<PortError> for VirtioError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}
