//! Ports of the command line: a primary makes its own, a secondary finds them, a new primary adopts
//! them; what fails is undone.
//!
//! No switch has to be repeated. One that is must agree with what the group has: a port of that name
//! with those arguments. One that names a port which is not there makes it, and it is this process's.

use core::fmt;

use phalanx_core::group::{Group, Role};
use phalanx_core::memzone::ZoneError;
use phalanx_core::name::Name;
use phalanx_core::port::{DriverKind, MacAddress, Port, PortConfig, PortError, Somebody};

use super::Ports;
use super::devices::{self, Listing};
use super::pcap::{PcapArgs, PcapError, absolute, create_files};
use crate::eal::options::{Options, PciAddress, Vdev};

/// Why the ports of a command line were not made. None of them was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// A port was not made, found or joined.
    Port {
        /// The device, as it was named.
        device: String,
        /// Why.
        error: PortError,
    },
    /// The files of a net_pcap port are none.
    Pcap {
        /// The device, as it was named.
        device: String,
        /// Why.
        error: PcapError,
    },
    /// The group has a port of that name, and with other arguments.
    Differs {
        /// The port.
        name: Name,
        /// The arguments on this process's command line.
        given: String,
        /// Those that it has.
        found: String,
        /// Who owns it.
        owner: Somebody,
    },
    /// The port that another is to be joined with is not there.
    NoPeer {
        /// The port that names it.
        name: String,
        /// The port that it names.
        peer: String,
    },
    /// This process does with a device of the machine what the group does not.
    Listing {
        /// The device.
        device: PciAddress,
        /// What this process's command line says.
        listing: Listing,
        /// What the group's says; `None` if it does not name the device.
        group_says: Option<Listing>,
    },
    /// The devices of the machine could not be written down.
    List(ZoneError),
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { device, error } => write!(f, "--vdev {device}: {error}"),
            Self::Pcap { device, error } => write!(f, "--vdev {device}: {error}"),
            Self::Differs { name, given, found, owner } => write!(
                f,
                "--vdev {name} was given with {} and the group's port of that name, owned by {owner}, has {}; leave \
                 the option out, for ports are learned from the group, or give the same",
                Shown(given),
                Shown(found)
            ),
            Self::NoPeer { name, peer } => write!(
                f,
                "--vdev {name} was to be joined with {peer} and there is no such port; give --vdev {peer} too"
            ),
            Self::Listing { device, listing, group_says } => {
                let (option, other) = match listing {
                    Listing::Allowed => ("-a", "leaves it alone (-b)"),
                    Listing::Blocked => ("-b", "uses it (-a)"),
                };
                let group = match group_says {
                    Some(_) => other,
                    None => "was started without it",
                };
                write!(
                    f,
                    "{option} {device} was given and the group {group}; leave the option out, for devices are learned \
                     from the group"
                )
            }
            Self::List(error) => error.fmt(f),
        }
    }
}

/// Arguments, or that there are none.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("no arguments") } else { write!(f, "'{}'", self.0) }
    }
}

impl core::error::Error for DeviceError {}

/// What became of the ports of a command line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Furnished {
    /// Ports of a former owner that this process has adopted.
    pub(crate) adopted: usize,
}

/// How a process has come into its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It has made it.
    Creator,
    /// It has found it, and has this role.
    Member(Role),
}

/// Makes, finds and adopts what `options` name, as befits how this process has come into the group.
pub(crate) fn furnish(
    group: &Group,
    options: &Options,
    arrival: Arrival,
) -> Result<Furnished, DeviceError> {
    match arrival {
        Arrival::Creator => devices::keep(group, options)?,
        Arrival::Member(_) => devices::check(group, options)?,
    }
    let ports = Ports::of(*group);
    let mut furnished = Furnished::default();
    if arrival == Arrival::Member(Role::Primary) {
        furnished.adopted = adopt_orphans(group);
    }
    let mut made = Vec::new();
    match make_all(&ports, options, &mut made, &mut furnished) {
        Ok(()) => Ok(furnished),
        Err(error) => {
            for port in made.iter().rev() {
                // Nobody has a queue of it yet.
                let _ = ports.close(port);
            }
            Err(error)
        }
    }
}

fn make_all(
    ports: &Ports,
    options: &Options,
    made: &mut Vec<Port>,
    furnished: &mut Furnished,
) -> Result<(), DeviceError> {
    for vdev in &options.vdevs {
        let error = |error| DeviceError::Port { device: vdev.name().to_owned(), error };
        let (args, files) = told(vdev)?;
        match Port::lookup(ports.group(), vdev.name()) {
            Ok(port) => {
                agree(&port, &args)?;
                if port.is_orphaned() {
                    ports.adopt(&port).map_err(error)?;
                    furnished.adopted += 1;
                }
            }
            Err(PortError::Lookup(phalanx_core::directory::LookupError::NotFound { .. }))
            | Err(PortError::Gone { .. }) => {
                let config = config(vdev, &args, &files);
                made.push(Port::create(ports.group(), vdev.name(), &config).map_err(error)?);
                create_files(&files).map_err(|error| pcap_error(vdev, error))?;
            }
            Err(why) => return Err(error(why)),
        }
    }
    // All are there: whoever names a peer finds it, in whatever order they came.
    for port in made.iter() {
        if port.driver() == DriverKind::Ring
            && let Some(peer) = port.args().value("peer")
        {
            let (name, peer) = (port.name().as_str().to_owned(), peer.to_owned());
            let error = |error| DeviceError::Port { device: name.clone(), error };
            let other = match Port::lookup(ports.group(), &peer) {
                Ok(other) => other,
                Err(PortError::Lookup(_) | PortError::Gone { .. }) => {
                    return Err(DeviceError::NoPeer { name, peer });
                }
                Err(why) => return Err(error(why)),
            };
            port.join(&other).map_err(error)?;
        }
    }
    Ok(())
}

fn pcap_error(vdev: &Vdev, error: PcapError) -> DeviceError {
    DeviceError::Pcap { device: vdev.name().to_owned(), error }
}

/// The arguments of a device, with files named from the root on, and the files of net_pcap.
fn told(vdev: &Vdev) -> Result<(String, PcapArgs), DeviceError> {
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
    let mac = vdev.args().split(',').find_map(|pair| pair.strip_prefix("mac=")).and_then(mac);
    let (rx_max, tx_max) = (files.rx_max(), files.tx_max());
    PortConfig { args, mac, rx_max, tx_max, ..PortConfig::new(vdev.driver()) }
}

/// The address in a text as `02:00:5e:00:00:01`.
fn mac(text: &str) -> Option<MacAddress> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then_some(MacAddress(bytes))
}

/// Makes this process the owner of every port whose owner is gone: what a new primary does. Returns how
/// many these were; one that cannot be adopted now stays as it is.
pub(crate) fn adopt_orphans(group: &Group) -> usize {
    let ports = Ports::of(*group);
    let Ok(all) = ports.all() else { return 0 };
    all.filter(|port| port.is_orphaned() && ports.adopt(port).is_ok()).count()
}
