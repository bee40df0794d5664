//! Groups of `phalanx-peer`s that talk to each other.

use crate::cpu::lcore;
use crate::group::TestGroup;
use crate::process::Process;

/// A primary in slot 0 and `count` secondaries behind it, all of the program `binary`.
pub fn group_of(binary: &str, count: u16) -> (TestGroup, Vec<Process>) {
    let group = TestGroup::of(binary);
    let mut all = vec![group.peer(&format!("--no-huge -m 8 {}", lcore(0)))];
    all.extend((1..=count).map(|id| secondary(&group, id)));
    (group, all)
}

/// One more, on lcore `id`.
pub fn secondary(group: &TestGroup, id: u16) -> Process {
    group.peer(&format!("--proc-type=secondary {}", lcore(id)))
}

/// The answer to `command`; panics if it fails.
#[track_caller]
pub fn tell(peer: &mut Process, command: &str) -> String {
    peer.ask(command).unwrap_or_else(|why| panic!("{command}: {why}"))
}

/// Waits until the peer has heard something.
pub fn heard(peer: &mut Process) -> String {
    loop {
        let heard = tell(peer, "heard");
        if !heard.is_empty() {
            return heard;
        }
        std::thread::yield_now();
    }
}
