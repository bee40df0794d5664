//! Which page sizes the kernel has (`ME-1`).
//!
//! Each has a directory `hugepages-<kB>kB` in sysfs. The default one, of mounts
//! that name no size, stands in `/proc/meminfo`.

use crate::kernel_files::{KernelFileError, KernelFiles, entries, read_text};
use std::path::PathBuf;

const KIB: u64 = 1024;

/// All sizes in bytes, biggest first; empty if the kernel has no huge pages.
///
/// # Errors
/// [`KernelFileError::Unreadable`].
pub fn page_sizes(kernel: &KernelFiles) -> Result<Vec<u64>, KernelFileError> {
    let directory = kernel.sys("kernel/mm/hugepages");
    match entries(&directory, "hugepages-", kilobytes) {
        Err(error) if error.is_absent() => Ok(Vec::new()),
        Err(error) => Err(error),
        Ok(mut sizes) => {
            sizes.sort_unstable_by(|a, b| b.cmp(a));
            Ok(sizes)
        }
    }
}

/// The default size in bytes; `None` if the kernel has no huge pages.
///
/// # Errors
/// [`KernelFileError`].
pub fn default_size(kernel: &KernelFiles) -> Result<Option<u64>, KernelFileError> {
    let path = kernel.proc("meminfo");
    let text = read_text(&path)?;
    let Some(value) = text.lines().find_map(|line| line.strip_prefix("Hugepagesize:")) else {
        return Ok(None);
    };
    let understood = kilobytes(&value.replace(' ', ""));
    understood.map(Some).ok_or_else(|| KernelFileError::not_understood(&path, value))
}

/// The sysfs directory of a size, below `directory`.
pub(super) fn size_directory(kernel: &KernelFiles, directory: &str, page_size: u64) -> PathBuf {
    kernel.sys(directory).join(format!("hugepages-{}kB", page_size / KIB))
}

/// `2048kB` in bytes; nothing smaller than a page, nothing that overflows.
fn kilobytes(text: &str) -> Option<u64> {
    let number: u64 = text.strip_suffix("kB")?.parse().ok()?;
    number.checked_mul(KIB).filter(|bytes| bytes.is_power_of_two())
}

/// `2M`, `1024K`, `1G` or plain bytes, as in the mount option `pagesize=`.
///
/// ```
/// use phalanx_linux::hugepage::size::parse_size;
/// assert_eq!(parse_size("1024M"), Some(1 << 30));
/// assert_eq!(parse_size("big"), None);
/// ```
pub fn parse_size(text: &str) -> Option<u64> {
    let (digits, factor) = match text.as_bytes().last()? {
        b'k' | b'K' => (text.get(..text.len() - 1)?, KIB),
        b'm' | b'M' => (text.get(..text.len() - 1)?, KIB * KIB),
        b'g' | b'G' => (text.get(..text.len() - 1)?, KIB * KIB * KIB),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor).filter(|bytes| bytes.is_power_of_two())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_either_letter_case() {
        assert_eq!(parse_size("2M"), Some(2 << 20));
        assert_eq!(parse_size("64k"), Some(64 << 10));
        assert_eq!(parse_size("1g"), Some(1 << 30));
        assert_eq!(parse_size("4096"), Some(4096));
    }

    #[test]
    fn a_size_that_is_no_power_of_two_or_too_large_is_none() {
        for text in ["", "M", "0", "3M", "-2M", "2 M", "99999999999999G", "€"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
