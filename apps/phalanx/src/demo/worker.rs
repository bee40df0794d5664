//! A demo worker with a standard library, for where the static one is not built: a secondary that
//! turns packets round and sends them back.

use core::time::Duration;
use std::process::ExitCode;

use demo_lane::{Hands, HandsError, ROUNDS_A_LOOK, pool};
use phalanx_core::group::{Group, ProcessId, Role};
use phalanx_linux::eal::Eal;

use crate::Failure;
use crate::cli::WorkerOptions;

/// How long an idle worker rests. Three processes share what may be one core.
const REST: Duration = Duration::from_micros(20);

/// Joins the group, does the work, and leaves when told to or when the primary is gone.
pub(crate) fn run(options: &WorkerOptions) -> Result<ExitCode, Failure> {
    let (eal, _) = Eal::init(options.eal.clone())?;
    let group = *eal.group();
    let primary = group.processes().find(|p| p.role == Role::Primary).map(|p| p.id);
    let pool = pool(&group)?;
    let home = pool.home();
    let mut hands = Hands::of(&group, &home, options.index)?;
    let mut idle: u32 = 0;
    defmt::info!("worker {=usize} of the demo begins", options.index);
    while !hands.shall_stop() {
        let turned = hands.turn_some(|| {
            std::thread::yield_now();
            look(&group, primary, &mut idle)
        })?;
        if turned > 0 {
            idle = 0;
            continue;
        }
        std::thread::sleep(REST);
        if !look(&group, primary, &mut idle) {
            return Err(HandsError::Alone.into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Every so many idle rounds, sees whether there is still somebody to work for.
fn look(group: &Group, primary: Option<ProcessId>, idle: &mut u32) -> bool {
    *idle = idle.wrapping_add(1);
    !idle.is_multiple_of(ROUNDS_A_LOOK) || primary.is_some_and(|id| group.is_alive(id))
}
