//! Why nobody looks on.

use core::fmt;

use super::super::error::Somebody;
use super::layout::CAPTURES_MAX;
use crate::mbuf::MbufPoolError;
use crate::memzone::ZoneError;
use crate::name::Name;
use crate::ring::{ClaimError, RingError};

/// Why a capture was not opened, or not turned on for a port. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureError {
    /// Another process captures this port.
    Busy {
        /// The port.
        port: Name,
        /// Who.
        by: Somebody,
    },
    /// There are as many captures as there can be.
    TooMany,
    /// An observer cannot capture.
    Observer,
    /// The port was closed.
    Gone {
        /// The port.
        port: Name,
    },
    /// Its state could not be had.
    Zone(ZoneError),
    /// Its pool could not be had.
    Pool(MbufPoolError),
    /// Its ring could not be had.
    Ring(RingError),
    /// Its ring's end could not be had.
    Claim(ClaimError),
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { port, by } => write!(
                f,
                "the port {port} was to be captured and {by} captures it already; end that capture first, or read its \
                 file"
            ),
            Self::TooMany => write!(
                f,
                "a capture was to be opened and the group has {CAPTURES_MAX}, the most there can be; end one first"
            ),
            Self::Observer => f.write_str(
                "a capture was to be opened by an observer, which may only look at memory; join the group as a \
                 secondary",
            ),
            Self::Gone { port } => write!(
                f,
                "the port {port} was to be captured and has been closed; look the name up again"
            ),
            Self::Zone(error) => error.fmt(f),
            Self::Pool(error) => error.fmt(f),
            Self::Ring(error) => error.fmt(f),
            Self::Claim(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CaptureError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for CaptureError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! { Zone(ZoneError), Pool(MbufPoolError), Ring(RingError), Claim(ClaimError) }
