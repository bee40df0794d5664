//! What lies in a directory of ours: for cleaners, who have an allocator.

use super::owned_dir::file_type;
use super::{OwnedDir, OwnedDirError};
use core::mem::MaybeUninit;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, openat, statat};

impl OwnedDir {
    /// Names of all entries, sorted, without `.` and `..`. Names that are no UTF-8
    /// are left out: they are none of ours.
    ///
    /// # Errors
    /// [`OwnedDirError::Refused`].
    pub fn names(&self) -> Result<Vec<String>, OwnedDirError> {
        self.names_where(|_| true)
    }

    /// As [`Self::names`], directories only.
    ///
    /// # Errors
    /// [`OwnedDirError::Refused`].
    pub fn directory_names(&self) -> Result<Vec<String>, OwnedDirError> {
        self.names_where(|name| {
            let stat = statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW);
            stat.is_ok_and(|stat| file_type(stat.st_mode) == FileType::Directory)
        })
    }

    fn names_where(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>, OwnedDirError> {
        let refused = |errno| OwnedDirError::Refused { path: self.path().into(), errno };
        // A description of its own, whose position nobody else moves.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let listing = openat(&self.fd, c".", flags, Mode::empty()).map_err(refused)?;
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut entries = RawDir::new(&listing, &mut room);
        let mut names = Vec::new();
        while let Some(entry) = entries.next() {
            match entry.map_err(refused)?.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) if wanted(name) => names.push(name.to_owned()),
                Ok(_) => {}
            }
        }
        names.sort();
        Ok(names)
    }
}
