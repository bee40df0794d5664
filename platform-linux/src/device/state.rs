//! What a process has open: its own devices and others', and what it knows of who maps memory for them.

use std::sync::{Arc, Weak};

use phalanx_core::reach::Reach;

use super::{Interrupts, MappedBar, UserDevice};
use crate::pci::PciAddress;
use crate::uio::UioDevice;
use crate::vfio::{Container, VfioDevice};

/// How a device came.
#[derive(Clone, Debug)]
pub(super) enum By {
    Vfio(Arc<VfioDevice>),
    Uio(Arc<UioDevice>),
}

/// One that is open.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) by: By,
    /// Where its BARs are mapped in its owner, as far as this process knows.
    pub(super) places: Vec<(u8, u64)>,
    /// Those that are mapped here.
    pub(super) mapped: Vec<(u8, Arc<MappedBar>)>,
    /// Its interrupts, while they are on in this process.
    pub(super) interrupts: Weak<Interrupts>,
    /// Whose it is.
    pub(super) keeper: Keeper,
    /// How many leases of it there are.
    pub(super) leases: usize,
}

/// Why this process has a device open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeper {
    /// It owns it, or has asked for it without a lease: until it is closed.
    Itself,
    /// Its queues use it: until the last lease is given back.
    Leases,
}

impl Open {
    pub(super) fn of(by: By) -> Self {
        Self {
            by,
            places: Vec::new(),
            mapped: Vec::new(),
            interrupts: Weak::new(),
            keeper: Keeper::Itself,
            leases: 0,
        }
    }

    pub(super) fn device(&self) -> Arc<dyn UserDevice> {
        match &self.by {
            By::Vfio(device) => Arc::clone(device) as Arc<dyn UserDevice>,
            By::Uio(device) => Arc::clone(device) as Arc<dyn UserDevice>,
        }
    }

    pub(super) fn address(&self) -> PciAddress {
        match &self.by {
            By::Vfio(device) => device.address(),
            By::Uio(device) => device.address(),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) open: Vec<Open>,
    pub(super) reach: Option<Reach>,
    /// How many threads are about to have one.
    pub(super) asking: u32,
    /// Those that were let go of, and that something in this process may hold still.
    pub(super) ending: Vec<Weak<dyn UserDevice>>,
    /// The container of others that the next device shares; or, of a mapper that has no device any more, that in
    /// which it maps for others.
    pub(super) shared: Option<Container>,
    /// Whether it maps memory for others, and has no device.
    pub(super) serves_others: bool,
    /// Whether it had one when it was last looked.
    pub(super) had_some: bool,
}

impl State {
    pub(super) fn find(&mut self, device: PciAddress) -> Option<&mut Open> {
        self.open.iter_mut().find(|it| it.address() == device)
    }

    /// Lets go of those that are not to be kept. Their container stays until [`let_go`](Devices::let_go) knows better.
    pub(super) fn keep(&mut self, is_kept: impl Fn(&Open) -> bool) {
        self.shared = self.container();
        for open in self.open.extract_if(.., |it| !is_kept(it)) {
            self.ending.push(Arc::downgrade(&open.device()));
        }
    }

    pub(super) fn vfio(&self) -> Vec<Arc<VfioDevice>> {
        let vfio = self.open.iter().filter_map(|it| match &it.by {
            By::Vfio(device) => Some(Arc::clone(device)),
            By::Uio(_) => None,
        });
        vfio.collect()
    }

    /// The container in which memory is mapped, if a device stands behind an IOMMU.
    pub(super) fn container(&self) -> Option<Container> {
        let vfio = self.vfio();
        let containers = vfio.iter().map(|device| device.container());
        containers.chain(&self.shared).find(|container| container.kind().protects()).cloned()
    }
}
