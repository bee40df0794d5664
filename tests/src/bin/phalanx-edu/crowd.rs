//! Several processes have devices, and who maps memory for them dies or closes its own: the others share what is
//! mapped, go on, and what was kept for devices goes back with the last of them.
#![expect(unsafe_code, reason = "memory is freed that a device was given")]

use std::path::Path;
use std::process::{Child, Command};

use phalanx_core::device::Dma;
use phalanx_core::group::{ProcessFacts, Role};
use phalanx_core::memzone::Zone;
use phalanx_linux::eal::Eal;
use phalanx_linux::pci::PciAddress;

use super::Outcome;
use super::checks::{edu, round_trip, wait_for, zone, zone_of};
use super::edu::Edu;

/// A device of another IOMMU group, which nobody drives.
const NIC: &str = "0000:00:11.0";

/// Zones that all use: a small one, and one whose memory is freed by another than mapped it.
const ZONE: &str = "edu-crowd";
const BIG: &str = "edu-big";
const BIG_BYTES: u64 = 6 << 20;
/// Bytes at a zone's beginning that a device moves.
const MOVED: u64 = 4096;

fn start(eal: &Eal, check: &str, address: PciAddress, lcore: u32) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args([check, &address.to_string(), "--proc-type=secondary"])
        .arg(format!("--lcores={lcore}@0"))
        .arg(format!("--file-prefix={}", eal.options().file_prefix))
        .spawn()
}

fn mark(what: &str) -> std::io::Result<()> {
    std::fs::write(format!("/tmp/{what}"), "")
}

fn await_mark(what: &str) -> Result<(), String> {
    let path = format!("/tmp/{what}");
    wait_for(&format!("there never was {path}"), || Path::new(&path).exists())
}

/// Opens the device, has one secondary have it too and another begin, and dies.
pub(crate) fn crowd(eal: &Eal, address: PciAddress) -> Outcome {
    edu(eal, address)?;
    zone(eal, ZONE)?;
    zone_of(eal, BIG, BIG_BYTES)?;
    start(eal, "borrower", address, 1)?;
    await_mark("borrowed")?;
    start(eal, "opener", address, 2)?;
    await_mark("waiting")?;
    std::process::abort();
}

/// The primary, as long as it lives.
fn primary(eal: &Eal) -> Result<ProcessFacts, &'static str> {
    let found = eal.group().processes().find(|it| it.role == Role::Primary);
    found.ok_or("there is no primary")
}

/// Has the device of the one that dies, and drives it before, and after another has opened one.
pub(crate) fn borrower(eal: &Eal, address: PciAddress) -> Outcome {
    let devices = eal.devices().ok_or("no devices")?;
    let edu = Edu::of(&devices, devices.find(address, primary(eal)?.id)?)?;
    let (reach, small) = (devices.reach()?, Zone::lookup(eal.group(), ZONE)?);
    round_trip(&reach, &edu, &small, 1)?;
    mark("borrowed")?;
    await_mark("opened")?;
    round_trip(&reach, &edu, &small, 2)?;
    let again = Zone::lookup(eal.group(), "edu-again")?;
    wait_for("memory that came is not reached", || reach.bus(again.at(), MOVED).is_some())?;
    round_trip(&reach, &edu, &again, 3)?;
    mark("returned")?;
    Ok("DMA before and after somebody else opened a device".to_owned())
}

/// Opens another device when the first process is dead, and sees what devices reach go back with the last.
pub(crate) fn opener(eal: &Eal, _: PciAddress) -> Outcome {
    let (group, devices) = (eal.group(), eal.devices().ok_or("no devices")?);
    let owner = primary(eal)?.id;
    mark("waiting")?;
    wait_for("the owner does not die", || !group.is_alive(owner))?;
    let nic = PciAddress::parse(NIC)?;
    let device = devices.open(nic, &mut |_| {})?;
    let (reach, small) = (devices.reach()?, Zone::lookup(group, ZONE)?);
    let big = Zone::lookup(group, BIG)?;
    // SAFETY: nobody uses the zone any more, and no device was given it.
    unsafe { big.free() }?;
    zone_of(eal, "edu-again", BIG_BYTES)?;
    mark("opened")?;
    await_mark("returned")?;
    drop(device);
    devices.close(nic);
    wait_for("it is mapped for devices that there are none of", || {
        group.mapper().is_none() && reach.bus(small.at(), 64).is_none()
    })?;
    std::fs::write("/tmp/alone", "nothing is reached any more\n")?;
    Ok("shared what was mapped, and gave it back".to_owned())
}

/// Opens the device, has a secondary have it too, and closes it: that one goes on, with memory that comes later.
pub(crate) fn lend(eal: &Eal, address: PciAddress) -> Outcome {
    let devices = eal.devices().ok_or("no devices")?;
    let own = edu(eal, address)?;
    let small = zone(eal, ZONE)?;
    let mut child = start(eal, "lent", address, 1)?;
    await_mark("lent")?;
    drop(own);
    devices.close(address);
    zone_of(eal, "edu-again", BIG_BYTES)?;
    mark("closed")?;
    if !child.wait()?.success() {
        return Err("the borrower has failed".into());
    }
    let reach = devices.reach()?;
    wait_for("it is mapped for devices that there are none of", || {
        eal.group().mapper().is_none() && reach.bus(small.at(), 64).is_none()
    })?;
    edu(eal, address)?;
    round_trip(&reach, &edu(eal, address)?, &small, 4)?;
    Ok("went on for the other, gave all back, and began anew".to_owned())
}

/// Has the device, and goes on when its owner has closed it.
pub(crate) fn lent(eal: &Eal, address: PciAddress) -> Outcome {
    let devices = eal.devices().ok_or("no devices")?;
    let edu = Edu::of(&devices, devices.find(address, primary(eal)?.id)?)?;
    let (reach, small) = (devices.reach()?, Zone::lookup(eal.group(), ZONE)?);
    mark("lent")?;
    await_mark("closed")?;
    round_trip(&reach, &edu, &small, 1)?;
    let again = Zone::lookup(eal.group(), "edu-again")?;
    wait_for("memory that came is not reached", || reach.bus(again.at(), MOVED).is_some())?;
    round_trip(&reach, &edu, &again, 2)?;
    Ok("DMA after its owner has closed it".to_owned())
}
