//! A device that VFIO has handed over.

use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, pread, pwrite};

use super::calls::{Calls, DeviceInfo, IrqOrder, RegionInfo};
use super::container::Container;
use super::kernel::VECTORS_MAX;
use crate::device::{
    BarError, Counter, DeviceReach, InterruptKind, Interrupts, MappedBar, Place, UseError,
    UserDevice,
};
use crate::pci::{BAR_MAX, PciAddress};

/// `VFIO_PCI_CONFIG_REGION_INDEX`.
const CONFIG: u32 = 7;

/// A device that VFIO has handed over, with its group and its container.
#[derive(Debug)]
pub struct VfioDevice {
    address: PciAddress,
    container: Container,
    group: Arc<OwnedFd>,
    number: u32,
    device: OwnedFd,
    info: DeviceInfo,
    config: RegionInfo,
}

/// `VFIO_PCI_INTX_IRQ_INDEX` and the like.
const fn index_of(kind: InterruptKind) -> u32 {
    match kind {
        InterruptKind::Intx => 0,
        InterruptKind::Msi => 1,
        InterruptKind::MsiX => 2,
        InterruptKind::Removal => 4,
    }
}

impl VfioDevice {
    /// One whose descriptors are these. Two system calls.
    pub(super) fn of(
        address: PciAddress,
        container: Container,
        (group, number): (Arc<OwnedFd>, u32),
        device: OwnedFd,
    ) -> Result<Self, Errno> {
        let info = container.calls.device_info(device.as_fd())?;
        let config = container.calls.region_info(device.as_fd(), CONFIG)?;
        Ok(Self { address, container, group, number, device, info, config })
    }

    /// Its container.
    #[must_use]
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// The descriptors that another process needs to have the device too: container, group, device.
    #[must_use]
    pub fn descriptors(&self) -> [BorrowedFd<'_>; 3] {
        [self.container.descriptor(), self.group.as_fd(), self.device.as_fd()]
    }

    /// The number of its IOMMU group.
    #[must_use]
    pub fn group_number(&self) -> u32 {
        self.number
    }

    pub(super) fn group(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.group)
    }

    fn calls(&self) -> &dyn Calls {
        &*self.container.calls
    }

    /// Finds a BAR that can be mapped and has `least` bytes.
    fn bar(&self, bar: u8, least: u64) -> Result<RegionInfo, BarError> {
        if usize::from(bar) >= BAR_MAX {
            return Err(BarError::None);
        }
        let info = self.calls().region_info(self.device.as_fd(), bar.into());
        let info = info.map_err(|errno| BarError::Refused { errno })?;
        match info {
            RegionInfo { len: 0, .. } => Err(BarError::None),
            RegionInfo { len, .. } if len < least => Err(BarError::Short { len, least }),
            RegionInfo { can_map: false, .. } => Err(BarError::NotMappable),
            info => Ok(info),
        }
    }

    fn why_not(&self, kind: InterruptKind) -> impl Fn(Errno) -> UseError + use<> {
        let device = self.address;
        move |errno| UseError::Interrupts { device, kind, errno }
    }

    fn no_config(&self, at: u16, len: usize, errno: Errno) -> UseError {
        UseError::Config { device: self.address, at, len, errno }
    }

    /// Where in the device's descriptor `len` bytes of its config space lie.
    fn config_at(&self, at: u16, len: usize) -> Result<u64, UseError> {
        if u64::from(at) + len as u64 > self.config.len {
            return Err(self.no_config(at, len, Errno::INVAL));
        }
        Ok(self.config.at + u64::from(at))
    }
}

impl UserDevice for VfioDevice {
    fn address(&self) -> PciAddress {
        self.address
    }

    fn reach(&self) -> DeviceReach {
        let protects = self.container.kind().protects();
        if protects { DeviceReach::Mapped } else { DeviceReach::Everything }
    }

    fn map_bar(&self, bar: u8, least: u64, place: Place) -> Result<MappedBar, UseError> {
        let device = self.address;
        let map = |info: RegionInfo| {
            let len = usize::try_from(info.len).map_err(|_| BarError::NotMappable)?;
            MappedBar::map(self.device.as_fd(), info.at, len, place)
        };
        self.bar(bar, least).and_then(map).map_err(|why| UseError::Bar { device, bar, why })
    }

    fn read_config(&self, at: u16, bytes: &mut [u8]) -> Result<(), UseError> {
        let (place, len) = (self.config_at(at, bytes.len())?, bytes.len());
        match pread(&self.device, bytes, place) {
            Ok(count) if count == len => Ok(()),
            Ok(_) => Err(self.no_config(at, len, Errno::IO)),
            Err(errno) => Err(self.no_config(at, len, errno)),
        }
    }

    fn write_config(&self, at: u16, bytes: &[u8]) -> Result<(), UseError> {
        let (place, len) = (self.config_at(at, bytes.len())?, bytes.len());
        match pwrite(&self.device, bytes, place) {
            Ok(count) if count == len => Ok(()),
            Ok(_) => Err(self.no_config(at, len, Errno::IO)),
            Err(errno) => Err(self.no_config(at, len, errno)),
        }
    }

    fn vectors(&self, kind: InterruptKind) -> Result<u32, UseError> {
        let info = self.calls().irq_info(self.device.as_fd(), index_of(kind));
        match info {
            Ok(info) if info.by_eventfd => Ok(info.count),
            Ok(_) | Err(Errno::INVAL) => Ok(0),
            Err(errno) => Err(self.why_not(kind)(errno)),
        }
    }

    fn interrupts(
        self: Arc<Self>,
        kind: InterruptKind,
        vectors: u32,
    ) -> Result<Interrupts, UseError> {
        let there = self.vectors(kind)?.min(VECTORS_MAX as u32);
        if vectors == 0 || vectors > there {
            let device = self.address;
            return Err(UseError::Vectors { device, kind, wanted: vectors, there });
        }
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let events: Result<Vec<OwnedFd>, Errno> = (0..vectors).map(|_| eventfd(0, flags)).collect();
        let events = events.map_err(self.why_not(kind))?;
        let borrowed: Vec<_> = events.iter().map(AsFd::as_fd).collect();
        let index = index_of(kind);
        let info = self.calls().irq_info(self.device.as_fd(), index).map_err(self.why_not(kind))?;
        self.calls()
            .order_irqs(self.device.as_fd(), index, IrqOrder::SignalBy(&borrowed))
            .map_err(self.why_not(kind))?;
        drop(borrowed);
        Ok(Interrupts::new(self, kind, events, Counter::Since, info.masks_itself))
    }

    fn silence(&self, kind: InterruptKind) -> Result<(), UseError> {
        self.calls()
            .order_irqs(self.device.as_fd(), index_of(kind), IrqOrder::Off)
            .map_err(self.why_not(kind))
    }

    fn unmask_interrupt(&self) -> Result<(), UseError> {
        let kind = InterruptKind::Intx;
        self.calls()
            .order_irqs(self.device.as_fd(), index_of(kind), IrqOrder::Unmask)
            .map_err(self.why_not(kind))
    }

    fn reset(&self) -> Result<(), UseError> {
        let device = self.address;
        if !self.info.can_reset {
            return Err(UseError::NoReset { device });
        }
        let done = self.calls().reset(self.device.as_fd());
        done.map_err(|errno| UseError::Reset { device, errno })
    }
}
