//! The tables that people read.

use core::fmt;

use super::check::{Check, State};
use super::{Report, subject};
use crate::table::{Rows, section, show};

/// The whole view, as text.
pub(super) struct Tables<'a> {
    pub report: &'a Report,
    /// Whether everything that was found is shown, and for what it is needed.
    pub is_verbose: bool,
}

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks = &self.report.checks;
        match self.is_verbose {
            true => checks.iter().try_for_each(|check| whole(f, check))?,
            false => show(f, &["check", "state", "what is there"], &[], lines(checks))?,
        }
        let to_mend: Rows = checks.iter().filter_map(remedy).collect();
        if !to_mend.is_empty() {
            section(f, "to mend", &["check", "needed for", "command"], &[], to_mend)?;
        }
        writeln!(f, "\n{}", Sum(checks))?;
        match (self.report.needed.as_slice(), self.report.lacking.as_slice()) {
            ([], _) => Ok(()),
            (_, []) => writeln!(f, "all that was asked for is good"),
            (_, lacking) => writeln!(f, "ASKED FOR AND NOT GOOD: {}", subject::list(lacking)),
        }
    }
}

fn lines(checks: &[Check]) -> Rows {
    let line =
        |check: &Check| vec![check.subject.name(), check.state.to_string(), check.found.clone()];
    checks.iter().map(line).collect()
}

fn remedy(check: &Check) -> Option<Vec<String>> {
    let mend = check.mend.clone()?;
    Some(vec![check.subject.name(), check.subject.needed_for(), mend])
}

/// One subject with everything that is known of it.
fn whole(f: &mut fmt::Formatter<'_>, check: &Check) -> fmt::Result {
    writeln!(f, "{}: {}, {}", check.subject.name(), check.state, check.found)?;
    writeln!(f, "    needed for  {}", check.subject.needed_for())?;
    check.details.iter().try_for_each(|line| writeln!(f, "    {line}"))
}

/// How many stand how.
struct Sum<'a>(&'a [Check]);

impl fmt::Display for Sum<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |state| self.0.iter().filter(|check| check.state == state).count();
        write!(f, "{} good, {} poor, ", count(State::Good), count(State::Poor))?;
        write!(f, "{} missing, {} unknown", count(State::Missing), count(State::Unknown))
    }
}
