//! The ports of this process on PCI devices, and what it does with their devices. A process joins one group,
//! once, so there is one list of them.
//!
//! Whoever holds the list's lock may take the group's; nobody does it the other way round. What listens to a
//! device is never dropped under it, for that waits for a callback which may want it.

use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use phalanx_core::name::Name;
use phalanx_core::port::{Link, LinkState, MacAddress, Port, PortError, PortPhase, PortSetup};

use super::ears::Heard;
use super::error::PciPortError;
use super::heir::go_on;
use super::hold::{Bus, Hold, Look, Owned};
use super::left;
use super::opened::Opened;
use crate::change::announce;
use crate::device::{self, follow_memory};
use crate::kernel_files::KernelFiles;
use crate::pci::{PciAddress, PciDevice, PciReadError};
use crate::port::SetUpError;
use crate::sys::deadline::Deadline;

/// How often a device is looked at; and how often while something is awaited.
const EVERY: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_millis(100);

/// How often a device is asked for that its former holder may be about to close, and the time between.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(25);

/// How long memory is waited for that devices do not reach yet, and the time between two looks.
const PATIENCE: Duration = Duration::from_secs(1);
const SHORT: Duration = Duration::from_millis(5);

/// The driver's word of a port by which its device is set up; of both drivers.
pub(super) const SET_UP_WORD: usize = 0;

static OWNED: Mutex<Vec<Owned>> = Mutex::new(Vec::new());

fn lock() -> MutexGuard<'static, Vec<Owned>> {
    OWNED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// That this process may own ports on PCI devices; on drop it lets go of their devices, which run on in who
/// has a queue.
#[derive(Debug)]
pub(crate) struct Keeping(());

impl Keeping {
    pub(crate) fn begin() -> Self {
        Self(())
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        let all = core::mem::take(&mut *lock());
        drop(all);
        left::forget();
    }
}

fn find(owned: &mut [Owned], name: Name) -> Option<&mut Owned> {
    owned.iter_mut().find(|it| it.name() == name && it.is_ours())
}

/// Does `what` with a port that is this process's, and its device, which this process may not have yet: who had it may be
/// ending still. The list is nobody's while that is waited for.
fn with_hold<T, E: From<PciPortError>>(
    port: &Port,
    what: impl FnOnce(&mut Owned) -> Result<T, E>,
) -> Result<T, E> {
    let mut tries = 1..=TRIES;
    loop {
        let mut owned = lock();
        let not_had = PciPortError::NotHad { port: port.name() };
        let it = find(&mut owned, port.name()).ok_or(not_had)?;
        let why = match it.hold {
            Some(_) => None,
            None => go_on(it).err().filter(|_| it.hold.is_none()),
        };
        match why {
            None => return what(it),
            Some(why) if why.is_of_none() || tries.next().is_none() => return Err(why.into()),
            Some(_) => {}
        }
        drop(owned);
        std::thread::sleep(PAUSE);
    }
}

/// A port was made of a device that was opened for it.
pub(crate) fn created(port: &Port, mut opened: Opened) {
    let (Some((device, control)), Some(devices)) = (opened.take(), device::devices()) else {
        return;
    };
    let hold = Hold::of(&devices, port, device, control);
    add(Owned { port: *port, hold: Some(hold), is_due: false });
}

fn add(it: Owned) {
    let port = it.port;
    let mut owned = lock();
    let (old, kept) = owned.drain(..).partition(|other| other.name() == port.name());
    let _: &Vec<Owned> = &old;
    *owned = kept;
    owned.push(it);
    drop(owned);
    drop(old);
    // The watcher looks after it from now on.
    announce(port.group().region());
}

/// Gives a port its queues, and its device.
///
/// # Errors
/// [`SetUpError`]. If the device did not take them the port has its queues all the same, which nobody can
/// open: it is tried again until they are had, and may be configured again.
pub(crate) fn configure(port: &Port, setup: &PortSetup) -> Result<(), SetUpError> {
    if !port.is_mine() {
        return Ok(port.configure(setup)?);
    }
    with_hold(port, |it| configure_port(it, setup))?;
    let until = Deadline::after(PATIENCE);
    loop {
        match with_hold(port, set_up) {
            // Memory that came for the queues may not be mapped for devices yet.
            Err(why) if why.is_of_reach() && !until.has_passed() => {
                follow_memory();
                std::thread::sleep(SHORT);
            }
            done => return Ok(done?),
        }
    }
}

/// Gives the port itself its queues; the device is to be set up then.
fn configure_port(it: &mut Owned, setup: &PortSetup) -> Result<(), SetUpError> {
    let port = it.port;
    it.hold()?.control()?.check(&port, setup)?;
    let word = port.driver_word(SET_UP_WORD);
    // From here on nobody opens a queue.
    port.set_driver_word(SET_UP_WORD, 0)?;
    if let Err(why) = port.configure(setup) {
        port.set_driver_word(SET_UP_WORD, word)?;
        return Err(why.into());
    }
    it.is_due = true;
    Ok(())
}

/// Sets the device up, unless that was done meanwhile.
fn set_up(it: &mut Owned) -> Result<(), PciPortError> {
    if it.is_due {
        go_on(it)?;
    }
    look(it);
    Ok(())
}

/// Lets the device of a port run that has its queues.
///
/// # Errors
/// [`PciPortError`].
pub(crate) fn start(port: &Port) -> Result<(), PciPortError> {
    // All else the port refuses itself.
    if port.is_mine() && port.phase().has_queues() {
        with_hold(port, |it| {
            it.hold()?.control()?.start(port)?;
            look(it);
            Ok::<(), PciPortError>(())
        })?;
    }
    Ok(())
}

/// Has the device of a port that was stopped receive no more.
pub(crate) fn stop(port: &Port) {
    let mut owned = lock();
    let hold = find(&mut owned, port.name()).and_then(|it| it.hold.as_ref());
    if let Some(Ok(control)) = hold.map(Hold::control) {
        control.stop();
    }
}

/// Gives the device another MAC address.
///
/// # Errors
/// [`PciPortError`].
pub(crate) fn set_mac(port: &Port, mac: MacAddress) -> Result<(), PciPortError> {
    with_hold(port, |it| it.hold()?.control()?.set_mac(mac))
}

/// Stops the device of a port and removes the port.
///
/// # Errors
/// [`SetUpError`], for example that somebody has a queue.
pub(crate) fn close(port: &Port) -> Result<(), SetUpError> {
    if !port.is_current() || !port.is_mine() {
        return Ok(port.close()?);
    }
    with_hold(port, close_port)?;
    let mut owned = lock();
    let is_closed = |it: &mut Owned| it.name() == port.name() && !it.is_ours();
    let old: Vec<Owned> = owned.extract_if(.., is_closed).collect();
    drop(owned);
    drop(old);
    if let (Some(devices), Ok(address)) = (device::devices(), address_of(port)) {
        devices.close(address);
    }
    Ok(())
}

/// Stops the device for good, and removes the port itself.
fn close_port(it: &mut Owned) -> Result<(), SetUpError> {
    let port = &it.port;
    let word = port.driver_word(SET_UP_WORD);
    // From here on nobody opens a queue.
    port.set_driver_word(SET_UP_WORD, 0)?;
    if let Err(why) = it.hold()?.shut_down(port) {
        port.set_driver_word(SET_UP_WORD, word)?;
        return Err(why.into());
    }
    if let Err(why) = port.close() {
        // Somebody has claimed a queue in the meantime.
        it.is_due = port.phase().has_queues();
        return Err(why.into());
    }
    Ok(())
}

/// Removes the port of a device that is gone, or that is taken away whoever has queues of it. What lay with the
/// device goes back queue by queue, as they are let go.
///
/// # Errors
/// [`PortError`].
pub(crate) fn unplug(port: &Port) -> Result<(), PortError> {
    port.unplug()?;
    let_go(port);
    Ok(())
}

/// Lets go of the device of a port that is gone, which does no DMA from then on.
pub(crate) fn let_go(port: &Port) {
    let mut owned = lock();
    let old: Vec<Owned> = owned.extract_if(.., |it| it.name() == port.name()).collect();
    // One that was adopted and never had does no DMA if it is not there.
    let is_kept_off = old.first().is_some_and(|it| match &it.hold {
        Some(hold) => hold.give_up(),
        None => is_absent(port),
    });
    // Under the lock: nobody here sets the device of a new port of that name up meanwhile.
    if is_kept_off {
        left::empty(port);
    }
    drop(owned);
    drop(old);
    if let (Some(devices), Ok(address)) = (device::devices(), address_of(port)) {
        devices.close(address);
    }
}

/// Whether this machine has no device where that of a port was.
fn is_absent(port: &Port) -> bool {
    address_of(port).is_ok_and(|address| {
        let read = PciDevice::read(&KernelFiles::real(), address);
        matches!(read, Err(PciReadError::NoDevice(_)))
    })
}

/// Where the device of a port is.
pub(super) fn address_of(port: &Port) -> Result<PciAddress, PciPortError> {
    PciAddress::parse(port.name().as_str()).map_err(|_| PciPortError::NotHad { port: port.name() })
}

/// A port was adopted by this process: its device is had, and goes on. What cannot be done now is tried again.
pub(crate) fn adopted(port: &Port) {
    add(Owned { port: *port, hold: None, is_due: false });
    if let Some(it) = find(&mut lock(), port.name()) {
        look(it);
    }
}

/// Something was heard of a device. On the watcher's thread.
pub(super) fn heard(name: Name, what: Heard) {
    let mut owned = lock();
    if let Some(it) = find(&mut owned, name) {
        let port = it.port;
        let wanted = it.hold.as_mut().map_or(Look::Now, |hold| hold.hear(&port, what));
        if wanted == Look::Now {
            look(it);
        }
    }
}

/// Looks at the devices of this process's ports. When to look again at the latest; `None` if there are none.
pub(crate) fn look_after() -> Option<Duration> {
    let mut owned = lock();
    // Another's by now: he looks after them.
    let lost: Vec<Owned> = owned.extract_if(.., |it| !it.is_ours()).collect();
    let next = owned.iter_mut().map(look).chain(left::look_after()).min();
    drop(owned);
    drop(lost);
    next
}

/// Looks at one: goes on where a former owner has stopped, and tells all what its link is.
fn look(it: &mut Owned) -> Duration {
    if (it.hold.is_none() || it.is_due)
        && let Err(why) = go_on(it)
    {
        debug(&why);
        if why.is_of_reach() {
            follow_memory();
        }
        if it.hold.is_none() && why.is_of_none() {
            // For all to hear; then it is detached.
            tell_link(&it.port, Link::GONE);
            return EVERY;
        }
        // Whoever has it is looked for among all processes.
        if it.hold.is_none() && why.is_busy() {
            return EVERY;
        }
    }
    let Some(hold) = &mut it.hold else { return SOON };
    let bus = hold.ask_for_the_bus();
    if hold.is_lost() && it.port.phase() == PortPhase::Started {
        // Its registers are another's, perhaps: nobody touches them from here on, or sets it up.
        it.is_due = false;
        let _: Result<(), PortError> = it.port.stop();
    }
    if !it.is_due
        && it.port.phase().has_queues()
        && let Some(what) = failure(hold, bus, &it.port)
    {
        warn_of(&it.port, what);
        it.is_due = true;
        // What it has done meanwhile nobody knows: nobody opens a queue until it is set up anew.
        let _ = hold.control().map(|control| control.refuse_queues(&it.port));
    }
    // Nothing comes and goes by one that is not set up.
    let link = hold.link();
    let link = if it.is_due && link.state == LinkState::Up { Link::DOWN } else { link };
    tell_link(&it.port, link);
    if let Ok(control) = hold.control() {
        control.take_counts(&it.port);
    }
    let awaits_link = it.port.phase() == PortPhase::Started && link.is_like(Link::DOWN);
    if it.is_due || awaits_link { SOON } else { EVERY }
}

/// Why a device that has the port's queues must be given them anew.
fn failure(hold: &Hold, bus: Bus, port: &Port) -> Option<&'static str> {
    if bus == Bus::Lost {
        return Some("was kept from memory by somebody outside of the group, who had it open too");
    }
    let has_failed = hold.control().is_ok_and(|control| control.has_failed(port));
    has_failed.then_some("has failed, or has used more than it was given")
}

/// Tells all what the link of a port is, if it has changed.
fn tell_link(port: &Port, link: Link) {
    if !port.link().is_like(link) {
        // A port that is another's meanwhile is his to look after.
        let _: Result<(), PortError> = port.set_link(link);
    }
}

/// Writes into the log what has become of a device that is set up anew for it.
fn warn_of(port: &Port, what: &str) {
    #[cfg(feature = "defmt")]
    defmt::warn!(
        "the device of the port {=str} {=str}; it is set up anew when its queues are free",
        port.name().as_str(),
        what
    );
    #[cfg(not(feature = "defmt"))]
    let _ = (port, what);
}

/// Writes into the log why something is not done yet.
fn debug(why: &PciPortError) {
    #[cfg(feature = "defmt")]
    defmt::debug!("{=str}", why.to_string().as_str());
    #[cfg(not(feature = "defmt"))]
    let _ = why;
}
