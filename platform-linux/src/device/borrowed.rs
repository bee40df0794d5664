//! Devices that other processes own: having them, and handing own ones on.

use std::sync::{Arc, Weak};

use phalanx_core::group::ProcessId;
use rustix::fd::OwnedFd;

use super::UserDevice;
use super::devices::Devices;
use super::open_error::OpenError;
use super::question::{Question, Wanted};
use super::sharing::{Answer, Way, answer, answer_container, answer_vector, ask, ask_for_vector};
use super::state::{By, Keeper, Open};
use crate::message::Incoming;
use crate::pci::PciAddress;
use crate::uio::UioDevice;

/// That a queue of this process uses a device; given back on drop.
#[derive(Debug)]
pub struct DeviceLease {
    of: Weak<Devices>,
    address: PciAddress,
}

impl Drop for DeviceLease {
    fn drop(&mut self) {
        let Some(devices) = self.of.upgrade() else { return };
        let mut state = devices.lock();
        if let Some(open) = state.find(self.address) {
            open.leases = open.leases.saturating_sub(1);
        }
        state.keep(|it| {
            it.address() != self.address || it.keeper == Keeper::Itself || it.leases > 0
        });
        devices.let_go(&mut state);
    }
}

impl Devices {
    /// Has a device that another process owns or has, `whom`, by message: with its descriptors, so that it
    /// stays open when that process dies. Answers DV-6. Cost: a request.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn find(
        &self,
        address: PciAddress,
        whom: ProcessId,
    ) -> Result<Arc<dyn UserDevice>, OpenError> {
        if let Some(open) = self.lock().find(address) {
            open.keeper = Keeper::Itself;
            return Ok(open.device());
        }
        self.while_asking(|| {
            let open = self.ask_for(address, whom)?;
            let mut state = self.lock();
            if let Some(earlier) = state.find(address) {
                earlier.keeper = Keeper::Itself;
                return Ok(earlier.device());
            }
            let device = open.device();
            state.open.push(open);
            Ok(device)
        })
    }

    /// As [`find`](Self::find), for a queue: with the last lease this process lets go of the device, unless it
    /// has it for itself too. The first of `whom` that has it hands it over.
    ///
    /// # Errors
    /// [`OpenError`], of the last that was asked.
    pub(crate) fn lease(
        self: &Arc<Self>,
        address: PciAddress,
        whom: impl IntoIterator<Item = ProcessId>,
    ) -> Result<(Arc<dyn UserDevice>, DeviceLease), OpenError> {
        let whom = &mut whom.into_iter();
        self.while_asking(|| self.lease_of(address, whom))
    }

    fn lease_of(
        self: &Arc<Self>,
        address: PciAddress,
        whom: &mut dyn Iterator<Item = ProcessId>,
    ) -> Result<(Arc<dyn UserDevice>, DeviceLease), OpenError> {
        let mut why = OpenError::Nobody { device: address };
        loop {
            let mut state = self.lock();
            if let Some(open) = state.find(address) {
                open.leases += 1;
                let lease = DeviceLease { of: Arc::downgrade(self), address };
                return Ok((open.device(), lease));
            }
            drop(state);
            let Some(whom) = whom.next() else { return Err(why) };
            match self.ask_for(address, whom) {
                Ok(open) => {
                    let mut state = self.lock();
                    if state.find(address).is_none() {
                        state.open.push(Open { keeper: Keeper::Leases, ..open });
                    }
                }
                Err(error) => why = error,
            }
        }
    }

    fn ask_for(&self, address: PciAddress, whom: ProcessId) -> Result<Open, OpenError> {
        let no_messages = |why| OpenError::NoMessages { device: address, why };
        let messages = self.messages.as_ref().map_err(|why| no_messages(*why))?;
        let (answer, descriptors) = ask(messages, whom, address)?;
        let unfit = || OpenError::NotHad {
            device: address,
            whom,
            why: "it sent descriptors that do not fit".to_owned(),
        };
        let by = match answer.way {
            Way::Vfio(kind, number) => {
                let descriptors = descriptors.try_into().map_err(|_| unfit())?;
                let device = self.opening.adopt(address, kind, number, descriptors)?;
                By::Vfio(Arc::new(device))
            }
            Way::Uio(lens) => {
                let device = UioDevice::adopt(address, &lens, descriptors).ok_or_else(unfit)?;
                By::Uio(Arc::new(device))
            }
        };
        Ok(Open { places: answer.mapped, ..Open::of(by) })
    }

    /// Has the descriptor of a vector of a device that another process owns, `whom`: it is readable when the
    /// vector has fired, so that whoever serves a queue can sleep until it has something. An eventfd; who
    /// reads it takes the count. Cost: a request.
    ///
    /// # Errors
    /// [`OpenError`].
    #[doc(alias = "rte_eth_dev_rx_intr_ctl_q")]
    pub fn find_vector(
        &self,
        device: PciAddress,
        whom: ProcessId,
        vector: u16,
    ) -> Result<OwnedFd, OpenError> {
        let no_messages = |why| OpenError::NoMessages { device, why };
        let messages = self.messages.as_ref().map_err(|why| no_messages(*why))?;
        ask_for_vector(messages, whom, device, vector)
    }

    pub(super) fn serve(&self, incoming: &mut Incoming) {
        let question = Question::from_bytes(incoming.payload());
        let device = question.map(|question| question.device);
        let mut state = self.lock();
        let open = device.and_then(|device| state.find(device).cloned());
        let container = state.container();
        drop(state);
        match question.map(|question| question.what) {
            Some(Wanted::Container) => return answer_container(incoming, container.as_ref()),
            Some(Wanted::Vector(vector)) => {
                let interrupts = open.and_then(|open| open.interrupts.upgrade());
                let found = interrupts.as_ref().and_then(|it| it.descriptor(vector.into()));
                return answer_vector(incoming, found);
            }
            _ => {}
        }
        let found = open.as_ref().map(|open| {
            let (way, descriptors) = match &open.by {
                By::Vfio(device) => {
                    let kind = device.container().kind();
                    (Way::Vfio(kind, device.group_number()), device.descriptors().to_vec())
                }
                By::Uio(device) => {
                    let (lens, descriptors) = device.descriptors();
                    (Way::Uio(lens), descriptors)
                }
            };
            (Answer { way, mapped: open.places.clone() }, descriptors)
        });
        answer(incoming, found);
    }
}
