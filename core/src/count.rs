//! A number and what it counts, as a sentence has it: `1 process`, `2 processes`.

use core::fmt;

/// How many of what; displayed with the word that fits.
///
/// ```
/// use phalanx_core::count::Count;
/// assert_eq!(Count::of(1u32, "process", "processes").to_string(), "1 process");
/// assert_eq!(Count::of(0u32, "process", "processes").to_string(), "0 processes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    number: u64,
    one: &'static str,
    many: &'static str,
}

impl Count {
    /// So many, and the words for one and for any other number. A number beyond 64 bits counts as
    /// the highest.
    pub fn of(number: impl TryInto<u64>, one: &'static str, many: &'static str) -> Self {
        Self { number: number.try_into().unwrap_or(u64::MAX), one, many }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, if self.number == 1 { self.one } else { self.many })
    }
}
