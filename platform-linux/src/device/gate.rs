//! The gate between the group's memory and devices: a VFIO container, or nothing but knowing where memory is.
#![expect(unsafe_code, reason = "the window's memory is what devices may write")]

use core::fmt;

use phalanx_core::memseg::List;
use phalanx_core::offset::Offset;
use phalanx_core::reach::{Gate, IovaMode};
use phalanx_core::window::Window;
use rustix::io::Errno;

use crate::mapping::bring_in;
use crate::uio::{Pagemap, PagemapError};
use crate::vfio::{Container, MapError};

/// Bytes of the smallest page that stays where it is.
const SMALLEST: u64 = 2 << 20;

/// Why devices were not let to memory, or not kept from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateError {
    /// The IOMMU did not take it.
    Map(MapError),
    /// Where the memory is, is not known.
    Where(PagemapError),
    /// Its pages may move.
    SmallPages {
        /// Bytes of one.
        page_bytes: u64,
    },
    /// A piece of it is not in one piece.
    Scattered {
        /// Where it is in this process.
        address: usize,
    },
    /// Who has mapped it is gone, and the kernel takes it away from nobody else.
    Left {
        /// Its first bus address.
        bus: u64,
        /// How many bytes.
        len: u64,
    },
    /// It lies outside of the window.
    Outside {
        /// Where the grain lies in the window.
        at: u64,
    },
}

impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Map(error) => error.fmt(f),
            Self::Where(error) => error.fmt(f),
            Self::SmallPages { page_bytes } => write!(
                f,
                "a device uses physical addresses, and pages of {page_bytes} bytes, which the kernel may move, have none \
                 that last; start the group with hugepages, or use an IOMMU"
            ),
            Self::Scattered { address } => write!(
                f,
                "memory at {address:#x} was to have one physical address and is scattered; this is not hugepage memory"
            ),
            Self::Left { bus, len } => write!(
                f,
                "{len} bytes at bus address {bus:#x} were to be taken from devices, and the kernel lets nobody but the \
                 process that mapped them, which is gone; they stay the group's until its devices are closed"
            ),
            Self::Outside { at } => {
                write!(
                    f,
                    "a memseg list names {at:#x}, outside of the group's window: something has written over it; see \
                     `phalanx audit`, and start the group anew"
                )
            }
        }
    }
}

impl core::error::Error for GateError {}

/// Where the window begins for devices behind an IOMMU: above the addresses that mean interrupts. Not where
/// processes have it, because many an IOMMU reaches 39 bits only.
const WINDOW_BUS: u64 = 4 << 30;

/// What lets devices reach the group's memory, in this process.
#[derive(Debug)]
pub(super) struct MemoryGate<'a> {
    pub(super) window: Window,
    pub(super) mode: IovaMode,
    /// The container of devices behind an IOMMU, if there are any.
    pub(super) container: Option<&'a Container>,
}

impl MemoryGate<'_> {
    fn address(&self, at: Offset<u8>, len: u64) -> Result<usize, GateError> {
        let bytes = usize::try_from(len).unwrap_or(usize::MAX);
        let place = self.window.address(at, bytes, 1);
        place.map(|it| it.as_ptr().addr()).ok_or(GateError::Outside { at: at.get() })
    }

    /// The bus address of a grain.
    fn bus(&self, list: &List, at: Offset<u8>, len: u64) -> Result<u64, GateError> {
        if self.mode == IovaMode::Virtual {
            return Ok(WINDOW_BUS + at.get());
        }
        let address = self.address(at, len)?;
        let page_bytes = list.page_bytes();
        if page_bytes < SMALLEST {
            return Err(GateError::SmallPages { page_bytes });
        }
        // Only what is in this process's page tables is in its table of pages.
        let refused = |errno| GateError::Where(PagemapError::Refused { errno });
        bring_in(address, usize::try_from(len).map_err(|_| refused(Errno::INVAL))?)
            .map_err(refused)?;
        let pagemap = Pagemap::open().map_err(GateError::Where)?;
        let first = pagemap.physical(address).map_err(GateError::Where)?;
        for page in 1..len / page_bytes {
            let next = address + (page * page_bytes) as usize;
            if pagemap.physical(next).map_err(GateError::Where)? != first + page * page_bytes {
                return Err(GateError::Scattered { address });
            }
        }
        Ok(first)
    }
}

impl Gate for MemoryGate<'_> {
    type Error = GateError;

    fn admit(&mut self, list: &List, at: Offset<u8>, len: u64) -> Result<u64, GateError> {
        let address = self.address(at, len)?;
        let bus = self.bus(list, at, len)?;
        let Some(container) = self.container else { return Ok(bus) };
        match map(container, address, bus, len) {
            // Somebody died between this and writing it down, or before he could take it away. It was held since, so it
            // is the same memory.
            Err(MapError::Refused { errno: Errno::EXIST, .. }) => {
                if container.unmap(bus, len).map_err(GateError::Map)? == len {
                    map(container, address, bus, len).map_err(GateError::Map)?;
                }
            }
            mapped => mapped.map_err(GateError::Map)?,
        }
        Ok(bus)
    }

    fn expel(
        &mut self,
        list: &List,
        at: Offset<u8>,
        bus: Option<u64>,
        len: u64,
    ) -> Result<(), GateError> {
        let Some(container) = self.container else { return Ok(()) };
        let bus = match bus {
            Some(bus) => bus,
            // Somebody died before it was written down. The memory is still there: it is held.
            None => self.bus(list, at, len)?,
        };
        if container.unmap(bus, len).map_err(GateError::Map)? == len {
            return Ok(());
        }
        // Either nothing is mapped there, or a process has mapped it that is gone.
        match map(container, self.address(at, len)?, bus, len) {
            Ok(()) => container.unmap(bus, len).map(drop).map_err(GateError::Map),
            Err(MapError::Refused { errno: Errno::EXIST, .. }) => Err(GateError::Left { bus, len }),
            Err(why) => Err(GateError::Map(why)),
        }
    }
}

/// Lets the devices of `container` reach memory of the window.
fn map(container: &Container, address: usize, bus: u64, len: u64) -> Result<(), MapError> {
    // SAFETY: the window's memory is shared memory: whatever lies there is of atomics, or is looked at by its holder
    // only, who gave it to the device.
    unsafe { container.map(address, bus, len) }
}
