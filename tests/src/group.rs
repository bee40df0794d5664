//! A group of the test's own: a base directory and a prefix that no other test has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::Process;
use crate::scratch::{Scratch, unique};

/// Where one test's processes meet. Its files are gone after the test, whatever its processes did.
#[derive(Debug)]
pub struct TestGroup {
    base: Scratch,
    prefix: String,
    program: PathBuf,
}

impl TestGroup {
    /// A group of which no process runs yet. [`Self::command`] starts `program`, usually
    /// `env!("CARGO_BIN_EXE_phalanx-peer")`.
    pub fn of(program: impl Into<PathBuf>) -> Self {
        Self::below(Scratch::new(), program.into())
    }

    /// As [`of`](Self::of), with its files on a memory file system, where a group's files lie on a machine
    /// that is set up as usual: for who measures.
    pub fn in_memory(program: impl Into<PathBuf>) -> Self {
        Self::below(Scratch::in_memory(), program.into())
    }

    fn below(base: Scratch, program: PathBuf) -> Self {
        Self { base, prefix: format!("test{}", unique()), program }
    }

    /// The group's name.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What the processes get as their `RUNTIME_DIRECTORY`.
    pub fn base(&self) -> &Path {
        self.base.path()
    }

    /// The directory of a group with the same base.
    pub fn dir_of(&self, prefix: &str) -> PathBuf {
        self.base().join("phalanx").join(prefix)
    }

    /// The group's directory.
    pub fn dir(&self) -> PathBuf {
        self.dir_of(&self.prefix)
    }

    /// The group's file.
    pub fn group_file(&self) -> PathBuf {
        self.dir().join("group")
    }

    /// Another program with no arguments, in this group's place.
    pub fn other_command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("RUNTIME_DIRECTORY", self.base()).env_remove("XDG_RUNTIME_DIR");
        command
    }

    /// The program with no arguments, in this group's place.
    pub fn bare_command(&self) -> Command {
        self.command_behind(&[])
    }

    /// The same behind a prefix command, such as `setarch -R`.
    pub fn command_behind(&self, before: &[String]) -> Command {
        let mut words = before.iter().map(AsRef::as_ref).chain([self.program.as_os_str()]);
        let program = words.next().unwrap_or(self.program.as_os_str());
        let mut command = self.other_command(Path::new(program));
        command.args(words);
        command
    }

    /// The program with a mode, this group's prefix, and a line of further arguments, separated
    /// by blanks.
    pub fn command(&self, mode: &str, arguments: &str) -> Command {
        let mut command = self.bare_command();
        command.args([mode, "--file-prefix", &self.prefix]).args(arguments.split_whitespace());
        command
    }

    /// Starts a peer that stays, and waits until it is in the group.
    ///
    /// # Panics
    /// If it does not get in.
    pub fn peer(&self, arguments: &str) -> Process {
        self.peer_that("serve", arguments)
    }

    /// The same without the message service: its mailbox is its own to poll.
    ///
    /// # Panics
    /// If it does not get in.
    pub fn polling_peer(&self, arguments: &str) -> Process {
        self.peer_that("poll", arguments)
    }

    /// The same without threads of its own, so that nothing changes but by what the test does.
    ///
    /// # Panics
    /// If it does not get in.
    pub fn still_peer(&self, arguments: &str) -> Process {
        self.peer_that("blind", arguments)
    }

    fn peer_that(&self, mode: &str, arguments: &str) -> Process {
        let mut peer = Process::start(self.command(mode, arguments));
        peer.await_line("joined ");
        peer
    }

    /// The group's files of memory that have a name.
    pub fn memory_files(&self) -> Vec<PathBuf> {
        memory_files(&format!("{}.", self.prefix))
    }

    /// Asserts that nothing of the group is left: no directory, no memory.
    ///
    /// # Panics
    /// If something is.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        assert!(!self.dir().exists(), "left in {}: {:?}", self.dir().display(), self.leftovers());
        assert_eq!(self.memory_files(), Vec::<PathBuf>::new());
    }

    /// Names of all that the group has left in its directory; empty if that is gone.
    pub fn leftovers(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir()).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for TestGroup {
    fn drop(&mut self) {
        for file in self.memory_files() {
            // Somebody else may have removed it meanwhile.
            let _ = fs::remove_file(file);
        }
    }
}

/// The memory files whose names begin with `prefix`: on any hugetlbfs, and in `/dev/shm`, where
/// ordinary pages come from.
pub fn memory_files(prefix: &str) -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let points = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let point = words.next()?;
        (words.next()? == "hugetlbfs").then(|| PathBuf::from(point))
    });
    let places = points.chain([PathBuf::from("/dev/shm")]);
    places.flat_map(|place| files_below(&place, prefix)).collect()
}

fn files_below(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_named = entry.file_name().to_string_lossy().starts_with(prefix);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&entry.path(), prefix)),
            Ok(kind) if kind.is_file() && is_named => found.push(entry.path()),
            _ => {}
        }
    }
    found
}
