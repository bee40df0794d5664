//! The devices that this process has open, of its own and of others.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use phalanx_core::group::Group;

use super::open_error::OpenError;
use super::reaching::Before;
use super::sharing::ACTION;
use super::state::{By, Keeper, Open, State};
use super::{Caution, InterruptKind, Interrupts, MappedBar, Place, UseError, UserDevice};
use crate::kernel_files::KernelFiles;
use crate::message::{Incoming, Messages, NoMessages};
use crate::pci::{PciAddress, PciDevice};
use crate::uio;
use crate::vfio::Opening;

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
        if let Some(open) = self.lock().find(address) {
            open.keeper = Keeper::Itself;
            return Ok(open.device());
        }
        self.while_asking(|| self.open_anew(address, caution))
    }

    fn open_anew(
        &self,
        address: PciAddress,
        caution: &mut dyn FnMut(Caution),
    ) -> Result<Arc<dyn UserDevice>, OpenError> {
        let device = PciDevice::read(&self.kernel, address)?;
        if device.driver.as_deref() == Some("vfio-pci") {
            self.share_container(address)?;
        }
        let mut state = self.lock();
        if let Some(open) = state.find(address) {
            open.keeper = Keeper::Itself;
            return Ok(open.device());
        }
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
            state.keep(|it| it.address() != address);
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
        let device = self.opening.open(address, &beside, state.shared.as_ref(), caution)?;
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

    /// Lets go of a device: with its last holder in any process, the kernel resets it. If this process maps memory for
    /// devices, it goes on as long as others have some.
    pub fn close(&self, address: PciAddress) {
        let mut state = self.lock();
        state.keep(|it| it.address() != address);
        self.let_go(&mut state);
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        let mut state = self.lock();
        state.keep(|_| false);
        self.let_go(&mut state);
    }
}
