//! What a frame is: a message, a request, its reply, or the reason why there is none.

use core::fmt;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Needs no answer.
    Message,
    /// Wants an answer.
    Request,
    /// Is the answer.
    Reply,
    /// Says why there will be no answer (W-33).
    Refusal(Reason),
}

/// Why a request is not answered.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The peer is still starting and has no such action yet: it is not counted (IPC-16).
    Ignored,
    /// The peer has no such action.
    UnknownAction,
    /// The action is not for a process of the requester's role (W-29).
    NotAllowed,
    /// Its handler let the request go unanswered.
    Dropped,
    /// The peer has more to do than it can keep.
    TooBusy,
}

impl Kind {
    /// As the two bytes of a frame: kind, reason.
    pub(super) const fn to_bytes(self) -> (u8, u8) {
        match self {
            Self::Message => (1, 0),
            Self::Request => (2, 0),
            Self::Reply => (3, 0),
            Self::Refusal(reason) => (4, reason.to_byte()),
        }
    }

    /// What two bytes of a frame say; `None` for what no version writes.
    pub(super) const fn from_bytes(kind: u8, reason: u8) -> Option<Self> {
        match (kind, reason) {
            (1, 0) => Some(Self::Message),
            (2, 0) => Some(Self::Request),
            (3, 0) => Some(Self::Reply),
            (4, reason) => match Reason::from_byte(reason) {
                Some(reason) => Some(Self::Refusal(reason)),
                None => None,
            },
            _ => None,
        }
    }
}

impl Reason {
    const fn to_byte(self) -> u8 {
        match self {
            Self::Ignored => 1,
            Self::UnknownAction => 2,
            Self::NotAllowed => 3,
            Self::Dropped => 4,
            Self::TooBusy => 5,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Ignored),
            2 => Some(Self::UnknownAction),
            3 => Some(Self::NotAllowed),
            4 => Some(Self::Dropped),
            5 => Some(Self::TooBusy),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ignored => "is still starting",
            Self::UnknownAction => "has no such action",
            Self::NotAllowed => "allows it to another role only",
            Self::Dropped => "let the request go unanswered",
            Self::TooBusy => "is too busy",
        })
    }
}
