//! Who uses what devices reach: what is mapped for them is shared by all, and given back when nobody is left.
//!
//! Each process says in the group how many devices it has, before it has them. Who maps memory for devices and closes
//! its last goes on for the others; nobody is left with what a device may still write, or without what it needs. When
//! nobody has any, what was kept for devices goes back, also if who mapped it has died: then whoever notices does it.

use phalanx_core::reach::Reach;
use phalanx_core::sync::full_fence;

use super::devices::Devices;
use super::open_error::OpenError;
use super::sharing::ask_for_container;
use super::state::State;
use crate::change::announce;
use crate::pci::PciAddress;

impl Devices {
    /// Does what has this process have a device. All others know of it before.
    pub(super) fn while_asking<T>(
        &self,
        have: impl FnOnce() -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let mut state = self.lock();
        state.asking += 1;
        self.say(&state);
        drop(state);
        let had = have();
        let mut state = self.lock();
        state.asking -= 1;
        self.let_go(&mut state);
        had
    }

    /// Has the container in which memory is mapped for the devices of others, if there is one: what this process
    /// opens shares it.
    ///
    /// # Errors
    /// [`OpenError::Sharing`], if who has it does not hand it over; [`OpenError::NoMessages`].
    pub(super) fn share_container(&self, device: PciAddress) -> Result<(), OpenError> {
        if self.lock().container().is_some() {
            return Ok(());
        }
        for whom in self.group.device_holders() {
            let no_messages = |why| OpenError::NoMessages { device, why };
            let messages = self.messages.as_ref().map_err(|why| no_messages(*why))?;
            let why = |why: OpenError| OpenError::Sharing { device, whom, why: why.to_string() };
            let container = ask_for_container(messages, whom, device).map_err(why)?;
            if let Some((kind, container)) = container {
                self.lock().shared = Some(self.opening.share(kind, container));
                break;
            }
        }
        Ok(())
    }

    fn say(&self, state: &State) {
        let count = state.open.len() + state.ending.len() + state.asking as usize;
        let count = count + usize::from(state.serves_others);
        self.group.say_devices(u32::try_from(count).unwrap_or(u32::MAX));
        // Said before it is looked what others have said.
        full_fence();
    }

    /// Where this process has no device any more: if it maps memory for others, it goes on; if nobody has any, what
    /// devices reached is free to go. Called again whenever somebody may have come or gone.
    pub(super) fn let_go(&self, state: &mut State) {
        state.ending.retain(|device| device.strong_count() > 0);
        let has_some = !state.open.is_empty() || !state.ending.is_empty() || state.asking > 0;
        let mapper = self.group.mapper();
        let is_mine = mapper == Some(self.group.me());
        let have_others = || self.group.device_holders().next().is_some();
        let had_some = core::mem::replace(&mut state.had_some, has_some);
        state.serves_others = !has_some && is_mine && have_others();
        self.say(state);
        if has_some || state.serves_others {
            return;
        }
        state.shared = None;
        let Some(mapper) = mapper else { return };
        if !is_mine && self.group.is_alive(mapper) {
            if had_some {
                // Who maps may have done it for this one only.
                announce(self.group.region());
            }
        } else if !have_others() && (is_mine || self.group.become_mapper(Some(mapper)).is_ok()) {
            self.forget(state);
        }
    }

    /// Devices reach nothing any more, for there are none.
    fn forget(&self, state: &State) {
        // Who is about to have one has said so before it looked who maps, and waits for the end of this.
        full_fence();
        let is_used = self.group.device_holders().next().is_some();
        if let Some(reach) = state.reach.or_else(|| Reach::find(&self.group).ok())
            && !is_used
        {
            // Without the lock who maps next does it.
            let _ = reach.forget();
        }
        self.group.resign_as_mapper();
    }
}
