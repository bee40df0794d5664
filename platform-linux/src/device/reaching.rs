//! What the devices of this process reach: the group's memory, as it comes and goes.

use phalanx_core::reach::{IovaMode, Reach};

use super::devices::{Devices, State};
use super::gate::MemoryGate;
use super::open_error::OpenError;
use super::{DeviceReach, UserDevice};
use crate::pci::PciAddress;

/// Whether there was a container before a device was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    NoContainer,
    Container,
}

impl Devices {
    /// Decides what bus addresses are, or finds that the device can live with what they are.
    pub(super) fn settle(&self, device: &dyn UserDevice) -> Result<(), OpenError> {
        let wanted = match device.reach() {
            DeviceReach::Mapped => IovaMode::Virtual,
            DeviceReach::Everything => IovaMode::Physical,
        };
        match (self.group.settle_iova_mode(wanted), wanted) {
            (mode @ IovaMode::Virtual, IovaMode::Physical) => {
                Err(OpenError::Mode { device: device.address(), mode })
            }
            _ => Ok(()),
        }
    }

    /// Devices of this process reach all memory that there is.
    pub(super) fn let_reach(
        &self,
        state: &mut State,
        device: PciAddress,
        before: Before,
    ) -> Result<(), OpenError> {
        let reach = match state.reach {
            Some(reach) => reach,
            None => *state.reach.insert(Reach::make(&self.group)?),
        };
        let me = self.group.me();
        let mapper = self.group.mapper();
        if mapper != Some(me) {
            // Its container holds devices of others, which this process's would have to share.
            if let Some(mapper) = mapper.filter(|it| self.group.is_alive(*it)) {
                return Err(OpenError::Mapper { device, mapper });
            }
            if let Err(Some(mapper)) = self.group.become_mapper(mapper) {
                // Somebody was quicker.
                return Err(OpenError::Mapper { device, mapper });
            }
            if before == Before::NoContainer {
                reach.forget()?;
            }
            // Else it is the container of the mapper that is gone, and has what the table says.
        } else if before == Before::NoContainer && state.container().is_some() {
            // The new container is empty.
            reach.forget()?;
        }
        self.follow_in(state)
    }

    /// Follows what has come and gone of the group's memory.
    pub(super) fn follow_in(&self, state: &State) -> Result<(), OpenError> {
        let (Some(reach), Some(mode)) = (state.reach, self.group.iova_mode()) else {
            return Ok(());
        };
        if self.group.mapper() != Some(self.group.me()) || !reach.is_behind() {
            return Ok(());
        }
        let container = state.container();
        let mut gate =
            MemoryGate { window: self.group.window(), mode, container: container.as_ref() };
        reach.follow(&mut gate)?;
        Ok(())
    }

    /// What devices reach: what gives buffers to one asks it for bus addresses.
    ///
    /// # Errors
    /// [`OpenError::Reach`] if nobody has opened a device.
    pub fn reach(&self) -> Result<Reach, OpenError> {
        match self.lock().reach {
            Some(reach) => Ok(reach),
            None => Ok(Reach::find(&self.group)?),
        }
    }

    /// This process maps memory for devices from now on, with the container that it has from the process
    /// that did and is gone: what a new owner does first. Nothing, if somebody living does.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn take_over(&self) -> Result<(), OpenError> {
        let mut state = self.lock();
        if state.open.is_empty() {
            return Ok(());
        }
        if state.reach.is_none() {
            state.reach = Some(Reach::make(&self.group)?);
        }
        let (me, mapper) = (self.group.me(), self.group.mapper());
        if mapper != Some(me) && !mapper.is_some_and(|it| self.group.is_alive(it)) {
            // What the container has is what the table says.
            let _ = self.group.become_mapper(mapper);
        }
        self.follow_in(&state)
    }

    /// Follows what has come and gone of the group's memory, if this process is who does. What the kernel
    /// refuses has no bus address until memory changes again; why stands in the log.
    pub(crate) fn follow(&self) {
        let state = self.lock();
        if let Err(why) = self.follow_in(&state) {
            drop(state);
            warn(&why);
        }
    }
}

/// Writes a warning into the log.
fn warn(why: &OpenError) {
    #[cfg(feature = "defmt")]
    defmt::warn!("{=str}", why.to_string().as_str());
    #[cfg(not(feature = "defmt"))]
    let _ = why;
}
