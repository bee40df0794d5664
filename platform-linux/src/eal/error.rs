//! Why a process did not start, each as one sentence with what to do.

use core::fmt;

#[cfg(feature = "std")]
use phalanx_core::group::{Command, FormatError};
use phalanx_core::group::{GroupFileError, LcoreError, PROCESSES_MAX, Phase};
#[cfg(feature = "std")]
use phalanx_core::name::Name;
use rustix::io::Errno;

use super::memory::MemoryError;
#[cfg(feature = "std")]
use super::options::OptionError;
use crate::affinity::AffinityError;
use crate::cpu::CpuError;
#[cfg(feature = "std")]
use crate::device::IovaError;
#[cfg(feature = "std")]
use crate::kernel_files::KernelFileError;
use crate::liveness::LivenessError;
use crate::lockfile::StartLockError;
use crate::mapping::{MapError, PopulateError, ReserveError};
#[cfg(feature = "std")]
use crate::message::ServiceError;
#[cfg(feature = "std")]
use crate::port::DeviceError;
use crate::runtime_dir::{BaseError, FileError, Prefix, PrefixError, RuntimeDirError, ShownPath};
use crate::sys::errno::Named;

/// What a start that is shared with static workers fails with: the error, or where errors must be
/// small, the sentence that it displays as.
#[cfg(feature = "std")]
pub(super) type Refusal = EalError;
#[cfg(not(feature = "std"))]
pub(super) type Refusal = crate::sys::sentence::Sentence;

/// An error as what a start fails with.
#[cfg(feature = "std")]
pub(super) fn refusal(error: EalError) -> Refusal {
    error
}
/// The sentence of an error.
#[cfg(not(feature = "std"))]
#[cold]
#[inline(never)]
pub(super) fn refusal(error: EalError) -> Refusal {
    Refusal::of(&error)
}

/// A prefix, as an error holds it.
#[cfg(feature = "std")]
pub(super) type GroupName = Prefix;
/// The same where an error must be small.
#[cfg(not(feature = "std"))]
pub(super) type GroupName = ShownPath;

/// The name of a group, for an error.
pub(super) fn group_name(prefix: &Prefix) -> GroupName {
    #[cfg(feature = "std")]
    return prefix.clone();
    #[cfg(not(feature = "std"))]
    prefix.as_str().into()
}

/// Why a start returned nothing (PT-5). Whatever was begun is undone:
/// no thread, descriptor, mapping, claim or file is left (W-18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EalError {
    /// `--help` or `--log-level=help`: not an error, but not a start either.
    /// The text to print.
    #[cfg(feature = "std")]
    Asked(String),
    /// An argument of the process is not UTF-8.
    #[cfg(feature = "std")]
    NotText {
        /// Which, counted from 1.
        position: usize,
        /// It, as far as it is text.
        shown: String,
    },
    /// An argument was wrong.
    #[cfg(feature = "std")]
    Options(OptionError),
    /// It waited, and nobody wants it any more.
    Unwanted,
    /// This process has started before (EALREADY).
    AlreadyStarted,
    /// The runtime directory is not usable.
    RuntimeDir(RuntimeDirError),
    /// The prefix is no prefix.
    Prefix(PrefixError),
    /// A file in the runtime directory is not usable.
    File(FileError),
    /// No base for the runtime directory.
    Base(BaseError),
    /// Another process is starting, joining or cleaning.
    StartLock(StartLockError),
    /// A secondary found no group.
    NoGroup {
        /// The prefix.
        prefix: GroupName,
        /// Where it looked.
        path: ShownPath,
        /// How long it waited, in seconds.
        waited_s: u16,
    },
    /// A secondary found a group that was not ready in time.
    NotReady {
        /// How far the group had come.
        phase: Phase,
        /// Who makes it.
        creator_pid: u64,
        /// How long it waited, in seconds.
        waited_s: u16,
    },
    /// The group is there, but all its processes are gone.
    DeadGroup {
        /// The prefix.
        prefix: GroupName,
        /// The phase in which it ended.
        phase: Phase,
    },
    /// A primary found another one.
    #[cfg(feature = "std")]
    PrimaryRuns {
        /// The prefix.
        prefix: Prefix,
        /// The other's process id; 0 if it has not said yet.
        pid: u32,
        /// The other's name.
        name: Name,
        /// The beginning of its command line.
        command: Command,
    },
    /// The group's memory has no names (`--in-memory`, `--huge-unlink=always`).
    PrivateGroup {
        /// The prefix.
        prefix: GroupName,
    },
    /// A secondary was to join a group that is private by its own options.
    #[cfg(feature = "std")]
    SecondaryOfNothing,
    /// The group file is not a group's, or another build's.
    GroupFile {
        /// Its path.
        path: ShownPath,
        /// What is wrong with it.
        why: GroupFileError,
    },
    /// All slots are taken.
    Full,
    /// The slots that are not taken have dead processes that nobody has reaped.
    Unreaped,
    /// The window's addresses are taken.
    Reserve(ReserveError),
    /// No window fits above the address asked for.
    #[cfg(feature = "std")]
    BaseVirtaddr {
        /// The address.
        asked: u64,
    },
    /// Memory could not be mapped.
    Map(MapError),
    /// Memory could not be prefaulted.
    Populate(PopulateError),
    /// The kernel's locks did not work.
    Liveness(LivenessError),
    /// The tables could not be laid out.
    #[cfg(feature = "std")]
    Format(FormatError),
    /// An lcore is taken.
    Lcore(LcoreError),
    /// The CPUs of this process could not be found.
    Cpu(CpuError),
    /// This thread could not be pinned to the main lcore's CPUs.
    Affinity(AffinityError),
    /// The memory asked for could not be had.
    Memory(MemoryError),
    /// A port of the command line was not made, or contradicts the group's.
    #[cfg(feature = "std")]
    Devices(DeviceError),
    /// What bus addresses are to be cannot be, or contradicts the group's.
    #[cfg(feature = "std")]
    Iova(IovaError),
    /// The message service did not start.
    #[cfg(feature = "std")]
    Messages(ServiceError),
    /// A dead group of this prefix could not be removed.
    #[cfg(feature = "std")]
    Clean(String),
    /// The threads that watch the group could not be made; what the system said.
    #[cfg(feature = "std")]
    Watcher(String),
    /// This machine's NUMA nodes could not be read.
    #[cfg(feature = "std")]
    Topology(KernelFileError),
    /// A system call failed that should not.
    System {
        /// What was tried.
        doing: &'static str,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl EalError {
    /// What a program should exit with: 0 if the user only asked for a text, else 1.
    #[cfg(feature = "std")]
    pub fn exit_code(&self) -> u8 {
        u8::from(!matches!(self, Self::Asked(_)))
    }
}

impl fmt::Display for EalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "std")]
            Self::Asked(text) => f.write_str(text),
            #[cfg(feature = "std")]
            Self::NotText { position, shown } => {
                write!(f, "argument {position} ('{shown}') is not UTF-8 text; write it in UTF-8")
            }
            #[cfg(feature = "std")]
            Self::Options(error) => error.fmt(f),
            Self::Unwanted => f.write_str("the start waited for its group and was told to end"),
            Self::AlreadyStarted => f.write_str("this process has joined a group before; one process joins one group, once"),
            Self::RuntimeDir(error) => error.fmt(f),
            Self::Prefix(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::File(error @ FileError::Full { .. }) => {
                write!(f, "{error}, or set RUNTIME_DIRECTORY to a directory elsewhere")
            }
            Self::File(error) => error.fmt(f),
            Self::Base(error) => error.fmt(f),
            Self::StartLock(error) => error.fmt(f),
            Self::NoGroup { prefix, path, waited_s } => write!(
                f,
                "no group with prefix '{prefix}' appeared at {} within {waited_s} s; start its primary \
                 (--proc-type=primary --file-prefix={prefix}), wait longer (--wait), or check the prefix and the user",
                path
            ),
            Self::NotReady { phase, creator_pid, waited_s } => write!(
                f,
                "the group was not ready within {waited_s} s: its phase was {phase}; look at its primary \
                 (pid {creator_pid}) or wait longer (--wait)"
            ),
            Self::DeadGroup { prefix, phase } => write!(
                f,
                "the group with prefix '{prefix}' is dead: all its processes are gone (last phase {phase}); \
                 start a primary, which cleans it, or run `phalanx clean --file-prefix={prefix}`"
            ),
            #[cfg(feature = "std")]
            Self::PrimaryRuns { prefix, pid, name, command } => write!(
                f,
                "group '{prefix}' has a primary already: {name} (pid {pid}, `{command}`); join it with \
                 --proc-type=secondary, or choose another --file-prefix"
            ),
            Self::PrivateGroup { prefix } => write!(
                f,
                "group '{prefix}' was started with memory that nobody else can map (--huge-unlink=always); \
                 start its primary without that option to join it"
            ),
            #[cfg(feature = "std")]
            Self::SecondaryOfNothing => f.write_str(
                "--proc-type=secondary cannot be given with --in-memory or --no-shconf: such a process has a group of its own",
            ),
            Self::GroupFile { path, why } => write!(f, "{}: {why}", path),
            Self::Full => write!(f, "the group has {PROCESSES_MAX} processes, and no more are possible; end one"),
            Self::Unreaped => f.write_str(
                "every slot of the group that no living process has is a dead one's, and nobody has reaped it in time; \
                 look with `phalanx ps`: a stopped process may be reaping",
            ),
            #[cfg(feature = "std")]
            Self::BaseVirtaddr { asked } => write!(
                f,
                "--base-virtaddr {asked:#x}: there are no addresses for a window above it; leave the option out, or give \
                 one such as {:#x}",
                phalanx_core::window::BASE
            ),
            Self::Reserve(error) => error.fmt(f),
            Self::Map(error) => error.fmt(f),
            Self::Populate(error) => error.fmt(f),
            Self::Liveness(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Format(error) => error.fmt(f),
            Self::Lcore(error) => error.fmt(f),
            Self::Cpu(error) => error.fmt(f),
            Self::Affinity(error) => error.fmt(f),
            Self::Memory(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Devices(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Iova(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Messages(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Clean(why) => write!(f, "what a dead group of this prefix left could not be removed: {why}"),
            #[cfg(feature = "std")]
            Self::Watcher(why) => write!(f, "the threads that watch the group could not be made: {why}"),
            #[cfg(feature = "std")]
            Self::Topology(error) => error.fmt(f),
            Self::System { doing, errno } => write!(f, "{doing} failed: {}", Named(*errno)),
        }
    }
}

impl core::error::Error for EalError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for EalError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! {
    Prefix(PrefixError), File(FileError), Base(BaseError), RuntimeDir(RuntimeDirError), StartLock(StartLockError), Reserve(ReserveError),
    Map(MapError), Populate(PopulateError), Liveness(LivenessError),
    Cpu(CpuError), Affinity(AffinityError), Memory(MemoryError),
}
#[cfg(feature = "std")]
from! { Options(OptionError), Format(FormatError), Lcore(LcoreError), Topology(KernelFileError), Messages(ServiceError), Devices(DeviceError), Iova(IovaError) }
