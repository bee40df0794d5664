//! Text that is longer than a message: it travels as a file in memory, which nobody can change any more.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};
use rustix::io::{Errno, pread, write};

use crate::message::descriptor::{borrowed, owned};

/// The most bytes of a text.
pub(super) const TEXT_MAX: usize = 4096;

/// What keeps a file as it is.
const SEALS: SealFlags =
    SealFlags::SEAL.union(SealFlags::SHRINK).union(SealFlags::GROW).union(SealFlags::WRITE);

/// A file with this text.
///
/// # Errors
/// The kernel's.
pub(super) fn wrap(text: &str) -> Result<OwnedFd, Errno> {
    let file = memfd_create(c"phalanx-devargs", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    if write(&file, text.as_bytes())? < text.len() {
        return Err(Errno::NOSPC);
    }
    fcntl_add_seals(&file, SEALS)?;
    Ok(owned(file))
}

/// The text in a file that another process sent. `None` of one that is not sealed in memory, which may be
/// anything, also something that makes a reader wait; of one that is too long, and of what is no text.
pub(super) fn unwrap(file: &OwnedFd) -> Option<String> {
    let file = borrowed(file.as_fd());
    if !fcntl_get_seals(file).ok()?.contains(SEALS) {
        return None;
    }
    let len = usize::try_from(fstat(file).ok()?.st_size).ok().filter(|len| *len <= TEXT_MAX)?;
    let mut bytes = vec![0u8; len];
    let read = pread(file, bytes.as_mut_slice(), 0).ok()?;
    String::from_utf8(bytes).ok().filter(|text| text.len() == read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn a_text_comes_out_as_it_was_wrapped() {
        for text in ["", "net_null0", &"ä".repeat(TEXT_MAX / 2)] {
            assert_eq!(unwrap(&wrap(text).unwrap()).as_deref(), Some(text));
        }
        assert_eq!(unwrap(&wrap(&"x".repeat(TEXT_MAX + 1)).unwrap()), None);
    }

    #[test]
    fn what_could_change_or_have_a_reader_wait_is_not_read() {
        let open = memfd_create(c"open", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        write(&open, b"net_null0").unwrap();
        assert_eq!(unwrap(&owned(open)), None);
        let (reader, _writer) = std::io::pipe().unwrap();
        assert_eq!(unwrap(&OwnedFd::from(reader)), None);
        assert_eq!(unwrap(&OwnedFd::from(File::open("/dev/zero").unwrap())), None);
        let binary =
            memfd_create(c"binary", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        write(&binary, &[0xff; 9]).unwrap();
        fcntl_add_seals(&binary, SEALS).unwrap();
        assert_eq!(unwrap(&owned(binary)), None);
    }
}
