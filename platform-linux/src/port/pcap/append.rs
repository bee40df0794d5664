//! `Append`: a file that several processes write to, whole records at a time.

use core::time::Duration;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use phalanx_core::port::TxLine;

use super::error::PcapError;
use super::files::{at_once, identity};

/// How long the lock is tried before the burst is put off. Whoever has it waits for his disk, as this process would in
/// his place: a file of half a gigabyte took longer than the 80 ms that a ring's end is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the port's owner has made the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// It has.
    Already,
    /// It does when it lets the port run; before that nothing is sent.
    NotYet,
}

/// A file to which records are appended, under its lock, where the last writer ended.
#[derive(Debug)]
pub(super) struct Append {
    file: File,
    path: PathBuf,
    /// Bytes of the file's header.
    head: u64,
    /// Its cursor says where the last writer ended; 0 for behind the header.
    line: &'static TxLine,
}

impl Append {
    /// Opens a file that the port's owner has made, with `head` bytes of header; or is yet to make.
    pub(super) fn open(
        path: &Path,
        head: u64,
        line: &'static TxLine,
        made: Made,
    ) -> Result<Self, PcapError> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create(made == Made::NotYet).truncate(false);
        let file = at_once(options).open(path);
        let file = file.map_err(|error| io_error("opened to be written", path, error))?;
        identity(path, &file)?;
        Ok(Self { file, path: path.to_owned(), head, line })
    }

    /// Appends whole records. `false` if somebody else writes now: try again.
    ///
    /// Three to five system calls, and some while it waits for who has the lock: two seconds at most.
    ///
    /// # Errors
    /// [`PcapError`]; then nothing was appended.
    pub(super) fn append(&self, records: &[u8]) -> Result<bool, PcapError> {
        if !self.lock()? {
            return Ok(false);
        }
        let appended = self.append_locked(records);
        // Closing it would do it, too.
        let _ = self.file.unlock();
        appended.map(|()| true)
    }

    fn append_locked(&self, records: &[u8]) -> Result<(), PcapError> {
        let end = self.line.cursor().max(self.head);
        let found = self.file.metadata().map_err(|error| self.failed("looked at", error))?.len();
        if found < end {
            return Err(PcapError::Shortened { path: self.path.clone(), found, written: end });
        }
        if found > end {
            // Left by a process that died in the middle of a write.
            self.file.set_len(end).map_err(|error| self.failed("shortened", error))?;
        }
        if let Err(error) = self.file.write_all_at(records, end) {
            let _ = self.file.set_len(end);
            return Err(self.failed("written", error));
        }
        // Read by the next who has the lock, which orders it.
        self.line.set_cursor(end + records.len() as u64);
        Ok(())
    }

    fn lock(&self) -> Result<bool, PcapError> {
        let mut begun = None;
        loop {
            match self.file.try_lock() {
                Ok(()) => return Ok(true),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
                Err(TryLockError::Error(error)) => return Err(self.failed("locked", error)),
            }
            if begun.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return Ok(false);
            }
        }
    }

    fn failed(&self, doing: &'static str, error: io::Error) -> PcapError {
        io_error(doing, &self.path, error)
    }
}

pub(super) fn io_error(doing: &'static str, path: &Path, error: io::Error) -> PcapError {
    PcapError::Io { doing, path: path.to_owned(), error: error.to_string() }
}

#[cfg(test)]
impl Append {
    /// Holds the lock, as a writer that is stopped does, until the guard is dropped.
    pub(super) fn keep_for_test(self) -> Self {
        assert!(matches!(self.lock(), Ok(true)));
        self
    }
}
