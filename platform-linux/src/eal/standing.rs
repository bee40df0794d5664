//! How a group stands: is there one, does anybody live in it, who is its primary?
//!
//! Asked under the start lock, so that the answer holds until the lock is let go.

#![cfg_attr(
    feature = "std",
    expect(unsafe_code, reason = "a short-lived read-only look at another group's tables")
)]

#[cfg(feature = "std")]
use core::ptr::NonNull;

#[cfg(feature = "std")]
use phalanx_core::group::{Command, Group, ProcessFacts, ProcessId, Role};
use phalanx_core::group::{GroupFacts, GroupFileError, GroupHeader, check_header};
#[cfg(feature = "std")]
use phalanx_core::name::Name;
#[cfg(feature = "std")]
use phalanx_core::window::Window;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::fstat;
use rustix::io::{Errno, pread};

use super::EalError;
use super::error::Refusal;
#[cfg(feature = "std")]
use super::platform::PLATFORM;
#[cfg(feature = "std")]
use super::window::GROUP_FILE_BYTES;
use crate::liveness::Liveness;
use crate::mapping::Access;
#[cfg(feature = "std")]
use crate::mapping::map_file_anywhere;
use crate::runtime_dir::{FileError, RuntimeDir, ShownPath};
use crate::sys::path::look_at;

/// The group file's name in the runtime directory.
pub const GROUP_FILE: &str = "group";

/// What stands in a runtime directory.
#[derive(Debug)]
pub(super) enum Standing {
    /// No group file.
    Vacant,
    /// A group file of which no process lives; what its header says, if it is one.
    Dead(Result<GroupFacts, GroupFileError>),
    /// Somebody lives.
    Living {
        /// Whether the primary does; who only joins does not ask.
        #[cfg(feature = "std")]
        primary: bool,
        /// The group file, with this process's questions on it.
        liveness: Liveness,
        /// What its header says.
        header: Result<GroupFacts, GroupFileError>,
    },
}

/// Looks at the group in `dir`.
pub(super) fn look(dir: &RuntimeDir, access: Access) -> Result<Standing, Refusal> {
    let file = match dir.open_file(GROUP_FILE, access) {
        Ok(file) => file,
        Err(FileError::Absent { .. }) => return Ok(Standing::Vacant),
        Err(error) => return Err(error.into()),
    };
    let header = read_header(file.as_fd())?;
    let liveness = Liveness::new(file);
    if !liveness.any_alive()? {
        return Ok(Standing::Dead(header));
    }
    Ok(Standing::Living {
        #[cfg(feature = "std")]
        primary: liveness.primary_alive()?,
        liveness,
        header,
    })
}

/// Reads and checks the header of a group file; nothing is mapped.
pub(super) fn read_header(
    file: BorrowedFd<'_>,
) -> Result<Result<GroupFacts, GroupFileError>, Refusal> {
    let failed = |errno| EalError::System { doing: "reading the group file", errno };
    let mut bytes = [0u8; size_of::<GroupHeader>()];
    let read = pread(file, &mut bytes, 0).map_err(failed)?;
    let len = u64::try_from(fstat(file).map_err(failed)?.st_size).unwrap_or(0);
    Ok(check_header(bytes.get(..read).unwrap_or_default(), len))
}

/// Whether the group that was seen in `dir` is still the one that stands there, and somebody lives in it.
/// Three system calls.
pub(super) fn still_stands(dir: &RuntimeDir, liveness: &Liveness) -> Result<bool, Refusal> {
    let named = leads_to(dir, liveness.group_file());
    let doing = "looking again for the group file";
    let named = named.map_err(|errno| EalError::System { doing, errno })?;
    Ok(named == Some(true) && liveness.any_alive()?)
}

/// Whether the directory names a group file that is not this process's own. Whatever cannot be looked
/// at is not known to be its own.
#[cfg(feature = "std")]
pub(super) fn names_another(dir: &RuntimeDir) -> bool {
    let named = PLATFORM.ask(|liveness| Ok(leads_to(dir, liveness.group_file())));
    !matches!(named, Ok(Ok(Some(true) | None)))
}

/// Whether the group file's name in `dir` leads to `file`; `None` if it leads nowhere.
fn leads_to(dir: &RuntimeDir, file: BorrowedFd<'_>) -> Result<Option<bool>, Errno> {
    match look_at(dir.as_fd(), GROUP_FILE) {
        Ok(named) => {
            let held = fstat(file)?;
            Ok(Some((named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)))
        }
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Where the group file of `dir` is, for messages.
pub(super) fn group_path(dir: &RuntimeDir) -> ShownPath {
    ShownPath::below(dir.path(), GROUP_FILE)
}

/// The refusal that names the primary of a living group.
#[cfg(feature = "std")]
pub(super) fn primary_runs(dir: &RuntimeDir, liveness: &Liveness, header: bool) -> EalError {
    let primary = header.then(|| find_primary(liveness)).flatten();
    EalError::PrimaryRuns {
        prefix: dir.prefix().clone(),
        pid: primary.map_or(0, |p| p.pid),
        name: primary.map_or(Name::cut("a process that is starting"), |p| p.name),
        command: primary.map_or(Command::UNKNOWN, |p| p.command),
    }
}

/// Reads the process table through a mapping of its own, which it gives back.
#[cfg(feature = "std")]
fn find_primary(liveness: &Liveness) -> Option<ProcessFacts> {
    let is_primary = |p: &ProcessFacts| p.role == Role::Primary && lives(liveness, p);
    with_group(liveness.group_file(), |group| group.processes().find(is_primary))?
}

/// Whether the kernel says that the process lives; one that cannot be asked about does.
#[cfg(feature = "std")]
pub(super) fn lives(liveness: &Liveness, process: &ProcessFacts) -> bool {
    liveness.is_alive(u32::from(process.id.slot())).unwrap_or(true)
}

/// Shows `use_it` the group of a group file, mapped read-only for as long as it looks.
#[cfg(feature = "std")]
pub(super) fn with_group<R>(file: BorrowedFd<'_>, use_it: impl FnOnce(&Group) -> R) -> Option<R> {
    let mapping = map_file_anywhere(file, GROUP_FILE_BYTES, Access::ReadOnly, 0).ok()?;
    let window = view(mapping.as_ptr(), mapping.len())?;
    // SAFETY: 1. the mapping outlives the look, and `use_it` lets only copies out; 2. an observer;
    // 3. of the platform nothing is asked: an observer takes no lock and claims nothing.
    let group = unsafe { Group::new(window, ProcessId::OBSERVER, &PLATFORM) };
    group.map(|group| use_it(&group))
}

#[cfg(feature = "std")]
fn view(base: *mut u8, len: usize) -> Option<Window> {
    let base = NonNull::new(base)?;
    // SAFETY: the caller keeps the mapping alive while it looks and lets no reference out (the
    // closure of `with_group` returns what it has copied); page-aligned; a group file only.
    Some(unsafe { Window::from_raw(base, len) })
}
