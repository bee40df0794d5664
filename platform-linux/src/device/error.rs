//! Why something of a device could not be used.

use core::fmt;

use rustix::io::Errno;

use crate::eal::options::InterruptKind;
use crate::mapping::Mapped;
use crate::pci::PciAddress;
use crate::sys::errno::Named;

/// Why a BAR was not mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BarError {
    /// The device has none of that number, or not one that is memory.
    None,
    /// It is shorter than its driver needs.
    Short {
        /// Its bytes.
        len: u64,
        /// How many the driver needs.
        least: u64,
    },
    /// The kernel lets nobody map it.
    NotMappable,
    /// Something else lies where it must be.
    Taken {
        /// Where.
        at: usize,
        /// Bytes that are needed there.
        len: usize,
        /// What lies there, if that can be told.
        by: Option<Box<Mapped>>,
    },
    /// The kernel refused otherwise.
    Refused {
        /// Its answer.
        errno: Errno,
    },
}

impl fmt::Display for BarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str(
                "there is no such memory of the device; it is another than its driver expects",
            ),
            Self::Short { len, least } => write!(
                f,
                "it has {len} bytes and its driver needs {least}; the device is broken, or another than its ids say"
            ),
            Self::NotMappable => f.write_str(
                "the kernel lets nobody map it, because its page holds something else too; the device cannot be \
                 driven from user space here",
            ),
            Self::Taken { at, len, by } => {
                write!(f, "it must be at {at:#x} ({len} bytes) as in its owner, where ")?;
                match by {
                    Some(by) => write!(f, "{by} lies")?,
                    None => f.write_str("something else lies")?,
                }
                f.write_str("; start this process without that, or earlier")
            }
            Self::Refused { errno } => {
                write!(
                    f,
                    "the kernel refused to map it: {}; see what it says (dmesg): a driver of its own may have part of it",
                    Named(*errno)
                )
            }
        }
    }
}

/// Why a device could not be used as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UseError {
    /// A BAR was not mapped.
    Bar {
        /// Of which device.
        device: PciAddress,
        /// Which, 0..6.
        bar: u8,
        /// Why.
        why: BarError,
    },
    /// Its config space could not be read or written.
    Config {
        /// Of which device.
        device: PciAddress,
        /// From which byte on.
        at: u16,
        /// How many bytes.
        len: usize,
        /// The kernel's answer.
        errno: Errno,
    },
    /// It has not so many interrupts of that kind.
    Vectors {
        /// Which device.
        device: PciAddress,
        /// Which kind.
        kind: InterruptKind,
        /// How many were asked for.
        wanted: u32,
        /// How many there are.
        there: u32,
    },
    /// The kernel would not signal its interrupts.
    Interrupts {
        /// Of which device.
        device: PciAddress,
        /// Which kind.
        kind: InterruptKind,
        /// The kernel's answer.
        errno: Errno,
    },
    /// It was told to do no DMA, and may still.
    StillMaster {
        /// Which device.
        device: PciAddress,
    },
    /// It cannot be reset.
    NoReset {
        /// Which device.
        device: PciAddress,
    },
    /// The kernel refused to reset it.
    Reset {
        /// Which device.
        device: PciAddress,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl fmt::Display for UseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bar { device, bar, why } => {
                write!(f, "BAR {bar} of device {device} was not mapped: {why}")
            }
            Self::Config { device, at, len, errno } => write!(
                f,
                "{len} bytes at {at:#x} of the config space of device {device} were not to be had: {}; the device may \
                 be gone",
                Named(*errno)
            ),
            Self::Vectors { device, kind, wanted, there } => write!(
                f,
                "{wanted} interrupts of device {device} were asked for by {kind}, and it has {there}; ask for fewer, \
                 or for another kind (--vfio-intr)"
            ),
            Self::Interrupts { device, kind, errno: Errno::BUSY } => write!(
                f,
                "interrupts of device {device} were asked for by {kind}, and it has some already; end those first"
            ),
            Self::Interrupts { device, kind, errno } => write!(
                f,
                "the kernel would not signal interrupts of device {device} by {kind}: {}; ask for another kind \
                 (--vfio-intr)",
                Named(*errno)
            ),
            Self::StillMaster { device } => write!(
                f,
                "device {device} was told to do no DMA and goes on, so its memory stays its own; it is broken: pull it, or \
                 take its driver away"
            ),
            Self::NoReset { device } => write!(
                f,
                "device {device} was to be reset and has no way to be; its driver must stop it by its registers"
            ),
            Self::Reset { device, errno } => {
                write!(
                    f,
                    "the kernel would not reset device {device}: {}; see what it says (dmesg): another device may be reset \
                     with it, and be in use",
                    Named(*errno)
                )
            }
        }
    }
}

impl core::error::Error for UseError {}
impl core::error::Error for BarError {}
