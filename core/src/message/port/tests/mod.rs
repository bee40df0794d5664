//! Ports of several processes of one fake group.

mod asking;
mod mail;
mod waiting;

use std::sync::Mutex;

use super::*;
use crate::fake::{self, FakePlatform};
use crate::group::{Group, ProcessId, ProcessInfo, Role};
use crate::message::{
    ActionName, Answer, Bed, CELLS, Call, Class, Dropped, Finished, Frame, Inbox, InboxError, Kind,
    Mailbox, NobodySleeps, Outcome, Payload, Post, Reason, SendError, Wake, attend, call_everybody,
};
use crate::name::Name;

type Small = Port<4, 4>;

const SECOND: u64 = 1_000_000_000;

fn name(text: &str) -> ActionName {
    ActionName::new(text).unwrap()
}

fn bytes(text: &str) -> Payload {
    Payload::new(text.as_bytes()).unwrap()
}

/// A primary and two secondaries, each with an action "echo".
fn three() -> ([Group; 3], [Small; 3], &'static FakePlatform) {
    let (primary, platform) = fake::group();
    let groups = [1, 2].map(|slot| fake::join(primary.window(), slot, platform));
    let groups = [primary, groups[0], groups[1]];
    let ports = groups.each_ref().map(|group| {
        let mut port = Small::open(group, &NobodySleeps).unwrap();
        port.register(&name("echo"), Allowed::Anyone).unwrap();
        port
    });
    (groups, ports, platform)
}

/// Answers everything with what came.
fn echo(port: &mut Small) {
    while let Some(incoming) = port.next() {
        if let Incoming::Request { payload, token, .. } = incoming {
            token.answer(&payload).unwrap();
        }
    }
}

/// What comes to a port, as far as answers go: each peer's slot and outcome, and the end.
fn answers(port: &mut Small) -> (Vec<(u16, Outcome)>, Option<Finished>) {
    let mut all = Vec::new();
    while let Some(incoming) = port.next() {
        match incoming {
            Incoming::Answer(Answer { peer, outcome, .. }) => all.push((peer.slot(), outcome)),
            Incoming::Finished(done) => return (all, Some(done)),
            other => panic!("{other:?}"),
        }
    }
    (all, None)
}
