//! The name of a group.
//!
//! It becomes part of file names, so it holds letters, digits, `.`, `_` and `-`
//! only. DPDK refuses `%` and the empty name but lets `/` pass (`RD-6`).

use core::fmt;

/// Longest prefix, bytes.
pub const MAX_PREFIX: usize = 64;

/// A checked group name.
///
/// ```
/// use phalanx_linux::runtime_dir::Prefix;
/// assert_eq!(Prefix::new("edge-1").map(|p| p.to_string()), Ok("edge-1".into()));
/// assert!(Prefix::new("../edge").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[doc(alias = "--file-prefix")]
pub struct Prefix(heapless::String<MAX_PREFIX>);

/// Why a text is no group name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrefixError {
    /// It is empty.
    Empty,
    /// It is longer than [`MAX_PREFIX`].
    TooLong {
        /// Its length, bytes.
        len: usize,
    },
    /// It starts with `.` or `-`.
    BadStart(char),
    /// It contains another character than letters, digits, `.`, `_`, `-`.
    BadCharacter(char),
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file prefix is empty; give the group a name"),
            Self::TooLong { len } => {
                write!(f, "the file prefix has {len} bytes; use at most {MAX_PREFIX}")
            }
            Self::BadStart(start) => {
                write!(f, "the file prefix starts with '{start}'; start with a letter or digit")
            }
            Self::BadCharacter(bad) => write!(
                f,
                "the file prefix contains '{}'; use letters, digits, '.', '_' and '-' only",
                if bad.is_control() { '?' } else { *bad }
            ),
        }
    }
}

impl core::error::Error for PrefixError {}

impl Prefix {
    /// Checks `name`.
    ///
    /// # Errors
    /// [`PrefixError`].
    pub fn new(name: &str) -> Result<Self, PrefixError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
            return Err(PrefixError::BadCharacter(bad));
        }
        match name.chars().next() {
            None => return Err(PrefixError::Empty),
            Some(start @ ('.' | '-')) => return Err(PrefixError::BadStart(start)),
            Some(_) => {}
        }
        let text = heapless::String::try_from(name);
        text.map(Self).map_err(|_| PrefixError::TooLong { len: name.len() })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_three_marks_make_a_prefix() {
        assert_eq!(Prefix::new("Edge_1.a-b").unwrap().as_str(), "Edge_1.a-b");
        assert!(Prefix::new(&"x".repeat(MAX_PREFIX)).is_ok());
    }

    #[test]
    fn what_could_leave_the_directory_or_hide_is_refused() {
        assert_eq!(Prefix::new("a/b"), Err(PrefixError::BadCharacter('/')));
        assert_eq!(Prefix::new("a%b"), Err(PrefixError::BadCharacter('%')));
        assert_eq!(Prefix::new("a\0b"), Err(PrefixError::BadCharacter('\0')));
        assert_eq!(Prefix::new(".."), Err(PrefixError::BadStart('.')));
        assert_eq!(Prefix::new("-v"), Err(PrefixError::BadStart('-')));
    }

    #[test]
    fn an_empty_or_long_name_is_refused_with_its_length() {
        assert_eq!(Prefix::new(""), Err(PrefixError::Empty));
        let len = MAX_PREFIX + 1;
        assert_eq!(Prefix::new(&"x".repeat(len)), Err(PrefixError::TooLong { len }));
    }
}
