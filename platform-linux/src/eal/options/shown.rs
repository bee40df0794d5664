//! Text that a user typed, made fit for an error sentence.
//!
//! An argument may hold newlines, terminal escapes or a megabyte of anything. Echoed as it is, it could
//! forge a log line or drown the message. So whatever is not plain printable ASCII is written as a Rust
//! escape, and what does not fit is cut and ends in `...`. ASCII only on purpose: the tables that tell
//! printable Unicode from the rest would weigh more than the whole parser in a static worker.

use core::fmt;

/// What a cut text ends in.
const CUT_MARK: &str = "...";

/// At most `N` bytes (`3..=255`) of escaped, printable ASCII. Made once, when an error is made; no allocation.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown<const N: usize> {
    text: heapless::String<N, u8>,
    /// The longest length after which the cut mark still fits.
    cut_at: u8,
    is_cut: bool,
}

impl<const N: usize> Shown<N> {
    const fn empty() -> Self {
        const { assert!(N >= CUT_MARK.len() && N <= u8::MAX as usize, "a Shown holds 3 to 255 bytes") }
        Self { text: heapless::String::new(), cut_at: 0, is_cut: false }
    }

    /// Escapes `text` and cuts it at `N` bytes.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut shown = Self::empty();
        text.chars().for_each(|character| shown.push(character));
        shown
    }

    /// The same for anything that can be displayed, such as a CPU list.
    #[must_use]
    pub fn of_display(value: &impl fmt::Display) -> Self {
        let mut shown = Self::empty();
        // Writing to a Shown cannot fail: what does not fit is cut.
        let _ = fmt::write(&mut shown, format_args!("{value}"));
        shown
    }

    /// The escaped text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn push(&mut self, character: char) {
        if self.is_cut {
            return;
        }
        let escaped = character.escape_default();
        if self.text.len() + escaped.len() > N {
            self.cut();
            return;
        }
        for part in escaped {
            // It fits: measured above. Every part is one ASCII byte.
            let _ = self.text.push(part);
        }
        if self.text.len() + CUT_MARK.len() <= N {
            self.cut_at = self.text.len() as u8;
        }
    }

    fn cut(&mut self) {
        self.text.truncate(usize::from(self.cut_at));
        // It fits: `cut_at` leaves the room.
        let _ = self.text.push_str(CUT_MARK);
        self.is_cut = true;
    }
}

impl<const N: usize> fmt::Write for Shown<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().for_each(|character| self.push(character));
        Ok(())
    }
}

impl<const N: usize> fmt::Display for Shown<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Shown<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shown({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Shown;

    #[test]
    fn plain_text_is_shown_as_it_is() {
        assert_eq!(Shown::<64>::of("0-3,5 @").as_str(), "0-3,5 @");
    }

    #[test]
    fn control_characters_and_newlines_are_escaped() {
        assert_eq!(Shown::<64>::of("a\nb\x1b[31m\0").as_str(), "a\\nb\\u{1b}[31m\\u{0}");
    }

    #[test]
    fn text_that_fills_the_room_exactly_is_not_cut() {
        assert_eq!(Shown::<8>::of("12345678").as_str(), "12345678");
    }

    #[test]
    fn longer_text_is_cut_and_ends_in_an_ellipsis() {
        assert_eq!(Shown::<8>::of("123456789").as_str(), "12345...");
    }

    #[test]
    fn an_escape_is_never_cut_in_the_middle() {
        assert_eq!(Shown::<8>::of("1234\u{1b}6").as_str(), "1234...");
        assert_eq!(Shown::<8>::of("12\u{1b}").as_str(), "12\\u{1b}");
    }
}
