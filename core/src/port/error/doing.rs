//! `Doing`: what was to be done to a port.

use core::fmt;

/// What was to be done to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// To be created.
    Create,
    /// To be adopted.
    Adopt,
    /// To be given its queues.
    Configure,
    /// To give a queue to somebody.
    Open,
    /// To run.
    Start,
    /// Not to run.
    Stop,
    /// To have its statistics set to zero.
    ResetStats,
    /// To have another link.
    SetLink,
    /// To have another MAC address.
    SetMac,
    /// To keep a word of its driver's.
    SetWord,
    /// To be joined with another.
    Join,
    /// To be removed.
    Close,
    /// To be found by all from now on.
    Attach,
    /// To be removed from a group that uses it.
    Detach,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "created",
            Self::Adopt => "adopted",
            Self::Configure => "configured",
            Self::Open => "used",
            Self::Start => "started",
            Self::Stop => "stopped",
            Self::ResetStats => "given new statistics",
            Self::SetLink => "given another link",
            Self::SetMac => "given another MAC address",
            Self::SetWord => "given a word of its driver's",
            Self::Join => "joined with another",
            Self::Close => "closed",
            Self::Attach => "attached",
            Self::Detach => "detached",
        })
    }
}
