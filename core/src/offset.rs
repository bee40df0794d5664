//! `Offset<T>`: where something is, never a pointer to it.
//!
//! Shared structures name each other by their distance from the window's start. An offset is
//! only a number until the window has checked it, so a hostile word
//! cannot become a wild pointer, and an observer may map the window anywhere.
#![expect(
    unsafe_code,
    reason = "an offset itself lies in shared memory: `Shared` is unsafe to claim"
)]

use core::fmt;
use core::marker::PhantomData;

use crate::shared::{Shared, hash_times};

/// What tells an offset's hash from that of what lies there.
pub(crate) const OFFSET: usize = 0x0ff5e7;

/// Distance in bytes from the start of the window to a `T`; 0 is "none" (the group's header
/// is there, and nothing points to it).
#[repr(transparent)]
pub struct Offset<T>(u64, PhantomData<fn() -> T>);

impl<T> Offset<T> {
    /// Points to nothing.
    pub const NONE: Self = Self::new(0);

    /// An offset of `bytes` from the window's start. Nothing is checked here.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes, PhantomData)
    }

    /// The distance in bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether it points to nothing.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The same place, seen as another type.
    pub const fn cast<U>(self) -> Offset<U> {
        Offset::new(self.0)
    }

    /// `bytes` further on; `None` on overflow.
    pub const fn add(self, bytes: u64) -> Option<Self> {
        match self.0.checked_add(bytes) {
            Some(sum) => Some(Self::new(sum)),
            None => None,
        }
    }
}

impl<T> Clone for Offset<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Offset<T> {}
impl<T> PartialEq for Offset<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Offset<T> {}
impl<T> Default for Offset<T> {
    fn default() -> Self {
        Self::NONE
    }
}
impl<T> fmt::Debug for Offset<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{:#x}", self.0)
    }
}

// SAFETY: a transparent u64; it means the same in every process and is checked before use.
unsafe impl<T: Shared> Shared for Offset<T> {
    const HASH: u64 = hash_times(T::HASH, OFFSET);
}
