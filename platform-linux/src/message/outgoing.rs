//! `Outgoing`: what is sent, checked before anything is.

use core::fmt;
use std::os::fd::BorrowedFd;

use phalanx_core::message::{ActionName, ActionNameError, Payload, PayloadTooLong};

use super::descriptor;
use super::socket::DESCRIPTORS_MAX;

/// Whom a message or a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The group's primary.
    Primary,
    /// Every other process that is up, secondaries too; who is still starting is not counted.
    All,
    /// The process in this slot, 0..64, whatever its role (W-19).
    One(u16),
}

/// A message or a request: a name, up to 256 bytes, up to eight descriptors.
///
/// ```
/// use phalanx_linux::message::Outgoing;
/// let outgoing = Outgoing::new("app/stats").payload(b"port 0");
/// assert_eq!(outgoing.name(), "app/stats");
/// ```
#[doc(alias = "rte_mp_msg")]
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    name: &'a str,
    payload: &'a [u8],
    descriptors: &'a [BorrowedFd<'a>],
    is_proved: bool,
}

/// Why a message cannot be sent as it is (IPC-12). Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutgoingError {
    /// Its name is no name of an action.
    Name(ActionNameError),
    /// It carries too much.
    Payload(PayloadTooLong),
    /// More descriptors than travel at once; how many.
    TooManyDescriptors(usize),
}

impl fmt::Display for OutgoingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Payload(error) => error.fmt(f),
            Self::TooManyDescriptors(given) => write!(
                f,
                "a message brings at most {DESCRIPTORS_MAX} descriptors and was given {given}; send the rest in another one"
            ),
        }
    }
}

impl core::error::Error for OutgoingError {}

impl<'a> Outgoing<'a> {
    /// A message with this name (1 to 63 printable ASCII characters), and nothing else yet.
    pub const fn new(name: &'a str) -> Self {
        Self { name, payload: &[], descriptors: &[], is_proved: false }
    }

    /// Carrying `payload`, at most 256 bytes.
    pub const fn payload(mut self, payload: &'a [u8]) -> Self {
        self.payload = payload;
        self
    }

    /// Bringing copies of `descriptors`, at most eight. They travel by socket: what has none may
    /// overtake what has, and the other way round.
    pub const fn descriptors(mut self, descriptors: &'a [BorrowedFd<'a>]) -> Self {
        self.descriptors = descriptors;
        self
    }

    /// By socket, where the kernel says who sends: for actions that are only for a role
    /// ([`register_for`](super::Messages::register_for)). Requests find that out by themselves.
    pub const fn proved(mut self) -> Self {
        self.is_proved = true;
        self
    }

    /// The name.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    pub(super) fn check(&self) -> Result<Checked<'a>, OutgoingError> {
        let name = ActionName::new(self.name).map_err(OutgoingError::Name)?;
        let payload = Payload::new(self.payload).map_err(OutgoingError::Payload)?;
        let given = self.descriptors.len();
        if given > DESCRIPTORS_MAX {
            return Err(OutgoingError::TooManyDescriptors(given));
        }
        let descriptors = self.descriptors.iter().map(|fd| descriptor::borrowed(*fd)).collect();
        Ok(Checked { name, payload, descriptors, by_socket: self.is_proved || given > 0 })
    }
}

/// A message that can be sent.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    pub(super) name: ActionName,
    pub(super) payload: Payload,
    pub(super) descriptors: heapless::Vec<rustix::fd::BorrowedFd<'a>, DESCRIPTORS_MAX>,
    pub(super) by_socket: bool,
}
