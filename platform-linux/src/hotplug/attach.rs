//! Attaching a device, by the process that owns it from then on.

use core::time::Duration;

use phalanx_core::name::Name;
use phalanx_core::port::{Port, PortError, Somebody};

use super::devargs::Devargs;
use super::error::AttachError;
use super::plugs::{NoPci, Plugs};
use super::{AGREE, AskError};
use crate::device::Caution;
use crate::port::{Coming, DeviceError, Listing, NotBegun, Ports, listing_of};
use crate::sys::deadline::Deadline;

/// How long a device is waited for that somebody has open.
const BUSY: Duration = Duration::from_secs(1);

impl Plugs {
    /// Makes a device's port, which this process owns then: there in all processes, or in none. Nothing is
    /// done of it after `until`. What a user should know of the device `tell` is told before others are asked.
    ///
    /// # Errors
    /// [`AttachError`].
    pub(super) fn attach_here(
        &self,
        devargs: &Devargs,
        until: Deadline,
        tell: &mut dyn FnMut(Caution),
    ) -> Result<Port, AttachError> {
        self.may_be_used(devargs)?;
        let messages = self.others_can_be_asked(devargs)?;
        let coming = self.begin(devargs, until)?;
        for caution in coming.cautions() {
            warn(caution);
            tell(*caution);
        }
        let name = coming.port().name();
        self.can_use(coming.port()).map_err(|why| {
            let by = Somebody::of(&self.group, self.group.me());
            AttachError::Refused { name, by, why }
        })?;
        if let Some(messages) = messages {
            self.ask_all(messages, coming.port(), until.sooner(Deadline::after(AGREE)))?;
        }
        if until.has_passed() || self.is_leaving() {
            return Err(AttachError::Late { name });
        }
        coming.admit().map_err(AttachError::Device)
    }

    /// Refuses a device that the group, or this process, was started to leave alone.
    fn may_be_used(&self, devargs: &Devargs) -> Result<(), AttachError> {
        let Devargs::Pci(it) = devargs else { return Ok(()) };
        let device = it.address();
        if self.no_pci == NoPci::Given {
            return Err(AttachError::NoPci { device });
        }
        match listing_of(&self.group, device).map_err(AttachError::Device)? {
            Some(Listing::Blocked) => Err(AttachError::Blocked { device }),
            _ => Ok(()),
        }
    }

    /// Makes the port, which nobody finds yet. One at a time: a device that this process has open it opens no
    /// second time, and who gives up closes it.
    fn begin(&self, devargs: &Devargs, until: Deadline) -> Result<Coming, AttachError> {
        let _one = self.one_at_a_time();
        match Port::lookup(&self.group, &devargs.name()) {
            Ok(port) => {
                return Err(AttachError::Exists { name: port.name(), by: port.facts().owner });
            }
            Err(PortError::Coming { name, by }) => return Err(AttachError::Coming { name, by }),
            Err(_) => {}
        }
        // A device that was detached just now may be open in somebody who is about to let go of it.
        let begun = until.sooner(Deadline::after(BUSY)).poll(|| {
            match Coming::begin(Ports::of(self.group), devargs.device()) {
                Ok(coming) => Ok(Some(coming)),
                Err(NotBegun::Device(DeviceError::Pci { error, .. })) if error.is_busy() => {
                    Ok(None)
                }
                Err(why) => Err(why),
            }
        });
        let begun = match begun {
            Ok(Some(coming)) => Ok(coming),
            Ok(None) => Coming::begin(Ports::of(self.group), devargs.device()),
            Err(why) => Err(why),
        };
        begun.map_err(|why| match why {
            NotBegun::Taken(why) => self.taken(&devargs.name(), why),
            NotBegun::Device(error) => AttachError::Device(error),
        })
    }

    /// Messages to ask the others with; `None` where nobody else is or can be.
    fn others_can_be_asked(
        &self,
        devargs: &Devargs,
    ) -> Result<Option<&crate::message::Messages>, AttachError> {
        let me = self.group.me();
        let is_other = |who| who != me && self.group.is_alive(who);
        match &self.messages {
            Ok(messages) => Ok(Some(messages)),
            Err(_) if !self.group.processes().any(|it| is_other(it.id)) => Ok(None),
            Err(why) => {
                let owner = Somebody::of(&self.group, me);
                let error = AskError::NoMessages(*why);
                Err(AttachError::Owner { name: devargs.name(), owner, error })
            }
        }
    }

    /// What has the name of a port that was to be made.
    fn taken(&self, name: &str, why: PortError) -> AttachError {
        match Port::lookup(&self.group, name) {
            Ok(port) => AttachError::Exists { name: port.name(), by: port.facts().owner },
            Err(PortError::Coming { name, by }) => AttachError::Coming { name, by },
            // No port, or it is gone again.
            Err(_) => {
                let device = Name::cut(name).as_str().to_owned();
                AttachError::Device(DeviceError::Port { device, error: why })
            }
        }
    }
}

/// Writes into the log what a user should know of a device.
pub(super) fn warn(caution: &Caution) {
    #[cfg(feature = "defmt")]
    defmt::warn!("{=str}", caution.to_string().as_str());
    #[cfg(not(feature = "defmt"))]
    let _ = caution;
}
