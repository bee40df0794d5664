//! Which CPUs there are, and which this process may use.
//!
//! *Online* is the machine's answer, *allowed* the kernel's answer to this process:
//! what cgroups, `taskset` and `isolcpus` leave of it. Lcores are placed on allowed
//! CPUs; the online ones serve to say why another is refused.

use crate::affinity::{self, MAX_CPUS};
use crate::kernel_files::{KernelFileError, KernelFiles, read_text};
use crate::sys::errno::Named;
use core::fmt;
use rustix::io::Errno;
use std::path::Path;

/// The allowed CPUs could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowedError(pub Errno);

impl fmt::Display for AllowedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the CPUs of this process cannot be read: {}; machines with more than {MAX_CPUS} CPUs \
             are not supported",
            Named(self.0)
        )
    }
}

impl core::error::Error for AllowedError {}

/// The CPUs that the calling thread may run on, in order. At the start of `main`,
/// before any pinning, that is what the process was given.
///
/// # Errors
/// [`AllowedError`].
pub fn allowed() -> Result<Vec<u32>, AllowedError> {
    let set = affinity::current().map_err(AllowedError)?;
    Ok((0..MAX_CPUS).filter(|cpu| set.is_set(*cpu as usize)).collect())
}

/// The CPUs of the machine that are switched on, in order.
///
/// # Errors
/// [`KernelFileError`].
pub fn online(kernel: &KernelFiles) -> Result<Vec<u32>, KernelFileError> {
    read_cpu_list(&kernel.sys("devices/system/cpu/online"))
}

/// Reads a file that holds a list of CPUs or nodes.
pub(crate) fn read_cpu_list(path: &Path) -> Result<Vec<u32>, KernelFileError> {
    let text = read_text(path)?;
    parse_cpu_list(&text).ok_or_else(|| KernelFileError::not_understood(path, &text))
}

/// Reads a list as the kernel writes it: `0-3,8,10-11`. Sorted, each once; the
/// empty text is the empty list. `None` if it is no list, or a number is 65536 or
/// more.
///
/// ```
/// use phalanx_linux::cpu::parse_cpu_list;
/// assert_eq!(parse_cpu_list("0-2,8\n"), Some(vec![0, 1, 2, 8]));
/// assert_eq!(parse_cpu_list("3-1"), None);
/// ```
pub fn parse_cpu_list(text: &str) -> Option<Vec<u32>> {
    let text = text.trim();
    let mut cpus = Vec::new();
    if text.is_empty() {
        return Some(cpus);
    }
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        // 16 bits, so that no text can make a list of billions.
        let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
        if first > last {
            return None;
        }
        cpus.extend((first..=last).map(u32::from));
    }
    cpus.sort_unstable();
    cpus.dedup();
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_sorted_and_has_each_cpu_once() {
        assert_eq!(parse_cpu_list("8,0-2,1-3"), Some(vec![0, 1, 2, 3, 8]));
        assert_eq!(parse_cpu_list("\n"), Some(vec![]));
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in ["a", "1-", "-1", "1--2", "2-1", "1,,2", "0-4294967295", "1 2"] {
            assert_eq!(parse_cpu_list(text), None, "{text}");
        }
    }

    #[test]
    fn every_allowed_cpu_is_online() {
        let online = online(&KernelFiles::real()).unwrap();
        let allowed = allowed().unwrap();
        assert!(!allowed.is_empty());
        assert!(allowed.iter().all(|cpu| online.contains(cpu)));
    }
}
