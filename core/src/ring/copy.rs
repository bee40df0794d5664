//! Copying a batch of elements without a call.
//!
//! A batch is a few dozen to a few hundred bytes, where calling the C library's copy costs as
//! much as the copy, and a static worker has no C library. So: blocks of 64 bytes, and a last
//! block that ends where the batch ends and overlaps the one before (writing the same bytes
//! twice is harmless). Below 64 bytes the same with smaller blocks.
#![expect(unsafe_code, reason = "memory is copied by address, in blocks")]

use core::ptr;

use crate::shared::Element;

/// Bytes from which on a call to the platform's copy is better.
const CALL_FROM: usize = 2048;

/// Copies `count` elements.
///
/// # Safety
///
/// `from` is readable and `to` writable for `count` elements, both aligned; they do not overlap.
#[inline(always)]
pub(crate) unsafe fn copy<T: Element>(from: *const T, to: *mut T, count: usize) {
    let bytes = count * size_of::<T>();
    let (from, to) = (from.cast::<u8>(), to.cast::<u8>());
    if bytes >= CALL_FROM {
        // SAFETY: the caller's promise.
        unsafe { ptr::copy_nonoverlapping(from, to, bytes) };
    } else if bytes >= 64 {
        let last = bytes - 64;
        let mut at = 0;
        while at < last {
            // SAFETY: `at + 64 <= bytes`; the caller's promise.
            unsafe { block::<64>(from, to, at) };
            at += 64;
        }
        // SAFETY: `last + 64 == bytes`.
        unsafe { block::<64>(from, to, last) };
    } else {
        // SAFETY: the caller's promise; elements are made of words of four bytes.
        unsafe { few(from, to, bytes) };
    }
}

/// Copies fewer than 64 bytes, a multiple of 4: two blocks that overlap.
///
/// # Safety
///
/// As for [`copy`], for `bytes` bytes.
#[inline(always)]
unsafe fn few(from: *const u8, to: *mut u8, bytes: usize) {
    macro_rules! two {
        ($size:literal) => {{
            // SAFETY: `bytes >= $size`; the caller's promise.
            unsafe { block::<$size>(from, to, 0) };
            // SAFETY: it ends at `bytes`.
            unsafe { block::<$size>(from, to, bytes - $size) };
        }};
    }
    match bytes {
        32.. => two!(32),
        16.. => two!(16),
        8.. => two!(8),
        4.. => two!(4),
        _ => {}
    }
}

/// Copies `N` bytes at `at`.
///
/// # Safety
///
/// `from` is readable and `to` writable from `at` for `N` bytes; they do not overlap.
#[inline(always)]
unsafe fn block<const N: usize>(from: *const u8, to: *mut u8, at: usize) {
    let (from, to) = (from.wrapping_add(at), to.wrapping_add(at));
    // SAFETY: the caller's promise.
    let bytes = unsafe { from.cast::<[u8; N]>().read() };
    // SAFETY: as above.
    unsafe { to.cast::<[u8; N]>().write(bytes) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies_exactly<T: Element + PartialEq + core::fmt::Debug>(number: impl Fn(usize) -> T) {
        for count in 0..600 {
            let from: Vec<T> = (0..count).map(&number).collect();
            let mut to: Vec<T> = vec![number(9999); count + 2];
            // SAFETY: `count` elements and two more are there, one left of them and one right.
            unsafe { copy(from.as_ptr(), to.as_mut_ptr().wrapping_add(1), count) };
            assert_eq!(to[1..=count], from[..]);
            assert_eq!((to[0], to[count + 1]), (number(9999), number(9999)));
        }
    }

    #[test]
    fn every_length_is_copied_and_nothing_beside_it() {
        copies_exactly(|i| i as u32);
        copies_exactly(|i| i as u64 * 0x1_0001_0001);
        copies_exactly(|i| [i as u32, 2, 3, i as u32]);
        copies_exactly(|i| [i as u32, 2, 3, 4, i as u32]);
    }
}
