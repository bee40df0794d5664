//! A secondary has the device by message, drives it, and goes on when its owner is dead.

use std::io::Read;
use std::process::{Command, Stdio};

use phalanx_core::device::Dma;
use phalanx_core::memzone::Zone;
use phalanx_linux::eal::Eal;
use phalanx_linux::pci::PciAddress;

use super::Outcome;
use super::checks::{edu, round_trip, wait_for, zone, zone_of};
use super::edu::{Edu, IDENTITY};

/// The zone that both use.
const ZONE: &str = "edu-both";

/// Opens the device, starts a secondary that has it too, and waits for what that says.
pub(crate) fn parent(eal: &Eal, address: PciAddress) -> Outcome {
    let edu = edu(eal, address)?;
    zone(eal, ZONE)?;
    let place = edu.place();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["child", &address.to_string(), "--lcores=1@0", "--proc-type=secondary"])
        .arg(format!("--file-prefix={}", eal.options().file_prefix))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = String::new();
    child.stdout.take().ok_or("no output")?.read_to_string(&mut said)?;
    let said = said.trim();
    if !child.wait()?.success() || !said.contains(&format!("at {place:#x}")) {
        return Err(format!("the owner has it at {place:#x}, the secondary said: {said}").into());
    }
    Ok(said.to_owned())
}

/// Starts a secondary that has the device too, and dies: the secondary says in a file how that went.
pub(crate) fn dying(eal: &Eal, address: PciAddress) -> Outcome {
    edu(eal, address)?;
    zone(eal, ZONE)?;
    Command::new(std::env::current_exe()?)
        .args(["heir", &address.to_string(), "--lcores=1@0", "--proc-type=secondary"])
        .arg(format!("--file-prefix={}", eal.options().file_prefix))
        .spawn()?;
    wait_for("the heir has no device", || std::fs::exists("/tmp/heir").unwrap_or(false))?;
    std::process::abort();
}

/// Has the device, and goes on when its owner is dead: becomes who maps memory for it.
pub(crate) fn heir(eal: &Eal, address: PciAddress) -> Outcome {
    let devices = eal.devices().ok_or("no devices")?;
    let mut others = eal.group().processes();
    let owner = others.find(|it| it.id != eal.group().me()).ok_or("nobody else is there")?;
    let edu = Edu::of(&devices, devices.find(address, owner.id)?)?;
    let zone = Zone::lookup(eal.group(), ZONE)?;
    let reach = devices.reach()?;
    round_trip(&reach, &edu, &zone, 1)?;
    std::fs::write("/tmp/heir", "")?;
    wait_for("the owner does not die", || !eal.group().is_alive(owner.id))?;
    round_trip(&reach, &edu, &zone, 2)?;
    devices.take_over()?;
    if eal.group().mapper() != Some(eal.group().me()) {
        return Err("somebody else maps memory".into());
    }
    let later = zone_of(eal, "edu-later", 6 << 20)?;
    wait_for("memory that came is never reached", || reach.bus(later.at(), 6 << 20).is_some())?;
    round_trip(&reach, &edu, &later, 3)?;
    std::fs::write("/tmp/heired", "")?;
    Ok("DMA before and after its owner's death, and with memory that came after it".to_owned())
}

/// Asks the primary for the device and drives it.
pub(crate) fn child(eal: &Eal, address: PciAddress) -> Outcome {
    let devices = eal.devices().ok_or("no devices")?;
    let mut others = eal.group().processes();
    let owner = others.find(|it| it.id != eal.group().me()).ok_or("nobody else is there")?;
    let device = devices.find(address, owner.id)?;
    let edu = Edu::of(&devices, device)?;
    if edu.id() != IDENTITY {
        return Err(format!("id {:#x}", edu.id()).into());
    }
    let zone = Zone::lookup(eal.group(), ZONE)?;
    round_trip(&devices.reach()?, &edu, &zone, 0x55)?;
    Ok(format!("id {:#x}, DMA both ways, its BAR at {:#x}", edu.id(), edu.place()))
}
