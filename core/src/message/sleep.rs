//! `Sleep`: a member that waits for its mailbox.

use super::mailbox::Mailbox;
use crate::offset::Offset;
use crate::platform::Platform;

/// There is something in the mailbox: look before you sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotEmpty;

impl core::fmt::Display for NotEmpty {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the mailbox was to be slept beside and has something in it; take it out")
    }
}

impl core::error::Error for NotEmpty {}

/// A member that sleeps, until this is dropped. While it is there, whoever puts a frame in calls.
#[derive(Debug)]
pub struct Sleep<'a> {
    pub(super) mailbox: &'a Mailbox,
    pub(super) word: Offset<u32>,
    pub(super) expected: u32,
}

impl Sleep<'_> {
    /// The 32-bit word that every call changes: what a futex waits on.
    /// [`Window::address`](crate::window::Window::address) says where it is.
    pub fn word(&self) -> Offset<u32> {
        self.word
    }

    /// What the word is as long as nobody has called.
    pub fn expected(&self) -> u32 {
        self.expected
    }

    /// Sleeps until somebody calls, at most `nap_ns`. Cost: one system call.
    pub fn nap(&self, platform: &dyn Platform, nap_ns: u64) {
        platform.sleep(&self.mailbox.asleep, self.expected, nap_ns);
    }

    /// Whether somebody has called since; what a waiter without a futex looks at.
    pub fn is_called(&self) -> bool {
        self.mailbox.asleep.peek() != self.expected
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.mailbox.get_up();
    }
}
