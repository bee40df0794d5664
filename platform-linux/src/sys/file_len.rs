//! Giving a file its length, with an error where the kernel would send a signal.

use rustix::fd::AsFd;
use rustix::fs::ftruncate;
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

/// Makes the file behind `fd` `len` bytes long. Cost: two system calls.
///
/// # Errors
/// The kernel's, and `EFBIG` if this process may not make files so long (`ulimit -f`): asked all
/// the same, the kernel would end it with `SIGXFSZ`.
pub fn set_file_len(fd: impl AsFd, len: u64) -> Result<(), Errno> {
    match getrlimit(Resource::Fsize).current {
        Some(most) if most < len => Err(Errno::FBIG),
        _ => ftruncate(fd, len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{MemfdFlags, fstat, memfd_create};

    #[test]
    fn a_file_is_as_long_as_was_asked() {
        let file = memfd_create(c"file-len", MemfdFlags::CLOEXEC).unwrap();
        assert_eq!(set_file_len(&file, 12_345), Ok(()));
        assert_eq!(fstat(&file).unwrap().st_size, 12_345);
    }
}
