//! Why a queue has no descriptor.

use core::fmt;

use phalanx_core::name::Name;
use phalanx_core::port::{Direction, PortError, Somebody};

use rustix::io::Errno;

use crate::message::{NoMessages, RequestError};
use crate::port::af_packet::SocketError;
use crate::port::tap::TapError;
use crate::sys::errno::Named;

/// Why a queue of a kernel's interface was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescriptorError {
    /// The port is gone, or not this process's to change.
    Port(PortError),
    /// The arguments that the port keeps cannot be read; what is wrong with them.
    Args {
        /// The port.
        port: Name,
        /// What is wrong.
        why: String,
    },
    /// The interface could not be opened.
    Socket(SocketError),
    /// The tap could not be opened.
    Tap(TapError),
    /// The kernel gave no copy of a descriptor.
    NoCopy {
        /// The port.
        port: Name,
        /// The kernel's answer.
        errno: Errno,
    },
    /// The owner is to be asked, and this process has no messages.
    NoMessages {
        /// The port.
        port: Name,
        /// Who owns it.
        owner: Somebody,
        /// Why there are none.
        why: NoMessages,
    },
    /// The owner is gone, and nobody has adopted the port.
    OwnerGone {
        /// The port.
        port: Name,
        /// Which kind of queue.
        direction: Direction,
        /// Which queue.
        queue: u16,
    },
    /// The owner could not be asked.
    NotAsked {
        /// The port.
        port: Name,
        /// Who owns it.
        owner: Somebody,
        /// Why.
        why: RequestError,
    },
    /// Who was asked gave no answer.
    NoAnswer {
        /// The port.
        port: Name,
        /// Who owns it.
        owner: Somebody,
        /// What became of the request.
        why: String,
    },
    /// The owner said why it has none.
    Refused {
        /// The port.
        port: Name,
        /// Who owns it.
        owner: Somebody,
        /// What it said.
        why: String,
    },
}

impl fmt::Display for DescriptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(error) => error.fmt(f),
            Self::Args { port, why } => write!(f, "port {port}: {why}"),
            Self::NoCopy { port, errno } => {
                write!(f, "port {port}: a descriptor could not be copied: {}", Named(*errno))
            }
            Self::Socket(error) => error.fmt(f),
            Self::Tap(error) => error.fmt(f),
            Self::NoMessages { port, owner, why } => write!(
                f,
                "a queue of port {port} is had from its owner, {owner}, by message, and this process has none: {why}"
            ),
            Self::OwnerGone { port, direction, queue } => write!(
                f,
                "{direction} queue {queue} of port {port} is had from the port's owner, which is gone; start a primary, \
                 which adopts the port, and try again"
            ),
            Self::NotAsked { port, owner, why } => {
                write!(
                    f,
                    "the owner of port {port}, {owner}, could not be asked for a queue: {why}"
                )
            }
            Self::NoAnswer { port, owner, why } | Self::Refused { port, owner, why } => write!(
                f,
                "the owner of port {port}, {owner}, was asked for a queue and gave none: it {why}"
            ),
        }
    }
}

impl core::error::Error for DescriptorError {}

impl From<PortError> for DescriptorError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<SocketError> for DescriptorError {
    fn from(error: SocketError) -> Self {
        Self::Socket(error)
    }
}

impl From<TapError> for DescriptorError {
    fn from(error: TapError) -> Self {
        Self::Tap(error)
    }
}
