//! `mp_server`: receives for all clients, and gives each packet to one of them.
//!
//! ```text
//! mp_server -l 1-2 --vdev net_ring0 --vdev net_ring1 -- -p 3 -n 2
//! mp_client -l 3 --proc-type=secondary -- -n 0
//! mp_client -l 4 --proc-type=secondary -- -n 1
//! ```
//!
//! A client may die, and another come with its id: until then its packets go to the others, and what
//! waits in its ring waits for it. The server may end or die while clients run, and another come: ports,
//! rings and counters are there still. It stops no port that clients use.
//!
//! | file | concept |
//! |---|---|
//! | `options.rs` | what follows `--` |
//! | `setup.rs` | ports, pool, rings and counters, made or found |
//! | `roster.rs` | which clients are there |
//! | `forward.rs` | from the ports to the clients |
//! | `screen.rs` `display.rs` | the statistics; where and when they are shown |

mod display;
mod forward;
mod options;
mod roster;
mod screen;
mod setup;

use core::error::Error;
use std::process::ExitCode;

use forwarding::{Program, Stop, tell_of_links};
use phalanx_linux::console::complain;
use phalanx_linux::eal::Eal;

use display::Display;
use forward::Server;
use options::{KNOWN, Options, USAGE};
use roster::Roster;
use setup::Shared;

fn main() -> ExitCode {
    Program { name: "mp_server", usage: USAGE, known: KNOWN, parse: Options::parse, run }.main()
}

fn run(eal: &Eal, options: &Options, stop: &Stop) -> Result<(), Box<dyn Error>> {
    let shared = Shared::prepare(eal, options, stop)?;
    tell_of_links(eal, &shared.ports)?;
    let roster = Roster::hear(eal, &shared)?;
    let mut server = Server::open(eal, &shared, roster, options)?;
    shared.info.value().server.publish(eal.group().me().pack());
    complain("APP: Finished Process Init.");
    defmt::info!("mp_server serves {=u16} clients", shared.clients);
    let display = Display::of(&shared, options.show);
    let shown = display.launch(eal, stop)?;
    let result = server.run(stop);
    stop.end_if(true);
    if let Some(worker) = shown {
        worker.wait()??;
    }
    result?;
    display.last_words(stop)?;
    Ok(())
}
