//! Directories that files go to: the runtime directory, and the memory of ordinary pages.

use phalanx_core::group::GroupRegion;
use phalanx_linux::doctor::{Entry, Machine, Place};

use crate::doctor::Subject;
use crate::doctor::check::Check;

/// Bytes of a group's tables, and of a little memory.
const LEAST: u64 = (size_of::<GroupRegion>() as u64).next_multiple_of(1 << 20);

/// Files that a small group has in its directory: tables, lock, sockets.
const FILES_LEAST: u64 = 16;

/// Where there is less memory than this, it is a container's default rather than a choice.
const SHM_LEAST: u64 = 256 << 20;

/// Bits of the mode: others may write; only owners may remove.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

pub(super) fn rundir(machine: &Machine) -> Check {
    let subject = Subject::Rundir;
    let elsewhere = "set RUNTIME_DIRECTORY to a directory of this user's on a memory file system";
    let place = match &machine.runtime {
        Ok(place) => place,
        Err(why) => return Check::missing(subject, why, elsewhere),
    };
    let uid = machine.rights.as_ref().map_or(0, |rights| rights.uid);
    let path = place.path.display();
    if let Some(bad) = unusable(subject, place, elsewhere) {
        return bad;
    }
    let belongs_to_another = |entry: &Entry| entry.uid != uid && entry.uid != 0;
    let others_write = |entry: &Entry| entry.mode & OTHERS_WRITE != 0 && entry.mode & STICKY == 0;
    if let Some(base) = place.entry.as_ref().filter(|it| belongs_to_another(it) || others_write(it))
    {
        let found = format!("others may put things into {path} ({})", owner(base));
        return Check::missing(subject, found, elsewhere);
    }
    if let Some(own) = place.own.as_ref().filter(|it| it.uid != uid || it.mode & OTHERS_WRITE != 0)
    {
        let shown = own.path.display();
        let found = format!("{shown} is not this user's alone ({})", owner(own));
        let mend = format!("look at what is in it, then: chown {uid} {shown}; chmod 700 {shown}");
        return Check::missing(subject, found, mend);
    }
    if !place.is_memory {
        let found = format!("{path} is on a disk: first writes to the group's tables fault");
        return Check::poor(subject, found, elsewhere).with(details(place));
    }
    Check::good(subject, format!("{path}, {}", place.room)).with(details(place))
}

pub(super) fn shm(machine: &Machine) -> Check {
    let (subject, place) = (Subject::Shm, &machine.shm);
    let path = place.path.display();
    let bigger = format!(
        "mount -o remount,size=4G {path} (docker run --shm-size=4g; systemd-nspawn: --tmpfs={path}:size=4G)"
    );
    if let Some(bad) = unusable(subject, place, &bigger) {
        return bad;
    }
    if !place.is_memory {
        let mend = format!("mount -t tmpfs none {path}");
        return Check::poor(subject, format!("{path} is on a disk"), mend);
    }
    let found = format!("{path}, {}", place.room);
    if place.room.all_bytes < SHM_LEAST {
        return Check::poor(subject, found, bigger).with(details(place));
    }
    Check::good(subject, found).with(details(place))
}

/// What makes a place of no use at all: it is not there, closed, or full.
fn unusable(subject: Subject, place: &Place, mend: &str) -> Option<Check> {
    let path = place.path.display();
    let Some(entry) = &place.entry else {
        return Some(Check::missing(subject, format!("there is no {path}"), mend));
    };
    if !place.is_usable() {
        let closed = place.own.as_ref().unwrap_or(entry);
        let shown = closed.path.display();
        let found = format!("this user may make nothing in {shown} ({})", owner(closed));
        return Some(Check::missing(subject, found, mend));
    }
    let room = &place.room;
    let is_full = room.free_bytes < LEAST || (room.all_files > 0 && room.free_files < FILES_LEAST);
    is_full.then(|| Check::missing(subject, format!("{path} is full: {room}"), mend))
}

fn owner(entry: &Entry) -> String {
    format!("mode {:04o}, user {}, group {}", entry.mode, entry.uid, entry.gid)
}

fn details(place: &Place) -> Vec<String> {
    [&place.entry, &place.own]
        .into_iter()
        .flatten()
        .map(|entry| format!("{}: {}", entry.path.display(), owner(entry)))
        .collect()
}
