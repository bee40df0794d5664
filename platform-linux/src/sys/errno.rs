//! Error numbers as people know them.
//!
//! Without `std`, rustix prints `os error 28`. A sentence that a person shall
//! act on needs `no space left (ENOSPC)`. Only the numbers that this package's
//! calls really return are listed; any other prints as its number.

use core::fmt;
use rustix::io::Errno;

/// Prints an [`Errno`] as `no space left (ENOSPC)`.
///
/// ```
/// use phalanx_linux::sys::errno::Named;
/// use rustix::io::Errno;
/// assert_eq!(Named(Errno::NOSPC).to_string(), "no space left (ENOSPC)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named(pub Errno);

/// Number, meaning, name.
const KNOWN: &[(Errno, &str, &str)] = &[
    (Errno::ACCESS, "permission denied", "EACCES"),
    (Errno::ADDRINUSE, "address in use", "EADDRINUSE"),
    (Errno::AGAIN, "try again", "EAGAIN"),
    (Errno::BADF, "not an open descriptor of the needed kind", "EBADF"),
    (Errno::BUSY, "in use", "EBUSY"),
    (Errno::CONNREFUSED, "nobody listens there", "ECONNREFUSED"),
    (Errno::EXIST, "already there", "EEXIST"),
    (Errno::FAULT, "bad address", "EFAULT"),
    (Errno::FBIG, "file too large, see `ulimit -f`", "EFBIG"),
    (Errno::INTR, "interrupted by a signal", "EINTR"),
    (Errno::INVAL, "invalid argument", "EINVAL"),
    (Errno::IO, "input or output error", "EIO"),
    (Errno::ISDIR, "is a directory", "EISDIR"),
    (Errno::LOOP, "is a symbolic link, or too many of them", "ELOOP"),
    (Errno::MFILE, "too many open files in this process, see `ulimit -n`", "EMFILE"),
    (Errno::MSGSIZE, "message too long", "EMSGSIZE"),
    (Errno::NAMETOOLONG, "name too long", "ENAMETOOLONG"),
    (Errno::NFILE, "too many open files on this machine", "ENFILE"),
    (Errno::NOBUFS, "no room for more", "ENOBUFS"),
    (Errno::NODEV, "no such device", "ENODEV"),
    (Errno::NOENT, "not there", "ENOENT"),
    (Errno::NOLCK, "no more locks", "ENOLCK"),
    (Errno::NOMEM, "out of memory", "ENOMEM"),
    (Errno::NOSPC, "no space left", "ENOSPC"),
    (Errno::NOSYS, "not known to this kernel", "ENOSYS"),
    (Errno::NOTDIR, "not a directory", "ENOTDIR"),
    (Errno::NOTEMPTY, "directory not empty", "ENOTEMPTY"),
    (Errno::NXIO, "no such device or address", "ENXIO"),
    (Errno::OPNOTSUPP, "not supported here", "EOPNOTSUPP"),
    (Errno::PERM, "not permitted", "EPERM"),
    (Errno::ROFS, "file system is read-only", "EROFS"),
    (Errno::SRCH, "no such process", "ESRCH"),
    (Errno::TOOBIG, "too much at once", "E2BIG"),
    (Errno::XDEV, "other file system", "EXDEV"),
];

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match KNOWN.iter().find(|(errno, ..)| *errno == self.0) {
            Some((_, meaning, name)) => write!(f, "{meaning} ({name})"),
            None => write!(f, "error number {}", self.0.raw_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_number_prints_its_meaning_and_its_name() {
        assert_eq!(Named(Errno::NOENT).to_string(), "not there (ENOENT)");
    }

    #[test]
    fn any_other_number_prints_as_a_number() {
        assert_eq!(Named(Errno::DOM).to_string(), "error number 33");
    }
}
