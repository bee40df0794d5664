//! What a survivor does after a death, and the audit of all there is.

use core::time::Duration;
use std::thread::sleep;

use phalanx_core::group::Group;
use phalanx_core::recovery::{self, ReapError, reap};

use super::operation::{Outcome, sentence};

/// How long another may recover.
const PATIENCE_MS: u32 = 10_000;

/// Mends whatever dead processes have left; waits while another does.
pub fn recover(group: &Group) -> Outcome {
    for _ in 0..PATIENCE_MS {
        match reap(group) {
            Ok(Some(_report)) => {}
            Ok(None) => break,
            Err(ReapError::Busy { .. }) => sleep(Duration::from_millis(1)),
            Err(error) => return Err(sentence(error)),
        }
    }
    // Who takes a dead owner's lock undoes what it has half done.
    drop(group.begin().map_err(sentence)?);
    Ok(())
}

/// Mends what dead processes have left, unless a living one does it already. Returns of how many.
pub fn recover_if_free(group: &Group) -> Result<usize, String> {
    let mut reaped = 0;
    loop {
        match reap(group) {
            Ok(Some(_report)) => reaped += 1,
            Ok(None) | Err(ReapError::Busy { .. }) => return Ok(reaped),
            Err(error) => return Err(sentence(error)),
        }
    }
}

/// Walks everything; an inconsistency is an error.
pub fn audit(group: &Group) -> Outcome {
    let mut first = None;
    let audited = recovery::audit(group, |finding| {
        first.get_or_insert_with(|| finding.to_string());
    });
    audited.map_err(sentence)?;
    first.map_or(Ok(()), Err)
}
