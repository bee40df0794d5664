//! A directory that is gone after the test.

use core::sync::atomic::{AtomicU32, Ordering};
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Directories made so far by this process.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A fresh directory under the system's temporary one, mode 0700; removed with all that is in it
/// on drop.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes one. Two of them, of whatever processes, are never the same.
    ///
    /// # Panics
    /// If it cannot be made.
    #[expect(
        clippy::new_without_default,
        reason = "a default value that makes a directory surprises"
    )]
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// One on a memory file system, as `/run` is mostly; where [`new`](Self::new) makes it if there is none.
    ///
    /// # Panics
    /// As `new`.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::new() }
    }

    fn below(dir: &Path) -> Self {
        loop {
            let path = dir.join(format!("phalanx-test-{}", unique()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Self { path },
                // Of a test that was killed, whose process had the same id.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => panic!("no scratch directory at {}: {error}", path.display()),
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to the next start of the machine.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A text that no other call on this machine returns at this time: `<pid>-<count>`.
pub fn unique() -> String {
    format!("{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_directory_goes_with_its_contents() {
        let scratch = Scratch::new();
        let path = scratch.path().to_owned();
        fs::write(path.join("file"), "text").expect("a fresh directory can be written");
        drop(scratch);
        assert!(!path.exists());
    }
}
