//! The words that a log's reader and writer share.

use super::layout::LogRing;
use super::record::{HEADER_WORDS, Header};
use crate::sync::Published64;

/// Positions and data of one log. Positions count words and never wrap; where one lies, its low
/// bits say.
#[derive(Clone, Copy, Debug)]
pub struct Track<'a> {
    pub(super) head: &'a Published64,
    pub(super) tail: &'a Published64,
    words: &'a [Published64],
}

impl<'a> Track<'a> {
    /// A log over `words`, whose number is a power of two; `None` if it is not.
    pub fn new(
        head: &'a Published64,
        tail: &'a Published64,
        words: &'a [Published64],
    ) -> Option<Self> {
        words.len().is_power_of_two().then_some(Self { head, tail, words })
    }

    pub(super) fn of(ring: &'a LogRing) -> Self {
        Self { head: &ring.head, tail: &ring.tail, words: &ring.data }
    }

    /// How many words it has.
    pub(super) fn capacity(&self) -> u64 {
        self.words.len() as u64
    }

    fn word(&self, at: u64) -> Option<&'a Published64> {
        self.words.get((at & (self.capacity() - 1)) as usize)
    }

    /// The word at position `at`, and all that was published before it.
    pub(super) fn get(&self, at: u64) -> u64 {
        self.word(at).map_or(0, Published64::observe)
    }

    /// Writes the word at position `at`. Whoever sees it sees all that was published before.
    pub(super) fn put(&self, at: u64, value: u64) {
        if let Some(word) = self.word(at) {
            word.publish(value);
        }
    }

    /// The header of the record at `at`, if one can stand there and ends at `end` at the latest.
    pub(super) fn header(&self, at: u64, end: u64) -> Option<Header> {
        let words: [u64; HEADER_WORDS as usize] =
            core::array::from_fn(|i| self.get(at.wrapping_add(i as u64)));
        let header = Header::of(words)?;
        at.checked_add(header.words()).is_some_and(|after| after <= end).then_some(header)
    }
}
