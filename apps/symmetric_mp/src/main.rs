//! `symmetric_mp`: processes that all do the same, each for its share of the packets.
//!
//! ```text
//! symmetric_mp -l 1 --proc-type=auto --vdev net_ring0 --vdev net_ring1 -- -p 3 --num-procs=4 --proc-id=0
//! symmetric_mp -l 2 --proc-type=auto -- -p 3 --num-procs=4 --proc-id=1
//! ```
//!
//! Process `n` receives by Rx queue `n` of every port and sends by Tx queue `n` of the port beside it: 0
//! to 1 and back, 2 to 3 and back. Which packets come by which queue, RSS says, so a flow stays with its
//! process. Any of them may die and be started anew with the same `--proc-id`, the primary too: its queues
//! are claimed anew, what waits in them stays, and its counters go on. With `--sleep` it takes no processor while
//! nothing comes: devices wake it.
//!
//! | file | concept |
//! |---|---|
//! | `options.rs` | what follows `--` |
//! | `setup.rs` | ports, pool and counters, made or found |
//! | `counters.rs` | what all processes have counted |
//! | `lanes.rs` `doze.rs` | which lcore has which ports, and its loop; sleeping while nothing comes |
//! | `report.rs` | the last words |

mod counters;
mod doze;
mod lanes;
mod options;
mod report;
mod setup;

use core::error::Error;
use std::process::ExitCode;

use forwarding::{Program, Stop, tell_of_links};
use phalanx_linux::console::complain;
use phalanx_linux::eal::Eal;

use options::{KNOWN, Options, USAGE};
use setup::Shared;

fn main() -> ExitCode {
    Program { name: "symmetric_mp", usage: USAGE, known: KNOWN, parse: Options::parse, run }.main()
}

fn run(eal: &Eal, options: &Options, stop: &Stop) -> Result<(), Box<dyn Error>> {
    let shared = Shared::prepare(eal, options, stop)?;
    tell_of_links(eal, &shared.ports)?;
    let before = shared.own_totals();
    let shares = lanes::share_out(eal, &shared, options.sleeping)?;
    complain("APP: Finished Process Init.");
    defmt::info!("symmetric_mp is process {=u16} of {=u16}", shared.id, shared.processes);
    lanes::run(eal, &shared, shares, stop)?;
    report::show(&shared, &before, stop)?;
    Ok(())
}
