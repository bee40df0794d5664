//! The window: the group's whole memory, one range of addresses, the same in every process.
//!
//! `resolve` and `slice` are the one place where an offset becomes a reference. They check
//! bounds and alignment, and nothing else: what lies there, and whether somebody holds it alone,
//! only the core's own structures know. So both are the core's; outside of it an offset becomes
//! an object through the directory, or an address whose use is `unsafe`.
//!
//! What they return is mapped as long as the process lives, because a window is mapped once and
//! never unmapped. It does not stay the same object: through a stale handle one reads whatever
//! has been put there since, and where the memory has gone back to the system, a hugepage is
//! taken to answer the read, or, if none is free, the reader gets a `SIGBUS`. That is why
//! whoever frees something promises that nobody uses it any more.
//!
//! [`BASE`] lies in the hole that the kernel never uses by itself: above `TASK_SIZE/6`, where
//! `ulimit -s unlimited` puts its mappings, and below `TASK_SIZE/3`, where legacy layouts
//! begin. `linker/window.ld` says the same numbers to the linker, and asserts it.
#![expect(unsafe_code, reason = "resolving a checked offset is this file's whole job")]

use core::ptr::NonNull;

use crate::offset::Offset;
use crate::shared::Shared;

/// Where the window starts, in every process of every group.
///
/// ThreadSanitizer occupies this range, so its builds use another.
pub const BASE: usize = if cfg!(tsan) { 0x0100_0000_0000 } else { 0x2000_0000_0000 };

/// What the window's start is a multiple of: the biggest page there is (1 GB), so that every
/// memseg list is aligned for its pages and page tables can be shared.
pub const ALIGN: usize = 1 << 30;

/// How long the window is: 1 TiB, reserved and not backed.
pub const LEN: usize = 1 << 40;

// The same numbers for `linker/window.ld`, which asserts that they agree with its own.
#[cfg(all(not(tsan), not(test), target_os = "linux"))]
core::arch::global_asm!(
    ".globl __phx_core_window_base",
    ".set __phx_core_window_base, {base}",
    ".globl __phx_core_window_len",
    ".set __phx_core_window_len, {len}",
    base = const BASE,
    len = const LEN,
);

/// A mapped window (or, in tests, any memory that plays one).
#[derive(Clone, Copy, Debug)]
pub struct Window {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the window is plain shared memory; everything handed out of it is `Sync` (`Shared`
// demands it) or an address whose use is somebody else's `unsafe`.
unsafe impl Send for Window {}
// SAFETY: as above; `Window` itself has no interior state.
unsafe impl Sync for Window {}

impl Window {
    /// Takes mapped memory as a window.
    ///
    /// # Safety
    ///
    /// 1. `base..base + len` is one range of this process's addresses that stays reserved for
    ///    the group until the process ends;
    /// 2. nothing but the group's structures lies there;
    /// 3. `base` is aligned to 4096.
    pub const unsafe fn from_raw(base: NonNull<u8>, len: usize) -> Self {
        Self { base, len }
    }

    /// Where it is mapped in this process.
    #[inline]
    pub fn base(self) -> NonNull<u8> {
        self.base
    }

    /// Its length in bytes.
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether it holds nothing at all (only a window made of no bytes does).
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The `T` at `at`, or `None` if it does not lie wholly in the window, is misaligned, or
    /// `at` is [`Offset::NONE`].
    ///
    /// Cost: three comparisons. Whether the page behind it is backed is the caller's business.
    #[inline]
    pub(crate) fn resolve<T: Shared>(self, at: Offset<T>) -> Option<&'static T> {
        if at.is_none() {
            return None;
        }
        self.at(at)
    }

    /// The `T` at the very start: the group region, to which no offset points.
    pub(crate) fn first<T: Shared>(self) -> Option<&'static T> {
        self.at(Offset::new(0))
    }

    fn at<T: Shared>(self, at: Offset<T>) -> Option<&'static T> {
        let place = self.address(at, size_of::<T>(), align_of::<T>())?;
        // SAFETY: in bounds and aligned (checked by `address`); any bytes are a `T` and shared
        // mutation goes through its atomics (`Shared`); mapped for ever (`from_raw`).
        Some(unsafe { place.cast::<T>().as_ref() })
    }

    /// `count` values of `T` that start at `at`; `None` as for [`resolve`](Self::resolve).
    pub(crate) fn slice<T: Shared>(self, at: Offset<T>, count: usize) -> Option<&'static [T]> {
        let bytes = size_of::<T>().checked_mul(count)?;
        if at.is_none() {
            return None;
        }
        let place = self.address(at, bytes, align_of::<T>())?;
        let parts = NonNull::slice_from_raw_parts(place.cast::<T>(), count);
        // SAFETY: `count` values in bounds and aligned (checked by `address`); any bytes are a
        // `T` (`Shared`); mapped for ever (`from_raw`).
        Some(unsafe { parts.as_ref() })
    }

    /// The address of `len` bytes at `at`, aligned to `align`; `None` if they do not lie
    /// wholly in the window. Reading or writing them is the caller's `unsafe`.
    #[inline]
    pub fn address<T>(self, at: Offset<T>, len: usize, align: usize) -> Option<NonNull<u8>> {
        let start = usize::try_from(at.get()).ok()?;
        // `len` is known where this is compiled into its caller, and so is then the last start.
        let last = self.len.checked_sub(len)?;
        // What is wrapped round is past the last start.
        let address = self.base.as_ptr().addr().wrapping_add(start);
        if start > last || !address.is_multiple_of(align) {
            return None;
        }
        // SAFETY: `start <= self.len`, so the sum stays in the range `from_raw` was given.
        Some(unsafe { self.base.add(start) })
    }

    /// Where `it` lies, if it lies in the window.
    pub fn offset_of<T: Shared>(self, it: &T) -> Option<Offset<T>> {
        let distance = core::ptr::from_ref(it).addr().checked_sub(self.base.as_ptr().addr())?;
        let end = distance.checked_add(size_of::<T>())?;
        (end <= self.len).then(|| Offset::new(distance as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(4096))]
    struct Page([u64; 512]);

    fn window() -> Window {
        let page = Box::leak(Box::new(Page([7; 512])));
        // SAFETY: leaked, so mapped for ever; page-aligned; used by this test alone.
        unsafe { Window::from_raw(NonNull::from(&mut page.0).cast(), 4096) }
    }

    #[test]
    fn an_offset_inside_resolves_to_the_value_there() {
        assert_eq!(window().resolve(Offset::<u64>::new(8)), Some(&7));
    }

    #[test]
    fn an_offset_that_ends_past_the_window_resolves_to_nothing() {
        assert_eq!(window().resolve(Offset::<u64>::new(4092)), None);
        assert_eq!(window().resolve(Offset::<u64>::new(u64::MAX - 3)), None);
        assert_eq!(window().slice(Offset::<u64>::new(8), 512), None);
        assert_eq!(window().slice(Offset::<u64>::new(8), usize::MAX), None);
    }

    #[test]
    fn a_misaligned_offset_resolves_to_nothing() {
        assert_eq!(window().resolve(Offset::<u64>::new(9)), None);
    }

    #[test]
    fn the_offset_of_a_resolved_value_is_where_it_was_found() {
        let window = window();
        let it = window.resolve(Offset::<u64>::new(64)).expect("inside");
        assert_eq!(window.offset_of(it), Some(Offset::new(64)));
        assert_eq!(window.offset_of(&5u64), None);
    }
}
