//! Creating a group: a file that is whole before it has a name, then memory, then `Ready`.
//!
//! The group file is made under another name, sized, locked and laid out, and only then
//! renamed to `group`: nobody ever sees a short one, and nobody's file is resized (W-6). The
//! creator holds the primary's byte and slot 0 before the file can be found.

use phalanx_core::group::{GroupConfig, GroupRegion, Phase, Role, flags};
use phalanx_core::platform::Platform;
use phalanx_core::window::{self, Window};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, memfd_create};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

use super::arguments::own_identity;
use super::notice::Notice;
use super::options::{HugeUnlink, Options};
use super::platform::PLATFORM;
use super::role::Setup;
use super::session::Session;
use super::standing::GROUP_FILE;
use super::window::{GROUP_FILE_BYTES, WindowMap};
use super::{EalError, memory};
use crate::clock::Tsc;
use crate::liveness::Liveness;
use crate::lockfile::StartLock;
use crate::mapping::Access;
use crate::runtime_dir::{FileError, Room, RuntimeDir, ShownPath};
use crate::sys::file_len::set_file_len;

/// The group file's name until it is whole.
pub(super) const NEW_GROUP_FILE: &str = "group.new";

/// Creates a group that others can join. Holds the start lock until the group can be found.
pub(super) fn shared(
    dir: RuntimeDir,
    lock: StartLock,
    setup: &Setup<'_>,
    notices: &mut Vec<Notice>,
) -> Result<Session, EalError> {
    // What a start that was killed has left.
    dir.unlink(NEW_GROUP_FILE)?;
    let file = dir.create_new(NEW_GROUP_FILE)?;
    let path = ShownPath::below(dir.path(), GROUP_FILE);
    let laid_out = match LaidOut::new(file, path, setup.options, notices) {
        Ok(laid_out) => laid_out,
        Err(error) => {
            leave_nothing(&dir, lock);
            return Err(error);
        }
    };
    let session = laid_out.enter(Some(dir))?;
    let named = session.dir.as_ref().map_or(Ok(()), |dir| dir.rename(NEW_GROUP_FILE, GROUP_FILE));
    // Before a failed start is undone, which takes the lock itself.
    drop(lock);
    named?;
    furnish(&session, setup, notices)?;
    Ok(session)
}

/// Creates a group that has no name and no second process (OP-13, OP-14).
pub(super) fn private(setup: &Setup<'_>, notices: &mut Vec<Notice>) -> Result<Session, EalError> {
    let file = memfd_create(c"phalanx-group", MemfdFlags::CLOEXEC)
        .map_err(|errno| EalError::System { doing: "making a group in memory", errno })?;
    let path = ShownPath::from("phalanx-group");
    let session = LaidOut::new(file, path, setup.options, notices)?.enter(None)?;
    furnish(&session, setup, notices)?;
    Ok(session)
}

/// Removes what a start that came to nothing has made. What cannot be removed is a dead group's,
/// which the next start cleans.
fn leave_nothing(dir: &RuntimeDir, lock: StartLock) {
    let _ = dir.unlink(NEW_GROUP_FILE);
    let _ = lock.remove(dir.as_fd());
    let _ = dir.remove_if_empty();
}

/// A fresh group file, sized, locked, mapped and formatted, that nobody can find yet.
struct LaidOut {
    map: WindowMap,
    window: Window,
    liveness: Liveness,
}

impl LaidOut {
    fn new(
        file: OwnedFd,
        path: ShownPath,
        options: &Options,
        notices: &mut Vec<Notice>,
    ) -> Result<Self, EalError> {
        let base = window_base(options, notices)?;
        let map = WindowMap::reserve(base, window::LEN, Access::ReadWrite)?;
        let liveness = Liveness::new(file);
        // Nobody knows the file yet, so both claims succeed.
        liveness.claim_primary()?;
        liveness.claim_slot(0)?;
        set_file_len(liveness.group_file(), GROUP_FILE_BYTES as u64)
            .map_err(|errno| EalError::System { doing: "sizing the group file", errno })?;
        take_room(liveness.group_file(), path)?;
        let window = map.map_group(liveness.group_file())?;
        let config = GroupConfig {
            group_id: random_id()?,
            flags: flags_of(options),
            creator_pid: u64::from(rustix::process::getpid().as_raw_nonzero().get().unsigned_abs()),
            created_ns: PLATFORM.now_ns(),
            tsc_hz: Tsc::told().map_or(0, |tsc| tsc.hz()),
            window_base: base as u64,
        };
        GroupRegion::format(window, &config)?;
        Ok(Self { map, window, liveness })
    }

    /// Enters slot 0 as its primary.
    fn enter(self, dir: Option<RuntimeDir>) -> Result<Session, EalError> {
        PLATFORM.stand_on(self.liveness);
        let session =
            Session::enter(dir, self.map, self.window, 0, Role::Primary, &own_identity())?;
        session.map()?.prefault_mailboxes(session.group.region())?;
        Ok(session)
    }
}

/// Puts memory, or disk, behind all of the group file, mailboxes of processes to come included: in a
/// file system that is full a hole would be a `SIGBUS` to whoever touches it first. A file system that
/// cannot promise it is taken as it is.
fn take_room(file: BorrowedFd<'_>, path: ShownPath) -> Result<(), EalError> {
    loop {
        match fallocate(file, FallocateFlags::empty(), 0, GROUP_FILE_BYTES as u64) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::NOSPC) => return Err(FileError::Full { path, room: Room::of(file) }.into()),
            Err(errno) => {
                return Err(EalError::System { doing: "making room for the group file", errno });
            }
        }
    }
}

/// Where the window goes: the usual place, or the next gigabyte from what was asked for, so
/// that every list is aligned for every page size.
fn window_base(options: &Options, notices: &mut Vec<Notice>) -> Result<usize, EalError> {
    let Some(asked) = options.base_virtaddr.as_ref().map(|base| base.asked) else {
        return Ok(window::BASE);
    };
    let aligned = asked.checked_next_multiple_of(window::ALIGN as u64);
    let base = aligned.and_then(|base| usize::try_from(base).ok()).filter(|base| *base > 0);
    let base = base.ok_or(EalError::BaseVirtaddr { asked })?;
    if base as u64 != asked {
        notices.push(Notice::BaseVirtaddrRounded { asked, base: base as u64 });
    }
    Ok(base)
}

/// Gives the group its memory and opens it.
fn furnish(
    session: &Session,
    setup: &Setup<'_>,
    notices: &mut Vec<Notice>,
) -> Result<(), EalError> {
    session.group.region().set_phase(Phase::Memory);
    memory::create_all(session, setup, notices)?;
    if setup.options.huge_unlink == HugeUnlink::Always {
        memory::unlink_all(&session.group);
    }
    Ok(())
}

fn flags_of(options: &Options) -> u32 {
    let private =
        options.in_memory || options.no_shconf || options.huge_unlink == HugeUnlink::Always;
    let bit = |given: bool, flag: u32| if given { flag } else { 0 };
    bit(options.no_huge, flags::NO_HUGE)
        | bit(options.legacy_mem, flags::LEGACY)
        | bit(options.match_allocations, flags::MATCH_ALLOCATIONS)
        | bit(options.huge_unlink == HugeUnlink::Never, flags::KEEP_FILES)
        | bit(private, flags::PRIVATE)
}

/// A number that no other group has.
fn random_id() -> Result<u64, EalError> {
    let mut bytes = [0u8; 8];
    getrandom(&mut bytes, GetRandomFlags::empty())
        .map_err(|errno| EalError::System { doing: "choosing a group id", errno })?;
    Ok(u64::from_le_bytes(bytes))
}
