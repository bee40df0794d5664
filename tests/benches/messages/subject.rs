//! What is measured.

use core::fmt;

/// One way there and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Two datagrams of 340 bytes, both sides asleep in `recv`.
    DatagramsAsleep,
    /// The same, both sides trying `recv` again and again.
    DatagramsSpinning,
    /// `rte_mp_request_sync`.
    Dpdk,
    /// Our request, both sides sleeping at once.
    Asleep,
    /// Our request, both sides as they are by default.
    Default,
    /// Our request between two workers that poll: no thread, no system call.
    Polling,
}

impl Subject {
    /// All, in the order of a round.
    pub(crate) const ALL: [Self; 6] = [
        Self::DatagramsAsleep,
        Self::DatagramsSpinning,
        Self::Dpdk,
        Self::Asleep,
        Self::Default,
        Self::Polling,
    ];

    /// The word for the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::DatagramsAsleep => "datagrams-asleep",
            Self::DatagramsSpinning => "datagrams-spinning",
            Self::Dpdk => "dpdk",
            Self::Asleep => "asleep",
            Self::Default => "default",
            Self::Polling => "polling",
        }
    }

    /// The subject of a word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.word() == word)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::DatagramsAsleep => "two bare datagrams, asleep",
            Self::DatagramsSpinning => "two bare datagrams, spinning",
            Self::Dpdk => "DPDK rte_mp_request_sync",
            Self::Asleep => "Phalanx, asleep",
            Self::Default => "Phalanx, default (spins 50 µs)",
            Self::Polling => "Phalanx, polling workers",
        })
    }
}
