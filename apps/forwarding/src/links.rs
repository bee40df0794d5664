//! Waiting for the links of the ports that are used, as the samples show it.

use core::time::Duration;

use phalanx_core::port::Port;
use phalanx_linux::console::{ConsoleError, say, show};

use crate::stop::Stop;

/// How often a link is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// How often at most: nine seconds.
const LOOKS: u32 = 90;

/// Waits until all of `ports` have a link, nine seconds at most, and says which have. A program goes on
/// without: a link may come later.
pub fn await_links(ports: &[Port], stop: &Stop) -> Result<(), ConsoleError> {
    show("\nChecking link status")?;
    for _ in 0..LOOKS {
        if stop.is_asked() || ports.iter().all(|port| port.link().is_up()) {
            break;
        }
        show(".")?;
        std::thread::sleep(EVERY);
    }
    say("done")?;
    ports.iter().try_for_each(|port| say(format_args!("Port {} Link {}", port.id(), port.link())))
}
