//! `phalanx doctor`: looks at the machine as a user would before trusting it with a group.
//!
//! What is there is read by `phalanx_linux::doctor`; here it is judged, and put into words: for each
//! subject whether it is as it should be, what it is needed for, and the command that mends it.
//! Nothing is changed.
//!
//! | file | concept |
//! |---|---|
//! | `subject.rs` | what is looked at; the names that `--need` takes |
//! | `check.rs` | one judgement |
//! | `checks/` | how each subject is judged, by theme |
//! | `human.rs` | the table that people read |

mod check;
mod checks;
mod human;
mod subject;
#[cfg(test)]
mod tests;

pub(crate) use subject::Subject;

use std::process::ExitCode;

use phalanx_linux::console::{complain, say, show};
use phalanx_linux::doctor::{Host, Machine};
use serde::Serialize;

use crate::Failure;
use crate::cli::DoctorOptions;
use check::{Check, State};

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    /// What was asked for.
    needed: Vec<Subject>,
    /// What of it is not good.
    lacking: Vec<Subject>,
    /// Everything.
    checks: Vec<Check>,
}

/// Runs the command.
pub(crate) fn run(options: &DoctorOptions) -> Result<ExitCode, Failure> {
    let report = Report::of(&Machine::examine(&Host::real()), options);
    if options.json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        show(human::Tables { report: &report, is_verbose: options.verbose })?;
    }
    if report.lacking.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    complain(format_args!(
        "phalanx: asked for and not good: {}; see what mends it under \"to mend\"",
        subject::list(&report.lacking)
    ));
    Ok(ExitCode::FAILURE)
}

impl Report {
    fn of(machine: &Machine, options: &DoctorOptions) -> Self {
        let checks = checks::all(machine, options.cpus.as_ref());
        let is_good = |subject: &Subject| {
            checks.iter().any(|check| check.subject == *subject && check.state == State::Good)
        };
        let lacking = options.need.iter().filter(|it| !is_good(it)).copied().collect();
        Self { needed: options.need.clone(), lacking, checks }
    }
}
