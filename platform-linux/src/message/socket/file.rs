//! The socket's file: bound by its owner, replaced if stale, removed by whoever may.
//!
//! Whose slot it is, the liveness lock says. So a file that bears the name of a slot that this
//! process has just taken is a dead process's, and a file of a slot that nobody holds may go: but
//! only under the start lock, without which the slot could be taken in between.

use core::fmt;
use core::time::Duration;

use phalanx_core::group::Group;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_passcred;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};

use super::address::{address, file_name, slot_of};
use crate::lockfile::StartLock;
use crate::runtime_dir::{FileError, OwnedDir, OwnedDirError, Room, ShownPath};
use crate::sys::deadline::Deadline;
use crate::sys::errno::Named;
use crate::sys::outq::is_taken_in;

/// How long a leaver sleeps between two looks at what it has sent.
const LINGER_STEP: Duration = Duration::from_micros(200);

/// How long a sweep waits for the start lock.
const SWEEP_WAIT: Duration = Duration::from_millis(100);

/// This process's socket, bound in the group's directory. The file is removed on drop.
#[derive(Debug)]
pub(crate) struct MessageSocket {
    pub(super) socket: OwnedFd,
    pub(super) dir: OwnedDir,
    slot: u16,
}

/// Why this process has no socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketError {
    /// A stale file of its name could not be removed, or the directory not be opened again.
    File(FileError),
    /// The group's directory could not be opened a second time.
    Directory(OwnedDirError),
    /// The kernel refused a step.
    Refused {
        /// What was tried.
        doing: &'static str,
        /// Where the socket was to be.
        path: String,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error @ FileError::Full { .. }) => {
                write!(f, "{error}, or set RUNTIME_DIRECTORY to a directory elsewhere")
            }
            Self::File(error) => error.fmt(f),
            Self::Directory(error) => error.fmt(f),
            Self::Refused { doing, path, errno } => write!(
                f,
                "the message socket {path} was not to be had: {doing} failed: {}; it needs /proc, a directory in \
                 which sockets can be made, and a free descriptor",
                Named(*errno)
            ),
        }
    }
}

impl core::error::Error for SocketError {}

impl From<FileError> for SocketError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl MessageSocket {
    /// Binds the socket of `slot`, whose liveness lock this process holds, in `dir`, replacing
    /// what a dead process has left there. Cost: six system calls.
    pub(crate) fn bind(dir: &OwnedDir, slot: u16) -> Result<Self, SocketError> {
        let dir = dir.duplicate().map_err(SocketError::Directory)?;
        let name = file_name(slot);
        let refused = |doing| {
            let path = format!("{}/{name}", dir.path());
            move |errno| SocketError::Refused { doing, path, errno }
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)
            .map_err(refused("making a socket"))?;
        // Before it can be found: what came earlier would come without a sender.
        set_socket_passcred(&socket, true).map_err(refused("asking for credentials"))?;
        dir.unlink(&name)?;
        let address = address(dir.as_fd(), slot).map_err(refused("naming the socket"))?;
        bind(&socket, &address).map_err(|errno| match errno {
            Errno::NOSPC => {
                let path = ShownPath::below(dir.path(), &name);
                FileError::Full { path, room: Room::of(dir.as_fd()) }.into()
            }
            errno => refused("binding the socket")(errno),
        })?;
        Ok(Self { socket, dir, slot })
    }

    /// Waits until what was sent is taken in, at most `limit`: what comes from a sender whose slot
    /// has another tenant by then is dropped, since nobody can say whose it was.
    pub(crate) fn linger(&self, limit: Duration) {
        let deadline = Deadline::after(limit);
        while !is_taken_in(self.as_fd()) && !deadline.has_passed() {
            std::thread::sleep(LINGER_STEP);
        }
    }

    /// The socket, to be polled.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for MessageSocket {
    fn drop(&mut self) {
        // What cannot be removed is stale from now on, and the next tenant of the slot replaces it.
        let _ = self.dir.unlink(&file_name(self.slot));
    }
}

/// Removes the sockets of slots for which `is_dead` says so. The caller holds the start lock, so
/// no such slot gets a tenant meanwhile. Returns how many are gone.
pub(super) fn remove_dead(
    dir: &OwnedDir,
    is_dead: impl Fn(u16) -> bool,
) -> Result<usize, SocketError> {
    let names = dir.names().map_err(SocketError::Directory)?;
    let mut gone = 0;
    for name in names.iter().filter(|name| slot_of(name).is_some_and(&is_dead)) {
        gone += usize::from(dir.unlink(name)?);
    }
    Ok(gone)
}

/// Removes the sockets of the dead (W-15). Under the start lock, or a new tenant's could go; whoever
/// has that lock for long leaves them to the next sweep, or to the tenant.
pub(crate) fn sweep(dir: &OwnedDir, group: &Group) {
    let Ok(_lock) = StartLock::acquire_existing(dir.as_fd(), Deadline::after(SWEEP_WAIT)) else {
        return;
    };
    let is_dead = |slot| !group.platform().is_alive(slot);
    // What cannot be removed is stale, and in nobody's way.
    let _ = remove_dead(dir, is_dead);
}

/// Removes the sockets of every slot and returns their names: for a group of which nobody lives.
/// The caller holds the start lock.
pub(crate) fn remove_all(dir: &OwnedDir) -> Result<Vec<String>, FileError> {
    let mut removed = Vec::new();
    // A directory that cannot be read cannot be emptied either, and that is said elsewhere.
    for name in dir.names().unwrap_or_default() {
        if slot_of(&name).is_some() && dir.unlink(&name)? {
            removed.push(name);
        }
    }
    Ok(removed)
}
