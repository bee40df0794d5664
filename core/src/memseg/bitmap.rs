//! A table of bits and the finders over it: which grains of a list are in use.
//!
//! What the reference calls an fbarray, without its file, its lock and its elements: the bits
//! lie in the list, the group's lock guards them, and an element's place is its index. All
//! finders go word by word, 64 grains at a time. Readers that do not hold the group's lock get
//! an answer that may be old.
//!
//! Each finder takes the kind of bit it looks for, so one name stands for two of the
//! reference's. What the reference refuses (FB-4) is refused here, by a typed error.

use core::fmt;

use crate::lock::{JournalFull, Transaction};
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

/// Why a finder found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindError {
    /// The index is not below the table's length (`EINVAL`).
    NoSuchIndex {
        /// The index.
        index: usize,
        /// The length.
        len: usize,
    },
    /// A run of no bits was asked for (`EINVAL`).
    EmptyRun,
    /// A run longer than the table was asked for (`EINVAL`).
    RunTooLong {
        /// Its length.
        run: usize,
        /// The table's.
        len: usize,
    },
    /// There is none of this kind where it was looked for (`ENOSPC`, `ENOENT`).
    None(Bit),
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchIndex { index, len } => {
                write!(
                    f,
                    "entry {index} was asked for, the table has {len}; ask for one below that"
                )
            }
            Self::EmptyRun => f.write_str("a run of 0 entries was asked for; ask for at least 1"),
            Self::RunTooLong { run, len } => {
                write!(f, "a run of {run} entries was asked for, the table has {len}; ask for less")
            }
            Self::None(Bit::Free) => f.write_str(
                "free entries were asked for and there are not as many; free some first",
            ),
            Self::None(Bit::Used) => {
                f.write_str("used entries were asked for and there are not as many there")
            }
        }
    }
}

impl core::error::Error for FindError {}

/// Why bits were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkError {
    /// The range is empty or goes past the table's end.
    Range {
        /// Its first bit.
        first: usize,
        /// How many.
        count: usize,
        /// The table's length.
        len: usize,
    },
    /// The transaction has changed all that one may; drop it.
    Journal(JournalFull),
}

impl fmt::Display for MarkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { first, count, len } => write!(
                f,
                "{count} entries from {first} on were to be changed, the table has {len}; name at least 1 inside it"
            ),
            Self::Journal(full) => full.fmt(f),
        }
    }
}

impl core::error::Error for MarkError {}

impl From<JournalFull> for MarkError {
    fn from(full: JournalFull) -> Self {
        Self::Journal(full)
    }
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
    #[doc(alias = "rte_fbarray_is_used")]
    pub fn is_set(self, index: usize) -> Result<bool, FindError> {
        self.check(index)?;
        Ok(self.word(index / 64, Bit::Used) >> (index % 64) & 1 == 1)
    }

    /// The first bit of `kind` at or after `from`.
    #[doc(alias = "rte_fbarray_find_next_free")]
    #[doc(alias = "rte_fbarray_find_next_used")]
    pub fn find_next(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        self.up(from, kind).ok_or(FindError::None(kind))
    }

    /// The last bit of `kind` at or before `from`.
    #[doc(alias = "rte_fbarray_find_prev_free")]
    #[doc(alias = "rte_fbarray_find_prev_used")]
    pub fn find_prev(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        self.down(from, kind).ok_or(FindError::None(kind))
    }

    /// Where the first `run` bits of `kind` in a row begin, at or after `from`.
    ///
    /// ```
    /// use phalanx_core::memseg::{Bit, Bitmap};
    /// use phalanx_core::sync::Guarded;
    /// let words = [Guarded::new(0b1011)];
    /// let table = Bitmap::new(&words, 64).unwrap();
    /// assert_eq!(table.find_next_run(0, 2, Bit::Free), Ok(4));
    /// assert!(table.find_next_run(0, 65, Bit::Free).is_err());
    /// ```
    #[doc(alias = "rte_fbarray_find_next_n_free")]
    #[doc(alias = "rte_fbarray_find_next_n_used")]
    pub fn find_next_run(self, from: usize, run: usize, kind: Bit) -> Result<usize, FindError> {
        self.check_run(from, run)?;
        let mut at = from;
        loop {
            at = self.up(at, kind).ok_or(FindError::None(kind))?;
            let found = self.length_up(at, kind);
            if found >= run {
                return Ok(at);
            }
            at += found;
        }
    }

    /// Where the last `run` bits of `kind` in a row begin that end at or before `from`.
    #[doc(alias = "rte_fbarray_find_prev_n_free")]
    #[doc(alias = "rte_fbarray_find_prev_n_used")]
    pub fn find_prev_run(self, from: usize, run: usize, kind: Bit) -> Result<usize, FindError> {
        self.check_run(from, run)?;
        let mut at = Some(from);
        loop {
            let last = at.and_then(|at| self.down(at, kind)).ok_or(FindError::None(kind))?;
            let found = self.length_down(last, kind);
            if found >= run {
                return Ok(last + 1 - run);
            }
            at = last.checked_sub(found);
        }
    }

    /// How many bits of `kind` stand in a row from `from` on; 0 if `from` is of the other kind.
    #[doc(alias = "rte_fbarray_find_contig_free")]
    #[doc(alias = "rte_fbarray_find_contig_used")]
    pub fn run_from(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        Ok(self.length_up(from, kind))
    }

    /// How many bits of `kind` stand in a row from `from` downwards.
    #[doc(alias = "rte_fbarray_find_rev_contig_free")]
    #[doc(alias = "rte_fbarray_find_rev_contig_used")]
    pub fn run_back(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        Ok(self.length_down(from, kind))
    }

    /// Where the longest run of `kind` begins, of those at or after `from`; of equals the first.
    #[doc(alias = "rte_fbarray_find_biggest_free")]
    #[doc(alias = "rte_fbarray_find_biggest_used")]
    pub fn find_biggest(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        let (mut best, mut longest, mut at) = (None, 0, from);
        while let Some(start) = self.up(at, kind) {
            let found = self.length_up(start, kind);
            if found > longest {
                (best, longest) = (Some(start), found);
            }
            at = start + found;
        }
        best.ok_or(FindError::None(kind))
    }

    /// Where the longest run of `kind` begins, of those at or before `from`; of equals the last.
    #[doc(alias = "rte_fbarray_find_rev_biggest_free")]
    #[doc(alias = "rte_fbarray_find_rev_biggest_used")]
    pub fn find_biggest_back(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        let (mut best, mut longest, mut at) = (None, 0, Some(from));
        while let Some(last) = at.and_then(|at| self.down(at, kind)) {
            let found = self.length_down(last, kind);
            if found > longest {
                (best, longest) = (Some(last + 1 - found), found);
            }
            at = last.checked_sub(found);
        }
        best.ok_or(FindError::None(kind))
    }

    /// Makes bits `first..first + count` be of `kind`; one journal entry for 64 of them.
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

    fn check(self, index: usize) -> Result<(), FindError> {
        if index < self.len { Ok(()) } else { Err(FindError::NoSuchIndex { index, len: self.len }) }
    }

    fn check_run(self, from: usize, run: usize) -> Result<(), FindError> {
        self.check(from)?;
        match run {
            0 => Err(FindError::EmptyRun),
            _ if run > self.len => Err(FindError::RunTooLong { run, len: self.len }),
            _ => Ok(()),
        }
    }

    /// Word `i`, its bits of `kind` as ones.
    fn word(self, i: usize, kind: Bit) -> u64 {
        let set = self.words.get(i).map_or(0, |word| word.get());
        match kind {
            Bit::Used => set,
            Bit::Free => !set,
        }
    }

    fn up(self, from: usize, kind: Bit) -> Option<usize> {
        next_one(|i| self.word(i, kind), from, self.len)
    }

    fn down(self, from: usize, kind: Bit) -> Option<usize> {
        let mut i = from / 64;
        let mut word = self.word(i, kind) & (u64::MAX >> (63 - from % 64));
        while word == 0 {
            i = i.checked_sub(1)?;
            word = self.word(i, kind);
        }
        Some(i * 64 + 63 - word.leading_zeros() as usize)
    }

    fn length_up(self, from: usize, kind: Bit) -> usize {
        self.up(from, kind.other()).unwrap_or(self.len) - from
    }

    fn length_down(self, from: usize, kind: Bit) -> usize {
        from + 1 - self.down(from, kind.other()).map_or(0, |end| end + 1)
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
