//! Two descriptions of one file stand for two processes here; the last test has
//! a real child and kills it.

use super::*;
use crate::sys::test_support::TempDir;
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Two parties on one fresh group file.
fn two_processes(label: &str) -> (TempDir, Liveness, Liveness) {
    let dir = TempDir::new(label);
    let (first, second) = (dir.open_rw("group"), dir.open_rw("group"));
    (dir, Liveness::new(first), Liveness::new(second))
}

#[test]
fn a_claimed_slot_is_alive_for_its_owner_and_for_others() {
    let (_dir, me, other) = two_processes("live-claim");
    assert_eq!(me.claim_slot(7), Ok(true));
    assert_eq!(me.is_alive(7), Ok(true));
    assert_eq!(other.is_alive(7), Ok(true));
    assert_eq!(other.is_alive(8), Ok(false));
}

#[test]
fn a_slot_is_claimed_once() {
    let (_dir, me, other) = two_processes("live-once");
    assert_eq!(me.claim_slot(0), Ok(true));
    assert_eq!(other.claim_slot(0), Ok(false));
    assert_eq!(me.claim_slot(0), Ok(true));
}

#[test]
fn a_slot_dies_with_its_description() {
    let (_dir, me, other) = two_processes("live-death");
    assert_eq!(me.claim_slot(63), Ok(true));
    drop(me);
    assert_eq!(other.is_alive(63), Ok(false));
    assert_eq!(other.any_alive(), Ok(false));
    assert_eq!(other.claim_slot(63), Ok(true));
}

#[test]
fn a_released_slot_is_dead_for_everybody() {
    let (_dir, me, other) = two_processes("live-release");
    assert_eq!(me.claim_slot(3), Ok(true));
    assert_eq!(me.release_slot(3), Ok(()));
    assert_eq!((me.is_alive(3), other.is_alive(3)), (Ok(false), Ok(false)));
}

#[test]
fn any_other_alive_does_not_count_oneself() {
    let (_dir, me, other) = two_processes("live-any");
    assert_eq!(me.claim_slot(5), Ok(true));
    assert_eq!(me.any_other_alive(), Ok(false));
    assert_eq!(me.any_alive(), Ok(true));
    assert_eq!(other.any_other_alive(), Ok(true));
}

#[test]
fn a_primary_that_has_no_slot_yet_counts_as_alive() {
    let (_dir, me, other) = two_processes("live-primary-only");
    assert_eq!(me.claim_primary(), Ok(true));
    assert_eq!(other.any_alive(), Ok(true));
    assert_eq!(other.alive_slots(), Ok(0));
}

#[test]
fn the_role_of_primary_goes_to_one_and_can_be_given_up() {
    let (_dir, me, other) = two_processes("live-primary");
    assert_eq!(other.primary_alive(), Ok(false));
    assert_eq!(me.claim_primary(), Ok(true));
    assert_eq!((me.primary_alive(), other.primary_alive()), (Ok(true), Ok(true)));
    assert_eq!(other.claim_primary(), Ok(false));
    assert_eq!(me.release_primary(), Ok(()));
    assert_eq!(other.claim_primary(), Ok(true));
}

#[test]
fn alive_slots_has_a_bit_for_each_living_slot() {
    let (_dir, me, other) = two_processes("live-mask");
    assert_eq!(me.claim_slot(0), Ok(true));
    assert_eq!(me.claim_slot(63), Ok(true));
    assert_eq!(other.claim_slot(5), Ok(true));
    assert_eq!(me.alive_slots(), Ok(1 | 1 << 5 | 1 << 63));
    assert_eq!(other.alive_slots(), me.alive_slots());
}

#[test]
fn a_slot_beyond_the_last_is_refused() {
    let (_dir, me, _other) = two_processes("live-range");
    let refused = LivenessError::NoSuchSlot { slot: 64 };
    assert_eq!(me.claim_slot(64), Err(refused));
    assert_eq!(me.is_alive(64), Err(refused));
}

#[test]
fn a_process_without_a_slot_cannot_be_watched_by_its_pid() {
    let (_dir, me, _other) = two_processes("live-watch");
    let own_pid = std::process::id() as i32;
    assert!(me.watch(2, own_pid).unwrap().is_none());
    assert_eq!(me.claim_slot(2), Ok(true));
    assert!(me.watch(2, own_pid).unwrap().is_some());
}

#[test]
fn a_pid_that_is_not_positive_is_refused() {
    let refused = open_pidfd(0).unwrap_err();
    assert_eq!(refused, LivenessError::Watch { pid: 0, errno: Errno::INVAL });
    assert!(open_pidfd(-1).is_err());
}

/// Path of the group file, for the child of the next test.
const CHILD_FILE: &str = "PHALANX_TEST_LIVENESS_CHILD";

#[test]
fn a_killed_process_loses_its_slot_at_once() {
    if let Ok(path) = std::env::var(CHILD_FILE) {
        return live_in_slot_nine(&path);
    }
    let (dir, me, _other) = two_processes("live-killed");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "liveness::tests::a_killed_process_loses_its_slot_at_once"])
        .arg("--nocapture")
        .env(CHILD_FILE, dir.path().join("group"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap().ends_with("claimed")));
    assert_eq!(me.is_alive(9), Ok(true));
    assert!(me.watch(9, child.id() as i32).unwrap().is_some());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(me.is_alive(9), Ok(false));
    assert!(me.watch(9, child.id() as i32).unwrap().is_none());
}

/// The child: claims, says so, and lives until its input ends, which is when
/// the parent has died.
fn live_in_slot_nine(path: &str) {
    let file = openat(CWD, path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let me = Liveness::new(file);
    assert_eq!(me.claim_slot(9), Ok(true));
    println!("claimed");
    let _ = std::io::stdin().read_line(&mut String::new());
}
