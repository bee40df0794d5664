//! `QueueError`: why a queue was not had.

use core::fmt;

use super::{PortError, Somebody};
use crate::name::Name;
use crate::port::kinds::Direction;

/// Why a queue was not had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueError {
    /// A living process has it (it may be the one that asks: one handle, one thread).
    Held {
        /// The port.
        port: Name,
        /// Which kind of queue.
        direction: Direction,
        /// Which.
        queue: u16,
        /// Who has it.
        by: Somebody,
    },
    /// The port has no such queue.
    NoSuchQueue {
        /// The port.
        port: Name,
        /// Which kind of queue.
        direction: Direction,
        /// Which was asked for.
        queue: u16,
        /// How many there are.
        queues: u16,
    },
    /// The port cannot be used so.
    Port(PortError),
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { port, direction, queue, by } => write!(
                f,
                "{direction} queue {queue} of the port {port} was asked for and is {by}'s, which lives; take another \
                 queue, or end that process"
            ),
            Self::NoSuchQueue { port, direction, queue, queues } => write!(
                f,
                "{direction} queue {queue} of the port {port} was asked for and the port has {queues}, from 0 on; \
                 have its owner configure more, or take one of these"
            ),
            Self::Port(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for QueueError {}

impl<E: Into<PortError>> From<E> for QueueError {
    fn from(error: E) -> Self {
        Self::Port(error.into())
    }
}
