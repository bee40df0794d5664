//! `Claimed<T>`: what a peer wrote, before it is checked.
//!
//! A word in shared memory is an allegation. The type keeps it from being used by accident:
//! the value comes out only through [`Claimed::verify`].

/// A value that a peer claims, not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed<T>(T);

impl<T: Copy> Claimed<T> {
    /// Takes what a peer wrote.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, if `check` accepts it.
    ///
    /// ```
    /// use phalanx_core::claimed::Claimed;
    /// assert_eq!(Claimed::new(5u32).verify(|n| *n < 10), Some(5));
    /// assert_eq!(Claimed::new(50u32).verify(|n| *n < 10), None);
    /// ```
    pub fn verify(self, check: impl FnOnce(&T) -> bool) -> Option<T> {
        check(&self.0).then_some(self.0)
    }

    /// The value as it was claimed, for messages that say what was found.
    pub const fn as_claimed(self) -> T {
        self.0
    }
}
