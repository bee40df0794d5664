//! A table of bits and the finders over it: which grains of a list are in use.
//!
//! What the reference calls an fbarray, without its file, its lock and its elements: the bits
//! lie in the list, the group's lock guards them, and an element's place is its index. All
//! finders go word by word, 64 grains at a time. Readers that do not hold the group's lock get
//! an answer that may be old.
//!
//! Each finder takes the kind of bit it looks for, so one name stands for two of the
//! reference's. What the reference refuses (FB-4) is refused here, by a typed error.

mod error;
mod find;

pub use error::{FindError, MarkError};

use crate::lock::Transaction;
use crate::sync::Guarded;

/// What a finder looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bit {
    /// A cleared bit.
    Free,
    /// A set bit.
    Used,
}

impl Bit {
    /// The other kind.
    pub const fn other(self) -> Self {
        match self {
            Self::Free => Self::Used,
            Self::Used => Self::Free,
        }
    }
}

/// Bits `0..len` of a row of guarded words.
#[doc(alias = "rte_fbarray")]
#[derive(Clone, Copy, Debug)]
pub struct Bitmap<'a> {
    words: &'a [Guarded],
    len: usize,
}

impl<'a> Bitmap<'a> {
    /// Bits `0..len` of `words`; `None` if `len` is 0 or more than there are.
    pub const fn new(words: &'a [Guarded], len: usize) -> Option<Self> {
        if len == 0 || len > words.len() * 64 { None } else { Some(Self { words, len }) }
    }

    /// As `new`, `len` brought within what `words` hold (a slice of at least one word).
    pub(super) fn of_first(words: &'a [Guarded], len: usize) -> Self {
        Self { words, len: len.clamp(1, words.len() * 64) }
    }

    /// How many bits there are, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a table of no bits cannot be made")]
    pub const fn len(self) -> usize {
        self.len
    }

    /// How many bits are set.
    pub fn count_used(self) -> usize {
        masks(0, self.len)
            .map(|(i, mask)| (self.word(i, Bit::Used) & mask).count_ones() as usize)
            .sum()
    }

    /// Whether bit `index` is set.
    ///
    /// # Errors
    /// [`FindError`].
    #[doc(alias = "rte_fbarray_is_used")]
    pub fn is_set(self, index: usize) -> Result<bool, FindError> {
        self.check(index)?;
        Ok(self.word(index / 64, Bit::Used) >> (index % 64) & 1 == 1)
    }

    /// Makes bits `first..first + count` be of `kind`; one journal entry for 64 of them.
    ///
    /// # Errors
    /// [`MarkError`].
    #[doc(alias = "rte_fbarray_set_used")]
    #[doc(alias = "rte_fbarray_set_free")]
    pub fn mark(
        self,
        tx: &Transaction,
        first: usize,
        count: usize,
        kind: Bit,
    ) -> Result<(), MarkError> {
        let end = first.checked_add(count).filter(|end| count > 0 && *end <= self.len);
        let end = end.ok_or(MarkError::Range { first, count, len: self.len })?;
        for (word, mask) in masks(first, end) {
            let Some(guarded) = self.words.get(word) else { break };
            let old = guarded.get();
            tx.set(guarded, if kind == Bit::Used { old | mask } else { old & !mask })?;
        }
        Ok(())
    }

    /// Word `i`, its bits of `kind` as ones.
    fn word(self, i: usize, kind: Bit) -> u64 {
        let set = self.words.get(i).map_or(0, |word| word.get());
        match kind {
            Bit::Used => set,
            Bit::Free => !set,
        }
    }
}

/// The first one-bit at or after `from` and below `len`, of words that `word` gives.
pub(super) fn next_one(word: impl Fn(usize) -> u64, from: usize, len: usize) -> Option<usize> {
    if from >= len {
        return None;
    }
    let mut i = from / 64;
    let mut bits = word(i) & (u64::MAX << (from % 64));
    while bits == 0 {
        i += 1;
        if i * 64 >= len {
            return None;
        }
        bits = word(i);
    }
    Some(i * 64 + bits.trailing_zeros() as usize).filter(|at| *at < len)
}

/// The words that hold bits `first..end`, each with the mask of those bits.
pub(super) fn masks(first: usize, end: usize) -> impl Iterator<Item = (usize, u64)> {
    (first / 64..end.div_ceil(64)).map(move |i| {
        let low = first.saturating_sub(i * 64).min(63);
        let high = (end - i * 64).min(64);
        (i, (u64::MAX << low) & (u64::MAX >> (64 - high)))
    })
}
