//! The tool as a member of a group, for as long as a command takes.

use phalanx_core::group::LcoreError;
use phalanx_linux::eal::{Eal, EalError};
use phalanx_linux::runtime_dir::Prefix;

use crate::Failure;

/// Lcore ids that the tool tries, from the last down: nobody numbers lcores from above.
const IDS: core::ops::RangeInclusive<u16> = 192..=255;

/// Joins group `prefix` as a secondary. Its lcore is no CPU's: it runs wherever it may.
pub(crate) fn join(prefix: &str) -> Result<Eal, Failure> {
    Prefix::new(prefix)?;
    let cpus: Vec<String> =
        phalanx_linux::cpu::allowed()?.iter().map(|cpu| cpu.to_string()).collect();
    let cpus = cpus.join(",");
    for id in IDS.rev() {
        let lcore = format!("{id}@({cpus})");
        let arguments =
            ["--proc-type=secondary", "--wait=0", "--file-prefix", prefix, "--lcores", &lcore];
        match Eal::init(arguments) {
            Ok((eal, _)) => return Ok(eal),
            // Another tool has it at the moment.
            Err(EalError::Lcore(LcoreError::Held { .. })) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::new(
        "every lcore id from 192 to 255 is taken; end one of the processes that have them",
    ))
}
