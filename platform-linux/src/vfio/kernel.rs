//! The kernel's answers: every ioctl of VFIO, and the structures they take, with their layouts asserted.
//!
//! Each structure is a mirror of `linux/vfio.h`. All begin with `argsz`, by which the kernel knows how much
//! of one the caller knows.
#![expect(unsafe_code, reason = "ioctls that read and fill the kernel's structures")]

use core::mem::offset_of;

use linux_raw_sys::general::__NR_ioctl;
use linux_raw_sys::ioctl as raw;
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

use super::calls::{
    Calls, DeviceInfo, GroupStatus, IommuInfo, IommuKind, IrqInfo, IrqOrder, RegionInfo,
};
use super::capabilities::read_info;
use crate::sys::syscall::syscall;

/// `struct vfio_group_status`, and `argsz` with flags, as several structures begin.
#[repr(C)]
#[derive(Debug, Default)]
struct Flagged {
    argsz: u32,
    flags: u32,
}

/// `struct vfio_device_info`, as far as Linux 3.6 had it.
#[repr(C)]
#[derive(Debug, Default)]
struct RawDevice {
    argsz: u32,
    flags: u32,
    num_regions: u32,
    num_irqs: u32,
}

/// `struct vfio_region_info`.
#[repr(C)]
#[derive(Debug, Default)]
struct RawRegion {
    argsz: u32,
    flags: u32,
    index: u32,
    cap_offset: u32,
    size: u64,
    offset: u64,
}

/// `struct vfio_irq_info`.
#[repr(C)]
#[derive(Debug, Default)]
struct RawIrq {
    argsz: u32,
    flags: u32,
    index: u32,
    count: u32,
}

/// Most eventfds that one order names.
pub(super) const VECTORS_MAX: usize = 64;

/// `struct vfio_irq_set`, with room for its descriptors.
#[repr(C)]
#[derive(Debug)]
struct RawIrqSet {
    argsz: u32,
    flags: u32,
    index: u32,
    start: u32,
    count: u32,
    data: [i32; VECTORS_MAX],
}

/// `struct vfio_iommu_type1_dma_map`.
#[repr(C)]
#[derive(Debug)]
struct RawMap {
    argsz: u32,
    flags: u32,
    vaddr: u64,
    iova: u64,
    size: u64,
}

/// `struct vfio_iommu_type1_dma_unmap`, without a bitmap.
#[repr(C)]
#[derive(Debug)]
struct RawUnmap {
    argsz: u32,
    flags: u32,
    iova: u64,
    size: u64,
}

/// Bytes of an answer about an IOMMU, its capabilities included.
const INFO_BYTES: usize = 4096;

/// Room for `struct vfio_iommu_type1_info` and what is behind it.
#[repr(C, align(8))]
struct InfoRoom([u8; INFO_BYTES]);

const _: () = {
    assert!(size_of::<Flagged>() == 8);
    assert!(size_of::<RawDevice>() == 16 && offset_of!(RawDevice, num_irqs) == 12);
    assert!(size_of::<RawRegion>() == 32 && offset_of!(RawRegion, size) == 16);
    assert!(offset_of!(RawRegion, cap_offset) == 12 && offset_of!(RawRegion, offset) == 24);
    assert!(size_of::<RawIrq>() == 16 && offset_of!(RawIrq, count) == 12);
    assert!(size_of::<RawIrqSet>() == 20 + 4 * VECTORS_MAX && offset_of!(RawIrqSet, data) == 20);
    assert!(offset_of!(RawIrqSet, start) == 12 && offset_of!(RawIrqSet, count) == 16);
    assert!(size_of::<RawMap>() == 32 && offset_of!(RawMap, vaddr) == 8);
    assert!(offset_of!(RawMap, iova) == 16 && offset_of!(RawMap, size) == 24);
    assert!(size_of::<RawUnmap>() == 24 && offset_of!(RawUnmap, iova) == 8);
    assert!(offset_of!(RawUnmap, size) == 16);
};

/// `VFIO_GROUP_FLAGS_VIABLE` and `_CONTAINER_SET`.
const GROUP_VIABLE: u32 = 1;
const GROUP_CONTAINER: u32 = 2;
/// `VFIO_DEVICE_FLAGS_RESET` and `_PCI`.
const DEVICE_RESET: u32 = 1;
const DEVICE_PCI: u32 = 2;
/// `VFIO_REGION_INFO_FLAG_WRITE` and `_MMAP`.
const REGION_WRITE: u32 = 2;
const REGION_MMAP: u32 = 4;
/// `VFIO_IRQ_INFO_EVENTFD` and `_AUTOMASKED`.
const IRQ_EVENTFD: u32 = 1;
const IRQ_AUTOMASKED: u32 = 4;
/// `VFIO_IRQ_SET_DATA_NONE`, `_DATA_EVENTFD`, `_ACTION_UNMASK`, `_ACTION_TRIGGER`.
const SET_NOTHING: u32 = 1;
const SET_EVENTFD: u32 = 4;
const SET_UNMASK: u32 = 1 << 4;
const SET_TRIGGER: u32 = 1 << 5;
/// `VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE`.
const MAP_BOTH: u32 = 3;

/// VFIO, as the running kernel has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kernel;

/// A structure that an ioctl reads and writes: integers only, its length in front.
///
/// # Safety
/// `repr(C)`, of integers without padding, of the length that it says in `argsz`.
unsafe trait Argument {}

// SAFETY: `repr(C)`, integers only, sizes asserted above; the callers below write `argsz`.
unsafe impl Argument for Flagged {}
// SAFETY: as above.
unsafe impl Argument for RawDevice {}
// SAFETY: as above.
unsafe impl Argument for RawRegion {}
// SAFETY: as above.
unsafe impl Argument for RawIrq {}
// SAFETY: as above.
unsafe impl Argument for RawUnmap {}
// SAFETY: as above.
unsafe impl Argument for InfoRoom {}

fn ask<T: Argument>(fd: BorrowedFd<'_>, number: u32, argument: &mut T) -> Result<(), Errno> {
    let place: *mut T = argument;
    let arguments = [fd.as_raw_fd() as usize, number as usize, place as usize, 0, 0, 0];
    // SAFETY: the callers' calls read and write one `T`, no longer than its `argsz`, through a pointer from a
    // unique reference that outlives the call.
    unsafe { syscall(__NR_ioctl, arguments) }.map(|_| ())
}

/// A call that takes a number.
///
/// # Safety
/// The call of that number takes a plain number and no pointer.
unsafe fn ask_plain(fd: BorrowedFd<'_>, number: u32, value: usize) -> Result<usize, Errno> {
    let arguments = [fd.as_raw_fd() as usize, number as usize, value, 0, 0, 0];
    // SAFETY: the caller vouches that no pointer is read.
    unsafe { syscall(__NR_ioctl, arguments) }
}

const fn len_of<T>() -> u32 {
    size_of::<T>() as u32
}

/// `VFIO_TYPE1_IOMMU`, `VFIO_TYPE1v2_IOMMU`, `VFIO_NOIOMMU_IOMMU`.
const fn number_of(kind: IommuKind) -> usize {
    match kind {
        IommuKind::Type1 => 1,
        IommuKind::Type1V2 => 3,
        IommuKind::NoIommu => 8,
    }
}

impl Calls for Kernel {
    fn open(&self, path: &str) -> Result<OwnedFd, Errno> {
        openat(CWD, path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
    }

    fn api_version(&self, container: BorrowedFd<'_>) -> Result<u32, Errno> {
        // SAFETY: the call takes nothing.
        unsafe { ask_plain(container, raw::VFIO_GET_API_VERSION, 0) }.map(|version| version as u32)
    }

    fn has_kind(&self, container: BorrowedFd<'_>, kind: IommuKind) -> Result<bool, Errno> {
        // SAFETY: the call takes the kind's number.
        unsafe { ask_plain(container, raw::VFIO_CHECK_EXTENSION, number_of(kind)) }
            .map(|has| has > 0)
    }

    fn group_status(&self, group: BorrowedFd<'_>) -> Result<GroupStatus, Errno> {
        let mut status = Flagged { argsz: len_of::<Flagged>(), flags: 0 };
        ask(group, raw::VFIO_GROUP_GET_STATUS, &mut status)?;
        let has = |flag| status.flags & flag != 0;
        Ok(GroupStatus { is_viable: has(GROUP_VIABLE), has_container: has(GROUP_CONTAINER) })
    }

    fn set_container(&self, group: BorrowedFd<'_>, container: BorrowedFd<'_>) -> Result<(), Errno> {
        let number = container.as_raw_fd();
        let place = core::ptr::from_ref(&number);
        // SAFETY: the call reads one descriptor's number, which lives until it returns.
        unsafe { ask_plain(group, raw::VFIO_GROUP_SET_CONTAINER, place as usize) }.map(|_| ())
    }

    fn set_kind(&self, container: BorrowedFd<'_>, kind: IommuKind) -> Result<(), Errno> {
        // SAFETY: the call takes the kind's number.
        unsafe { ask_plain(container, raw::VFIO_SET_IOMMU, number_of(kind)) }.map(|_| ())
    }

    fn iommu_info(&self, container: BorrowedFd<'_>) -> Result<IommuInfo, Errno> {
        let mut room = InfoRoom([0; INFO_BYTES]);
        let argsz = (INFO_BYTES as u32).to_ne_bytes();
        room.0.iter_mut().zip(argsz).for_each(|(to, from)| *to = from);
        ask(container, raw::VFIO_IOMMU_GET_INFO, &mut room)?;
        Ok(read_info(&room.0))
    }

    unsafe fn map_dma(
        &self,
        container: BorrowedFd<'_>,
        address: usize,
        bus: u64,
        len: u64,
    ) -> Result<(), Errno> {
        let vaddr = address as u64;
        let map =
            RawMap { argsz: len_of::<RawMap>(), flags: MAP_BOTH, vaddr, iova: bus, size: len };
        let place = core::ptr::from_ref(&map);
        let arguments = [
            container.as_raw_fd() as usize,
            raw::VFIO_IOMMU_MAP_DMA as usize,
            place as usize,
            0,
            0,
            0,
        ];
        // SAFETY: the call reads one structure, which lives until it returns; the caller vouches for the
        // memory that devices may write from then on.
        unsafe { syscall(__NR_ioctl, arguments) }.map(|_| ())
    }

    fn unmap_dma(&self, container: BorrowedFd<'_>, bus: u64, len: u64) -> Result<u64, Errno> {
        let mut unmap = RawUnmap { argsz: len_of::<RawUnmap>(), flags: 0, iova: bus, size: len };
        ask(container, raw::VFIO_IOMMU_UNMAP_DMA, &mut unmap)?;
        Ok(unmap.size)
    }

    fn device(&self, group: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Errno> {
        let mut text = name.as_bytes().to_vec();
        text.push(0);
        // SAFETY: the call reads a text that ends with a NUL and lives until it returns.
        let number =
            unsafe { ask_plain(group, raw::VFIO_GROUP_GET_DEVICE_FD, text.as_ptr() as usize) }?;
        let number = i32::try_from(number).map_err(|_| Errno::BADF)?;
        // SAFETY: the kernel has just opened it for this call, so nobody else has it.
        Ok(unsafe { OwnedFd::from_raw_fd(number) })
    }

    fn device_info(&self, device: BorrowedFd<'_>) -> Result<DeviceInfo, Errno> {
        let mut info = RawDevice { argsz: len_of::<RawDevice>(), ..RawDevice::default() };
        ask(device, raw::VFIO_DEVICE_GET_INFO, &mut info)?;
        Ok(DeviceInfo {
            can_reset: info.flags & DEVICE_RESET != 0,
            is_pci: info.flags & DEVICE_PCI != 0,
            regions: info.num_regions,
            irqs: info.num_irqs,
        })
    }

    fn region_info(&self, device: BorrowedFd<'_>, index: u32) -> Result<RegionInfo, Errno> {
        let mut info = RawRegion { argsz: len_of::<RawRegion>(), index, ..RawRegion::default() };
        ask(device, raw::VFIO_DEVICE_GET_REGION_INFO, &mut info)?;
        let has = |flag| info.flags & flag != 0;
        let (can_map, can_write) = (has(REGION_MMAP), has(REGION_WRITE));
        Ok(RegionInfo { len: info.size, at: info.offset, can_map, can_write })
    }

    fn irq_info(&self, device: BorrowedFd<'_>, index: u32) -> Result<IrqInfo, Errno> {
        let mut info = RawIrq { argsz: len_of::<RawIrq>(), index, ..RawIrq::default() };
        ask(device, raw::VFIO_DEVICE_GET_IRQ_INFO, &mut info)?;
        let has = |flag| info.flags & flag != 0;
        let (by_eventfd, masks_itself) = (has(IRQ_EVENTFD), has(IRQ_AUTOMASKED));
        Ok(IrqInfo { count: info.count, by_eventfd, masks_itself })
    }

    fn order_irqs(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        order: IrqOrder<'_>,
    ) -> Result<(), Errno> {
        let (flags, events): (u32, &[BorrowedFd<'_>]) = match order {
            IrqOrder::SignalBy(events) => (SET_EVENTFD | SET_TRIGGER, events),
            IrqOrder::Off => (SET_NOTHING | SET_TRIGGER, &[]),
            IrqOrder::Unmask => (SET_NOTHING | SET_UNMASK, &[]),
        };
        let mut data = [-1; VECTORS_MAX];
        if events.len() > data.len() {
            return Err(Errno::TOOBIG);
        }
        data.iter_mut().zip(events).for_each(|(to, event)| *to = event.as_raw_fd());
        let count = if matches!(order, IrqOrder::Unmask) { 1 } else { events.len() as u32 };
        let argsz = (offset_of!(RawIrqSet, data) + 4 * events.len()) as u32;
        let set = RawIrqSet { argsz, flags, index, start: 0, count, data };
        let place = core::ptr::from_ref(&set);
        // SAFETY: the call reads `argsz` bytes, which are no more than the structure, and it lives until it
        // returns.
        unsafe { ask_plain(device, raw::VFIO_DEVICE_SET_IRQS, place as usize) }.map(|_| ())
    }

    fn reset(&self, device: BorrowedFd<'_>) -> Result<(), Errno> {
        // SAFETY: the call takes nothing.
        unsafe { ask_plain(device, raw::VFIO_DEVICE_RESET, 0) }.map(|_| ())
    }
}
