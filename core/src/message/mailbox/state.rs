//! The word of a cell: `{ticket: 32, sender: 16, words: 8, phase: 8}`, 0 for free.
//!
//! The ticket makes it unlike any word that stood there before, so a swap by somebody who looked
//! at it long ago fails; the sender's tag says who is in the middle.

use super::layout::CELL_WORDS;

const WRITING: u8 = 1;
const READY: u8 = 2;

/// What the word of a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(u64);

/// Nobody has the cell.
pub(crate) const FREE: u64 = 0;

impl State {
    /// The process with `tag` writes a frame.
    pub(crate) const fn writing(ticket: u32, tag: u16) -> Self {
        Self((ticket as u64) << 32 | (tag as u64) << 16 | WRITING as u64)
    }

    /// Its frame is there; `words` of it may differ from zero.
    pub(crate) fn ready(self, words: usize) -> Self {
        // At most 48.
        let words = words.min(CELL_WORDS) as u64;
        Self(self.0 & !0xffff | words << 8 | READY as u64)
    }

    /// What a word of shared memory says.
    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    pub(crate) const fn ticket(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(crate) const fn tag(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// How many words to copy: what the sender claims, at most a cell.
    pub(crate) fn words(self) -> usize {
        usize::from((self.0 >> 8) as u8).min(CELL_WORDS)
    }

    pub(crate) const fn is_ready(self) -> bool {
        self.0 as u8 == READY
    }

    /// Whether somebody has begun to write and not finished. A phase that no version writes
    /// counts as this: its cell is freed when the process it names is dead.
    pub(crate) const fn is_unfinished(self) -> bool {
        self.0 != FREE && !self.is_ready()
    }

    /// Whether it came before `other`; tickets wrap.
    pub(crate) const fn is_before(self, other: Self) -> bool {
        self.ticket().wrapping_sub(other.ticket()).cast_signed() < 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_state_keeps_what_it_is_made_of() {
        let state = State::writing(u32::MAX, 0xfffe);
        assert!(state.is_unfinished() && !state.is_ready());
        let ready = state.ready(48);
        assert!(ready.is_ready() && !ready.is_unfinished());
        assert_eq!((ready.ticket(), ready.tag(), ready.words()), (u32::MAX, 0xfffe, 48));
    }

    #[test]
    fn a_state_that_claims_more_than_a_cell_has_gets_a_cell() {
        assert_eq!(State::from_word(0xff02).words(), CELL_WORDS);
    }

    #[test]
    fn tickets_keep_their_order_where_they_wrap() {
        let [early, late] = [u32::MAX, 0].map(|ticket| State::writing(ticket, 1));
        assert!(early.is_before(late) && !late.is_before(early) && !early.is_before(early));
    }
}
