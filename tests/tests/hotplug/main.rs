//! Devices that come and go in a living group.

mod attach;
mod detach;

use phalanx_tests::group::TestGroup;
use phalanx_tests::peers::{group_of, tell};
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A primary and so many secondaries, which hear of ports.
fn group(secondaries: u16) -> (TestGroup, Vec<Process>) {
    let (group, mut all) = group_of(PEER, secondaries);
    all.iter_mut().for_each(|peer| drop(tell(peer, "port-news")));
    (group, all)
}

/// The ports that each of them sees are these.
#[track_caller]
fn all_see(all: &mut [Process], ports: &str) {
    for peer in all {
        assert_eq!(tell(peer, "ports"), ports);
    }
}

/// Why a process does not do what it is told.
#[track_caller]
fn refusal(peer: &mut Process, command: &str) -> String {
    peer.ask(command).expect_err(command)
}

/// How a process is named in a sentence.
fn named(peer: &Process) -> String {
    format!("phalanx-peer (pid {}, slot ", peer.id())
}

/// All end, the primary last, and leave nothing.
fn end(group: &TestGroup, all: Vec<Process>) {
    for peer in all.into_iter().rev() {
        peer.end().assert_success();
    }
    group.assert_nothing_left();
}
