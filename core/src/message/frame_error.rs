//! Why bytes are not a frame.

use core::fmt;

use super::layout::{FRAME_BYTES, FRAME_VERSION};
use super::{DESCRIPTORS_MAX, Kind, PAYLOAD_MAX};
use crate::group::PROCESSES_MAX;

/// Why bytes are not a frame. Who receives such counts them, drops them, and goes on (W-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Not as many bytes as a frame has.
    Length {
        /// How many there are.
        found: usize,
    },
    /// It does not begin as a frame does.
    Magic {
        /// The first four bytes.
        found: u32,
    },
    /// Another version of the frame.
    Version {
        /// Which.
        found: u16,
    },
    /// A kind or a reason that no version writes.
    Kind {
        /// The byte of the kind.
        kind: u8,
        /// The byte of the reason.
        reason: u8,
    },
    /// A message with a request's number, or a request or its answer without.
    Request {
        /// What the frame is.
        kind: Kind,
        /// The number it has.
        request: u64,
    },
    /// A sender or target that no group has.
    Process {
        /// Its slot.
        slot: u16,
        /// Its generation.
        generation: u32,
    },
    /// More payload than there is room for.
    PayloadLength {
        /// How many bytes it claims.
        found: u16,
    },
    /// More descriptors than may travel.
    Descriptors {
        /// How many it claims.
        found: u8,
    },
    /// A name that is empty, unprintable or without its NUL.
    Name,
    /// A byte that must be zero and is not.
    Reserved,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const REBUILD: &str = "start both programs from one build";
        match self {
            Self::Length { found } => {
                write!(f, "a frame has {FRAME_BYTES} bytes, this one has {found}; it was dropped")
            }
            Self::Magic { found } => write!(
                f,
                "a frame begins with \"PHXM\", this one with {found:#010x}; something else sends here, and it was dropped"
            ),
            Self::Version { found } => {
                write!(f, "frames have version {FRAME_VERSION}, this one {found}; {REBUILD}")
            }
            Self::Kind { kind, reason } => {
                write!(f, "no frame is of kind {kind} with reason {reason}; {REBUILD}")
            }
            Self::Request { kind, request } => {
                write!(f, "a frame {kind:?} cannot have request number {request}; it was dropped")
            }
            Self::Process { slot, generation } => write!(
                f,
                "a process has a slot below {PROCESSES_MAX} and a generation from 1, a frame names slot {slot} generation {generation}; it was dropped"
            ),
            Self::PayloadLength { found } => write!(
                f,
                "a frame carries at most {PAYLOAD_MAX} bytes, this one claims {found}; it was dropped"
            ),
            Self::Descriptors { found } => write!(
                f,
                "a frame brings at most {DESCRIPTORS_MAX} descriptors, this one claims {found}; it was dropped"
            ),
            Self::Name => f.write_str(
                "the name in a frame is 1 to 63 printable characters and NULs, this one's is not; it was dropped",
            ),
            Self::Reserved => {
                f.write_str("bytes of a frame that must be zero are not; it was dropped")
            }
        }
    }
}

impl core::error::Error for FrameError {}
