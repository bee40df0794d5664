//! What is wrong with a filter's text, and where.

use core::fmt;

use phalanx_core::port::filter::TooLong;

/// A filter that is none. One line: the text, the word, what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The filter.
    pub text: String,
    /// Where in it the word begins, in bytes.
    pub at: usize,
    /// The word; empty at the filter's end.
    pub word: String,
    /// What is wrong with it, and what to write.
    pub what: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.text.get(..self.at).map_or(0, |before| before.chars().count()) + 1;
        let Self { text, word, what, .. } = self;
        let (text, word) = (Cut(text), Cut(word));
        match self.word.is_empty() {
            true => write!(f, "the filter {text}: at its end, {what}"),
            false => write!(f, "the filter {text}: {word} at character {column}: {what}"),
        }
    }
}

impl core::error::Error for FilterError {}

/// How much of a text is shown, in characters.
const SHOWN: usize = 80;

/// A text in quotes; of a long one the beginning.
struct Cut<'a>(&'a str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{:?}...", self.0.get(..end).unwrap_or_default()),
            None => write!(f, "{:?}", self.0),
        }
    }
}

pub(super) fn too_long(text: &str, error: TooLong) -> FilterError {
    FilterError { text: text.to_owned(), at: 0, word: text.to_owned(), what: error.to_string() }
}
