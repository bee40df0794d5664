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

/// Number, meaning and name, a line each; one text, for a table of texts would be twice as long in a
/// program that has little room. The numbers are those of x86_64 and aarch64.
const KNOWN: &str = "\
1 not permitted (EPERM)\n\
2 not there (ENOENT)\n\
3 no such process (ESRCH)\n\
4 interrupted by a signal (EINTR)\n\
5 input or output error (EIO)\n\
6 no such device or address (ENXIO)\n\
7 too much at once (E2BIG)\n\
9 not an open descriptor of the needed kind (EBADF)\n\
11 try again (EAGAIN)\n\
12 out of memory (ENOMEM)\n\
13 permission denied (EACCES)\n\
14 bad address (EFAULT)\n\
16 in use (EBUSY)\n\
17 already there (EEXIST)\n\
18 other file system (EXDEV)\n\
19 no such device (ENODEV)\n\
20 not a directory (ENOTDIR)\n\
21 is a directory (EISDIR)\n\
22 invalid argument (EINVAL)\n\
23 too many open files on this machine (ENFILE)\n\
24 too many open files in this process, see `ulimit -n` (EMFILE)\n\
27 file too large, see `ulimit -f` (EFBIG)\n\
28 no space left (ENOSPC)\n\
30 file system is read-only (EROFS)\n\
36 name too long (ENAMETOOLONG)\n\
37 no more locks (ENOLCK)\n\
38 not known to this kernel (ENOSYS)\n\
39 directory not empty (ENOTEMPTY)\n\
40 is a symbolic link, or too many of them (ELOOP)\n\
90 message too long (EMSGSIZE)\n\
95 not supported here (EOPNOTSUPP)\n\
98 address in use (EADDRINUSE)\n\
105 no room for more (ENOBUFS)\n\
111 nobody listens there (ECONNREFUSED)";

/// What is known of a number.
fn known(number: i32) -> Option<&'static str> {
    KNOWN.lines().find_map(|line| {
        let digits = line.bytes().take_while(u8::is_ascii_digit);
        let (len, found) = digits
            .fold((0, 0), |(len, found), digit| (len + 1, found * 10 + i32::from(digit - b'0')));
        if found == number { line.get(len + 1..) } else { None }
    })
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match known(self.0.raw_os_error()) {
            Some(text) => f.write_str(text),
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

    #[test]
    fn the_numbers_are_the_machines() {
        let some = [
            (Errno::PERM, "EPERM"),
            (Errno::AGAIN, "EAGAIN"),
            (Errno::NOLCK, "ENOLCK"),
            (Errno::NAMETOOLONG, "ENAMETOOLONG"),
            (Errno::NOTEMPTY, "ENOTEMPTY"),
            (Errno::LOOP, "ELOOP"),
            (Errno::OPNOTSUPP, "EOPNOTSUPP"),
            (Errno::ADDRINUSE, "EADDRINUSE"),
            (Errno::CONNREFUSED, "ECONNREFUSED"),
        ];
        for (errno, name) in some {
            assert!(Named(errno).to_string().ends_with(&format!("({name})")), "{name}");
        }
    }
}
