//! Ports that name others: what is joined with what.

use phalanx_core::port::{DriverKind, Port, PortError};

use super::Furnished;
use super::error::DeviceError;
use crate::port::Ports;

/// Joins a port of this process's with the one that its arguments name, if it is not.
pub(super) fn join_with_peer(ports: &Ports, port: &Port) -> Result<(), DeviceError> {
    match peer_of(ports, port)? {
        Some(other) => join(port, &other),
        None => Ok(()),
    }
}

/// The port that the arguments of one of this process's name, which is to be joined with it.
///
/// # Errors
/// [`DeviceError`], if it is not there.
pub(super) fn peer_of(ports: &Ports, port: &Port) -> Result<Option<Port>, DeviceError> {
    let args = port.args();
    let Some(peer) = args.value("peer") else { return Ok(None) };
    if port.driver() != DriverKind::Ring || !port.is_mine() {
        return Ok(None);
    }
    let (name, peer) = (port.name().as_str().to_owned(), peer.to_owned());
    if name == peer {
        let (with, driver) = (port.name(), port.driver());
        let error = PortError::CannotJoin { name: port.name(), with, driver };
        return Err(DeviceError::Port { device: name, error });
    }
    match Port::lookup(ports.group(), &peer) {
        Ok(other) => Ok(Some(other)),
        Err(PortError::Lookup(_) | PortError::Gone { .. }) => {
            Err(DeviceError::NoPeer { name, peer })
        }
        Err(error) => Err(DeviceError::Port { device: name, error }),
    }
}

/// Joins a port that this process has made with one that was there before and names it.
pub(super) fn join_with_who_names(ports: &Ports, port: &Port, furnished: &mut Furnished) {
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
