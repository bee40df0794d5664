//! `ActionName`: what a message is for, and so who handles it.

use core::fmt;

/// Bytes a name takes in a frame, its NUL included.
#[doc(alias = "RTE_MP_MAX_NAME_LEN")]
pub const ACTION_NAME_BYTES: usize = 64;

/// The action that every process with messages answers: with what it was sent.
pub const PING: &str = "phalanx/ping";

/// The name of an action: 1 to 63 printable ASCII bytes, NUL-padded to 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActionName([u8; ACTION_NAME_BYTES]);

/// Why a text cannot be the name of an action (IPC-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionNameError {
    /// It has no bytes.
    Empty,
    /// It has more than 63 bytes; how many it has.
    TooLong(usize),
    /// A byte that is not printable ASCII (NUL is one), and where it stands.
    Unprintable {
        /// The byte.
        byte: u8,
        /// Its position in the text, from 0.
        at: usize,
    },
}

impl fmt::Display for ActionNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "the name of an action was asked for and found empty; give 1 to 63 characters",
            ),
            Self::TooLong(len) => write!(
                f,
                "the name of an action has at most 63 characters, this one has {len}; shorten it"
            ),
            Self::Unprintable { byte, at } => write!(
                f,
                "the name of an action is printable ASCII, byte {at} is {byte:#04x}; use letters, digits and punctuation"
            ),
        }
    }
}

impl core::error::Error for ActionNameError {}

impl ActionName {
    /// Takes `text` as a name. Costs nothing but the copy. Answers IPC-10.
    ///
    /// ```
    /// use phalanx_core::message::ActionName;
    /// assert_eq!(ActionName::new("mp_ping").unwrap().as_str(), "mp_ping");
    /// assert!(ActionName::new("").is_err());
    /// assert!(ActionName::new(&"a".repeat(64)).is_err());
    /// ```
    pub fn new(text: &str) -> Result<Self, ActionNameError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(ActionNameError::Empty);
        }
        if bytes.len() >= ACTION_NAME_BYTES {
            return Err(ActionNameError::TooLong(bytes.len()));
        }
        if let Some((at, byte)) = bytes.iter().enumerate().find(|(_, b)| !is_printable(**b)) {
            return Err(ActionNameError::Unprintable { byte: *byte, at });
        }
        let mut name = [0; ACTION_NAME_BYTES];
        for (to, from) in name.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(Self(name))
    }

    /// What 64 bytes of a frame say: the name, if they are one, its NUL and nothing behind it.
    pub(super) fn from_bytes(bytes: [u8; ACTION_NAME_BYTES]) -> Option<Self> {
        let len = bytes.iter().position(|b| *b == 0).filter(|len| *len > 0)?;
        let (text, rest) = bytes.split_at_checked(len)?;
        let fits = text.iter().all(|b| is_printable(*b)) && rest.iter().all(|b| *b == 0);
        fits.then_some(Self(bytes))
    }

    /// The name as it lies in a frame.
    pub fn as_bytes(&self) -> &[u8; ACTION_NAME_BYTES] {
        &self.0
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|b| *b == 0).unwrap_or(ACTION_NAME_BYTES);
        core::str::from_utf8(self.0.get(..len).unwrap_or_default()).unwrap_or("?")
    }
}

fn is_printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Printable, so there is nothing to escape.
        write!(f, "\"{}\"", self.as_str())
    }
}
