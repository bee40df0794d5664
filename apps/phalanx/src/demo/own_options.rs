//! Options of the primary that the demo gives itself: a user who gives one has not given it twice.

use phalanx_linux::eal::EalError;
use phalanx_linux::eal::options::{Given, OptionError, OptionId};

use crate::Failure;

/// Why the group `prefix` was not made.
pub(super) fn why_not(error: &EalError, prefix: &str) -> Failure {
    let given = match error {
        EalError::Options(OptionError::Repeated { option, .. }) => Some(*option),
        EalError::Options(OptionError::Conflict { first, second, .. }) => {
            [*first, *second].into_iter().find(is_own)
        }
        _ => None,
    };
    match given.filter(is_own) {
        None => Failure::new(error.to_string()),
        Some(given) => Failure::new(format!(
            "option '{given}' is not for the demo, which chooses its prefix ({prefix}), roles and lcores itself; leave it out"
        )),
    }
}

/// Whether the demo gives it, or what it means, by itself.
fn is_own(given: &Given) -> bool {
    use OptionId::{Coremask, FilePrefix, Lcores, ProcType};
    matches!(given.id, FilePrefix | ProcType | Lcores | Coremask)
}
