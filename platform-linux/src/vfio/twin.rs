//! A twin of the kernel's VFIO: a machine with one group and one device, that refuses what it is told to.
//!
//! Its device is a memory file: BAR 0 at its beginning, the config space behind. So a BAR of it is really
//! mapped, and a register that is written is read again.
#![expect(unsafe_code, reason = "it answers what the kernel answers")]

use std::sync::Mutex;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::{Errno, fcntl_dupfd_cloexec, read, write};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::calls::{
    Calls, DeviceInfo, GroupStatus, IommuInfo, IommuKind, IrqInfo, IrqOrder, RegionInfo,
};

/// Bytes of BAR 0.
pub(super) const BAR_BYTES: u64 = 0x2_0000;
/// Bytes of the config space.
const CONFIG_BYTES: u64 = 256;

/// What a twin answers, and what it was told.
#[derive(Debug)]
pub(super) struct Twin {
    pub(super) state: Mutex<State>,
    device: OwnedFd,
    /// The other ends of what was opened: who looks there sees whether it is closed.
    opened: Mutex<Vec<OwnedFd>>,
}

#[derive(Debug)]
pub(super) struct State {
    /// What opening a file of `/dev/vfio` fails with.
    pub(super) refuses: Vec<(String, Errno)>,
    pub(super) status: GroupStatus,
    pub(super) version: u32,
    pub(super) kinds: Vec<IommuKind>,
    pub(super) set_kind: Result<(), Errno>,
    /// The token that its device needs.
    pub(super) token: Option<String>,
    pub(super) info: IommuInfo,
    pub(super) map: Result<(), Errno>,
    pub(super) can_map_bar: bool,
    pub(super) can_reset: bool,
    pub(super) vectors: [u32; 3],
    /// Memory that is mapped: bus address and bytes.
    pub(super) mapped: Vec<(u64, u64)>,
    /// Where interrupts go.
    pub(super) events: Vec<OwnedFd>,
    /// What was done, in order.
    pub(super) done: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            refuses: Vec::new(),
            status: GroupStatus { is_viable: true, has_container: false },
            version: 0,
            kinds: vec![IommuKind::Type1, IommuKind::Type1V2],
            set_kind: Ok(()),
            token: None,
            info: IommuInfo::default(),
            map: Ok(()),
            can_map_bar: true,
            can_reset: true,
            vectors: [1, 1, 5],
            mapped: Vec::new(),
            events: Vec::new(),
            done: Vec::new(),
        }
    }
}

impl Twin {
    pub(super) fn new(state: State) -> Self {
        let device = memfd_create("phalanx-twin", MemfdFlags::CLOEXEC).unwrap();
        ftruncate(&device, BAR_BYTES + CONFIG_BYTES).unwrap();
        Self { state: Mutex::new(state), device, opened: Mutex::default() }
    }

    /// What its device does when a vector fires.
    pub(super) fn fire(&self, vector: usize) {
        let state = self.state.lock().unwrap();
        write(&state.events[vector], &1u64.to_ne_bytes()).unwrap();
    }

    /// How many containers and groups are open.
    pub(super) fn open_files(&self) -> usize {
        let opened = self.opened.lock().unwrap();
        let is_open = |end: &&OwnedFd| read(end, &mut [0; 1]) == Err(Errno::AGAIN);
        opened.iter().filter(is_open).count()
    }

    fn note(&self, what: impl Into<String>) {
        self.state.lock().unwrap().done.push(what.into());
    }
}

impl Calls for Twin {
    fn open(&self, path: &str) -> Result<OwnedFd, Errno> {
        self.note(format!("open {path}"));
        let state = self.state.lock().unwrap();
        match state.refuses.iter().find(|(refused, _)| refused == path) {
            Some((_, errno)) => Err(*errno),
            None => {
                let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
                let (end, file) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
                self.opened.lock().unwrap().push(end);
                Ok(file)
            }
        }
    }

    fn api_version(&self, _: BorrowedFd<'_>) -> Result<u32, Errno> {
        Ok(self.state.lock().unwrap().version)
    }

    fn has_kind(&self, _: BorrowedFd<'_>, kind: IommuKind) -> Result<bool, Errno> {
        Ok(self.state.lock().unwrap().kinds.contains(&kind))
    }

    fn group_status(&self, _: BorrowedFd<'_>) -> Result<GroupStatus, Errno> {
        Ok(self.state.lock().unwrap().status)
    }

    fn set_container(&self, _: BorrowedFd<'_>, _: BorrowedFd<'_>) -> Result<(), Errno> {
        self.note("container");
        Ok(())
    }

    fn set_kind(&self, _: BorrowedFd<'_>, kind: IommuKind) -> Result<(), Errno> {
        self.note(format!("kind {kind}"));
        self.state.lock().unwrap().set_kind
    }

    fn iommu_info(&self, _: BorrowedFd<'_>) -> Result<IommuInfo, Errno> {
        Ok(self.state.lock().unwrap().info.clone())
    }

    unsafe fn map_dma(&self, _: BorrowedFd<'_>, _: usize, bus: u64, len: u64) -> Result<(), Errno> {
        let mut state = self.state.lock().unwrap();
        state.map?;
        state.mapped.push((bus, len));
        Ok(())
    }

    fn unmap_dma(&self, _: BorrowedFd<'_>, bus: u64, len: u64) -> Result<u64, Errno> {
        let mut state = self.state.lock().unwrap();
        let before = state.mapped.len();
        state.mapped.retain(|mapped| *mapped != (bus, len));
        Ok(len * (before - state.mapped.len()) as u64)
    }

    fn device(&self, _: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Errno> {
        self.note(format!("device {name}"));
        let token = self.state.lock().unwrap().token.clone();
        let shown = name.split_once(" vf_token=").map(|(_, token)| token.to_owned());
        if token.is_some() && token != shown {
            return Err(Errno::ACCESS);
        }
        if token.is_none() && shown.is_some() {
            return Err(Errno::INVAL);
        }
        fcntl_dupfd_cloexec(&self.device, 0)
    }

    fn device_info(&self, _: BorrowedFd<'_>) -> Result<DeviceInfo, Errno> {
        let can_reset = self.state.lock().unwrap().can_reset;
        Ok(DeviceInfo { can_reset, is_pci: true, regions: 9, irqs: 5 })
    }

    fn region_info(&self, _: BorrowedFd<'_>, index: u32) -> Result<RegionInfo, Errno> {
        let can_map = self.state.lock().unwrap().can_map_bar;
        match index {
            0 => Ok(RegionInfo { len: BAR_BYTES, at: 0, can_map, can_write: true }),
            7 => {
                Ok(RegionInfo { len: CONFIG_BYTES, at: BAR_BYTES, can_map: false, can_write: true })
            }
            1..=8 => Ok(RegionInfo::default()),
            _ => Err(Errno::INVAL),
        }
    }

    fn irq_info(&self, _: BorrowedFd<'_>, index: u32) -> Result<IrqInfo, Errno> {
        let state = self.state.lock().unwrap();
        let count = *state.vectors.get(index as usize).ok_or(Errno::INVAL)?;
        Ok(IrqInfo { count, by_eventfd: true, masks_itself: index == 0 })
    }

    fn order_irqs(&self, _: BorrowedFd<'_>, index: u32, order: IrqOrder<'_>) -> Result<(), Errno> {
        self.note(match order {
            IrqOrder::SignalBy(events) => format!("signal {index} by {}", events.len()),
            IrqOrder::Off => format!("signal {index} off"),
            IrqOrder::Unmask => format!("unmask {index}"),
        });
        let mut state = self.state.lock().unwrap();
        match order {
            IrqOrder::SignalBy(_) if !state.events.is_empty() => return Err(Errno::BUSY),
            IrqOrder::SignalBy(events) => {
                let copies = events.iter().map(|event| fcntl_dupfd_cloexec(event.as_fd(), 0));
                state.events = copies.collect::<Result<_, _>>()?;
            }
            IrqOrder::Off => state.events.clear(),
            IrqOrder::Unmask => {}
        }
        Ok(())
    }

    fn reset(&self, _: BorrowedFd<'_>) -> Result<(), Errno> {
        self.note("reset");
        Ok(())
    }
}
