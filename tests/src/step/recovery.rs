//! What a survivor does after a death, and the audit of all there is.

use phalanx_core::group::Group;
use phalanx_core::recovery::{ReapError, reap};

use super::operation::{Outcome, sentence};

/// Mends whatever dead processes have left.
pub fn recover(group: &Group) -> Outcome {
    while let Some(_report) = reap(group).map_err(sentence)? {}
    // Who takes a dead owner's lock undoes what it has half done.
    drop(group.begin().map_err(sentence)?);
    Ok(())
}

/// Mends what dead processes have left, unless a living one does it already.
pub fn recover_if_free(group: &Group) -> Outcome {
    loop {
        match reap(group) {
            Ok(Some(_report)) => {}
            Ok(None) | Err(ReapError::Busy { .. }) => return Ok(()),
            Err(error) => return Err(sentence(error)),
        }
    }
}

/// Walks everything; an inconsistency is an error.
pub fn audit(group: &Group) -> Outcome {
    group.audit_heaps().map_err(sentence)?;
    for facts in group.processes() {
        if !group.is_alive(facts.id) {
            return Err(format!("{:?} is dead and still in the table", facts.id));
        }
    }
    match group.lcores().find(|lcore| !group.is_alive(lcore.owner)) {
        Some(lcore) => Err(format!("lcore {} is held by the dead", lcore.id)),
        None => Ok(()),
    }
}
