//! What VFIO is asked, a method a call: the kernel answers ([`Kernel`](super::Kernel)), or a twin in tests.
#![expect(unsafe_code, reason = "who maps memory for a device vouches for it")]

use core::fmt;
use core::ops::RangeInclusive;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;

/// How a container translates what devices ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IommuKind {
    /// An IOMMU, the second version of its interface: what is mapped in one piece is unmapped in one.
    Type1V2,
    /// An IOMMU, the first version.
    Type1,
    /// None: devices reach all memory there is.
    NoIommu,
}

impl IommuKind {
    /// Whether a device reaches only what was mapped for it.
    #[must_use]
    pub const fn protects(self) -> bool {
        !matches!(self, Self::NoIommu)
    }
}

impl fmt::Display for IommuKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Type1V2 => "type 1 version 2",
            Self::Type1 => "type 1",
            Self::NoIommu => "no IOMMU",
        })
    }
}

/// What the IOMMU of a container can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IommuInfo {
    /// Page sizes that it maps, a bit each.
    pub page_sizes: u64,
    /// Bus addresses that may be mapped; empty if the kernel does not say (before Linux 5.4).
    pub ranges: Vec<RangeInclusive<u64>>,
    /// How many more mappings there may be, if the kernel says so.
    pub mappings_left: Option<u32>,
}

impl IommuInfo {
    /// Whether the bus addresses `at..at + len` may be mapped, as far as is known.
    #[must_use]
    pub fn takes(&self, at: u64, len: u64) -> bool {
        let Some(last) = len.checked_sub(1).and_then(|rest| at.checked_add(rest)) else {
            return false;
        };
        self.ranges.is_empty()
            || self.ranges.iter().any(|range| range.contains(&at) && range.contains(&last))
    }
}

/// What a device is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Whether it can be reset.
    pub can_reset: bool,
    /// Whether it is a PCI device.
    pub is_pci: bool,
    /// How many regions it has.
    pub regions: u32,
    /// How many kinds of interrupts.
    pub irqs: u32,
}

/// A region of a device: a BAR, or its config space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegionInfo {
    /// Bytes; 0 if there is none.
    pub len: u64,
    /// Where it begins in the device's descriptor.
    pub at: u64,
    /// Whether it can be mapped.
    pub can_map: bool,
    /// Whether it can be written.
    pub can_write: bool,
}

/// A kind of interrupts of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IrqInfo {
    /// How many vectors.
    pub count: u32,
    /// Whether they are signalled by eventfd.
    pub by_eventfd: bool,
    /// Whether the kernel masks one when it fires, until it is unmasked.
    pub masks_itself: bool,
}

/// What is to become of the interrupts of one kind.
#[derive(Clone, Copy, Debug)]
pub enum IrqOrder<'a> {
    /// From the first vector on, each adds 1 to its eventfd.
    SignalBy(&'a [BorrowedFd<'a>]),
    /// None is signalled any more.
    Off,
    /// The first may fire again.
    Unmask,
}

/// What is asked of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupStatus {
    /// Whether every device of it is VFIO's, or nobody's.
    pub is_viable: bool,
    /// Whether it has a container already.
    pub has_container: bool,
}

/// The calls. Each is one system call; errors are the kernel's.
pub trait Calls: fmt::Debug + Send + Sync {
    /// Opens a file of `/dev/vfio`.
    ///
    /// # Errors
    /// The kernel's.
    fn open(&self, path: &str) -> Result<OwnedFd, Errno>;

    /// The version of the interface; 0 is the one that there is.
    ///
    /// # Errors
    /// The kernel's.
    fn api_version(&self, container: BorrowedFd<'_>) -> Result<u32, Errno>;

    /// Whether the kernel has that kind of IOMMU. For [`IommuKind::NoIommu`]: whether this process may use it.
    ///
    /// # Errors
    /// The kernel's.
    fn has_kind(&self, container: BorrowedFd<'_>, kind: IommuKind) -> Result<bool, Errno>;

    /// What a group is.
    ///
    /// # Errors
    /// The kernel's.
    fn group_status(&self, group: BorrowedFd<'_>) -> Result<GroupStatus, Errno>;

    /// Puts a group into a container.
    ///
    /// # Errors
    /// The kernel's; `EPERM` if the group is not viable.
    fn set_container(&self, group: BorrowedFd<'_>, container: BorrowedFd<'_>) -> Result<(), Errno>;

    /// Chooses how a container that has a group translates.
    ///
    /// # Errors
    /// The kernel's; `EPERM` if interrupts are not remapped.
    fn set_kind(&self, container: BorrowedFd<'_>, kind: IommuKind) -> Result<(), Errno>;

    /// What the IOMMU can do.
    ///
    /// # Errors
    /// The kernel's.
    fn iommu_info(&self, container: BorrowedFd<'_>) -> Result<IommuInfo, Errno>;

    /// Lets the devices of a container read and write `len` bytes of this process's memory from `address` on,
    /// at the bus addresses from `bus` on. The kernel pins the pages.
    ///
    /// # Errors
    /// The kernel's; `EEXIST` if something is mapped there, `ENOMEM` beyond the limit of locked memory.
    ///
    /// # Safety
    /// Devices write there at any time from now on: it is memory that nobody holds a Rust reference into, but
    /// by the rules of shared memory.
    unsafe fn map_dma(
        &self,
        container: BorrowedFd<'_>,
        address: usize,
        bus: u64,
        len: u64,
    ) -> Result<(), Errno>;

    /// Takes the mappings in `bus..bus + len` away; how many bytes these were.
    ///
    /// # Errors
    /// The kernel's.
    fn unmap_dma(&self, container: BorrowedFd<'_>, bus: u64, len: u64) -> Result<u64, Errno>;

    /// The descriptor of a device of a group: its PCI address, and a token if it is a virtual function's.
    ///
    /// # Errors
    /// The kernel's; `ENODEV` if the group has no such device, `EACCES` without the token that it needs.
    fn device(&self, group: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Errno>;

    /// What a device is made of.
    ///
    /// # Errors
    /// The kernel's.
    fn device_info(&self, device: BorrowedFd<'_>) -> Result<DeviceInfo, Errno>;

    /// What a region is.
    ///
    /// # Errors
    /// The kernel's; `EINVAL` if there is none of that number.
    fn region_info(&self, device: BorrowedFd<'_>, index: u32) -> Result<RegionInfo, Errno>;

    /// What a kind of interrupts is.
    ///
    /// # Errors
    /// The kernel's; `EINVAL` if there is none of that number.
    fn irq_info(&self, device: BorrowedFd<'_>, index: u32) -> Result<IrqInfo, Errno>;

    /// Tells the interrupts of a kind what to do.
    ///
    /// # Errors
    /// The kernel's; `EBUSY` if another kind is signalled already.
    fn order_irqs(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        order: IrqOrder<'_>,
    ) -> Result<(), Errno>;

    /// Resets the device.
    ///
    /// # Errors
    /// The kernel's; `EINVAL` or `ENOTTY` if it cannot be.
    fn reset(&self, device: BorrowedFd<'_>) -> Result<(), Errno>;
}
