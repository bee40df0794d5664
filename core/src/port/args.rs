//! `Args`: what a port's driver was told, as `key=value`.

use core::fmt;

use super::layout::{ARGS_MAX, PortState};
use super::rss::bytes_of;

/// A port's arguments, as they were given.
#[derive(Clone, Copy)]
pub struct Args {
    bytes: [u8; ARGS_MAX],
    len: usize,
}

impl Args {
    pub(super) fn of(state: &PortState) -> Self {
        let len = (state.args_len.get() as usize).min(ARGS_MAX);
        Self { bytes: bytes_of(&state.args), len }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.bytes.get(..self.len).unwrap_or_default()).unwrap_or("")
    }

    /// The value of the first `key=value`; a bare `key` has the value "".
    pub fn value(&self, key: &str) -> Option<&str> {
        self.pairs().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Every `key=value`, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let given = self.as_str().split(',').filter(|pair| !pair.is_empty());
        given.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
