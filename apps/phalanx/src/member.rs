//! The tool as a member of a group, for as long as a command takes.

use core::time::Duration;
use std::time::Instant;

use phalanx_core::group::{CpuSet, LcoreError};
use phalanx_linux::eal::{Eal, EalBuilder, EalError, Logging};
use phalanx_linux::runtime_dir::Prefix;

use crate::Failure;

/// Lcore ids that the tool tries, from the last down: nobody numbers lcores from above.
const IDS: core::ops::RangeInclusive<u16> = 192..=255;

/// How long a tool waits for others that join or leave just now.
const PATIENCE: Duration = Duration::from_secs(2);

/// Joins group `prefix` as a secondary. Its lcore is no CPU's: it runs wherever it may.
pub(crate) fn join(prefix: &str) -> Result<Eal, Failure> {
    join_as(EalBuilder::new(), prefix)
}

/// The same, built as `builder` says.
pub(crate) fn join_as(builder: EalBuilder, prefix: &str) -> Result<Eal, Failure> {
    // What a tool that comes and goes has to say, it says to who called it.
    let builder = builder.logging(Logging::Off);
    Prefix::new(prefix)?;
    let cpus = phalanx_linux::cpu::allowed()?;
    let begun = Instant::now();
    loop {
        match join_once(builder, prefix, &cpus) {
            Err(EalError::StartLock(_)) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            joined => return joined?.ok_or_else(none_left),
        }
    }
}

fn none_left() -> Failure {
    Failure::new("every lcore id from 192 to 255 is taken; end one of the processes that have them")
}

/// `None` if every lcore is taken.
fn join_once(builder: EalBuilder, prefix: &str, cpus: &CpuSet) -> Result<Option<Eal>, EalError> {
    for id in IDS.rev() {
        let lcore = format!("{id}@({cpus})");
        let arguments =
            ["--proc-type=secondary", "--wait=0", "--file-prefix", prefix, "--lcores", &lcore];
        match builder.init(arguments) {
            Ok((eal, _)) => return Ok(Some(eal)),
            // Another tool has it at the moment.
            Err(EalError::Lcore(LcoreError::Held { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
