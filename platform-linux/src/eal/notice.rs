//! What a start-up would like to say, without saying it itself.
//!
//! Libraries do not print. What is worth a line (a fallback, an option that had no effect) is
//! collected here, and the program shows it at its log level.

use core::fmt;

use phalanx_core::count::Count;

use super::options::LogLevel;
use crate::device::Caution;

/// One line about a start-up that went well but not quite as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The version was asked for (`-v`), which does not stop a start (OP-32).
    Version,
    /// No hugepage could be had and the program allows 4 KB pages.
    FellBackToNoHuge {
        /// Why there is no hugepage.
        why: String,
    },
    /// The group lived without a primary; this process took the role.
    Adopted {
        /// How many processes live in it.
        living: usize,
    },
    /// Ports whose owner is gone are this process's now.
    AdoptedPorts {
        /// How many.
        ports: usize,
    },
    /// Ports that are not as they should be: one was not adopted, or not joined with its peer.
    PortLeft {
        /// Why.
        why: String,
    },
    /// A device was opened without an IOMMU. It does nothing before its port is configured.
    Caution(Caution),
    /// The window does not begin where `--base-virtaddr` said, but at the next place for one.
    BaseVirtaddrRounded {
        /// The address asked for.
        asked: u64,
        /// Where the window begins.
        base: u64,
    },
    /// Options about memory were given to a process that found the memory made.
    MemoryOptionsIgnored,
    /// What a dead group left behind was removed first.
    CleanedDeadGroup {
        /// How many files.
        files: usize,
    },
    /// Dead processes' slots and lcores were freed on the way in.
    Swept {
        /// How many processes.
        processes: usize,
    },
    /// This process has no log, and what it says through `defmt` is dropped.
    NoLog {
        /// Why.
        why: String,
    },
    /// More CPUs than lcore ids; the rest is not used.
    SkippedCpus {
        /// How many.
        cpus: u16,
    },
}

impl Notice {
    /// How important it is.
    pub fn level(&self) -> LogLevel {
        match self {
            Self::FellBackToNoHuge { .. }
            | Self::SkippedCpus { .. }
            | Self::PortLeft { .. }
            | Self::Caution(_)
            | Self::NoLog { .. } => LogLevel::Warning,
            Self::Version
            | Self::Adopted { .. }
            | Self::AdoptedPorts { .. }
            | Self::BaseVirtaddrRounded { .. }
            | Self::MemoryOptionsIgnored => LogLevel::Notice,
            Self::CleanedDeadGroup { .. } | Self::Swept { .. } => LogLevel::Info,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => write!(f, "Phalanx {}", env!("CARGO_PKG_VERSION")),
            Self::FellBackToNoHuge { why } => write!(f, "using 4 KB pages, as with --no-huge, because {why}"),
            Self::Adopted { living } => {
                write!(f, "the group lived on without a primary ({}); this process is its primary now", Count::of(*living, "process", "processes"))
            }
            Self::AdoptedPorts { ports } => write!(f, "{} without an owner; this process is the owner now", Count::of(*ports, "port was", "ports were")),
            Self::PortLeft { why } => write!(f, "a port was left as it was: {why}"),
            Self::Caution(caution) => caution.fmt(f),
            Self::BaseVirtaddrRounded { asked, base } => {
                write!(f, "--base-virtaddr {asked:#x}: the window begins at {base:#x}, the next multiple of 1 GB")
            }
            Self::MemoryOptionsIgnored => {
                f.write_str("options about memory have no effect here: the group's memory was made by its creator")
            }
            Self::CleanedDeadGroup { files } => {
                write!(f, "removed what a dead group of this prefix had left ({})", Count::of(*files, "file", "files"))
            }
            Self::Swept { processes } => write!(f, "freed the slots and lcores of {}", Count::of(*processes, "dead process", "dead processes")),
            Self::NoLog { why } => write!(f, "this process has no log, and `phalanx logs` shows nothing of it: {why}"),
            Self::SkippedCpus { cpus } => {
                write!(f, "{} no lcore because there are more CPUs than lcore ids; choose some with --lcores", Count::of(*cpus, "CPU has", "CPUs have"))
            }
        }
    }
}
