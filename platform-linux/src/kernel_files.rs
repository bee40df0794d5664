//! The kernel's text files below `/sys` and `/proc`, and what can be wrong with
//! them.
//!
//! The two roots are values, not constants, so a test builds a tree of its own
//! and describes a machine that is not there: four nodes, no huge pages, a
//! kernel without NUMA.

use crate::sys::errno::Named;
use core::fmt;
use rustix::io::Errno;
use std::path::{Path, PathBuf};

/// Where `/sys` and `/proc` are.
///
/// ```
/// use phalanx_linux::kernel_files::KernelFiles;
/// let kernel = KernelFiles::real();
/// assert!(kernel.proc("meminfo").exists());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelFiles {
    sys_root: PathBuf,
    proc_root: PathBuf,
}

/// Why a kernel file did not say what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelFileError {
    /// It could not be read.
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// The kernel's answer.
        errno: Errno,
    },
    /// Its text is not of the form that is known.
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// The text, or its start.
        text: String,
    },
}

impl KernelFileError {
    /// Whether the file is just not there, which may have a meaning of its own.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Unreadable { errno: Errno::NOENT, .. })
    }

    /// `text` in `path` makes no sense.
    pub(crate) fn not_understood(path: &Path, text: &str) -> Self {
        let text = text.chars().take(80).collect();
        Self::NotUnderstood { path: path.to_owned(), text }
    }

    fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let errno = error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error);
        Self::Unreadable { path: path.to_owned(), errno }
    }
}

impl fmt::Display for KernelFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, errno } => write!(
                f,
                "{} cannot be read: {}; mount /sys and /proc where this program runs",
                path.display(),
                Named(*errno)
            ),
            Self::NotUnderstood { path, text } => {
                write!(f, "{} says {text:?}, which has no known meaning", path.display())
            }
        }
    }
}

impl core::error::Error for KernelFileError {}

impl KernelFiles {
    /// This machine's.
    pub fn real() -> Self {
        Self::at("/sys", "/proc")
    }

    /// Trees that look like `/sys` and `/proc`.
    pub fn at(sys_root: impl Into<PathBuf>, proc_root: impl Into<PathBuf>) -> Self {
        Self { sys_root: sys_root.into(), proc_root: proc_root.into() }
    }

    /// A path below `/sys`.
    pub fn sys(&self, below: &str) -> PathBuf {
        self.sys_root.join(below)
    }

    /// A path below `/proc`.
    pub fn proc(&self, below: &str) -> PathBuf {
        self.proc_root.join(below)
    }
}

/// The text of a file.
///
/// # Errors
/// [`KernelFileError::Unreadable`].
pub fn read_text(path: &Path) -> Result<String, KernelFileError> {
    std::fs::read_to_string(path).map_err(|error| KernelFileError::unreadable(path, &error))
}

/// The decimal number a file consists of.
///
/// # Errors
/// [`KernelFileError`].
pub fn read_number(path: &Path) -> Result<u64, KernelFileError> {
    let text = read_text(path)?;
    text.trim().parse().map_err(|_| KernelFileError::not_understood(path, &text))
}

/// For every entry of a directory named `<start><rest>`, what `read` makes of the
/// rest; entries that `read` does not know are left out.
///
/// # Errors
/// [`KernelFileError::Unreadable`].
pub fn entries<T>(
    directory: &Path,
    start: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, KernelFileError> {
    let unreadable = |error: std::io::Error| KernelFileError::unreadable(directory, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        found.extend(name.to_str().and_then(|name| name.strip_prefix(start)).and_then(&read));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::test_support::TempDir;

    #[test]
    fn a_number_is_read_with_its_line_end() {
        let temp = TempDir::new("kernel-number");
        temp.write("n", "512\n");
        assert_eq!(read_number(&temp.path().join("n")), Ok(512));
    }

    #[test]
    fn what_is_no_number_is_quoted() {
        let temp = TempDir::new("kernel-text");
        temp.write("n", "many\n");
        let path = temp.path().join("n");
        let refused = KernelFileError::NotUnderstood { path: path.clone(), text: "many\n".into() };
        assert_eq!(read_number(&path), Err(refused));
    }

    #[test]
    fn an_absent_file_is_told_from_an_unreadable_one() {
        let temp = TempDir::new("kernel-absent");
        assert!(read_number(&temp.path().join("n")).unwrap_err().is_absent());
        assert!(!read_number(temp.path()).unwrap_err().is_absent());
    }

    #[test]
    fn entries_of_one_kind_are_found_among_others() {
        let temp = TempDir::new("kernel-entries");
        for name in ["node0/x", "node12/x", "nodes/x", "online"] {
            temp.write(name, "");
        }
        let mut nodes = entries(temp.path(), "node", |rest| rest.parse::<u32>().ok()).unwrap();
        nodes.sort_unstable();
        assert_eq!(nodes, [0, 12]);
    }
}
