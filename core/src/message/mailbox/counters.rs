//! What a mailbox has seen, for whoever looks.

use super::layout::Mailbox;

/// Why a frame was dropped by the process that it was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Its bytes are not a frame, or claim what a mailbox cannot bring.
    Malformed,
    /// It says that it is from somebody else than who put it in, or from nobody there ever was.
    Forged,
    /// It is for the slot's last tenant.
    Stale,
    /// A request of a process that has left.
    SenderGone,
    /// A reply that no request waits for (any more) (IPC-18, W-22).
    Unexpected,
    /// A message for an action that is not registered.
    UnknownAction,
    /// A message for an action that is for another role than the sender's (W-29).
    NotAllowed,
}

impl Dropped {
    /// Every reason, in the order of the counters.
    pub const ALL: [Self; 7] = [
        Self::Malformed,
        Self::Forged,
        Self::Stale,
        Self::SenderGone,
        Self::Unexpected,
        Self::UnknownAction,
        Self::NotAllowed,
    ];
}

/// The counters of one mailbox, read one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxFacts {
    /// Frames given to the owner.
    pub received: u64,
    /// Frames dropped, in the order of [`Dropped::ALL`].
    pub dropped: [u64; 7],
    /// How often a sender found no room.
    pub refused: u64,
    /// Cells of dead senders that were freed.
    pub mended: u64,
    /// Cells in use now.
    pub in_use: usize,
}

impl MailboxFacts {
    /// How many frames were dropped because of `reason`.
    pub fn dropped(&self, reason: Dropped) -> u64 {
        self.dropped.get(reason as usize).copied().unwrap_or(0)
    }
}

impl Mailbox {
    /// Counts dropped frames; the owner calls it.
    pub(crate) fn dropped_by(&self, reason: Dropped, frames: u64) {
        if let Some(counter) = self.dropped.get(reason as usize) {
            counter.count(frames);
        }
    }

    /// What it has seen.
    pub fn facts(&self) -> MailboxFacts {
        let mut facts = MailboxFacts {
            received: self.received.get(),
            refused: self.refused.peek(),
            mended: self.mended.peek(),
            in_use: self.states.iter().filter(|state| state.peek() != 0).count(),
            ..MailboxFacts::default()
        };
        for (to, from) in facts.dropped.iter_mut().zip(&self.dropped) {
            *to = from.get();
        }
        facts
    }
}
