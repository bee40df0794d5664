//! `AttachError` and `DetachError`: why a device did not come, or did not go.

use core::fmt;
use core::time::Duration;

use phalanx_core::name::Name;
use phalanx_core::port::{Holder, PortError, Somebody};

use super::ask_error::AskError;
use super::devargs::DevargsError;
use crate::pci::PciAddress;
use crate::port::{DeviceError, SetUpError};

/// Why a device was not attached. No process has it, nor anything of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachError {
    /// Its name or its arguments are none.
    Devargs(DevargsError),
    /// The group has such a port already (`EEXIST`).
    Exists {
        /// The port.
        name: Name,
        /// Who owns it.
        by: Somebody,
    },
    /// Somebody is attaching it at this moment.
    Coming {
        /// The port.
        name: Name,
        /// Who.
        by: Somebody,
    },
    /// The group leaves it alone: it was started with `-b` and its place.
    Blocked {
        /// Which.
        device: PciAddress,
    },
    /// Who was to own it was started with `--no-pci`.
    NoPci {
        /// Which.
        device: PciAddress,
    },
    /// It cannot be made.
    Device(DeviceError),
    /// A process cannot use it, or will not.
    Refused {
        /// The port.
        name: Name,
        /// Who.
        by: Somebody,
        /// What that one says.
        why: String,
    },
    /// A process did not say in time whether it can use it: it is stopped, or slow.
    Silent {
        /// The port.
        name: Name,
        /// Who.
        by: Somebody,
        /// What became of the question.
        why: String,
    },
    /// Who is to own it did not attach it.
    Owner {
        /// The port.
        name: String,
        /// Who was asked.
        owner: Somebody,
        /// Why not.
        error: AskError,
    },
    /// It took too long.
    Late {
        /// The port.
        name: Name,
    },
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Devargs(error) => error.fmt(f),
            Self::Exists { name, by } => write!(
                f,
                "{name} was to be attached and the group has it already, as a port of {by}; use that one, or detach it \
                 first"
            ),
            Self::Coming { name, by } => write!(
                f,
                "{name} was to be attached and {by} is attaching it; look in a moment whether it is there"
            ),
            Self::Blocked { device } => write!(
                f,
                "{device} was to be attached and the group was started to leave it alone (-b {device}); start it without \
                 that"
            ),
            Self::NoPci { device } => write!(
                f,
                "{device} was to be attached and who is to own it was started with --no-pci; start that one without it"
            ),
            Self::Device(error) => write!(f, "it was to be attached and cannot be made: {error}"),
            Self::Refused { name, by, why } => write!(
                f,
                "{name} was to be attached and {by} cannot use it: {why}; mend that, or end that process"
            ),
            Self::Silent { name, by, why } => write!(
                f,
                "{name} was to be attached and {by} {why}; let it go on, or end it, and try again"
            ),
            Self::Owner { name, owner, error } => {
                write!(f, "{name} was to be attached by {owner} and was not: {error}")
            }
            Self::Late { name } => {
                write!(f, "{name} was to be attached and that took too long; try again")
            }
        }
    }
}

impl core::error::Error for AttachError {}

/// Why a port was not detached. It is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DetachError {
    /// Its name is none.
    Devargs(DevargsError),
    /// There is no such port (`ENOENT`).
    NotFound {
        /// What was asked for.
        name: String,
        /// What the directory says, with the name that was probably meant.
        why: String,
    },
    /// Somebody is detaching it at this moment.
    Going {
        /// The port.
        name: Name,
        /// Who.
        by: Somebody,
    },
    /// Processes have queues of it, and did not let them go.
    Busy {
        /// The port.
        name: Name,
        /// How long that was waited for.
        waited: Duration,
        /// Who has which. At most 24 of them, if another process is the owner.
        holders: Vec<Holder>,
    },
    /// The port could not be removed.
    Port(PortError),
    /// Its device could not be let go.
    Device(SetUpError),
    /// It took too long: its owner was stopped meanwhile.
    Late {
        /// The port.
        name: Name,
    },
    /// Its owner did not detach it.
    Owner {
        /// The port.
        name: Name,
        /// Who was asked.
        owner: Somebody,
        /// Why not.
        error: AskError,
    },
}

impl fmt::Display for DetachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Devargs(error) => error.fmt(f),
            Self::NotFound { name, why } => {
                write!(f, "{name} was to be detached and is not there: {why}")
            }
            Self::Going { name, by } => {
                write!(f, "{name} was to be detached and {by} is detaching it already; wait for it")
            }
            Self::Busy { name, waited, holders } => {
                write!(f, "{name} was to be detached and after {} ms ", waited.as_millis())?;
                for (count, Holder { of, direction, queue, by }) in holders.iter().enumerate() {
                    let and = if count == 0 { "" } else { ", " };
                    write!(f, "{and}{by} has {direction} queue {queue} of {of}")?;
                }
                f.write_str("; have these let go, or detach it by force")
            }
            Self::Port(error) => error.fmt(f),
            Self::Device(error) => error.fmt(f),
            Self::Late { name } => {
                write!(f, "{name} was to be detached and that took too long; try again")
            }
            Self::Owner { name, owner, error } => {
                write!(f, "{name} was to be detached by {owner} and was not: {error}")
            }
        }
    }
}

impl core::error::Error for DetachError {}

impl From<PortError> for DetachError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}
