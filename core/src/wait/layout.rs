//! The bytes of a wait line.
#![expect(unsafe_code, reason = "says that a wait line is atomic words and nothing else")]

use crate::layout;
use crate::shared::{Pad, Words, shared_layout};
use crate::sync::Contested32;

/// What sleepers and wakers share: 128 bytes, for a line of its own. It may be the value of a typed
/// zone, or a field of another structure of words.
#[repr(C)]
#[derive(Debug, Default)]
pub struct WaitLine {
    /// 1 while somebody may sleep, else 0. Writers: sleepers and wakers. Any other value a hostile
    /// peer wrote: it costs wakers a call each, and nobody sleeps on it.
    pub(super) word: Contested32,
    /// Keeps everything else off the line.
    pub(super) pad: Pad<124>,
}

layout!(WaitLine, size 128, align 4 { 0 => word: Contested32, 4 => pad: Pad<124> });
shared_layout! { WaitLine { Contested32, Pad<124> } }
// SAFETY: an atomic, and bytes that nobody reads or writes.
unsafe impl Words for WaitLine {}

impl WaitLine {
    /// A line on which nobody sleeps: all zeros, as fresh memory of a zone is.
    pub fn new() -> Self {
        Self::default()
    }
}
