//! What this package's tests share: directories of their own that go away
//! again, and an honest way to skip.

use core::sync::atomic::{AtomicU32, Ordering};
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::path::{Path, PathBuf};

/// How many directories there have been: tests run at once, and two may choose one label.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A fresh directory below the system's temporary one, removed on drop.
#[derive(Debug)]
pub(crate) struct TempDir {
    path: PathBuf,
}

impl TempDir {
    /// Makes `<tmp>/phalanx-test-<label>-<pid>-<number>`.
    pub(crate) fn new(label: &str) -> Self {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("phalanx-test-{label}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn path_str(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// Writes `text` to `name`, making the directories on the way.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A new open file description of `name`, made if absent.
    pub(crate) fn open_rw(&self, name: &str) -> OwnedFd {
        self.open(name, OFlags::RDWR | OFlags::CREATE)
    }

    pub(crate) fn open_ro(&self, name: &str) -> OwnedFd {
        self.open(name, OFlags::RDONLY)
    }

    /// The directory itself.
    pub(crate) fn open_dir(&self) -> OwnedFd {
        self.open("", OFlags::RDONLY | OFlags::DIRECTORY)
    }

    fn open(&self, name: &str, flags: OFlags) -> OwnedFd {
        let path = self.path.join(name);
        openat(CWD, path.to_str().unwrap(), flags | OFlags::CLOEXEC, Mode::from(0o600)).unwrap()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Called by a test that cannot run here, before it returns. Says so, or fails
/// if `PHALANX_TEST_REQUIRE` (words, any separator) contains `need`.
pub(crate) fn skip(need: &str, why: &str) {
    let required = std::env::var("PHALANX_TEST_REQUIRE").unwrap_or_default();
    let is_required = required.split(|c: char| !c.is_alphanumeric()).any(|word| word == need);
    assert!(!is_required, "{need} is required but missing: {why}");
    println!("skipped: {why}");
}

/// Whether the tests run as root; says `skipped` if not.
pub(crate) fn has_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip("root", "needs root");
    }
    is_root
}
