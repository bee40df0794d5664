//! The two things that the heap does with a block's own bytes: copy them and clear them.
//!
//! Word by word, as atomics: a process that still looks at a block it has freed races with
//! nobody, and no `unsafe` is needed. Blocks start and end on lines of 64 bytes. The words are
//! not journalled; see [`super`] for when they may be written.

use super::request::Block;
use crate::sync::Word64;
use crate::window::Window;

/// Copies what fits of `from` to `to`, another busy block.
pub(super) fn copy(window: Window, from: &Block, to: &Block) {
    for (source, target) in words(window, from).iter().zip(words(window, to)) {
        target.set(source.get());
    }
}

/// Makes every byte of `block` zero.
pub(super) fn clear(window: Window, block: &Block) {
    for word in words(window, block) {
        word.set(0);
    }
}

fn words(window: Window, block: &Block) -> &'static [Word64] {
    let count = usize::try_from(block.bytes / 8).unwrap_or(0);
    window.slice(block.at.cast(), count).unwrap_or_default()
}
