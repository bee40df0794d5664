//! Files whose names a peer may have chosen: opened only if reading them does nothing else.

use core::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Bytes of the longest program that is read.
pub(super) const FILE_MAX: u64 = 512 << 20;

/// Why a file is not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// The kernel said so.
    Io(io::Error),
    /// A pipe, a device, a socket or a directory.
    Special,
    /// It is longer than [`FILE_MAX`].
    Long(u64),
    /// It is no program.
    NotExecutable,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Special => f.write_str("is no regular file"),
            Self::NotExecutable => f.write_str("is no program: nobody may execute it"),
            Self::Long(bytes) => write!(
                f,
                "has {} MB, and a program of more than {} MB is not read",
                bytes >> 20,
                FILE_MAX >> 20
            ),
        }
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Opens a regular file that is not too long. A FIFO would wait for who writes, and a device may do
/// something for being opened alone: so what it is is asked of a descriptor that opens nothing.
pub(super) fn open(path: &Path) -> Result<File, Unread> {
    open_if(path, |_| true)
}

/// The same of a file that a process says it ran from. Some files of the kernel's call themselves regular,
/// and to read them takes something away (`/proc/kmsg`, `trace_pipe`): nobody may execute those.
pub(super) fn open_program(path: &Path) -> Result<File, Unread> {
    open_if(path, |mode| mode & 0o111 != 0)
}

fn open_if(path: &Path, is_permitted: impl Fn(u32) -> bool) -> Result<File, Unread> {
    let named = options(OFlags::PATH).open(path)?;
    let facts = named.metadata()?;
    if !facts.is_file() {
        return Err(Unread::Special);
    }
    if facts.len() > FILE_MAX {
        return Err(Unread::Long(facts.len()));
    }
    if !is_permitted(facts.permissions().mode()) {
        return Err(Unread::NotExecutable);
    }
    // The same file, whoever has the name by now.
    Ok(options(OFlags::NONBLOCK).open(format!("/proc/self/fd/{}", named.as_raw_fd()))?)
}

fn options(flags: OFlags) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits() as i32);
    options
}

/// All of such a file, also if it grows meanwhile.
pub(super) fn read(file: &File) -> Result<Vec<u8>, Unread> {
    let len = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(len.min(FILE_MAX)).unwrap_or_default());
    file.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
    let found = bytes.len() as u64;
    if found > FILE_MAX { Err(Unread::Long(found)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use std::path::PathBuf;

    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("phalanx-{name}-{}", std::process::id()));
            std::fs::create_dir(&path).expect("a directory");
            Self(path)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_regular_file_is_read_by_whatever_name() {
        let dir = Dir::new("regular");
        let (file, link) = (dir.0.join("file"), dir.0.join("link"));
        std::fs::write(&file, b"text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            assert_eq!(read(&open(path).unwrap()).unwrap(), b"text");
        }
        assert!(matches!(open(&dir.0.join("none")), Err(Unread::Io(_))));
    }

    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let dir = Dir::new("special");
        let (fifo, link) = (dir.0.join("fifo"), dir.0.join("link"));
        mknodat(CWD, fifo.to_str().unwrap(), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        std::os::unix::fs::symlink(&fifo, &link).unwrap();
        for path in [&fifo, &link, &dir.0, Path::new("/dev/null"), Path::new("/dev/zero")] {
            assert!(matches!(open(path), Err(Unread::Special)), "{}", path.display());
        }
    }

    #[test]
    fn a_file_of_the_kernels_is_no_program_though_it_calls_itself_regular() {
        for path in ["/proc/kmsg", "/proc/self/status"].map(Path::new) {
            if path.is_file() {
                assert!(matches!(open_program(path), Err(Unread::NotExecutable)), "{path:?}");
            }
        }
        open_program(Path::new("/proc/self/exe")).unwrap();
    }

    #[test]
    fn a_file_that_is_too_long_is_not_read_and_said_to_be() {
        let dir = Dir::new("long");
        let path = dir.0.join("long");
        File::create(&path).unwrap().set_len(FILE_MAX + (1 << 20)).unwrap();
        let why = open(&path).unwrap_err().to_string();
        assert_eq!(why, "has 513 MB, and a program of more than 512 MB is not read");
    }
}
