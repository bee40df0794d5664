//! What can go wrong, an enum an operation, a sentence a variant.

use core::fmt;
use core::time::Duration;

use phalanx_core::group::ProcessId;
use phalanx_core::message::{ActionName, ActionNameError};
use rustix::io::Errno;

use super::outgoing::OutgoingError;
use crate::sys::errno::Named;

/// Why a process has no messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMessages {
    /// Nobody can join its group, so there is nobody to talk to (OP-14).
    Private,
    /// The program started without the service.
    Off,
}

impl fmt::Display for NoMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => {
                "messages were asked for in a private group, where nobody else can be; start without --no-shconf, \
                 --in-memory and --huge-unlink=always to have them"
            }
            Self::Off => {
                "messages were asked for and this program started without their service; start it with MessageService::On"
            }
        })
    }
}

impl core::error::Error for NoMessages {}

/// Why an action was not registered (IPC-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterError {
    /// The name is none.
    Name(ActionNameError),
    /// This process has an action of that name.
    Taken {
        /// The name.
        name: ActionName,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Taken { name } => write!(
                f,
                "action '{name}' was to be registered and is already; unregister it first, or choose another name"
            ),
        }
    }
}

impl core::error::Error for RegisterError {}

/// Why an action was not unregistered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnregisterError {
    /// The name is none.
    Name(ActionNameError),
    /// There is no such action.
    Unknown {
        /// The name.
        name: ActionName,
    },
    /// Its handler asked for it, and it cannot wait for itself. It gets no new messages any more.
    FromItself {
        /// The name.
        name: ActionName,
    },
    /// A handler asked for it for whose end one of this action waits. It gets no new messages any
    /// more, and was not waited for.
    Circle {
        /// The name.
        name: ActionName,
    },
    /// Its handler leaves the group, which waits for all others. It gets no new messages any more,
    /// and was not waited for.
    Leaving {
        /// The name.
        name: ActionName,
    },
    /// Its handler did not end in time. It gets no new messages any more.
    StillRuns {
        /// The name.
        name: ActionName,
        /// How long it was waited for.
        waited: Duration,
    },
}

impl fmt::Display for UnregisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Unknown { name } => write!(
                f,
                "action '{name}' was to be unregistered and is not registered here; look at the name"
            ),
            Self::FromItself { name } => write!(
                f,
                "action '{name}' was unregistered by its own handler, which cannot wait for its own end; nothing \
                 new comes to it, unregister from elsewhere to wait as well"
            ),
            Self::Circle { name } => write!(
                f,
                "action '{name}' was unregistered by a handler for whose end a handler of '{name}' waits, so it was \
                 not waited for; nothing new comes to it, unregister from outside of handlers to wait as well"
            ),
            Self::Leaving { name } => write!(
                f,
                "action '{name}' was unregistered while its handler leaves the group, which waits for all others, so \
                 it was not waited for; return, for nothing new comes to any action"
            ),
            Self::StillRuns { name, waited } => write!(
                f,
                "action '{name}' was unregistered and its handler runs still after {} s; nothing new comes to it, \
                 keep what it uses, and look what it waits for",
                waited.as_secs()
            ),
        }
    }
}

impl core::error::Error for UnregisterError {}

/// Why one peer did not get what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// Its queue is full.
    Full,
    /// It has ended or left.
    Gone,
    /// It has no mailbox or socket (a worker without a service).
    Deaf,
    /// The kernel refused.
    Refused(Errno),
    /// This process has left the group.
    Left,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("its queue is full; send less, or again later"),
            Self::Gone => f.write_str("it has ended; look at who is there and send again"),
            Self::Deaf => f.write_str("it receives no messages; start its message service first"),
            Self::Refused(errno) => {
                write!(f, "the kernel refused: {}; mend that first", Named(*errno))
            }
            Self::Left => f.write_str("this process has left the group; send before it leaves"),
        }
    }
}

/// Whom nothing could be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPeer {
    /// The group has no primary at the moment.
    NoPrimary,
    /// This process is the primary itself.
    IAmPrimary,
    /// Nobody lives in that slot.
    NotThere {
        /// The slot.
        slot: u16,
    },
    /// It is this process's own slot.
    Myself {
        /// The slot.
        slot: u16,
    },
}

impl fmt::Display for NoPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrimary => f.write_str(
                "something was to go to the primary and the group has none at the moment; start one (it adopts the group)",
            ),
            Self::IAmPrimary => f.write_str(
                "something was to go to the primary, which this process is; send to all, or to one by its slot",
            ),
            Self::NotThere { slot } => write!(
                f,
                "something was to go to slot {slot} and no process lives there; `phalanx info` shows who does"
            ),
            Self::Myself { slot } => write!(
                f,
                "something was to go to slot {slot}, which is this process's own; name another one"
            ),
        }
    }
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// It cannot be sent as it is.
    Outgoing(OutgoingError),
    /// There is nobody it is for.
    NoPeer(NoPeer),
    /// The one it was for did not get it.
    Undelivered {
        /// Who.
        peer: ProcessId,
        /// Why.
        why: Undelivered,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outgoing(error) => error.fmt(f),
            Self::NoPeer(error) => error.fmt(f),
            Self::Undelivered { peer, why } => {
                write!(
                    f,
                    "a message for the process in slot {} was not delivered: {why}",
                    peer.slot()
                )
            }
        }
    }
}

impl core::error::Error for SendError {}

/// Why a request was not made. What peers say to one that was made, [`Replies`](super::Replies) has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// It cannot be sent as it is.
    Outgoing(OutgoingError),
    /// There is nobody it is for.
    NoPeer(NoPeer),
    /// The thread on which callbacks run could not be made; what the system said.
    NoThread(String),
    /// This process has left the group.
    Left,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outgoing(error) => error.fmt(f),
            Self::NoPeer(error) => error.fmt(f),
            Self::NoThread(why) => write!(
                f,
                "the thread for callbacks could not be made: {why}; raise the limit of threads, or ask and wait"
            ),
            Self::Left => {
                f.write_str("a request was to be made by a process that has left its group; ask before it leaves")
            }
        }
    }
}

impl core::error::Error for RequestError {}

/// Why a reply was not sent. The requester is told that there is none, if it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyError {
    /// It cannot be sent as it is.
    Outgoing(OutgoingError),
    /// What came was a message, or is answered already.
    NothingToAnswer,
    /// The requester did not get it.
    Undelivered {
        /// Who.
        peer: ProcessId,
        /// Why.
        why: Undelivered,
    },
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outgoing(error) => error.fmt(f),
            Self::NothingToAnswer => f.write_str(
                "a reply was to be sent and nothing waits for one: it was a message, or its token is taken; ask is_request() first",
            ),
            Self::Undelivered { peer, why } => {
                write!(f, "a reply for the process in slot {} was not delivered: {why}", peer.slot())
            }
        }
    }
}

impl core::error::Error for ReplyError {}
