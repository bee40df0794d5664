//! Having the device of a port whose owner is gone, and going on with it.
//!
//! Where a claimant lives, the device is open in it, and is had of it: so it runs all the while. Where nobody
//! lives who has it, the kernel has closed and reset it, or is about to.

use std::sync::Arc;

use phalanx_core::group::{Group, ProcessId};
use phalanx_core::port::{Direction, Port, PortPhase};

use super::control::Control;
use super::error::PciPortError;
use super::hold::{Hold, Owned};
use super::owned::address_of;
use crate::device::{self, DeviceLease, Devices, OpenError, is_there};

/// Has the device of a port, if this process does not have it, and has it be as the port says, as far as that
/// can be done now.
pub(super) fn go_on(it: &mut Owned) -> Result<(), PciPortError> {
    let port = it.port;
    if it.hold.is_none() {
        let hold = it.hold.insert(have(&port)?);
        if port.phase().has_queues() {
            it.is_due = !hold.is_set_up(&port);
            if !it.is_due {
                hold.ask_for_interrupts(&port)?;
                hold.make_up_for_interrupts(&port);
                run(&port, hold)?;
            }
        }
    }
    if it.is_due {
        let hold = it.hold()?;
        hold.set_up(&port)?;
        run(&port, hold)?;
        it.is_due = false;
    }
    Ok(())
}

/// Lets the device of a port that runs run: its former owner may have died in the middle of that.
fn run(port: &Port, hold: &Hold) -> Result<(), PciPortError> {
    if port.phase() == PortPhase::Started { hold.control()?.start(port) } else { Ok(()) }
}

fn have(port: &Port) -> Result<Hold, PciPortError> {
    let address = address_of(port)?;
    let devices = device::devices().ok_or(OpenError::NoGroup { device: address })?;
    // All that is open anywhere comes first: what this process opens itself then shares their container.
    let leases = lease_all(&devices, port.group());
    devices.take_over()?;
    // One that is leased is had by this, too. Whoever began with it has heard what there is to be said.
    let device = devices.open(address, &mut |_| {})?;
    drop(leases);
    let opened =
        if is_there(&*device) { Control::open(&devices, &device) } else { Err(gone(port)) };
    match opened {
        Ok(control) => Ok(Hold::of(&devices, port, device, control)),
        Err(why) if is_there(&*device) => Err(why),
        Err(_) => {
            // The kernel waits for who has it open.
            drop(device);
            devices.close(address);
            Err(gone(port))
        }
    }
}

fn gone(port: &Port) -> PciPortError {
    PciPortError::Gone { port: port.name() }
}

/// The devices of all ports that claimants have who live.
fn lease_all(devices: &Arc<Devices>, group: &Group) -> Vec<DeviceLease> {
    let Ok(ports) = Port::all(group) else { return Vec::new() };
    let ports = ports.filter(|port| port.driver().is_pci());
    let leased = ports.filter_map(|port| {
        let lease = devices.lease(address_of(&port).ok()?, claimants(&port));
        lease.ok().map(|(_, lease)| lease)
    });
    leased.collect()
}

/// Others who have a queue of `port`, and live: each once.
pub(super) fn claimants(port: &Port) -> Vec<ProcessId> {
    let mut all = Vec::new();
    for direction in [Direction::Rx, Direction::Tx] {
        for (_, who) in port.claims(direction) {
            let is_other = who != port.group().me() && port.group().is_alive(who);
            if is_other && !all.contains(&who) {
                all.push(who);
            }
        }
    }
    all
}
