//! The port of one device that comes later: made whole, and found by nobody before all agree to it.

use phalanx_core::directory::CreateError;
use phalanx_core::port::{Port, PortError};

use super::Furnished;
use super::all::check_new;
use super::device::Device;
use super::error::DeviceError;
use super::join::{join_with_who_names, peer_of};
use super::one::{Made, create, told};
use crate::device::Caution;
use crate::port::Ports;

/// A port of this process's that nobody finds. Dropped before it is admitted, it is none.
pub(crate) struct Coming {
    ports: Ports,
    port: Port,
    made: Made,
    cautions: Vec<Caution>,
}

/// Why no port was begun.
#[derive(Debug)]
pub(crate) enum NotBegun {
    /// Something has the name, or somebody was quicker.
    Taken(PortError),
    /// It cannot be made.
    Device(DeviceError),
}

impl From<DeviceError> for NotBegun {
    fn from(error: DeviceError) -> Self {
        Self::Device(error)
    }
}

/// The arguments of a device with its files named from the root on, for a process that works in another
/// directory.
///
/// # Errors
/// [`DeviceError`], if they are no files, or the directory of this process is gone.
pub(crate) fn absolute_args(device: Device<'_>) -> Result<String, DeviceError> {
    told(device).map(|(args, _)| args)
}

impl Coming {
    /// Makes it, with its device, its sockets and files. The peer that it names is there, and not joined with it
    /// before it is admitted: who uses that one goes on, whatever becomes of this.
    ///
    /// # Errors
    /// [`NotBegun`]; nothing is left of it.
    pub(crate) fn begin(ports: Ports, device: Device<'_>) -> Result<Self, NotBegun> {
        let (args, files) = told(device)?;
        let (mut made, mut furnished) = (Made::default(), Furnished::default());
        let both = (&mut made, &mut furnished);
        match create(&ports, device, (&args, &files), both, Port::begin) {
            Ok(Ok(port)) => {
                let cautions = furnished.cautions;
                let this = Self { ports, port, made, cautions };
                peer_of(&ports, &port)?;
                check_new(ports.group(), &this.made.files)?;
                Ok(this)
            }
            Ok(Err(
                why @ (PortError::Create(CreateError::Exists { .. })
                | PortError::Coming { .. }
                | PortError::Gone { .. }),
            )) => Err(NotBegun::Taken(why)),
            Ok(Err(error)) => Err(DeviceError::Port { device: device.name(), error }.into()),
            Err(error) => {
                made.undo(&ports);
                Err(error.into())
            }
        }
    }

    /// The port.
    pub(crate) fn port(&self) -> &Port {
        &self.port
    }

    /// What a user should know of its device.
    pub(crate) fn cautions(&self) -> &[Caution] {
        &self.cautions
    }

    /// Lets everybody find it, joined with its peer.
    ///
    /// # Errors
    /// [`DeviceError`], for example that somebody has a queue of its peer; nothing is left of it.
    pub(crate) fn admit(mut self) -> Result<Port, DeviceError> {
        let admitted = match peer_of(&self.ports, &self.port)? {
            Some(peer) => self.port.admit_joined(&peer),
            None => self.port.admit(),
        };
        let device = || self.port.name().as_str().to_owned();
        admitted.map_err(|error| DeviceError::Port { device: device(), error })?;
        self.made = Made::default();
        // A port that names it, and was there before, has it as its peer again.
        join_with_who_names(&self.ports, &self.port, &mut Furnished::default());
        Ok(self.port)
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.made.undo(&self.ports);
    }
}
