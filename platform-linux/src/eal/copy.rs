//! A copy of a dead group, for looks that have to write.
//!
//! An audit takes the group's lock, which mends what its last owner had half done, and keeps bits in
//! pools. Of a dead group nothing may be changed, so it is done to a copy: anonymous memory beside
//! the window, in which this process enters a free slot as its only living member. Nobody else
//! ever sees it, and it is gone with the process. The core needs no particular address.

#![expect(unsafe_code, reason = "a process becomes the member of a copy here")]

use phalanx_core::group::{Group, GroupRegion, PROCESSES_MAX, ProcessInfo, Role};
use phalanx_core::memseg::Run;
use phalanx_core::name::Name;
use phalanx_core::offset::Offset;
use phalanx_core::platform::{CommitError, Platform};
use phalanx_core::sync::Contested32;
use phalanx_core::window;
use rustix::io::{Errno, pread, pwrite};

use super::platform::PLATFORM;
use super::window::{GROUP_FILE_BYTES, WindowMap};
use super::{EalError, ObserveError, Observer};
use crate::hugepage::MemoryFile;
use crate::kernel_files::{KernelFiles, read_text};
use crate::mapping::Access;
use crate::sys::futex::sleep_on;

/// The unit in which zeros are left out.
const PAGE: usize = 4096;

/// What the core may ask in a copy: its one member lives, and memory is as it is.
#[derive(Debug)]
struct CopyPlatform {
    own: u16,
}

// SAFETY: 1. the copy is this process's alone, and its slot lives as long as it does; 2. and 3.
// nothing is committed or released.
unsafe impl Platform for CopyPlatform {
    fn is_alive(&self, slot: u16) -> bool {
        slot == self.own
    }
    fn commit(&self, _: usize, _: u64, _: u64) -> Result<(), CommitError> {
        Err(CommitError::Fixed)
    }
    fn release(&self, _: usize, _: u64, _: u64) -> bool {
        false
    }
    fn give_way(&self) {
        rustix::thread::sched_yield();
    }
    fn sleep(&self, word: &Contested32, expected: u32, timeout_ns: u64) {
        sleep_on(word, expected, timeout_ns);
    }
    /// Nobody else sees the copy.
    fn wake(&self, _: &Contested32) {}
    fn now_ns(&self) -> u64 {
        PLATFORM.now_ns()
    }
}

/// A copy of the group that `observer` shows, seen by its only living member: this process.
pub(super) fn copy(observer: &Observer) -> Result<Group, ObserveError> {
    let group = observer.group();
    let needed = group.memseg_lists().runs().map(|run| run.bytes).sum();
    if let Some(available) = available_bytes().filter(|available| needed > available / 2) {
        return Err(ObserveError::TooBig { needed, available });
    }
    let base = usize::try_from(observer.facts().window_base).unwrap_or(window::BASE);
    let map = WindowMap::reserve(base.saturating_add(window::LEN), window::LEN, Access::ReadWrite)?;
    let region = memory("phalanx-copy", GROUP_FILE_BYTES as u64)?;
    fill(&region, 0, GROUP_FILE_BYTES as u64, |from, page| {
        pread(observer.group_file(), page, from).map(drop)
    })?;
    let window = map.map_group(region.as_fd())?;
    for list in group.memseg_lists().iter() {
        let file = memory("phalanx-copy", list.range_bytes())?;
        for Run { at, bytes, .. } in list.runs() {
            let to = at.get().saturating_sub(list.base().get());
            fill(&file, to, bytes, |from, page| read(group, at.get() + from, page))?;
        }
        map.map(file.as_fd(), in_usize(list.base().get()), in_usize(list.range_bytes()), 0)?;
    }
    let tables = GroupRegion::of(window).ok_or(EalError::Full)?;
    let own = (0..PROCESSES_MAX as u16).find(|slot| tables.process(*slot).is_none());
    let own = own.ok_or(EalError::Full)?;
    let info = ProcessInfo {
        pid: std::process::id(),
        role: Role::Secondary,
        name: Name::cut("observer"),
        command: "",
    };
    // SAFETY: nobody but this thread knows the copy, so the slot is free, and nothing acts in it.
    let me = unsafe { tables.enter(own, &info, PLATFORM.now_ns()) }.ok_or(EalError::Full)?;
    let platform: &'static CopyPlatform = Box::leak(Box::new(CopyPlatform { own }));
    // SAFETY: 1. the copy of a formatted group, whose mapping is kept below; 2. `me` has just
    // entered, and nobody else can; 3. the platform was made for this copy.
    let copied = unsafe { Group::new(window, me, platform) }.ok_or(EalError::Full)?;
    copied.become_live();
    map.keep();
    Ok(copied)
}

fn memory(label: &str, bytes: u64) -> Result<MemoryFile, ObserveError> {
    let failed = |_| EalError::System {
        doing: "making room for a copy of a dead group",
        errno: Errno::NOMEM,
    };
    Ok(MemoryFile::memfd(label, PAGE as u64, bytes).map_err(failed)?)
}

/// Writes `bytes` to `file`, from `to` on, as `read` gives them page by page; pages of zeros stay
/// holes.
fn fill(
    file: &MemoryFile,
    to: u64,
    bytes: u64,
    read: impl Fn(u64, &mut [u8]) -> Result<(), Errno>,
) -> Result<(), ObserveError> {
    let failed = |errno| EalError::System { doing: "copying a dead group", errno };
    let mut page = [0; PAGE];
    for from in (0..bytes).step_by(PAGE) {
        read(from, &mut page).map_err(failed)?;
        if page.iter().any(|byte| *byte != 0) {
            pwrite(file.as_fd(), &page, to + from).map_err(failed)?;
        }
    }
    Ok(())
}

/// Reads a backed page of a dead group, whose memory nobody changes.
fn read(group: &Group, at: u64, page: &mut [u8]) -> Result<(), Errno> {
    let from = group.window().address(Offset::<u8>::new(at), page.len(), 1).ok_or(Errno::FAULT)?;
    // SAFETY: in the window (checked by `address`) and backed, as its list says; no member is left
    // who could write, and the page is this function's caller's.
    unsafe { from.as_ptr().copy_to_nonoverlapping(page.as_mut_ptr(), page.len()) };
    Ok(())
}

/// What the kernel says could be had without swapping.
fn available_bytes() -> Option<u64> {
    let text = read_text(&KernelFiles::real().proc("meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Offsets fit in an address on every machine with a window of a terabyte.
fn in_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
