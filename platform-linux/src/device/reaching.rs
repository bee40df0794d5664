//! What the devices of this process reach: the group's memory, as it comes and goes.

use core::time::Duration;

use phalanx_core::reach::{IovaMode, Reach};

use super::devices::Devices;
use super::gate::MemoryGate;
use super::open_error::OpenError;
use super::state::State;
use super::{DeviceReach, UserDevice};
use crate::pci::PciAddress;

/// How often somebody is waited for who maps and has no devices, and the time between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(2);

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

    /// Devices of this process reach all memory that there is: it maps it, or who does already does for them too.
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
        // In one of its own nothing is mapped.
        let is_new = before == Before::NoContainer && state.container().is_some();
        let mut tries = 0..TRIES;
        while let mapper = self.group.mapper()
            && mapper != Some(me)
        {
            let Some(mapper) = mapper.filter(|it| self.group.is_alive(*it)) else {
                // If somebody was quicker, it is asked again who does.
                let _ = self.group.become_mapper(mapper);
                continue;
            };
            let has_devices = self.group.device_holders().any(|it| it == mapper);
            if !has_devices && tries.next().is_some() {
                // It gives back what a dead one had mapped, and is nobody then.
                std::thread::sleep(PAUSE);
                continue;
            }
            let is_elsewhere = OpenError::Mapper { device, mapper };
            return if is_new { Err(is_elsewhere) } else { Ok(()) };
        }
        if is_new {
            reach.forget()?;
        }
        self.follow_in(state)
    }

    /// Follows what has come and gone of the group's memory, if this process is who does.
    pub(super) fn follow_in(&self, state: &State) -> Result<(), OpenError> {
        let (Some(reach), Some(mode)) = (state.reach, self.group.iova_mode()) else {
            return Ok(());
        };
        let has_devices = !state.open.is_empty() || state.serves_others;
        let is_mapper = self.group.mapper() == Some(self.group.me());
        if !has_devices || !is_mapper || !reach.is_behind() {
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
        self.take_over_in(&mut state)?;
        self.follow_in(&state)
    }

    fn take_over_in(&self, state: &mut State) -> Result<(), OpenError> {
        let mapper = self.group.mapper();
        if state.open.is_empty() || mapper.is_some_and(|it| self.group.is_alive(it)) {
            return Ok(());
        }
        if state.reach.is_none() {
            state.reach = Some(Reach::make(&self.group)?);
        }
        // What the container has is what the table says.
        let _ = self.group.become_mapper(mapper);
        Ok(())
    }

    /// Follows what has come and gone of the group's memory, if this process is who does, or who did is gone and this
    /// one has devices. What the kernel refuses has no bus address until memory changes again; why stands in the log.
    pub(crate) fn follow(&self) {
        let mut state = self.lock();
        let done = self.take_over_in(&mut state).and_then(|()| self.follow_in(&state));
        self.let_go(&mut state);
        drop(state);
        if let Err(why) = done {
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
