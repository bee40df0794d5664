//! What is printed: medians, and the median of the ratios within a round.

use core::fmt;

use crate::subject::Subject;

/// What one round said: packets per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) dpdk: f64,
    pub(crate) ours: f64,
}

/// One subject's rounds.
#[derive(Debug)]
pub(crate) struct Row {
    subject: Subject,
    rounds: Vec<Round>,
    /// Why there are none.
    why_not: Option<String>,
}

impl Row {
    pub(crate) fn new(subject: Subject, rounds: Vec<Round>) -> Self {
        Self { subject, rounds, why_not: None }
    }

    /// A subject that could not be measured.
    pub(crate) fn failed(subject: Subject, why: String) -> Self {
        Self { subject, rounds: Vec::new(), why_not: Some(why) }
    }

    fn median(&self, pick: impl Fn(&Round) -> f64) -> f64 {
        let mut values: Vec<f64> =
            self.rounds.iter().map(pick).filter(|it| it.is_finite()).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn ratio(&self) -> f64 {
        self.median(|round| round.ours / round.dpdk)
    }

    /// A line for who waits.
    pub(crate) fn progress(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| match &self.why_not {
            Some(why) => write!(f, "{}: NOT MEASURED: {why}", self.subject),
            None => write!(f, "{}: {:.3} times DPDK's", self.subject, self.ratio()),
        })
    }
}

/// All of them.
pub(crate) struct Table<'a> {
    pub(crate) rows: &'a [Row],
    pub(crate) cycles_per_ns: f64,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| subject | DPDK M/s | cycles | Phalanx M/s | cycles | Phalanx ÷ DPDK | lowest | highest | asked | n |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for row in self.rows {
            let (dpdk, ours) = (row.median(|it| it.dpdk), row.median(|it| it.ours));
            let ratios =
                || row.rounds.iter().map(|it| it.ours / it.dpdk).filter(|it| it.is_finite());
            writeln!(
                f,
                "| {} | {:.2} | {:.0} | {:.2} | {:.0} | {:.3} | {:.3} | {:.3} | {} | {} |",
                row.subject,
                dpdk / 1e6,
                self.cycles(dpdk),
                ours / 1e6,
                self.cycles(ours),
                row.ratio(),
                ratios().fold(f64::NAN, f64::min),
                ratios().fold(f64::NAN, f64::max),
                row.subject.asked(),
                row.rounds.len()
            )?;
        }
        Ok(())
    }
}

impl Table<'_> {
    /// Cycles that pass for each packet; NaN for none.
    fn cycles(&self, per_second: f64) -> f64 {
        self.cycles_per_ns * 1e9 / per_second
    }
}
