//! The port of one device: found, adopted if its owner is gone, or made.

use core::time::Duration;
use std::thread::sleep;

use phalanx_core::directory::{CreateError, LookupError};
use phalanx_core::group::Group;
use phalanx_core::port::{DriverKind, Port, PortConfig, PortError};

use super::Furnished;
use super::device::Device;
use super::error::DeviceError;
use crate::eal::options::{Allowed, Vdev};
use crate::port::kernel::completed;
use crate::port::keys::mac_of;
use crate::port::pcap::{PcapArgs, PcapError, PortFiles, absolute};
use crate::port::pci::{self, Opened};
use crate::port::{Ports, SetUpError, descriptors};
use crate::sys::deadline::Deadline;

/// What this process has made of devices.
#[derive(Default)]
pub(super) struct Made {
    pub(super) ports: Vec<Port>,
    /// The files of those of net_pcap.
    pub(super) files: Vec<PortFiles>,
}

impl Made {
    /// Removes all of it: nobody has a queue of it yet. One that is coming goes also if its device does not stop,
    /// for nobody could remove it later; and without the group's lock, if that is not had.
    pub(super) fn undo(&self, ports: &Ports) {
        for port in self.ports.iter().rev() {
            let lock_is_had = match ports.close(port) {
                Ok(()) => continue,
                Err(SetUpError::Port(PortError::Lock(_))) => false,
                Err(_) => true,
            };
            let is_gone = || lock_is_had && ports.unplug(port).is_ok();
            if port.is_coming() && !is_gone() {
                ports.give_up(port);
            }
        }
    }
}

/// How often a port is looked for that others make, adopt or close meanwhile.
const LOOKS: u32 = 3;

/// How long one is waited for that somebody is attaching, and how often it is looked at.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What makes a port in the core: one that all find, or one that nobody finds yet.
pub(super) type How = fn(&Group, &str, &PortConfig<'_>) -> Result<Port, PortError>;

/// Makes the port of a device, with all that it needs to be there. Inside, why the core made none: perhaps there is
/// one by now.
///
/// # Errors
/// [`DeviceError`], of what is outside of the core. What is in `made` is to be undone.
pub(super) fn create(
    ports: &Ports,
    device: Device<'_>,
    told: (&str, &PcapArgs),
    (made, furnished): (&mut Made, &mut Furnished),
    how: How,
) -> Result<Result<Port, PortError>, DeviceError> {
    match device {
        Device::Virtual(vdev) => make_virtual(ports, vdev, told, made, how),
        Device::Pci(pci) => make_pci(ports, pci, (made, furnished), how),
    }
}

/// The port of a device: found, adopted if its owner is gone, or made.
pub(super) fn find_or_make(
    ports: &Ports,
    device: Device<'_>,
    made: &mut Made,
    furnished: &mut Furnished,
) -> Result<Port, DeviceError> {
    let name = device.name();
    let error = |error| DeviceError::Port { device: name.clone(), error };
    let (args, files) = told(device)?;
    let patience = Deadline::after(PATIENCE);
    let mut looks = 1..=LOOKS;
    loop {
        let is_last = looks.next().is_none_or(|look| look == LOOKS);
        let why = match Port::lookup(ports.group(), &name) {
            Ok(port) => {
                agree(&port, &args)?;
                match adopt(ports, &port, furnished) {
                    Ok(()) => return Ok(port),
                    Err(why) => why,
                }
            }
            Err(PortError::Lookup(LookupError::NotFound { .. }) | PortError::Gone { .. }) => {
                match create(ports, device, (&args, &files), (made, furnished), Port::create)? {
                    Ok(port) => return Ok(port),
                    Err(why) => why,
                }
            }
            // It is there in a moment, or not at all.
            Err(PortError::Coming { .. }) if !patience.has_passed() => {
                sleep(LOOK_EVERY);
                looks = 1..=LOOKS;
                continue;
            }
            Err(why) => return Err(error(why)),
        };
        // Somebody else was quicker, with the same switch: then it is there, or gone.
        let is_raced = matches!(
            why,
            PortError::Create(CreateError::Exists { .. })
                | PortError::Gone { .. }
                | PortError::Coming { .. }
        );
        if is_last || !is_raced {
            return Err(error(why));
        }
    }
}

/// Makes the port of a driver's own device.
fn make_virtual(
    ports: &Ports,
    vdev: &Vdev,
    (args, files): (&str, &PcapArgs),
    made: &mut Made,
    how: How,
) -> Result<Result<Port, PortError>, DeviceError> {
    let interface = |error| DeviceError::Interface { device: vdev.name().to_owned(), error };
    let config = completed(vdev.name(), config(vdev, args, files)).map_err(interface)?;
    let port = match how(ports.group(), vdev.name(), &config) {
        Ok(port) => port,
        Err(why) => return Ok(Err(why)),
    };
    made.ports.push(port);
    if vdev.driver() == DriverKind::Pcap {
        made.files.push(PortFiles { port: vdev.name().to_owned(), files: files.clone() });
    }
    descriptors::created(&port).map_err(interface)?;
    Ok(Ok(port))
}

/// Makes the port of a device of the machine.
fn make_pci(
    ports: &Ports,
    device: &Allowed,
    (made, furnished): (&mut Made, &mut Furnished),
    how: How,
) -> Result<Result<Port, PortError>, DeviceError> {
    let name = device.address().to_string();
    let mut caution = |caution| furnished.cautions.push(caution);
    let opened = match Opened::open(device.address(), &mut caution) {
        Ok(opened) => opened,
        Err(error) => {
            // Who was quicker has it open.
            return match Port::lookup(ports.group(), &name) {
                Ok(port) => Ok(Err(PortError::Gone { name: port.name() })),
                Err(why @ PortError::Coming { .. }) => Ok(Err(why)),
                Err(_) => Err(DeviceError::Pci { device: name, error }),
            };
        }
    };
    let port = match how(ports.group(), &name, &opened.config(device.args())) {
        Ok(port) => port,
        Err(why) => return Ok(Err(why)),
    };
    pci::created(&port, opened);
    made.ports.push(port);
    Ok(Ok(port))
}

/// Makes a port this process's, if its owner is gone; nothing, if somebody else was quicker.
pub(super) fn adopt(
    ports: &Ports,
    port: &Port,
    furnished: &mut Furnished,
) -> Result<(), PortError> {
    if !port.is_orphaned() {
        return Ok(());
    }
    match ports.adopt(port) {
        Ok(()) => furnished.adopted += 1,
        Err(PortError::OwnerLives { .. }) => {}
        Err(why) => return Err(why),
    }
    Ok(())
}

fn pcap_error(vdev: &Vdev, error: PcapError) -> DeviceError {
    DeviceError::Pcap { device: vdev.name().to_owned(), error }
}

/// The arguments of a device, with files named from the root on, and the files of net_pcap.
pub(super) fn told(device: Device<'_>) -> Result<(String, PcapArgs), DeviceError> {
    let vdev = match device {
        Device::Virtual(vdev) => vdev,
        Device::Pci(device) => return Ok((device.args().to_owned(), PcapArgs::default())),
    };
    if vdev.driver() != DriverKind::Pcap {
        return Ok((vdev.args().to_owned(), PcapArgs::default()));
    }
    let told = absolute(vdev.args()).and_then(|args| Ok((PcapArgs::parse(&args)?, args)));
    told.map(|(files, args)| (args, files)).map_err(|error| pcap_error(vdev, error))
}

/// Whether `given` are the arguments of the port that the group has.
fn agree(port: &Port, given: &str) -> Result<(), DeviceError> {
    let args = port.args();
    let sorted = |text: &str| {
        let mut pairs: Vec<String> = text.split(',').map(str::to_owned).collect();
        pairs.sort_unstable();
        pairs
    };
    if sorted(args.as_str()) == sorted(given) {
        return Ok(());
    }
    let (given, found) = (given.to_owned(), args.as_str().to_owned());
    Err(DeviceError::Differs { name: port.name(), given, found, owner: port.facts().owner })
}

/// What a device of the command line is to be.
fn config<'a>(vdev: &Vdev, args: &'a str, files: &PcapArgs) -> PortConfig<'a> {
    let mac = vdev.args().split(',').find_map(|pair| pair.strip_prefix("mac=")).and_then(mac_of);
    let (rx_max, tx_max) = (files.rx_max(), files.tx_max());
    PortConfig { args, mac, rx_max, tx_max, ..PortConfig::new(vdev.driver()) }
}
