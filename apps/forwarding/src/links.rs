//! The links of the ports that are used: waited for at the beginning, as the samples show it, and told of when
//! they change.

use core::time::Duration;

use phalanx_core::port::{LinkState, Port};
use phalanx_core::recovery::EventKind;
use phalanx_linux::console::{ConsoleError, complain};
use phalanx_linux::eal::Eal;
use phalanx_linux::eal::watch::{Heard, NoWatcher};

use crate::stop::Stop;
use crate::voice::Voice;

/// How often a link is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// How often at most: nine seconds.
const LOOKS: u32 = 90;

/// Waits until all of `ports` have a link, nine seconds at most, and says which have. A program goes on
/// without: a link may come later.
pub fn await_links(ports: &[Port], stop: &Stop, voice: Voice) -> Result<(), ConsoleError> {
    voice.show("\nChecking link status")?;
    for _ in 0..LOOKS {
        if stop.is_asked() || ports.iter().all(|port| port.link().is_up()) {
            break;
        }
        voice.show(".")?;
        std::thread::sleep(EVERY);
    }
    voice.say("done")?;
    ports
        .iter()
        .try_for_each(|port| voice.say(format_args!("Port {} Link {}", port.id(), port.link())))
}

/// Says it once, from now on, whenever a link of `ports` comes, goes, or is gone for ever.
///
/// # Errors
/// [`NoWatcher`].
pub fn tell_of_links(eal: &Eal, ports: &[Port]) -> Result<(), NoWatcher> {
    let mut links: Vec<(Port, LinkState)> =
        ports.iter().map(|port| (*port, port.link().state)).collect();
    eal.on_event(move |heard| {
        let is_of_link = |kind| kind == EventKind::LinkChanged;
        // What was missed may have been one.
        if matches!(heard, Heard::Missed(_))
            || matches!(heard, Heard::Event(it) if is_of_link(it.event.kind))
        {
            for (port, last) in &mut links {
                tell_change(port, last);
            }
        }
    })
}

fn tell_change(port: &Port, last: &mut LinkState) {
    let link = port.link();
    if core::mem::replace(last, link.state) == link.state {
        return;
    }
    let (id, name) = (port.id(), port.name());
    match link.state {
        LinkState::Up => complain(format_args!("APP: port {id} ({name}) is {link}")),
        LinkState::Down => complain(format_args!(
            "APP: port {id} ({name}) is down; what is sent by it is lost until it is up again"
        )),
        LinkState::Gone => complain(format_args!(
            "APP: the interface of port {id} ({name}) is gone; what is sent by it is lost"
        )),
    }
}
