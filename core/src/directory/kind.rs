//! `Kind`: what sort of object a name stands for.
//!
//! The numbers lie in shared memory and never change. A word that no version of this crate
//! wrote is a kind too, `Unknown`: its name is taken, and nobody can open it.

use core::fmt;

/// The kinds of named objects, with their numbers in shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Kind {
    /// Plain memory.
    Zone = 1,
    /// A ring.
    Ring = 2,
    /// A pool of objects.
    Mempool = 3,
    /// A hash table.
    Hash = 4,
    /// A timer list.
    Timer = 5,
    /// The state of a port.
    Port = 6,
    /// A log.
    Log = 7,
    /// Where a process gets its messages.
    Mailbox = 8,
    /// A device's queue.
    DeviceQueue = 9,
    /// A number that this version does not know.
    Unknown = u32::MAX,
}

impl Kind {
    /// What a word of shared memory says; `None` for 0, which is "no object".
    pub const fn from_word(word: u64) -> Option<Self> {
        Some(match word {
            0 => return None,
            1 => Self::Zone,
            2 => Self::Ring,
            3 => Self::Mempool,
            4 => Self::Hash,
            5 => Self::Timer,
            6 => Self::Port,
            7 => Self::Log,
            8 => Self::Mailbox,
            9 => Self::DeviceQueue,
            _ => Self::Unknown,
        })
    }

    /// The word that says it, never 0.
    pub const fn to_word(self) -> u64 {
        self as u64
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Zone => "memzone",
            Self::Ring => "ring",
            Self::Mempool => "mempool",
            Self::Hash => "hash table",
            Self::Timer => "timer list",
            Self::Port => "port",
            Self::Log => "log",
            Self::Mailbox => "mailbox",
            Self::DeviceQueue => "device queue",
            Self::Unknown => "thing of an unknown kind",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back_from_its_word_and_zero_is_none() {
        assert_eq!(Kind::from_word(0), None);
        for word in 1..=9 {
            assert_eq!(Kind::from_word(word).map(Kind::to_word), Some(word));
        }
        assert_eq!(Kind::from_word(10), Some(Kind::Unknown));
        assert_eq!(Kind::from_word(Kind::Unknown.to_word()), Some(Kind::Unknown));
    }
}
