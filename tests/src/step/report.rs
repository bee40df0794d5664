//! How many points were tried.

use core::fmt;
use core::time::Duration;

/// What a walk through one operation, or through several, has tried.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Which operation.
    pub name: String,
    /// Instructions of it, each a point at which the process dies.
    pub points: u64,
    /// Different states that these leave to others.
    pub states: u64,
    /// Recoveries after a death in place.
    pub judged: u64,
    /// How far apart the points are that were judged besides each new state: 1 if each was; 0 if
    /// only the states were.
    pub every: u64,
    /// Recoveries after a `SIGKILL`.
    pub killed: u64,
    /// Points at which a second process died, in its recovery of the first.
    pub repair_points: u64,
    /// Recoveries after two deaths.
    pub repairs_judged: u64,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// The sum of `reports`.
    pub fn sum(name: &str, reports: &[Self]) -> Self {
        let start = Self { name: name.to_owned(), ..Self::default() };
        reports.iter().fold(start, |sum, one| Self {
            name: sum.name,
            points: sum.points + one.points,
            states: sum.states + one.states,
            judged: sum.judged + one.judged,
            every: sum.every.max(one.every),
            killed: sum.killed + one.killed,
            repair_points: sum.repair_points + one.repair_points,
            repairs_judged: sum.repairs_judged + one.repairs_judged,
            took: sum.took + one.took,
        })
    }

    /// The line above reports.
    pub fn head() -> String {
        format!(
            "{:<42} {:>8} {:>7} {:>8} {:>6} {:>7} {:>8} {:>8} {:>8}",
            "operation",
            "points",
            "states",
            "judged",
            "every",
            "killed",
            "repair",
            "judged",
            "seconds"
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<42} {:>8} {:>7} {:>8} {:>6} {:>7} {:>8} {:>8} {:>8.2}",
            self.name,
            self.points,
            self.states,
            self.judged,
            self.every,
            self.killed,
            self.repair_points,
            self.repairs_judged,
            self.took.as_secs_f64()
        )
    }
}
