//! A filter's words, one after another.

use phalanx_core::port::filter::STEPS_MAX;

use super::error::FilterError;

/// A word, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    pub(super) at: usize,
    pub(super) text: &'t str,
}

/// The words of a text that are still to come.
#[derive(Debug)]
pub(super) struct Words<'t> {
    text: &'t str,
    all: Vec<Word<'t>>,
    next: usize,
    /// Primitives that have begun.
    primitives: usize,
}

/// Words that join or enclose; anything else is a primitive's.
pub(super) fn is_joint(word: &str) -> bool {
    matches!(word, "and" | "&&" | "or" | "||" | "not" | "!" | "(" | ")")
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut all = Vec::new();
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            let at = text.len() - rest.len();
            let len = match rest.as_bytes() {
                [] => break,
                [b'&', b'&', ..] | [b'|', b'|', ..] => 2,
                [b'(' | b')' | b'!', ..] => 1,
                _ => rest
                    .find(|c: char| c.is_whitespace() || "()!&|".contains(c))
                    .filter(|len| *len > 0)
                    // A single `&` or `|` is a word that nobody knows.
                    .unwrap_or_else(|| if rest.starts_with(['&', '|']) { 1 } else { rest.len() }),
            };
            let (word, behind) = rest.split_at(len);
            all.push(Word { at, text: word });
            rest = behind;
        }
        Self { text, all, next: 0, primitives: 0 }
    }

    /// The text of the next word; empty at the end.
    pub(super) fn peek(&self) -> &'t str {
        self.ahead(0)
    }

    /// The text of the word `count` behind the next.
    pub(super) fn ahead(&self, count: usize) -> &'t str {
        self.all.get(self.next + count).map_or("", |word| word.text)
    }

    /// The next word.
    pub(super) fn next(&mut self) -> Word<'t> {
        let word = self.all.get(self.next).copied();
        self.next += usize::from(word.is_some());
        word.unwrap_or(Word { at: self.text.len(), text: "" })
    }

    /// Takes the next word if it is `text`.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is_it = self.peek() == text && !text.is_empty();
        self.next += usize::from(is_it);
        is_it
    }

    /// Says that the next word begins a primitive: a step or more of the program, and a level of the
    /// expression, which is walked by calls. So no text leads deeper than a program is long.
    ///
    /// # Errors
    /// There are more than a program has steps.
    pub(super) fn begin_primitive(&mut self) -> Result<(), FilterError> {
        self.primitives += 1;
        if self.primitives <= STEPS_MAX {
            return Ok(());
        }
        let word = self.next();
        Err(self
            .fault(word, format!("a filter has at most {STEPS_MAX} primitives; make it simpler")))
    }

    pub(super) fn fault(&self, word: Word<'_>, what: impl Into<String>) -> FilterError {
        FilterError {
            text: self.text.to_owned(),
            at: word.at,
            word: word.text.to_owned(),
            what: what.into(),
        }
    }
}
