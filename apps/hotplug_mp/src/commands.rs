//! What the commands do and say: the sample's words on standard output, and beside them, on standard error,
//! why something failed.

use phalanx_linux::console::{ConsoleError, complain, say};
use phalanx_linux::eal::Eal;
use phalanx_linux::hotplug::Devargs;

/// Attaches a device.
pub(crate) fn attach(eal: &Eal, text: &str) -> Result<(), ConsoleError> {
    let Some(name) = name_of(text)? else { return Ok(()) };
    let mut caution = |caution| complain(format_args!("EAL: {caution}"));
    match eal.attach_with(text, &mut caution) {
        Ok(_) => say(format_args!("attached device {name}")),
        Err(error) => {
            complain(format_args!("hotplug_mp: {error}"));
            say(format_args!("failed to attached device {name}"))
        }
    }
}

/// Detaches a device.
pub(crate) fn detach(eal: &Eal, text: &str) -> Result<(), ConsoleError> {
    let Some(name) = name_of(text)? else { return Ok(()) };
    say("detaching...")?;
    match eal.detach(text) {
        Ok(()) => say(format_args!("detached device {name}")),
        Err(error) => {
            complain(format_args!("hotplug_mp: {error}"));
            say(format_args!("failed to detach device {name}"))
        }
    }
}

/// Lists the ports.
pub(crate) fn list(eal: &Eal) -> Result<(), ConsoleError> {
    say("list all etherdev")?;
    match eal.ports().all() {
        Ok(mut all) => all.try_for_each(|port| say(format_args!("{}\t{}", port.id(), port.name()))),
        Err(error) => {
            complain(format_args!("hotplug_mp: {error}"));
            Ok(())
        }
    }
}

/// The name of the device that a text names; what is none is said to be so.
fn name_of(text: &str) -> Result<Option<String>, ConsoleError> {
    match Devargs::parse(text) {
        Ok(devargs) => Ok(Some(devargs.name())),
        Err(error) => {
            complain(format_args!("hotplug_mp: {error}"));
            say("cannot parse devargs")?;
            Ok(None)
        }
    }
}
