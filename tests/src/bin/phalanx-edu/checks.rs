//! What one process checks alone.
#![expect(unsafe_code, reason = "memory is freed that a device was given")]

use core::time::Duration;
use std::sync::Arc;
use std::sync::mpsc::channel;

use phalanx_core::device::Dma;
use phalanx_core::heap::AllocRequest;
use phalanx_core::memzone::{Zone, ZoneFlags, ZoneOptions};
use phalanx_core::offset::Offset;
use phalanx_core::reach::IovaMode;
use phalanx_core::sync::Word64;
use phalanx_linux::device::{BarError, DeviceReach, InterruptKind, Place, UseError};
use phalanx_linux::eal::Eal;
use phalanx_linux::interrupt::listen;
use phalanx_linux::pci::PciAddress;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Uid;
use rustix::thread::set_thread_res_uid;

use super::Outcome;
use super::edu::{Edu, IDENTITY, Way};

/// Bytes that a DMA moves.
const BYTES: u64 = 2048;

pub(crate) fn run(name: &str, eal: &Eal, address: PciAddress) -> Outcome {
    match name {
        "open" => open(eal, address),
        "refused" => refused(eal, address),
        "registers" => registers(&edu(eal, address)?),
        "bar" => short_bar(eal, address),
        "intx" => interrupts(&edu(eal, address)?, InterruptKind::Intx),
        "msi" => interrupts(&edu(eal, address)?, InterruptKind::Msi),
        "no-msi" => no_msi(&edu(eal, address)?),
        "dma" => dma(eal, &edu(eal, address)?),
        "outside" => outside(eal, &edu(eal, address)?),
        "growth" => growth(eal, &edu(eal, address)?),
        "reset" => Ok(reset(&edu(eal, address)?)),
        "listen" => callback(eal, &edu(eal, address)?),
        "hold" => hold(eal, address),
        "denied" => denied(eal, address),
        _ => Err(format!("there is no check {name}").into()),
    }
}

/// Opens the device, saying what there is to be said before.
pub(crate) fn edu(eal: &Eal, address: PciAddress) -> Result<Edu, Box<dyn core::error::Error>> {
    let devices = eal.devices().ok_or("no devices")?;
    let device = devices.open(address, &mut |caution| println!("CAUTION {caution}"))?;
    let edu = Edu::of(&devices, device)?;
    edu.begin()?;
    Ok(edu)
}

fn open(eal: &Eal, address: PciAddress) -> Outcome {
    let edu = edu(eal, address)?;
    let mode = eal.group().iova_mode().ok_or("no mode was decided")?;
    Ok(format!("reach {:?}, {mode}", edu.device.reach()))
}

/// The device is refused, and nothing of it is left open or mapped.
fn refused(eal: &Eal, address: PciAddress) -> Outcome {
    let Err(why) = edu(eal, address) else { return Err("it was opened".into()) };
    nothing_is_left()?;
    Ok(why.to_string())
}

/// Whether this process has no device open or mapped.
fn nothing_is_left() -> Result<(), Box<dyn core::error::Error>> {
    let is_device =
        |text: &str| ["vfio", "/dev/uio", "/resource"].iter().any(|it| text.contains(it));
    let open = std::fs::read_dir("/proc/self/fd")?.flatten();
    let open = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let left = open.map(|target| target.to_string_lossy().into_owned()).find(|it| is_device(it));
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    match left.or_else(|| maps.lines().find(|line| is_device(line)).map(str::to_owned)) {
        Some(left) => Err(format!("left: {left}").into()),
        None => Ok(()),
    }
}

fn registers(edu: &Edu) -> Outcome {
    if edu.id() != IDENTITY || !edu.is_live() {
        return Err(format!("id {:#x}", edu.id()).into());
    }
    Ok(format!("id {:#x}, 10! = {}", edu.id(), edu.factorial(10)?))
}

fn short_bar(eal: &Eal, address: PciAddress) -> Outcome {
    let devices = eal.devices().ok_or("no devices")?;
    let device = edu(eal, address)?.device;
    // Neither one that is mapped already, nor one that would be now.
    let asked =
        [devices.bar(&device, 0, 1 << 30), device.map_bar(0, 1 << 30, Place::Free).map(Arc::new)];
    let [one, other] = asked.map(|it| match it {
        Err(error @ UseError::Bar { why: BarError::Short { .. }, .. }) => Ok(error.to_string()),
        other => Err(format!("{other:?}")),
    });
    let why = one?;
    if other? != why {
        return Err("the same BAR was refused otherwise".into());
    }
    Ok(why)
}

/// Three times: the device interrupts, is served, and may interrupt again.
fn interrupts(edu: &Edu, kind: InterruptKind) -> Outcome {
    let interrupts = edu.device.clone().interrupts(kind, 1)?;
    for number in 1..=3 {
        edu.raise(number);
        let event = interrupts.descriptor(0).ok_or("no descriptor")?;
        let wait = Timespec { tv_sec: 20, tv_nsec: 0 };
        if poll(&mut [PollFd::from_borrowed_fd(event, PollFlags::IN)], Some(&wait)) != Ok(1) {
            return Err(format!("interrupt {number} did not come").into());
        }
        let (count, raised) = (interrupts.take(0)?, edu.acknowledge());
        if count == 0 || raised != number {
            return Err(format!("interrupt {number}: count {count}, raised {raised}").into());
        }
        interrupts.rearm()?;
    }
    Ok(format!("3 interrupts by {kind}"))
}

/// The watcher calls whoever listens.
fn callback(eal: &Eal, edu: &Edu) -> Outcome {
    let devices = eal.devices().ok_or("no devices")?;
    let interrupts = devices.interrupts(&edu.device, 1)?;
    let (told, heard) = channel();
    let listening = listen(eal.group(), &interrupts, 0, move |count| {
        // Who listens has gone, if it fails.
        let _ = told.send(count);
    });
    for number in 1..=3 {
        edu.raise(number);
        let count = heard.recv_timeout(Duration::from_secs(20))?;
        if count == 0 || edu.acknowledge() != number {
            return Err(format!("interrupt {number}: count {count}").into());
        }
    }
    drop(listening);
    Ok(format!("3 calls by {}", interrupts.kind()))
}

/// Keeps the device until somebody says that it is enough.
fn hold(eal: &Eal, address: PciAddress) -> Outcome {
    let edu = edu(eal, address)?;
    std::fs::write("/tmp/held", "")?;
    wait_for("nobody says that it is enough", || std::path::Path::new("/tmp/enough").exists())?;
    Ok(format!("id {:#x}", edu.id()))
}

/// As a user that may not open the device, which is refused; it opens for root afterwards.
fn denied(eal: &Eal, address: PciAddress) -> Outcome {
    let (root, nobody) = (Uid::ROOT, Uid::from_raw(65_534));
    let become_user = |user| {
        let became = set_thread_res_uid(user, user, root);
        became.map_err(|errno| format!("no other user: {errno:?}"))
    };
    become_user(nobody)?;
    let refused = edu(eal, address).map(|_| ());
    become_user(root)?;
    let Err(why) = refused else { return Err("it was opened".into()) };
    nothing_is_left()?;
    edu(eal, address).map_err(|error| format!("and root does not get it: {error}"))?;
    Ok(why.to_string())
}

fn no_msi(edu: &Edu) -> Outcome {
    match edu.device.clone().interrupts(InterruptKind::Msi, 1) {
        Err(error @ UseError::Vectors { .. }) => Ok(error.to_string()),
        other => Err(format!("{other:?}").into()),
    }
}

/// A zone of the group that a device can be given in one piece.
pub(crate) fn zone(eal: &Eal, name: &str) -> Result<Zone, Box<dyn core::error::Error>> {
    zone_of(eal, name, 2 * BYTES)
}

/// One of `len` bytes, which is in one piece if it fits in a page.
pub(crate) fn zone_of(
    eal: &Eal,
    name: &str,
    len: u64,
) -> Result<Zone, Box<dyn core::error::Error>> {
    let flags = if len <= 2 << 20 { ZoneFlags::IOVA_CONTIG } else { ZoneFlags::NONE };
    let options = ZoneOptions { flags, ..ZoneOptions::new(len) };
    Ok(Zone::reserve(eal.group(), name, &options)?)
}

pub(crate) fn words(zone: &Zone) -> Result<&'static [Word64], &'static str> {
    zone.slice::<Word64>().ok_or("no words")
}

/// Writes a pattern into the first half of a zone, has the device take it and bring it into the second.
pub(crate) fn round_trip(
    reach: &dyn Dma,
    edu: &Edu,
    zone: &Zone,
    salt: u64,
) -> Result<u64, Box<dyn core::error::Error>> {
    let words = words(zone)?;
    let (from, to) = words.split_at(BYTES as usize / 8);
    let to = to.get(..from.len()).ok_or("the zone is short")?;
    let pattern = |i: usize| (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
    from.iter().enumerate().for_each(|(i, word)| word.set(pattern(i)));
    to.iter().for_each(|word| word.set(0));
    let bus = reach.bus(zone.at(), 2 * BYTES).ok_or("devices do not reach the zone")?;
    edu.dma(Way::Into, bus, BYTES)?;
    edu.dma(Way::OutOf, bus + BYTES, BYTES)?;
    let wrong = to.iter().enumerate();
    let wrong = wrong.filter(|(i, word)| word.get() != pattern(*i)).count();
    if wrong > 0 {
        return Err(format!("{wrong} of {} words did not come back", BYTES / 8).into());
    }
    Ok(bus)
}

fn dma(eal: &Eal, edu: &Edu) -> Outcome {
    let reach = eal.devices().ok_or("no devices")?.reach()?;
    let zone = zone(eal, "edu")?;
    let bus = round_trip(&reach, edu, &zone, 0)?;
    let is_virtual = eal.group().iova_mode() == Some(IovaMode::Virtual);
    if is_virtual != (bus == zone.at().get() + (4 << 30)) {
        return Err(format!("bus address {bus:#x}").into());
    }
    Ok("both ways".to_owned())
}

/// A DMA to an address that nothing is mapped at does not arrive anywhere.
fn outside(eal: &Eal, edu: &Edu) -> Outcome {
    let reach = eal.devices().ok_or("no devices")?.reach()?;
    let lists = eal.group().memseg_lists();
    let list = lists.iter().next().ok_or("no list")?;
    let unbacked = Offset::<u8>::new(list.base().get() + list.range_bytes() - BYTES);
    if reach.bus(unbacked, BYTES).is_some() {
        return Err("memory that is not there has a bus address".into());
    }
    let zone = zone(eal, "edu-outside")?;
    let words = words(&zone)?;
    words.iter().for_each(|word| word.set(0xee));
    let here = reach.bus(zone.at(), BYTES).ok_or("devices do not reach the zone")?;
    // The bus address of what is not backed, as it would be.
    let beyond = here - zone.at().get() + unbacked.get();
    edu.dma(Way::OutOf, beyond, BYTES)?;
    std::thread::sleep(Duration::from_millis(200));
    if words.iter().any(|word| word.get() != 0xee) {
        return Err("it wrote somewhere else".into());
    }
    Ok(format!("DMA to {beyond:#x}"))
}

/// Memory that comes later is reached, and what goes is not.
fn growth(eal: &Eal, edu: &Edu) -> Outcome {
    let reach = eal.devices().ok_or("no devices")?.reach()?;
    let group = eal.group();
    let grain = group.memseg_lists().iter().next().ok_or("no list")?.grain_bytes();
    let block = group.allocate(&AllocRequest::new(6 * grain))?;
    // A grain in the middle, which nothing else shares; more than the group began with.
    let inside = Offset::<u8>::new((block.at.get() + 4 * grain).next_multiple_of(grain));
    wait_for("memory that came is never reached", || reach.bus(inside, BYTES).is_some())?;
    let bus = reach.bus(inside, BYTES).ok_or("no bus address")?;
    edu.dma(Way::OutOf, bus, BYTES)?;
    // SAFETY: the device has done its DMA, and nobody else knows the block.
    unsafe { group.free(block.at) }?;
    wait_for("memory that went is still reached", || reach.bus(inside, BYTES).is_none())?;
    if edu.device.reach() == DeviceReach::Mapped {
        // Without an IOMMU it would hit whoever has the page now.
        edu.dma(Way::OutOf, bus, BYTES)?;
    }
    Ok("memory that came was reached, and what went is not".to_owned())
}

pub(crate) fn wait_for(what: &str, is_so: impl Fn() -> bool) -> Result<(), String> {
    for _ in 0..2000 {
        if is_so() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(what.to_owned())
}

fn reset(edu: &Edu) -> String {
    match edu.device.reset() {
        Ok(()) => "it was reset".to_owned(),
        Err(why) => why.to_string(),
    }
}
