//! Where hugetlbfs is mounted, and with which page size (`ME-2`).

use super::size::parse_size;
use crate::kernel_files::{KernelFileError, KernelFiles, read_text};
use crate::sys::errno::Named;
use core::fmt;
use linux_raw_sys::general::HUGETLBFS_MAGIC;
use rustix::fs::{CWD, Mode, OFlags, fstatfs, openat};
use rustix::io::Errno;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A mounted hugetlbfs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HugetlbMount {
    /// Where.
    pub dir: PathBuf,
    /// Bytes.
    pub page_size: u64,
    /// Not mounted read-only; our user may still lack the permission.
    pub is_writable: bool,
}

/// All hugetlbfs mounts in the order of mounting. `default_size` is that of mounts
/// that name none; those are left out when there is none.
///
/// # Errors
/// [`KernelFileError::Unreadable`].
pub fn hugetlb_mounts(
    kernel: &KernelFiles,
    default_size: Option<u64>,
) -> Result<Vec<HugetlbMount>, KernelFileError> {
    let text = read_text(&kernel.proc("mounts"))?;
    Ok(text.lines().filter_map(|line| hugetlb_mount(line, default_size)).collect())
}

/// Reads `device directory type options 0 0`.
fn hugetlb_mount(line: &str, default_size: Option<u64>) -> Option<HugetlbMount> {
    let mut fields = line.split(' ').skip(1);
    let dir = unescaped(fields.next()?);
    if fields.next()? != "hugetlbfs" {
        return None;
    }
    let options = fields.next()?;
    let named = options.split(',').find_map(|option| option.strip_prefix("pagesize="));
    let page_size = match named {
        Some(size) => parse_size(size)?,
        None => default_size?,
    };
    let is_writable = options.split(',').next() != Some("ro");
    Some(HugetlbMount { dir, page_size, is_writable })
}

/// The kernel writes space, tab, newline and backslash as three octal digits.
fn unescaped(field: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'\\').then(|| after.get(..3).and_then(octal)).flatten();
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(core::str::from_utf8(digits).ok()?, 8).ok()
}

/// A directory on hugetlbfs, as given with `--huge-dir`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HugeDir {
    /// The directory; a mount point or any directory below one.
    pub path: PathBuf,
    /// Bytes.
    pub page_size: u64,
}

/// Why a directory cannot serve as `--huge-dir`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HugeDirError {
    /// It cannot be opened.
    Refused {
        /// The directory.
        path: PathBuf,
        /// The kernel's answer.
        errno: Errno,
    },
    /// It lies on another file system.
    NotHugetlbfs {
        /// The directory.
        path: PathBuf,
        /// The magic number of its file system.
        magic: u32,
    },
}

impl fmt::Display for HugeDirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { path, errno } => write!(
                f,
                "hugepage directory {} cannot be opened: {}; mount one: mount -t hugetlbfs \
                 -o pagesize=2M none {}",
                path.display(),
                Named(*errno),
                path.display()
            ),
            Self::NotHugetlbfs { path, magic } => write!(
                f,
                "hugepage directory {} is not on hugetlbfs (its file system is {magic:#x}); \
                 give one of the hugetlbfs mounts in /proc/mounts",
                path.display()
            ),
        }
    }
}

impl core::error::Error for HugeDirError {}

/// Asks the file system under `path` whether it is hugetlbfs, and its page size.
///
/// # Errors
/// [`HugeDirError`].
#[doc(alias = "--huge-dir")]
pub fn check_huge_dir(path: &Path) -> Result<HugeDir, HugeDirError> {
    let refused = |errno| HugeDirError::Refused { path: path.to_owned(), errno };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = openat(CWD, path.as_os_str().as_bytes(), flags, Mode::empty()).map_err(refused)?;
    let stat = fstatfs(&dir).map_err(refused)?;
    // The field is wider than any magic number.
    let magic = stat.f_type as u32;
    if magic != HUGETLBFS_MAGIC {
        return Err(HugeDirError::NotHugetlbfs { path: path.to_owned(), magic });
    }
    let page_size = u64::try_from(stat.f_bsize).map_err(|_| refused(Errno::INVAL))?;
    Ok(HugeDir { path: path.to_owned(), page_size })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Option<u64> = Some(2 << 20);

    fn read(line: &str) -> Option<HugetlbMount> {
        hugetlb_mount(line, DEFAULT)
    }

    #[test]
    fn a_mount_with_a_size_is_read() {
        let dir = PathBuf::from("/mnt/huge1G");
        let mount = HugetlbMount { dir, page_size: 1 << 30, is_writable: true };
        let line = "nodev /mnt/huge1G hugetlbfs rw,relatime,pagesize=1024M 0 0";
        assert_eq!(read(line), Some(mount));
    }

    #[test]
    fn a_mount_without_a_size_has_the_default_size() {
        let line = "nodev /dev/hugepages hugetlbfs rw,relatime 0 0";
        assert_eq!(read(line).unwrap().page_size, 2 << 20);
        assert_eq!(hugetlb_mount(line, None), None);
    }

    #[test]
    fn a_read_only_mount_is_marked() {
        assert!(!read("nodev /h hugetlbfs ro,relatime 0 0").unwrap().is_writable);
    }

    #[test]
    fn other_file_systems_and_broken_lines_are_left_out() {
        for line in ["tmpfs /hugetlbfs tmpfs rw 0 0", "", "x", "a b hugetlbfs", "a b c"] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(read("nodev /h hugetlbfs rw,pagesize=big 0 0"), None);
    }

    #[test]
    fn escaped_characters_of_the_directory_are_restored() {
        let mount = read("nodev /mnt/a\\040b\\134c\\011 hugetlbfs rw 0 0").unwrap();
        assert_eq!(mount.dir, PathBuf::from("/mnt/a b\\c\t"));
        assert_eq!(unescaped("a\\9\\777\\"), PathBuf::from("a\\9\\777\\"));
    }

    #[test]
    fn a_directory_elsewhere_is_refused() {
        let refused = check_huge_dir(Path::new("/proc")).unwrap_err();
        let path = PathBuf::from("/proc");
        assert_eq!(refused, HugeDirError::NotHugetlbfs { path, magic: 0x9fa0 });
        let absent = check_huge_dir(Path::new("/nonexistent")).unwrap_err();
        assert!(matches!(absent, HugeDirError::Refused { errno: Errno::NOENT, .. }));
    }
}
