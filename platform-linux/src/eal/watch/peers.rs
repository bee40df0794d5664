//! A pidfd for every other process of the group.

use phalanx_core::group::{Group, ProcessFacts, ProcessId};
use rustix::event::{PollFd, PollFlags};
use rustix::fd::{AsFd, OwnedFd};

use crate::eal::platform::PLATFORM;
use crate::liveness::open_pidfd;
use crate::process::End;

/// One other process, as long as it stands in the table.
#[derive(Debug)]
struct Peer {
    id: ProcessId,
    pid: u32,
    /// Readable once it is dead; none if the kernel gives none (another pid namespace) or it has
    /// fired. Who is not watched is asked about every second.
    pidfd: Option<OwnedFd>,
    end: End,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Peers {
    peers: Vec<Peer>,
    /// How those ended that are out of the table already, the last 64.
    ended: Vec<(ProcessId, End)>,
}

/// How many ends are kept for events that are still to come.
const ENDS_KEPT: usize = 64;

impl Peers {
    /// Looks at the table: who came, who went. Whether somebody in it is dead.
    pub(super) fn update(&mut self, group: &Group) -> bool {
        let table: Vec<ProcessFacts> =
            group.processes().filter(|facts| facts.id != group.me()).collect();
        let is_listed = |peer: &Peer| table.iter().any(|facts| facts.id == peer.id);
        for peer in self.peers.extract_if(.., |peer| !is_listed(peer)) {
            self.ended.push((peer.id, end_of(&peer)));
        }
        let surplus = self.ended.len().saturating_sub(ENDS_KEPT);
        self.ended.drain(..surplus);
        for facts in &table {
            if !self.peers.iter().any(|peer| peer.id == facts.id) {
                self.peers.push(Peer::of(facts));
            }
        }
        table.iter().any(|facts| !group.is_alive(facts.id))
    }

    /// What to poll for.
    pub(super) fn polled(&self) -> impl Iterator<Item = PollFd<'_>> {
        let pidfds = self.peers.iter().filter_map(|peer| peer.pidfd.as_ref());
        pidfds.map(|pidfd| PollFd::from_borrowed_fd(pidfd.as_fd(), PollFlags::IN))
    }

    /// Notes which of the [`polled`](Self::polled) have fired, in their order.
    pub(super) fn note(&mut self, fired: impl Iterator<Item = bool>) {
        let watched = self.peers.iter_mut().filter(|peer| peer.pidfd.is_some());
        for (peer, _) in watched.zip(fired).filter(|(_, fired)| *fired) {
            peer.end = end_of(peer);
            peer.pidfd = None;
        }
    }

    /// Whether somebody has to be asked about now and then.
    pub(super) fn has_unwatched(&self) -> bool {
        self.peers.iter().any(|peer| peer.pidfd.is_none())
    }

    /// How `who` ended, as far as is known.
    pub(super) fn end(&self, who: ProcessId) -> End {
        let listed = self.peers.iter().find(|peer| peer.id == who).map(|peer| peer.end);
        let ended = || self.ended.iter().rev().find(|(id, _)| *id == who).map(|(_, end)| *end);
        listed.or_else(ended).unwrap_or(End::Unknown)
    }
}

impl Peer {
    fn of(facts: &ProcessFacts) -> Self {
        let slot = u32::from(facts.id.slot());
        // Of a process that is dead already there is none, or a stranger's: the slot is asked about
        // after the pidfd is open.
        let pidfd = i32::try_from(facts.pid).ok().and_then(|pid| {
            let opened = open_pidfd(pid).ok().flatten()?;
            let is_alive = PLATFORM.ask(|liveness| liveness.is_alive(slot)).unwrap_or(false);
            is_alive.then_some(opened)
        });
        Self { id: facts.id, pid: facts.pid, pidfd, end: End::Unknown }
    }
}

fn end_of(peer: &Peer) -> End {
    peer.pidfd.as_ref().map_or(peer.end, |pidfd| End::of(pidfd.as_fd(), peer.pid))
}
