//! The two things that the heap does with a block's own bytes: copy them and clear them.
//!
//! Everything else about a block is its header's words, which are atomics. These two are plain
//! memory writes to memory that the caller alone may touch.
#![expect(unsafe_code, reason = "a block's bytes are plain memory: copied and cleared here")]

use core::ptr::NonNull;

use crate::offset::Offset;
use crate::window::Window;

/// Copies `len` bytes of a busy block to another that nobody has been told of yet. Both are
/// whole in backed memory; nothing happens if one leaves the window or if they overlap.
pub(super) fn copy(window: Window, from: Offset<u8>, to: Offset<u8>, len: u64) {
    let (Some(source), Some(target)) = (bytes(window, from, len), bytes(window, to, len)) else {
        return;
    };
    if from.get().abs_diff(to.get()) < len {
        return;
    }
    // SAFETY: both ranges lie in the window (checked by `bytes`), which is mapped for ever, and
    // in grains that are backed while the caller holds the group's lock; they do not overlap
    // (checked above); the target is a block that no one else has been given, and of the source
    // its holder, who asked for this, writes nothing meanwhile.
    unsafe { target.copy_from_nonoverlapping(source, len as usize) }
}

/// Clears `len` bytes of a busy block, which the caller alone may touch.
pub(super) fn clear(window: Window, at: Offset<u8>, len: u64) {
    let Some(target) = bytes(window, at, len) else { return };
    // SAFETY: the range lies in the window (checked by `bytes`), in the backed grains of a busy
    // block, which stay backed until it is freed; nobody but its holder, who asked for this,
    // looks at it.
    unsafe { target.write_bytes(0, len as usize) }
}

fn bytes(window: Window, at: Offset<u8>, len: u64) -> Option<NonNull<u8>> {
    window.address(at, usize::try_from(len).ok()?, 1)
}
