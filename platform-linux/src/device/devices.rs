//! The devices that this process has open, of its own and of others.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use phalanx_core::group::Group;
use phalanx_core::reach::Reach;

use super::open_error::OpenError;
use super::reaching::Before;
use super::sharing::ACTION;
use super::{Caution, InterruptKind, Interrupts, MappedBar, Place, UseError, UserDevice};
use crate::kernel_files::KernelFiles;
use crate::message::{Incoming, Messages, NoMessages};
use crate::pci::{PciAddress, PciDevice};
use crate::uio::{self, UioDevice};
use crate::vfio::{Container, Opening, VfioDevice};

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

/// The devices of this process, and what they reach.
#[derive(Debug)]
pub struct Devices {
    pub(super) group: Group,
    pub(super) messages: Result<Messages, NoMessages>,
    pub(super) opening: Opening,
    /// How devices are to interrupt, if the command line says so.
    preferred: Option<InterruptKind>,
    kernel: KernelFiles,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) open: Vec<Open>,
    pub(super) reach: Option<Reach>,
}

impl State {
    pub(super) fn find(&mut self, device: PciAddress) -> Option<&mut Open> {
        self.open.iter_mut().find(|it| it.address() == device)
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
        let mut containers = vfio.iter().map(|device| device.container());
        containers.find(|container| container.kind().protects()).cloned()
    }
}

impl Devices {
    /// None yet. With `messages`, others may ask for those that there will be.
    pub(crate) fn new(
        group: Group,
        messages: Result<&Messages, NoMessages>,
        opening: Opening,
        preferred: Option<InterruptKind>,
    ) -> Arc<Self> {
        let this = Arc::new(Self {
            group,
            messages: messages.cloned(),
            opening,
            preferred,
            kernel: KernelFiles::real(),
            state: Mutex::default(),
        });
        if let Ok(messages) = messages {
            // Handlers end before the service does, and may outlive this.
            let weak = Arc::downgrade(&this);
            let handler = move |incoming: &mut Incoming| {
                if let Some(this) = weak.upgrade() {
                    this.serve(incoming);
                }
            };
            // The table has nothing of that name: nobody but this registers it.
            let _ = messages.register(ACTION, handler);
        }
        this
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a device as its owner, by whichever driver hands it over, and lets it reach the group's
    /// memory: what comes later, too, and no more what is given back. It is not a bus master yet
    /// ([`set_bus_master`](super::set_bus_master)). What a user should know first, `caution` is told before
    /// anything is opened. Opened again, it is the same.
    ///
    /// Cost: some files of sysfs, some ten system calls, and behind an IOMMU one for each grain of the
    /// group's memory, whose pages stay locked.
    ///
    /// # Errors
    /// [`OpenError`]; it is as it was then.
    pub fn open(
        &self,
        address: PciAddress,
        caution: &mut dyn FnMut(Caution),
    ) -> Result<Arc<dyn UserDevice>, OpenError> {
        let mut state = self.lock();
        if let Some(open) = state.find(address) {
            open.keeper = Keeper::Itself;
            return Ok(open.device());
        }
        let device = PciDevice::read(&self.kernel, address)?;
        let opened = match device.driver.as_deref() {
            Some("vfio-pci") => self.open_vfio(&state, address, caution)?,
            Some("uio_pci_generic") => {
                let device = uio::open(&self.kernel, Path::new("/dev"), address, caution)?;
                Open::of(By::Uio(Arc::new(device)))
            }
            _ => return Err(OpenError::Driver { device: address, driver: device.driver }),
        };
        let device = opened.device();
        self.settle(&*device)?;
        let before = state.container().map_or(Before::NoContainer, |_| Before::Container);
        state.open.push(opened);
        let reached = self.let_reach(&mut state, address, before);
        if let Err(why) = reached {
            state.open.retain(|it| it.address() != address);
            return Err(why);
        }
        Ok(device)
    }

    fn open_vfio(
        &self,
        state: &State,
        address: PciAddress,
        caution: &mut dyn FnMut(Caution),
    ) -> Result<Open, OpenError> {
        let beside = state.vfio();
        let device = self.opening.open(address, &beside, caution)?;
        Ok(Open::of(By::Vfio(Arc::new(device))))
    }

    /// A BAR of a device that this process has, which must have `least` bytes: mapped once, and where its
    /// owner has it. Answers DV-5. Cost: some system calls the first time.
    ///
    /// # Errors
    /// [`UseError::Bar`].
    pub fn bar(
        &self,
        device: &Arc<dyn UserDevice>,
        bar: u8,
        least: u64,
    ) -> Result<Arc<MappedBar>, UseError> {
        let mut state = self.lock();
        let Some(open) = state.find(device.address()) else {
            return device.map_bar(bar, least, Place::Free).map(Arc::new);
        };
        if let Some((_, mapped)) = open.mapped.iter().find(|(of, _)| *of == bar) {
            return super::mapped_bar::long_enough(mapped, device.address(), bar, least);
        }
        let place = open.places.iter().find(|(of, _)| *of == bar);
        let place = place.and_then(|(_, at)| usize::try_from(*at).ok());
        let mapped = device.map_bar(bar, least, place.map_or(Place::Free, Place::At))?;
        let mapped = Arc::new(mapped);
        open.places.retain(|(of, _)| *of != bar);
        open.places.push((bar, mapped.address() as u64));
        open.mapped.push((bar, Arc::clone(&mapped)));
        Ok(mapped)
    }

    /// Turns `vectors` interrupts of a device on: of the kind that the command line asks for
    /// (`--vfio-intr`), else the best that has as many. This process owns the device. Whoever asks for a
    /// vector's descriptor has it ([`find_vector`](Self::find_vector)) until the interrupts are dropped.
    ///
    /// # Errors
    /// [`UseError`].
    pub fn interrupts(
        &self,
        device: &Arc<dyn UserDevice>,
        vectors: u32,
    ) -> Result<Arc<Interrupts>, UseError> {
        let kinds = [InterruptKind::MsiX, InterruptKind::Msi, InterruptKind::Intx];
        let has_enough = |kind: &InterruptKind| device.vectors(*kind).is_ok_and(|it| it >= vectors);
        let best = kinds.into_iter().find(has_enough).unwrap_or(InterruptKind::MsiX);
        let kind = self.preferred.unwrap_or(best);
        let interrupts = Arc::new(Arc::clone(device).interrupts(kind, vectors)?);
        if let Some(open) = self.lock().find(device.address()) {
            open.interrupts = Arc::downgrade(&interrupts);
        }
        Ok(interrupts)
    }

    /// Lets go of a device: with its last holder in any process, the kernel resets it.
    pub fn close(&self, address: PciAddress) {
        let mut state = self.lock();
        let had_container = state.container().is_some();
        state.open.retain(|it| it.address() != address);
        let is_mapper = self.group.mapper() == Some(self.group.me());
        if let Some(reach) = state.reach.filter(|_| is_mapper)
            && (state.open.is_empty() || had_container && state.container().is_none())
        {
            // What devices reached is free to go. Without the lock the next mapper does it.
            let _ = reach.forget();
            let _ = self.follow_in(&state);
        }
    }
}
