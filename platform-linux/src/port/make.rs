//! Ports of the command line: a primary makes its own, a secondary finds them, a new primary adopts
//! them; what fails is undone.
//!
//! No switch has to be repeated. One that is must agree with what the group has: a port of that name
//! with those arguments. One that names a port which is not there makes it, and it is this process's.
//!
//! A port is made first and joined with its peer after, and either may die between: so whoever has such
//! a port by this (made, found or adopted, and its own) joins it, if it is not.

use core::fmt;

use phalanx_core::directory::{CreateError, LookupError};
use phalanx_core::group::{Group, Role};
use phalanx_core::memzone::ZoneError;
use phalanx_core::name::Name;
use phalanx_core::port::{DriverKind, Port, PortConfig, PortError, Somebody};

use super::Ports;
use super::descriptors::{self, DescriptorError};
use super::devices::{self, Listing};
use super::kernel::completed;
use super::keys::mac_of;
use super::pcap::{PcapArgs, PcapError, PortFiles, absolute, check_files, files_of};
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
    /// The interface that a port stands for is not to be had.
    Interface {
        /// The device, as it was named.
        device: String,
        /// Why.
        error: DescriptorError,
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
            Self::Interface { device, error } => write!(f, "--vdev {device}: {error}"),
            Self::List(error) => error.fmt(f),
        }
    }
}

/// Arguments, or that there are none.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no arguments");
        }
        // The group's are words that any of its processes may have written.
        let plain = self.0.chars().map(|it| if it.is_control() { '?' } else { it });
        write!(f, "'{}'", plain.collect::<String>())
    }
}

impl core::error::Error for DeviceError {}

/// What became of the ports of a command line, or of those who are gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Furnished {
    /// Ports of a former owner that this process has adopted.
    pub(crate) adopted: usize,
    /// Why ports were not adopted, or not joined, which nobody asked for by name.
    pub(crate) left: Vec<DeviceError>,
    /// Whether the group's lock was not had: then there may be more to adopt.
    pub(crate) is_put_off: bool,
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
        furnished = adopt_orphans(group);
    }
    let mut made = Made::default();
    match make_all(&ports, options, &mut made, &mut furnished) {
        Ok(()) => Ok(furnished),
        Err(error) => {
            for port in made.ports.iter().rev() {
                // Nobody has a queue of it yet.
                let _ = ports.close(port);
            }
            Err(error)
        }
    }
}

/// What this process has made of a command line's ports.
#[derive(Default)]
struct Made {
    ports: Vec<Port>,
    /// The files of those of net_pcap.
    files: Vec<PortFiles>,
}

fn make_all(
    ports: &Ports,
    options: &Options,
    made: &mut Made,
    furnished: &mut Furnished,
) -> Result<(), DeviceError> {
    let mut named = Vec::new();
    for vdev in &options.vdevs {
        named.push(find_or_make(ports, vdev, made, furnished)?);
    }
    // All are there: whoever names a peer finds it, in whatever order they came.
    for port in &named {
        join_with_peer(ports, port)?;
    }
    check_new(ports, &made.files)?;
    for port in &made.ports {
        join_with_who_names(ports, port, furnished);
    }
    Ok(())
}

/// Whether new ports of net_pcap have files that no other port of the group uses. The ports are there: of two
/// processes that name one file at once, one sees the other's.
fn check_new(ports: &Ports, new: &[PortFiles]) -> Result<(), DeviceError> {
    let Some(first) = new.first() else { return Ok(()) };
    let all = ports.all();
    let all = all.map_err(|error| DeviceError::Port { device: first.port.clone(), error })?;
    let others = files_of(all, |name| !new.iter().any(|it| it.port == name.as_str()));
    let checked = check_files(new, &others);
    checked.map_err(|(device, error)| DeviceError::Pcap { device: device.to_owned(), error })
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

/// How often a port is looked for that others make, adopt or close meanwhile.
const LOOKS: u32 = 3;

/// The port of a device: found, adopted if its owner is gone, or made.
fn find_or_make(
    ports: &Ports,
    vdev: &Vdev,
    made: &mut Made,
    furnished: &mut Furnished,
) -> Result<Port, DeviceError> {
    let error = |error| DeviceError::Port { device: vdev.name().to_owned(), error };
    let interface = |error| DeviceError::Interface { device: vdev.name().to_owned(), error };
    let (args, files) = told(vdev)?;
    let mut looks = 1..=LOOKS;
    loop {
        let is_last = looks.next().is_none_or(|look| look == LOOKS);
        let why = match Port::lookup(ports.group(), vdev.name()) {
            Ok(port) => {
                agree(&port, &args)?;
                match adopt(ports, &port, furnished) {
                    Ok(()) => return Ok(port),
                    Err(why) => why,
                }
            }
            Err(PortError::Lookup(LookupError::NotFound { .. }) | PortError::Gone { .. }) => {
                let config =
                    completed(vdev.name(), config(vdev, &args, &files)).map_err(interface)?;
                match Port::create(ports.group(), vdev.name(), &config) {
                    Ok(port) => {
                        made.ports.push(port);
                        if vdev.driver() == DriverKind::Pcap {
                            made.files.push(PortFiles { port: vdev.name().to_owned(), files });
                        }
                        descriptors::created(&port).map_err(interface)?;
                        return Ok(port);
                    }
                    Err(why) => why,
                }
            }
            Err(why) => return Err(error(why)),
        };
        // Somebody else was quicker, with the same switch: then it is there, or gone.
        let is_raced =
            matches!(why, PortError::Create(CreateError::Exists { .. }) | PortError::Gone { .. });
        if is_last || !is_raced {
            return Err(error(why));
        }
    }
}

/// Makes a port this process's, if its owner is gone; nothing, if somebody else was quicker.
fn adopt(ports: &Ports, port: &Port, furnished: &mut Furnished) -> Result<(), PortError> {
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

/// Joins a port of this process's with the one that its arguments name, if it is not.
fn join_with_peer(ports: &Ports, port: &Port) -> Result<(), DeviceError> {
    let args = port.args();
    let Some(peer) = args.value("peer") else { return Ok(()) };
    if port.driver() != DriverKind::Ring || !port.is_mine() {
        return Ok(());
    }
    let (name, peer) = (port.name().as_str().to_owned(), peer.to_owned());
    match Port::lookup(ports.group(), &peer) {
        Ok(other) => join(port, &other),
        Err(PortError::Lookup(_) | PortError::Gone { .. }) => {
            Err(DeviceError::NoPeer { name, peer })
        }
        Err(error) => Err(DeviceError::Port { device: name, error }),
    }
}

/// Joins a port that this process has made with one that was there before and names it.
fn join_with_who_names(ports: &Ports, port: &Port, furnished: &mut Furnished) {
    let Ok(all) = ports.all() else { return };
    let names_it = |other: &Port| {
        other.peer().is_none() && other.args().value("peer") == Some(port.name().as_str())
    };
    if port.driver() == DriverKind::Ring
        && port.peer().is_none()
        && port.args().value("peer").is_none()
        && let Some(other) = all.into_iter().find(names_it)
    {
        furnished.left.extend(join(port, &other).err());
    }
}

fn join(port: &Port, other: &Port) -> Result<(), DeviceError> {
    let device = || port.name().as_str().to_owned();
    port.join(other).map_err(|error| DeviceError::Port { device: device(), error })
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

/// Makes this process the owner of every port whose owner is gone: what a new primary does, and the
/// primary when somebody is gone. One that somebody else adopts or closes meanwhile is left out.
pub(crate) fn adopt_orphans(group: &Group) -> Furnished {
    let (ports, mut furnished) = (Ports::of(*group), Furnished::default());
    let all = match ports.all() {
        Ok(all) => all,
        Err(error) => {
            furnished.put_off("all", error);
            return furnished;
        }
    };
    let mut adopted = Vec::new();
    for port in all {
        let before = furnished.adopted;
        match adopt(&ports, &port, &mut furnished) {
            Err(PortError::Gone { .. }) => {}
            Err(error) => furnished.put_off(port.name().as_str(), error),
            Ok(()) if furnished.adopted > before => adopted.push(port),
            Ok(()) => {}
        }
    }
    for port in &adopted {
        furnished.left.extend(join_with_peer(&ports, port).err());
    }
    furnished
}

impl Furnished {
    fn put_off(&mut self, device: &str, error: PortError) {
        self.is_put_off |= matches!(error, PortError::Lock(_) | PortError::Read(_));
        self.left.push(DeviceError::Port { device: device.to_owned(), error });
    }
}
