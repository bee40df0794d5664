//! Going to sleep without missing a message.
//!
//! The owner says that it sleeps, and then looks at the bell once more; a sender rings the bell,
//! and then looks whether the owner sleeps. Between the two steps of each stands a full fence, so
//! at least one sees the other. A caller changes the word that the owner sleeps on, so a sleep
//! on that word (a futex) that begins after the call ends at once.

use super::layout::Mailbox;
use crate::sync::full_fence;

/// On what the owner of a mailbox sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bed {
    /// On the 32-bit word `asleep` of its mailbox: a futex.
    Word,
    /// On its socket: the caller sends it a datagram.
    Socket,
}

/// The bit of the word `asleep` that says that the owner sleeps.
pub const ASLEEP: u32 = 1;
const ON_SOCKET: u32 = 2;
/// What each call adds to the word `asleep`.
pub const CALL: u32 = 4;

impl Bed {
    /// What the word `asleep` says; `None` if the owner is up.
    pub(super) const fn of(word: u32) -> Option<Self> {
        match word & (ASLEEP | ON_SOCKET) {
            ASLEEP => Some(Self::Word),
            3 => Some(Self::Socket),
            _ => None,
        }
    }

    const fn bits(self) -> u32 {
        match self {
            Self::Word => ASLEEP,
            Self::Socket => ASLEEP | ON_SOCKET,
        }
    }
}

impl Mailbox {
    /// Says that the owner sleeps from now on; returns the word as it then is, on which it may
    /// wait while it does not change. `None`, and the owner is up, if there is something to do.
    pub(crate) fn lie_down(&self, bed: Bed) -> Option<u32> {
        let word = self.mark(bed.bits());
        // Pairs with the fence in `call`.
        full_fence();
        if self.bell.peek() != 0 || self.attention.peek() != 0 {
            self.get_up();
            return None;
        }
        Some(word)
    }

    /// Says that the owner is up.
    pub(crate) fn get_up(&self) {
        self.mark(0);
    }

    /// Replaces the two low bits; callers change the rest.
    fn mark(&self, bits: u32) -> u32 {
        let mut word = self.asleep.peek();
        loop {
            let new = word & !(ASLEEP | ON_SOCKET) | bits;
            match self.asleep.swap_if(word, new) {
                Ok(_) => return new,
                Err(found) => word = found,
            }
        }
    }
}
