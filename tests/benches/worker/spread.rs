//! Percentiles of nanoseconds.

use core::fmt;

/// Some times, in order.
#[derive(Debug)]
pub(crate) struct Spread(Vec<u64>);

impl Spread {
    pub(crate) fn of(mut times_ns: Vec<u64>) -> Self {
        times_ns.sort_unstable();
        Self(times_ns)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time that so many of ten thousand do not exceed; 0 of none.
    pub(crate) fn at(&self, of_ten_thousand: usize) -> u64 {
        let place = (self.0.len() * of_ten_thousand).div_ceil(10_000).saturating_sub(1);
        self.0.get(place).copied().unwrap_or(0)
    }

    /// The middle one.
    pub(crate) fn median(&self) -> u64 {
        self.at(5_000)
    }
}

/// p50, p99, p99.99 and the greatest, in nanoseconds, separated by blanks: what a driver prints.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = [5_000, 9_900, 9_999, 10_000].map(|part| self.at(part));
        write!(f, "{a} {b} {c} {d} {}", self.len())
    }
}
