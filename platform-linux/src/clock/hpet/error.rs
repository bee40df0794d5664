//! Why the timer was not had.

use core::fmt;
use std::path::Path;

use rustix::io::Errno;
use rustix::process::geteuid;

use super::holder;
use crate::kernel_files::{KernelFiles, read_text};
use crate::mapping::MapError;
use crate::sys::errno::Named;

/// Why the timer was not had. With each, the TSC is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HpetError {
    /// It was forbidden on the command line.
    Forbidden,
    /// The kernel has no such device.
    Absent,
    /// It is somebody's, or the kernel has the driver and the machine has no timer: the kernel's answer is
    /// the same.
    Busy {
        /// Who has it, if that is seen.
        holder: Option<u32>,
        /// Whether the machine has such a timer, as far as the kernel says.
        is_there: bool,
        /// Whether this process sees what root sees.
        is_root: bool,
    },
    /// It could not be opened.
    Open {
        /// The kernel's answer.
        errno: Errno,
    },
    /// The kernel does not let programs map it.
    NotMapped,
    /// It could not be mapped, for another reason.
    Map(MapError),
    /// What stands in its registers is no timer's.
    Nonsense {
        /// What does.
        capabilities: u64,
    },
    /// It does not count.
    Stands,
}

impl HpetError {
    pub(super) fn busy(device: &Path) -> Self {
        let kernel = KernelFiles::real();
        let sources = kernel.sys("devices/system/clocksource/clocksource0/available_clocksource");
        Self::Busy {
            holder: holder::of(&kernel, device),
            is_there: read_text(&sources)
                .is_ok_and(|text| text.split_whitespace().any(|source| source == "hpet")),
            is_root: geteuid().is_root(),
        }
    }
}

impl fmt::Display for HpetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the HPET was to be the clock and ")?;
        match self {
            Self::Forbidden => f.write_str("--no-hpet forbids it"),
            Self::Absent => {
                f.write_str("there is no /dev/hpet: this kernel was built without CONFIG_HPET")
            }
            Self::Busy { holder: Some(pid), .. } => {
                write!(f, "pid {pid} has /dev/hpet, which the kernel gives to one process; end that one first")
            }
            Self::Busy { holder: None, is_there: true, is_root: true } => f.write_str(
                "nobody who can be seen has /dev/hpet, and it answers busy: the kernel uses all its timers itself, or a process \
                 outside of this container has it",
            ),
            Self::Busy { holder: None, is_there: true, is_root: false } => f.write_str(
                "somebody whom this user cannot see has /dev/hpet, which the kernel gives to one process; look as root \
                 for who it is (fuser /dev/hpet)",
            ),
            Self::Busy { holder: None, is_there: false, .. } => f.write_str(
                "this machine has none, or it was switched off at boot (hpet=disable): /dev/hpet is there and answers busy",
            ),
            Self::Open { errno } => write!(
                f,
                "/dev/hpet could not be opened: {}; it takes the right to read it (chmod, or root)",
                Named(*errno)
            ),
            Self::NotMapped => f.write_str(
                "the kernel does not let programs map it; boot with hpet_mmap=1, on a kernel with CONFIG_HPET_MMAP",
            ),
            Self::Map(error) => write!(f, "it could not be mapped: {error}"),
            Self::Nonsense { capabilities } => write!(
                f,
                "its capabilities {capabilities:#x} name a period that no HPET has; the machine's firmware is broken"
            ),
            Self::Stands => f.write_str("it does not count: the kernel has switched it off"),
        }?;
        f.write_str("; the TSC is used")
    }
}

impl core::error::Error for HpetError {}
