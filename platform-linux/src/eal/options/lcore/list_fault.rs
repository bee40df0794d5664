//! What can be wrong with an lcore list, said so that the place and the sign are both named.

use core::fmt;

/// What is wrong at some place of an lcore list. What was found there, `None` for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LcoreFault {
    /// The whole list is empty or blank.
    EmptyList,
    /// Nothing stands between two commas, before the first or behind the last.
    ItemMissing,
    /// Something else than a number.
    NumberExpected(Option<char>),
    /// A `-` with no number before it.
    RangeWithoutStart,
    /// A `-` with no number behind it.
    RangeWithoutEnd,
    /// A second `-` in one range.
    SecondDash,
    /// A `(` inside of parentheses.
    NestedGroup,
    /// A group without its `)`.
    GroupNotClosed(Option<char>),
    /// A bare range before `@`.
    RangeBeforeAt,
    /// Neither `,` nor `@` nor the end behind a set.
    Unexpected(char),
    /// A number that is not below [`CPU_MAX`](super::CPU_MAX).
    NumberTooHigh,
    /// `@` or `(` while lcores are renumbered (`OP-3`).
    MapWhileRemapping,
}

impl fmt::Display for LcoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self {
            Self::NumberExpected(found) => return expected(f, "a number", *found),
            Self::GroupNotClosed(found) => return expected(f, "',' or ')' in the group", *found),
            Self::Unexpected(found) => {
                return expected(f, "',', '@', '-' or the end", Some(*found));
            }
            Self::EmptyList => "the list ends before it names an lcore",
            Self::ItemMissing => "an item of the list is missing",
            Self::RangeWithoutStart => "a range has no number before its '-'",
            Self::RangeWithoutEnd => "a range has no number behind its '-'",
            Self::SecondDash => "a range has a second '-'",
            Self::NestedGroup => "a group stands inside of another",
            Self::RangeBeforeAt => "a range before '@' is not in parentheses",
            Self::NumberTooHigh => "a number is above 1023",
            Self::MapWhileRemapping => {
                "'@' or '(' stands in a list that --remap-lcore-ids renumbers"
            }
        };
        f.write_str(sentence)
    }
}

fn expected(f: &mut fmt::Formatter<'_>, what: &str, found: Option<char>) -> fmt::Result {
    match found {
        Some(found) => write!(f, "{what} is expected, but there is '{}'", found.escape_default()),
        None => write!(f, "{what} is expected, but the list ends"),
    }
}
