//! Which CPUs there are, and which this process may use.
//!
//! *Online* is the machine's answer, *allowed* the kernel's answer to this process:
//! what cgroups, `taskset` and `isolcpus` leave of it. Lcores are placed on allowed
//! CPUs; the online ones serve to say why another is refused.

use crate::affinity;
#[cfg(feature = "std")]
use crate::kernel_files::{KernelFileError, KernelFiles, read_text};
use crate::sys::errno::Named;
use core::fmt;
use phalanx_core::group::{CPU_MAX, CpuSet};
use rustix::io::Errno;
#[cfg(feature = "std")]
use std::path::Path;

/// The CPUs of this process could not be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuError(pub Errno);

impl fmt::Display for CpuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the CPUs of this process cannot be read: {}; machines with more than {CPU_MAX} CPUs \
             are not supported",
            Named(self.0)
        )
    }
}

impl core::error::Error for CpuError {}

/// The CPUs that the calling thread may run on. At the start of `main`, before any
/// pinning, that is what the process was given. Cost: one system call.
///
/// # Errors
/// [`CpuError`].
pub fn allowed() -> Result<CpuSet, CpuError> {
    affinity::current().map_err(CpuError)
}

/// The CPUs of the machine that are switched on.
///
/// # Errors
/// [`KernelFileError`].
#[cfg(feature = "std")]
pub fn online(kernel: &KernelFiles) -> Result<CpuSet, KernelFileError> {
    read_cpu_list(&kernel.sys("devices/system/cpu/online"))
}

/// Reads a file that holds a list of CPUs or nodes.
#[cfg(feature = "std")]
pub(crate) fn read_cpu_list(path: &Path) -> Result<CpuSet, KernelFileError> {
    let text = read_text(path)?;
    parse_cpu_list(&text).ok_or_else(|| KernelFileError::not_understood(path, &text))
}

/// Reads a list as the kernel writes it: `0-3,8,10-11`; the empty text is the empty
/// set. `None` if it is no list, or a number is not below [`CPU_MAX`].
///
/// ```
/// use phalanx_linux::cpu::parse_cpu_list;
/// assert_eq!(parse_cpu_list("0-2,8\n"), Some([0, 1, 2, 8].into_iter().collect()));
/// assert_eq!(parse_cpu_list("3-1"), None);
/// ```
pub fn parse_cpu_list(text: &str) -> Option<CpuSet> {
    let text = text.trim();
    let mut cpus = CpuSet::new();
    if text.is_empty() {
        return Some(cpus);
    }
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
        if first > last {
            return None;
        }
        for cpu in first..=last {
            cpus.insert(cpu).ok()?;
        }
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_overlap_and_come_in_any_order() {
        assert_eq!(parse_cpu_list("8,0-2,1-3").unwrap().to_string(), "0-3,8");
        assert_eq!(parse_cpu_list("\n"), Some(CpuSet::new()));
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in ["a", "1-", "-1", "1--2", "2-1", "1,,2", "1024", "0-4294967295", "1 2"] {
            assert_eq!(parse_cpu_list(text), None, "{text}");
        }
    }

    #[test]
    fn every_allowed_cpu_is_online() {
        let online = online(&KernelFiles::real()).unwrap();
        let allowed = allowed().unwrap();
        assert!(!allowed.is_empty());
        assert_eq!(allowed.first_outside(&online), None);
    }
}
