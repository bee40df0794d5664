//! A group file that is none: refused with its path and what was found, or cleaned if it is
//! provably dead and ours; and a group that runs beside it is not touched.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, symlink};
use std::path::PathBuf;

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::header::GroupFile;
use phalanx_tests::process::Process;
use phalanx_tests::require;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A user that is not us, and that nobody needs to be.
const NOBODY: u32 = 65_534;

/// A directory for a bad group, beside a good one that runs.
struct Beside {
    good: TestGroup,
    primary: Process,
    before: Vec<u8>,
}

impl Beside {
    fn new() -> Self {
        let good = TestGroup::of(PEER);
        let primary = good.still_peer(&format!("--no-huge -m 1 {}", lcore(0)));
        let before = GroupFile::at(good.group_file()).bytes();
        let beside = Self { good, primary, before };
        DirBuilder::new().mode(0o700).create(beside.dir()).expect("a directory for the bad group");
        beside
    }

    fn dir(&self) -> PathBuf {
        self.good.dir_of("bad")
    }

    fn file(&self) -> PathBuf {
        self.dir().join("group")
    }

    fn start(&self, role: &str) -> phalanx_tests::process::Ended {
        let mut command = self.good.bare_command();
        command.args(["join", "--file-prefix", "bad", "--proc-type", role, "--wait", "0"]);
        command.args(["--no-huge", "-m", "1"]).args(lcore(1).split(' '));
        Process::run(command)
    }

    /// Asserts that each role is refused with the path and `words`.
    #[track_caller]
    fn refuses(&self, roles: &[&str], path: &str, words: &str) {
        for role in roles {
            let ended = self.start(role);
            let why = ended.assert_refused();
            assert!(why.contains(path) && why.contains(words), "as {role}: {why}");
        }
    }

    #[track_caller]
    fn stays_unharmed(self) {
        let file = GroupFile::at(self.good.group_file());
        assert!(file.bytes() == self.before, "the good group's bytes have changed");
        let arguments = format!("--proc-type=secondary --wait 0 {}", lcore(1));
        Process::run(self.good.command("join", &arguments)).assert_success();
        self.primary.end().assert_success();
    }
}

const ALL: [&str; 3] = ["secondary", "primary", "auto"];

/// Bytes without pattern, the same in each run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn a_file_that_is_no_group_is_refused_to_a_secondary_and_cleaned_by_a_primary() {
    let beside = Beside::new();
    let good = beside.before.clone();
    let half = good[..good.len() / 2].to_vec();
    let header_only = good[..1792].to_vec();
    let contents: [(&str, Vec<u8>); 6] = [
        ("empty", Vec::new()),
        ("short", noise(100)),
        ("of zeros", vec![0; good.len()]),
        ("of noise", noise(good.len())),
        ("half of a group", half),
        ("only a header", header_only),
    ];
    for (name, bytes) in contents {
        fs::create_dir_all(beside.dir()).expect("a directory for the bad group");
        fs::set_permissions(beside.dir(), fs::Permissions::from_mode(0o700)).expect("our own");
        fs::write(beside.file(), bytes).expect("the directory can be written");
        let path = beside.file().display().to_string();
        beside.refuses(&["secondary"], &path, "phalanx clean");
        let ended = beside.start("primary");
        assert!(ended.status.success(), "a file that is {name} stopped a primary: {ended}");
    }
    beside.stays_unharmed();
}

#[test]
fn a_link_is_not_followed_not_even_to_a_good_group() {
    let beside = Beside::new();
    symlink(beside.good.group_file(), beside.file()).expect("the directory can be written");
    beside.refuses(&ALL, &beside.file().display().to_string(), "symbolic link");
    beside.stays_unharmed();
}

#[test]
fn a_linked_directory_is_not_followed() {
    let beside = Beside::new();
    fs::remove_dir(beside.dir()).expect("it is empty");
    symlink(beside.good.dir(), beside.dir()).expect("the directory can be written");
    beside.refuses(&ALL, &beside.dir().display().to_string(), "symbolic link");
    beside.stays_unharmed();
}

#[test]
fn a_directory_in_the_files_place_is_refused() {
    let beside = Beside::new();
    fs::create_dir(beside.file()).expect("the directory can be written");
    beside.refuses(&ALL, &beside.file().display().to_string(), "a directory");
    beside.stays_unharmed();
}

#[test]
fn somebody_elses_file_is_refused_with_the_owner() {
    let Some(()) = require::root() else { return };
    let beside = Beside::new();
    fs::write(beside.file(), &beside.before).expect("the directory can be written");
    chown(beside.file(), Some(NOBODY), None).expect("root may give files away");
    beside.refuses(&ALL, &beside.file().display().to_string(), "user 65534");
    beside.stays_unharmed();
}

#[test]
fn somebody_elses_directory_is_refused_with_the_owner() {
    let Some(()) = require::root() else { return };
    let beside = Beside::new();
    chown(beside.dir(), Some(NOBODY), None).expect("root may give directories away");
    beside.refuses(&ALL, &beside.dir().display().to_string(), "user 65534");
    beside.stays_unharmed();
}

#[test]
fn a_directory_that_others_may_write_is_refused_with_its_mode() {
    let beside = Beside::new();
    fs::set_permissions(beside.dir(), fs::Permissions::from_mode(0o777)).expect("our own");
    beside.refuses(&ALL, &beside.dir().display().to_string(), "0777");
    beside.stays_unharmed();
}
