//! No file may be opened, made or removed from now on: an empty Landlock rule set.
#![expect(unsafe_code, reason = "landlock with a pointer to a rule set")]

use super::syscall::syscall;
use linux_raw_sys::general::{__NR_landlock_create_ruleset, __NR_landlock_restrict_self};
use linux_raw_sys::landlock::{
    LANDLOCK_ACCESS_FS_IOCTL_DEV, LANDLOCK_ACCESS_FS_REFER, LANDLOCK_ACCESS_FS_TRUNCATE,
    LANDLOCK_CREATE_RULESET_VERSION, landlock_ruleset_attr,
};
use rustix::fd::{AsRawFd, FromRawFd, OwnedFd};
use rustix::io::Errno;

/// Bytes of the rule set that every version knows: the access to files.
const FIRST_SIZE: usize = 8;

/// Forbids the calling thread everything about files that this kernel's Landlock can forbid.
/// Descriptors that are open stay usable.
///
/// Wants "no new privileges" to be set. Cost: four system calls.
///
/// # Errors
/// `ENOSYS` before Linux 5.13, `EOPNOTSUPP` where it is switched off at boot, `EPERM` without "no
/// new privileges".
#[cfg_attr(not(feature = "std"), inline(never))]
pub fn forbid_files() -> Result<(), Errno> {
    let rules = landlock_ruleset_attr {
        handled_access_fs: known_to(version()?),
        handled_access_net: 0,
        scoped: 0,
    };
    let at = (&raw const rules).expose_provenance();
    // SAFETY: the kernel reads the first `FIRST_SIZE` bytes of `rules`, which outlives the call.
    let made = unsafe { syscall(__NR_landlock_create_ruleset, [at, FIRST_SIZE, 0, 0, 0, 0]) }?;
    // SAFETY: the kernel has just made this descriptor for us.
    let set = unsafe { OwnedFd::from_raw_fd(made as i32) };
    let arguments = [set.as_raw_fd() as usize, 0, 0, 0, 0, 0];
    // SAFETY: takes the descriptor of a rule set; changes no memory.
    unsafe { syscall(__NR_landlock_restrict_self, arguments) }.map(|_| ())
}

/// The version of the kernel's Landlock, from 1.
///
/// # Errors
/// As [`forbid_files`].
pub fn version() -> Result<u32, Errno> {
    let arguments = [0, 0, LANDLOCK_CREATE_RULESET_VERSION as usize, 0, 0, 0];
    // SAFETY: with this flag the kernel reads nothing and answers a number.
    unsafe { syscall(__NR_landlock_create_ruleset, arguments) }.map(|version| version as u32)
}

/// Every access to files that a version knows; a kernel refuses a bit that it does not know.
fn known_to(version: u32) -> u64 {
    let newest = match version {
        0 | 1 => LANDLOCK_ACCESS_FS_REFER >> 1,
        2 => LANDLOCK_ACCESS_FS_REFER,
        3 | 4 => LANDLOCK_ACCESS_FS_TRUNCATE,
        _ => LANDLOCK_ACCESS_FS_IOCTL_DEV,
    };
    u64::from(newest << 1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_knows_all_bits_up_to_its_newest() {
        assert_eq!(known_to(1), (1 << 13) - 1);
        assert_eq!(known_to(2), (1 << 14) - 1);
        assert_eq!(known_to(4), (1 << 15) - 1);
        assert_eq!(known_to(7), (1 << 16) - 1);
    }

    #[test]
    fn a_thread_that_has_forbidden_itself_files_opens_none_and_others_do() {
        let Ok(1..) = version() else {
            crate::sys::test_support::skip("landlock", "this kernel has none");
            return;
        };
        let thread = std::thread::spawn(|| {
            rustix::thread::set_no_new_privs(true).unwrap();
            forbid_files().unwrap();
            std::fs::read("/proc/self/status").map_err(|error| error.kind())
        });
        assert_eq!(thread.join().unwrap(), Err(std::io::ErrorKind::PermissionDenied));
        assert!(std::fs::read("/proc/self/status").is_ok());
    }
}
