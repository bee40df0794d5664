//! How far a group has come: what a process that joins early waits for.

use core::fmt;

/// The phases of a group's life, in order.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing is there yet.
    Empty,
    /// The creator lays the tables out.
    Formatting,
    /// Tables stand; the creator reserves the memory asked for.
    Memory,
    /// Whoever waited may join.
    Ready,
    /// The last process leaves; nobody may join.
    Closing,
    /// A number that no version wrote.
    Unknown(u32),
}

impl Phase {
    /// What a word of shared memory says.
    pub const fn from_word(word: u32) -> Self {
        match word {
            0 => Self::Empty,
            1 => Self::Formatting,
            2 => Self::Memory,
            3 => Self::Ready,
            4 => Self::Closing,
            other => Self::Unknown(other),
        }
    }

    /// The word that says it.
    pub const fn to_word(self) -> u32 {
        match self {
            Self::Empty => 0,
            Self::Formatting => 1,
            Self::Memory => 2,
            Self::Ready => 3,
            Self::Closing => 4,
            Self::Unknown(word) => word,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Formatting => f.write_str("Formatting (the primary lays out its tables)"),
            Self::Memory => f.write_str("Memory (the primary reserves its memory)"),
            Self::Ready => f.write_str("Ready"),
            Self::Closing => f.write_str("Closing (its last process is leaving)"),
            Self::Unknown(word) => write!(f, "unknown ({word})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_phase_and_comes_back_as_itself() {
        for word in 0..10 {
            assert_eq!(Phase::from_word(word).to_word(), word);
        }
    }
}
