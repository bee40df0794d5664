//! The runtime directory on the real file system, with everything that could be
//! put in its way.

use super::*;
use crate::mapping::Access;
use crate::sys::test_support::{TempDir, has_root};
use core::time::Duration;
use rustix::fs::{FileType, Mode, mknodat};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

fn base(temp: &TempDir) -> Base {
    Base::at(temp.path_str()).unwrap()
}

fn prefix(name: &str) -> Prefix {
    Prefix::new(name).unwrap()
}

fn created(temp: &TempDir) -> RuntimeDir {
    RuntimeDir::create(&base(temp), &prefix("p")).unwrap()
}

/// The refusal of a directory that a test has spoilt.
fn refusal(temp: &TempDir) -> OwnedDirError {
    match RuntimeDir::create(&base(temp), &prefix("p")) {
        Err(RuntimeDirError::Directory(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn it_is_made_for_its_owner_alone() {
    let temp = TempDir::new("rundir-create");
    let dir = created(&temp);
    assert_eq!(dir.path(), format!("{}/phalanx/p", temp.path_str()));
    for made in ["phalanx", "phalanx/p"] {
        let mode = fs::metadata(temp.path().join(made)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o700);
    }
}

#[test]
fn an_existing_one_is_opened_by_both_ways() {
    let temp = TempDir::new("rundir-again");
    created(&temp);
    assert!(RuntimeDir::create(&base(&temp), &prefix("p")).is_ok());
    assert!(RuntimeDir::open_existing(&base(&temp), &prefix("p")).is_ok());
}

#[test]
fn opening_makes_nothing_and_says_there_is_no_group() {
    let temp = TempDir::new("rundir-nogroup");
    let path = format!("{}/phalanx/p", temp.path_str());
    let refused = RuntimeDir::open_existing(&base(&temp), &prefix("p")).unwrap_err();
    assert_eq!(refused, RuntimeDirError::NoGroup { path: path.as_str().into() });
    fs::create_dir(temp.path().join("phalanx")).unwrap();
    let refused = RuntimeDir::open_existing(&base(&temp), &prefix("p")).unwrap_err();
    assert_eq!(refused, RuntimeDirError::NoGroup { path: path.as_str().into() });
    assert_eq!(fs::read_dir(temp.path().join("phalanx")).unwrap().count(), 0);
}

#[test]
fn an_absent_base_is_named() {
    let nowhere = Base::at("/nonexistent/phalanx-base").unwrap();
    let refused = RuntimeDir::create(&nowhere, &prefix("p")).unwrap_err();
    let path = "/nonexistent/phalanx-base".to_owned();
    assert_eq!(
        refused,
        RuntimeDirError::NoBase { path: path.as_str().into(), errno: Errno::NOENT }
    );
}

#[test]
fn a_link_in_place_of_a_directory_is_refused() {
    let temp = TempDir::new("rundir-link");
    fs::create_dir(temp.path().join("elsewhere")).unwrap();
    symlink("elsewhere", temp.path().join("phalanx")).unwrap();
    let path = format!("{}/phalanx", temp.path_str());
    assert_eq!(
        refusal(&temp),
        OwnedDirError::NotADirectory { path: path.as_str().into(), found: FileType::Symlink }
    );
}

#[test]
fn a_file_in_place_of_a_directory_is_refused() {
    let temp = TempDir::new("rundir-file");
    temp.write("phalanx/p", "");
    let path = format!("{}/phalanx/p", temp.path_str());
    let found = FileType::RegularFile;
    assert_eq!(refusal(&temp), OwnedDirError::NotADirectory { path: path.as_str().into(), found });
}

#[test]
fn a_directory_that_others_may_write_is_refused_with_the_command_that_mends_it() {
    let temp = TempDir::new("rundir-mode");
    created(&temp);
    let path = temp.path().join("phalanx/p");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o770)).unwrap();
    let refused = refusal(&temp);
    let path = path.to_str().unwrap().to_owned();
    assert!(refused.to_string().ends_with(&format!("chmod go-w {path}")));
    assert_eq!(
        refused,
        OwnedDirError::WritableByOthers { path: path.as_str().into(), mode: 0o770 }
    );
}

#[test]
fn a_directory_of_another_user_is_refused_with_both_users() {
    let temp = TempDir::new("rundir-owner");
    created(&temp);
    if !has_root() {
        return;
    }
    chown(temp.path().join("phalanx"), Some(12345), None).unwrap();
    let path = format!("{}/phalanx", temp.path_str());
    let needed_uid = 0;
    assert_eq!(
        refusal(&temp),
        OwnedDirError::OtherOwner { path: path.as_str().into(), found_uid: 12345, needed_uid }
    );
}

#[test]
fn a_path_that_becomes_too_long_is_refused() {
    let temp = TempDir::new("rundir-long");
    let room = MAX_PATH - temp.path_str().len() - "/phalanx".len();
    let deep = temp.path().join("d".repeat(room));
    fs::create_dir(&deep).unwrap();
    let base = Base::at(deep.to_str().unwrap()).unwrap();
    let refused = RuntimeDir::create(&base, &prefix("p")).unwrap_err();
    let is_too_long =
        matches!(refused, RuntimeDirError::Directory(OwnedDirError::PathTooLong { .. }));
    assert!(is_too_long, "{refused}");
}

#[test]
fn prefixes_are_listed_in_order_and_other_entries_are_not() {
    let temp = TempDir::new("rundir-list");
    assert_eq!(list_prefixes(&base(&temp)), Ok(vec![]));
    for name in ["zeta", "alpha"] {
        RuntimeDir::create(&base(&temp), &prefix(name)).unwrap();
    }
    temp.write("phalanx/file", "");
    temp.write("phalanx/.hidden/file", "");
    symlink("alpha", temp.path().join("phalanx/link")).unwrap();
    assert_eq!(list_prefixes(&base(&temp)), Ok(vec![prefix("alpha"), prefix("zeta")]));
}

#[test]
fn it_is_removed_when_empty_and_kept_when_not() {
    let temp = TempDir::new("rundir-remove");
    let dir = created(&temp);
    dir.create_new("f").unwrap();
    assert_eq!(dir.remove_if_empty(), Ok(false));
    assert_eq!(dir.unlink("f"), Ok(true));
    assert_eq!(dir.remove_if_empty(), Ok(true));
    assert_eq!(dir.remove_if_empty(), Ok(true));
    assert_eq!(list_prefixes(&base(&temp)), Ok(vec![]));
}

#[test]
fn starting_and_cleaning_up_at_once_never_fails() {
    let temp = TempDir::new("rundir-race");
    let base = base(&temp);
    let deadline = Deadline::after(Duration::from_secs(60));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let (dir, lock) =
                        RuntimeDir::create_and_lock(&base, &prefix("p"), deadline).unwrap();
                    // Alone: what one makes, no other finds.
                    dir.create_new("f").unwrap();
                    assert_eq!(dir.unlink("f"), Ok(true));
                    lock.remove(dir.as_fd()).unwrap();
                    dir.remove_if_empty().unwrap();
                }
            });
        }
    });
}

#[test]
fn a_new_file_is_its_owners_alone_and_made_once() {
    let temp = TempDir::new("rundir-new");
    let dir = created(&temp);
    dir.create_new("f").unwrap();
    let path = format!("{}/f", dir.path());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(dir.create_new("f").unwrap_err(), FileError::Exists { path: path.as_str().into() });
    assert!(dir.open_file("f", Access::ReadWrite).is_ok());
}

#[test]
fn an_absent_file_is_named() {
    let temp = TempDir::new("rundir-absent");
    let dir = created(&temp);
    let path = format!("{}/f", dir.path());
    let refused = dir.open_file("f", Access::ReadOnly).unwrap_err();
    assert_eq!(refused, FileError::Absent { path: path.as_str().into() });
    assert_eq!(dir.rename("f", "g"), Err(FileError::Absent { path: path.as_str().into() }));
    assert_eq!(dir.unlink("f"), Ok(false));
    assert_eq!(dir.exists("f"), Ok(false));
}

#[test]
fn what_is_no_regular_file_is_refused_and_nobody_waits() {
    let temp = TempDir::new("rundir-kinds");
    let dir = created(&temp);
    let at = |name: &str| format!("{}/{name}", dir.path());
    symlink("/etc/passwd", at("link")).unwrap();
    fs::create_dir(at("dir")).unwrap();
    mknodat(dir.as_fd(), "fifo", FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    mknodat(dir.as_fd(), "socket", FileType::Socket, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let kinds = [
        ("link", FileType::Symlink),
        ("dir", FileType::Directory),
        ("fifo", FileType::Fifo),
        ("socket", FileType::Socket),
    ];
    for (name, found) in kinds {
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let refused = dir.open_file(name, access).unwrap_err();
            assert_eq!(refused, FileError::NotRegular { path: at(name).as_str().into(), found });
        }
    }
}

#[test]
fn a_file_of_another_user_is_refused() {
    let temp = TempDir::new("rundir-file-owner");
    let dir = created(&temp);
    dir.create_new("f").unwrap();
    if !has_root() {
        return;
    }
    let path = format!("{}/f", dir.path());
    chown(&path, Some(12345), None).unwrap();
    let refused = dir.open_file("f", Access::ReadOnly).unwrap_err();
    assert_eq!(
        refused,
        FileError::OtherOwner { path: path.as_str().into(), found_uid: 12345, needed_uid: 0 }
    );
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let temp = TempDir::new("rundir-names");
    let dir = created(&temp);
    for name in ["", ".", "..", "../f", "a/b", "a\0b"] {
        let refused = FileError::BadName { name: name.into() };
        assert_eq!(dir.create_new(name).unwrap_err(), refused);
        assert_eq!(dir.unlink(name), Err(refused));
    }
}

#[test]
fn renaming_replaces_in_one_step() {
    let temp = TempDir::new("rundir-rename");
    let dir = created(&temp);
    dir.create_new("old").unwrap();
    dir.create_new("new").unwrap();
    assert_eq!(dir.rename("new", "old"), Ok(()));
    assert_eq!(dir.names(), Ok(vec!["old".to_owned()]));
}
