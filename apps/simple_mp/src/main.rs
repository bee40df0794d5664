//! `simple_mp`: two processes send each other words. The smallest Phalanx program there is.
//!
//! ```text
//! simple_mp --lcores '(0-1)@0' --proc-type=primary        # one terminal
//! simple_mp --lcores '(2-3)@1' --proc-type=secondary      # another
//! ```
//!
//! Each process needs two lcores: one for the prompt, the others receive. `send` passes a line of
//! any words; what arrives is printed by the other side's worker lcores.

mod objects;
mod prompt;
mod receive;

use core::sync::atomic::{AtomicBool, Ordering};
use std::process::ExitCode;
use std::sync::Arc;

use phalanx_linux::console::complain;
use phalanx_linux::eal::Eal;
use phalanx_linux::program;

use objects::Objects;

fn main() -> ExitCode {
    program::main("simple_mp", run)
}

fn run(eal: &Eal) -> Result<(), Box<dyn core::error::Error>> {
    if eal.lcores().count() < 2 {
        return Err("one lcore was given and two are needed, one for the prompt and one to receive; try --lcores '(0-1)@0'".into());
    }
    let objects = Objects::find(eal)?;
    complain("APP: Finished Process Init.");
    defmt::info!(
        "simple_mp has found its objects; {=usize} lcores receive",
        eal.lcores().count() - 1
    );
    let quit = Arc::new(AtomicBool::new(false));
    let workers = eal.lcores().worker_ids().collect::<Vec<_>>().into_iter().map(|id| {
        let (quit, objects) = (Arc::clone(&quit), objects.clone());
        eal.lcores().launch(id, move |lcore| receive::run(lcore, &objects, &quit))
    });
    let workers = workers.collect::<Result<Vec<_>, _>>()?;
    let result = prompt::run(eal.main_lcore(), &objects);
    quit.store(true, Ordering::Release);
    for worker in workers {
        worker.wait()??;
    }
    result
}
