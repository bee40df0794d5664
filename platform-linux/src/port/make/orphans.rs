//! Ports whose owner is gone.

use phalanx_core::group::Group;
use phalanx_core::port::PortError;

use super::Furnished;
use super::join::join_with_peer;
use super::one::adopt;
use crate::port::Ports;

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
