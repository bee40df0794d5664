//! Several devices, or one: the ports of all of them, or of none.

use phalanx_core::group::{Group, Role};
use phalanx_core::port::Port;

use super::device::Device;
use super::error::DeviceError;
use super::join::{join_with_peer, join_with_who_names};
use super::one::{Made, find_or_make};
use super::{Furnished, adopt_orphans};
use crate::eal::options::Options;
use crate::port::pcap::{PortFiles, check_files, files_of};
use crate::port::{Ports, devices};

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
    let mut furnished = Furnished::default();
    if arrival == Arrival::Member(Role::Primary) {
        furnished = adopt_orphans(group);
    }
    make(&Ports::of(*group), &Device::all_of(options), &mut furnished)?;
    Ok(furnished)
}

/// The ports of `devices`, in their order: each is found, adopted if its owner is gone, or made, and joined
/// with its peer. What hotplug calls for one.
///
/// # Errors
/// [`DeviceError`]; what this has made is removed again then.
pub(crate) fn make(
    ports: &Ports,
    devices: &[Device<'_>],
    furnished: &mut Furnished,
) -> Result<Vec<Port>, DeviceError> {
    let mut made = Made::default();
    let named = make_all(ports, devices, &mut made, furnished);
    if named.is_err() {
        made.undo(ports);
    }
    named
}

fn make_all(
    ports: &Ports,
    devices: &[Device<'_>],
    made: &mut Made,
    furnished: &mut Furnished,
) -> Result<Vec<Port>, DeviceError> {
    let mut named = Vec::new();
    for device in devices {
        named.push(find_or_make(ports, *device, made, furnished)?);
    }
    // All are there: whoever names a peer finds it, in whatever order they came.
    for port in &named {
        join_with_peer(ports, port)?;
    }
    check_new(ports.group(), &made.files)?;
    for port in &made.ports {
        join_with_who_names(ports, port, furnished);
    }
    Ok(named)
}

/// Whether new ports of net_pcap have files that no other port of the group uses. The ports are there: of two
/// processes that name one file at once, one sees the other's.
pub(super) fn check_new(group: &Group, new: &[PortFiles]) -> Result<(), DeviceError> {
    let Some(first) = new.first() else { return Ok(()) };
    let all = Port::all_and_coming(group);
    let all = all.map_err(|error| DeviceError::Port { device: first.port.clone(), error })?;
    let others = files_of(all, |name| !new.iter().any(|it| it.port == name.as_str()));
    let checked = check_files(new, &others);
    checked.map_err(|(device, error)| DeviceError::Pcap { device: device.to_owned(), error })
}
