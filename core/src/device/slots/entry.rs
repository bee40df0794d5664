//! `Entry`: the word that says what lies in a descriptor.

/// Bits of a word that say a position.
const POSITION_BITS: u32 = 30;

/// A position as an entry has it.
const POSITION_MASK: u32 = (1 << POSITION_BITS) - 1;

/// What an mbuf's place is a multiple of, as a power of two.
const PLACE_SHIFT: u32 = 6;

/// What lies in a descriptor. As a word: `place / 64 << 30 | position`, or below 2^30 `head + 1`, or 0.
///
/// One word says both what lies there and from which position on the device has it. So whoever follows a
/// dead claimant knows of each buffer whether the device was given it, by one comparison with the cursor,
/// in whatever order the device gives buffers back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nothing.
    Free,
    /// A packet, the device's once `position` is handed over.
    Packet {
        /// Where its first segment's header lies: bytes from the window's start.
        at: u64,
        /// Its position, modulo 2^30.
        position: u32,
    },
    /// A further descriptor of the packet whose entry is `head`.
    Part {
        /// Which entry.
        head: u32,
    },
}

impl Entry {
    pub(crate) const fn packet(at: u64, position: u32) -> Self {
        Self::Packet { at, position: position & POSITION_MASK }
    }

    pub(crate) const fn from_word(word: u64) -> Self {
        let position = word as u32 & POSITION_MASK;
        match (word >> POSITION_BITS, position) {
            (0, 0) => Self::Free,
            (0, part) => Self::Part { head: part - 1 },
            (at, position) => Self::Packet { at: at << PLACE_SHIFT, position },
        }
    }

    pub(crate) const fn to_word(self) -> u64 {
        match self {
            Self::Free => 0,
            Self::Packet { at, position } => at >> PLACE_SHIFT << POSITION_BITS | position as u64,
            Self::Part { head } => head as u64 + 1,
        }
    }
}

/// Whether an entry at `position` was not handed over yet, where all before `posted` was and no more than
/// `size` lie ready at a time.
pub(crate) const fn is_ahead(position: u32, posted: u32, size: u32) -> bool {
    position.wrapping_sub(posted) & POSITION_MASK < size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_the_way_through_its_word() {
        let last = (1 << 40) - 64;
        for entry in [
            Entry::Free,
            Entry::packet(64, 0),
            Entry::packet(last, u32::MAX),
            Entry::Part { head: 0 },
            Entry::Part { head: 32_767 },
        ] {
            assert_eq!(Entry::from_word(entry.to_word()), entry);
        }
    }

    #[test]
    fn what_lies_ready_is_told_from_what_was_handed_over_across_every_wrap() {
        for posted in [0, 5, POSITION_MASK, POSITION_MASK - 1, u32::MAX, u32::MAX - 3] {
            for ahead in 0..8 {
                let Entry::Packet { position, .. } = Entry::packet(64, posted.wrapping_add(ahead))
                else {
                    unreachable!()
                };
                assert!(is_ahead(position, posted, 8), "{posted} + {ahead}");
                assert!(!is_ahead(position, posted.wrapping_add(ahead + 1), 8));
            }
        }
    }
}
