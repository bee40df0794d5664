//! A pidfd for every other process of the group.

use phalanx_core::group::{Group, ProcessFacts, ProcessId};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
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
    /// Who went out of the table since the last look.
    gone: Vec<Peer>,
}

/// How long the end of a process is waited for whose locks are gone.
const END_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };

impl Peers {
    /// Looks at the table: who came, who went. Whether somebody in it is dead.
    pub(super) fn update(&mut self, group: &Group) -> bool {
        let table: Vec<ProcessFacts> =
            group.processes().filter(|facts| facts.id != group.me()).collect();
        let is_listed = |peer: &Peer| table.iter().any(|facts| facts.id == peer.id);
        // The log tells of a death before the table forgets it: this round's events are about these.
        self.gone = self.peers.extract_if(.., |peer| !is_listed(peer)).collect();
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
        let mut known = self.peers.iter().chain(&self.gone);
        known.find(|peer| peer.id == who).map_or(End::Unknown, end_of)
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

/// How a peer ended. Its locks are gone a moment before it is dead in every respect, so its end is
/// waited for a little; one that only lost its slot does not end.
fn end_of(peer: &Peer) -> End {
    let Some(pidfd) = &peer.pidfd else { return peer.end };
    let mut polled = [PollFd::new(pidfd, PollFlags::IN)];
    match poll(&mut polled, Some(&END_WAIT)) {
        Ok(1..) => End::of(pidfd.as_fd(), peer.pid),
        _ => End::Unknown,
    }
}
