//! Handlers: what keeps a pool's free objects, named by a number that never changes.
//!
//! The reference stores an index that depends on the order in which a program was linked, so
//! two programs may call two different handlers on one pool (MP-10, W-39). Here the number is
//! part of the ABI, every build knows every handler it can run, and a number that this build
//! does not know is an error at lookup that says so.

use core::fmt;

use super::PoolFlags;

/// What keeps a pool's free objects. The numbers are stable: they lie in shared memory.
#[doc(alias = "rte_mempool_ops")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum HandlerId {
    /// A ring, any number of putters and getters at a time. The default.
    RingMpMc = 1,
    /// A ring for one putter and one getter at a time.
    RingSpSc = 2,
    /// A ring for any number of putters and one getter at a time.
    RingMpSc = 3,
    /// A ring for one putter and any number of getters at a time.
    RingSpMc = 4,
    /// A ring whose last finisher publishes for all (relaxed tail).
    RingMtRts = 5,
    /// A ring that one enters at a time, its name in the word (head/tail).
    RingMtHts = 6,
    /// A lock-free stack: last put, first got.
    LfStack = 7,
    /// A stack. The same code as [`LfStack`](Self::LfStack): the reference's takes a lock that
    /// a dead process would keep.
    Stack = 8,
}

impl HandlerId {
    /// Every handler, by number.
    pub const ALL: [Self; 8] = [
        Self::RingMpMc,
        Self::RingSpSc,
        Self::RingMpSc,
        Self::RingSpMc,
        Self::RingMtRts,
        Self::RingMtHts,
        Self::LfStack,
        Self::Stack,
    ];

    /// Whether a taker can say who it is before anybody sees that the objects are gone. A stack's
    /// objects change hands in one swap.
    pub(super) const fn is_recoverable(self) -> bool {
        !matches!(self, Self::LfStack | Self::Stack)
    }

    /// The number that lies in shared memory.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The handler with that number; `None` if this build has none such.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.number() == number)
    }

    /// Its name, as the reference spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RingMpMc => "ring_mp_mc",
            Self::RingSpSc => "ring_sp_sc",
            Self::RingMpSc => "ring_mp_sc",
            Self::RingSpMc => "ring_sp_mc",
            Self::RingMtRts => "ring_mt_rts",
            Self::RingMtHts => "ring_mt_hts",
            Self::LfStack => "lf_stack",
            Self::Stack => "stack",
        }
    }

    /// The handler of that name (`--mbuf-pool-ops-name`); `None` if there is none such.
    #[doc(alias = "rte_mempool_set_ops_byname")]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.name() == name)
    }

    /// The handler that `flags` ask for, if none is named.
    pub(super) const fn from_flags(flags: PoolFlags) -> Self {
        match (flags.has(PoolFlags::SP_PUT), flags.has(PoolFlags::SC_GET)) {
            (true, true) => Self::RingSpSc,
            (true, false) => Self::RingSpMc,
            (false, true) => Self::RingMpSc,
            (false, false) => Self::RingMpMc,
        }
    }
}

impl fmt::Display for HandlerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_what_other_builds_know_them_as() {
        let numbers = HandlerId::ALL.map(HandlerId::number);
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
        for id in HandlerId::ALL {
            assert_eq!(HandlerId::from_number(id.number()), Some(id));
            assert_eq!(HandlerId::from_name(id.name()), Some(id));
        }
    }

    #[test]
    fn a_number_or_name_that_no_build_has_is_no_handler() {
        assert_eq!(HandlerId::from_number(0), None);
        assert_eq!(HandlerId::from_number(9), None);
        assert_eq!(HandlerId::from_name("bucket"), None);
    }

    #[test]
    fn single_flags_choose_the_handler() {
        let both = PoolFlags::SP_PUT | PoolFlags::SC_GET;
        assert_eq!(HandlerId::from_flags(PoolFlags::NONE), HandlerId::RingMpMc);
        assert_eq!(HandlerId::from_flags(both), HandlerId::RingSpSc);
        assert_eq!(HandlerId::from_flags(PoolFlags::SP_PUT), HandlerId::RingSpMc);
        assert_eq!(HandlerId::from_flags(PoolFlags::SC_GET), HandlerId::RingMpSc);
    }
}
