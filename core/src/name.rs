//! `Name`: what shared objects are called.
//!
//! At most 31 bytes of printable ASCII without a blank at either end, NUL-padded to 32, as
//! the field has it (`RTE_MEMZONE_NAMESIZE`): fixed size, so that it lies in shared memory,
//! and printable, so that it can be shown as it is.

use core::fmt;

/// Bytes a name takes, its NUL included.
pub const NAME_BYTES: usize = 32;

/// The name of a shared object: 1 to 31 printable ASCII bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name([u8; NAME_BYTES]);

/// Why a text cannot be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It has no bytes.
    Empty,
    /// It has more than 31 bytes; how many it has.
    TooLong(usize),
    /// A byte that is not printable ASCII, and where it stands.
    Unprintable {
        /// The byte.
        byte: u8,
        /// Its position in the text, from 0.
        at: usize,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                f.write_str("a name was asked for and found empty; give 1 to 31 characters")
            }
            Self::TooLong(len) => {
                write!(f, "a name has at most 31 characters, this one has {len}; shorten it")
            }
            Self::Unprintable { byte, at } => {
                write!(
                    f,
                    "a name is printable ASCII, byte {at} is {byte:#04x}; use letters, digits and punctuation"
                )
            }
        }
    }
}

impl core::error::Error for NameError {}

impl Name {
    /// Takes `text` as a name. Costs nothing but the copy.
    ///
    /// # Errors
    /// [`NameError`].
    ///
    /// ```
    /// use phalanx_core::name::Name;
    /// assert_eq!(Name::new("PRI_2_SEC").unwrap().as_str(), "PRI_2_SEC");
    /// assert!(Name::new("").is_err());
    /// ```
    pub fn new(text: &str) -> Result<Self, NameError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(NameError::Empty);
        }
        if bytes.len() >= NAME_BYTES {
            return Err(NameError::TooLong(bytes.len()));
        }
        if let Some(at) = bytes.iter().position(|b| !(b' '..=b'~').contains(b)) {
            return Err(NameError::Unprintable { byte: bytes[at], at });
        }
        Ok(Self::cut(text))
    }

    /// Takes as much of `text` as fits, unprintable bytes replaced by `?`: for showing, not
    /// for naming.
    pub fn cut(text: &str) -> Self {
        let mut name = [0; NAME_BYTES];
        for (to, from) in name.iter_mut().zip(text.bytes()).take(NAME_BYTES - 1) {
            *to = if (b' '..=b'~').contains(&from) { from } else { b'?' };
        }
        Self(name)
    }

    /// The name as four words, as it lies in shared memory.
    pub fn to_words(self) -> [u64; 4] {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(self.0.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        }
        words
    }

    /// What four words from shared memory say, made fit to show: bytes after the first NUL are
    /// dropped, unprintable ones become `?`.
    pub fn from_words(words: [u64; 4]) -> Self {
        let mut name = [0; NAME_BYTES];
        for (bytes, word) in name.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        name[NAME_BYTES - 1] = 0;
        let mut ended = false;
        for byte in &mut name {
            ended |= *byte == 0;
            *byte = match *byte {
                _ if ended => 0,
                printable @ b' '..=b'~' => printable,
                _ => b'?',
            };
        }
        Self(name)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|b| *b == 0).unwrap_or(NAME_BYTES);
        core::str::from_utf8(self.0.get(..len).unwrap_or_default()).unwrap_or("?")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Printable, so there is nothing to escape.
        write!(f, "\"{}\"", self.as_str())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Name {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}

/// A name while it is made, by `write!`. What is longer than any name is an error there.
#[derive(Default)]
pub(crate) struct NameText {
    bytes: [u8; NAME_BYTES],
    len: usize,
}

impl NameText {
    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(self.bytes.get(..self.len).unwrap_or_default()).unwrap_or_default()
    }
}

impl fmt::Write for NameText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.bytes.get_mut(self.len).ok_or(fmt::Error)? = byte;
            self.len += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_one_characters_are_a_name_and_thirty_two_are_not() {
        assert!(Name::new(&"a".repeat(31)).is_ok());
        assert_eq!(Name::new(&"a".repeat(32)), Err(NameError::TooLong(32)));
    }

    #[test]
    fn control_characters_and_other_alphabets_are_refused_with_their_place() {
        assert_eq!(Name::new("a\nb"), Err(NameError::Unprintable { byte: 10, at: 1 }));
        assert!(matches!(Name::new("ä"), Err(NameError::Unprintable { at: 0, .. })));
    }

    #[test]
    fn a_name_survives_the_way_through_words() {
        let name = Name::new("MProc_Client_15_RX").expect("valid");
        assert_eq!(Name::from_words(name.to_words()), name);
    }

    #[test]
    fn hostile_words_become_something_printable() {
        let name = Name::from_words([u64::MAX, 0x41, 0, 0]);
        assert_eq!(name.as_str(), "????????A");
    }
}
