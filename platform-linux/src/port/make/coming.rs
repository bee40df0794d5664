//! The port of one device that comes later: made whole, and found by nobody before all agree to it.

use phalanx_core::directory::CreateError;
use phalanx_core::port::{Port, PortError};

use super::Furnished;
use super::all::check_new;
use super::error::DeviceError;
use super::join::{join_with_peer, join_with_who_names};
use super::one::{Made, create, told};
use crate::eal::options::Vdev;
use crate::hotplug::Devargs;
use crate::port::Ports;

/// A port of this process's that nobody finds. Dropped before it is admitted, it is none.
pub(crate) struct Coming {
    ports: Ports,
    port: Port,
    made: Made,
}

/// Why no port was begun.
#[derive(Debug)]
pub(crate) enum NotBegun {
    /// Something has the name.
    Taken(PortError),
    /// It cannot be made.
    Device(DeviceError),
}

impl From<DeviceError> for NotBegun {
    fn from(error: DeviceError) -> Self {
        Self::Device(error)
    }
}

/// The same device with its files named from the root on, for a process that works in another directory.
///
/// # Errors
/// [`DeviceError`], if they are no files, or the directory of this process is gone.
pub(crate) fn absolute_args(devargs: &Devargs) -> Result<Devargs, DeviceError> {
    let Devargs::Virtual(vdev) = devargs else { return Ok(devargs.clone()) };
    let (args, _) = told(vdev)?;
    let text =
        if args.is_empty() { vdev.name().to_owned() } else { format!("{},{args}", vdev.name()) };
    // What is longer than a driver's arguments may be, is told by who is to make it.
    Ok(Devargs::parse(&text).unwrap_or_else(|_| devargs.clone()))
}

impl Coming {
    /// Makes it, with its sockets and files, and joins it with its peer.
    ///
    /// # Errors
    /// [`NotBegun`]; nothing is left of it.
    pub(crate) fn begin(ports: Ports, vdev: &Vdev) -> Result<Self, NotBegun> {
        let (args, files) = told(vdev)?;
        let mut made = Made::default();
        match create(&ports, vdev, (&args, &files), &mut made, Port::begin) {
            Ok(Ok(port)) => {
                let this = Self { ports, port, made };
                join_with_peer(&ports, &port)?;
                check_new(ports.group(), &this.made.files)?;
                Ok(this)
            }
            Ok(Err(why @ PortError::Create(CreateError::Exists { .. }))) => {
                Err(NotBegun::Taken(why))
            }
            Ok(Err(error)) => {
                Err(DeviceError::Port { device: vdev.name().to_owned(), error }.into())
            }
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

    /// Lets everybody find it.
    ///
    /// # Errors
    /// [`PortError`]; nothing is left of it.
    pub(crate) fn admit(mut self) -> Result<Port, PortError> {
        self.port.admit()?;
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
