//! `mp_client`: takes packets from the server, and sends each by the port beside the one that it came by.
//!
//! ```text
//! mp_client -l 3 --proc-type=secondary -- -n 0
//! ```
//!
//! Client `n` has the consumers' end of the ring `MProc_Client_n_RX`, and Tx queue `n` of every port: a
//! second client `n` is refused by the name of the first. Of one that has died, or was killed, the next
//! takes over both, and begins with what waits in the ring. The server may be replaced meanwhile.
//!
//! | file | concept |
//! |---|---|
//! | `options.rs` | what follows `--` |
//! | `setup.rs` | what the server has made, and this client's part of it |
//! | `forward.rs` | from the ring to the ports |
//! | `server.rs` | whether there is a server |

mod forward;
mod options;
mod server;
mod setup;

use core::error::Error;
use std::process::ExitCode;

use forwarding::client_server::Figures;
use forwarding::{Departures, Program, Stop, Voice, tell_of_links};
use phalanx_linux::console::{ConsoleError, complain};
use phalanx_linux::eal::Eal;

use options::{KNOWN, Options, USAGE};
use server::ServerWatch;
use setup::Client;

fn main() -> ExitCode {
    Program { name: "mp_client", usage: USAGE, known: KNOWN, parse: Options::parse, run }.main()
}

fn run(eal: &Eal, options: &Options, stop: &Stop) -> Result<(), Box<dyn Error>> {
    let Some(mut client) = Client::find(eal, options.id, stop)? else { return Ok(()) };
    let ports = client.ports();
    tell_of_links(eal, &ports)?;
    let mut watch = ServerWatch::hear(eal, client.info)?;
    let mut departures = Departures::hear(eal)?;
    complain("APP: Finished Process Init.");
    defmt::info!("mp_client is client {=u16}", options.id);
    client.come();
    Voice::Out.say(format_args!(
        "\nClient process {} handling packets\n[Press Ctrl-C to quit ...]",
        options.id
    ))?;
    let info = client.info;
    let result = forward::run(eal.main_lcore(), &mut client, &mut watch, &mut departures, stop);
    client.go();
    result?;
    Ok(last_words(options.id, &Figures::of(info, &ports), stop)?)
}

/// What all processes that were this client have done.
fn last_words(id: u16, figures: &Figures, stop: &Stop) -> Result<(), ConsoleError> {
    if let Some(signal) = stop.signal() {
        Voice::Out.say(format_args!("\nExiting on signal {signal}\n"))?;
    }
    let Some(it) = figures.clients.get(usize::from(id)) else { return Ok(()) };
    let (taken, tx, tx_drop) = (it.taken, it.tx, it.tx_drop);
    Voice::Out
        .say(format_args!("Client {id:>2} - rx: {taken:>9}, tx: {tx:>9}, tx_drop: {tx_drop:>9}"))
}
