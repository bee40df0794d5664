//! A pidfd for every other process of the group.
//!
//! The kernel tells how a process ended to its parent, and to who had a pidfd of it before the parent
//! asked. So one is opened as soon as somebody stands in the table, by whoever joins before it is
//! up; and who knows an end writes it into the table, for those who came too late. Where everybody
//! did (the newest process died at once, and its parent asked at once), nobody knows.

use core::time::Duration;

use phalanx_core::group::{Group, ProcessFacts, ProcessId};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};

use crate::change::{announce, sleep_until_change};
use crate::eal::platform::PLATFORM;
use crate::liveness::open_pidfd;
use crate::process::{End, began_ns};
use crate::sys::deadline::Deadline;

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

    /// Notes which of the [`polled`](Self::polled) have fired, in their order, and tells the group how
    /// they ended.
    pub(super) fn note(&mut self, group: &Group, fired: impl Iterator<Item = bool>) {
        let watched = self.peers.iter_mut().filter(|peer| peer.pidfd.is_some());
        for (peer, _) in watched.zip(fired).filter(|(_, fired)| *fired) {
            peer.end = end_of(peer);
            peer.pidfd = None;
            tell_all(group, peer.id, peer.end);
        }
    }

    /// Whether somebody has to be asked about now and then.
    pub(super) fn has_unwatched(&self) -> bool {
        self.peers.iter().any(|peer| peer.pidfd.is_none())
    }

    /// How `who` ended, as far as is known here, or by others who tell within `patience`.
    pub(super) fn end(&self, group: &Group, who: ProcessId, patience: Duration) -> End {
        let mut known = self.peers.iter().chain(&self.gone);
        let end = known.find(|peer| peer.id == who).map_or(End::Unknown, end_of);
        if end != End::Unknown {
            tell_all(group, who, end);
            return end;
        }
        let deadline = Deadline::after(patience);
        loop {
            let seen = group.changes();
            if let Some(word) = group.end_of(who) {
                return End::from_word(word);
            }
            if deadline.has_passed() {
                return End::Unknown;
            }
            sleep_until_change(group.region(), seen, deadline.remaining());
        }
    }
}

/// Tells the group how `who` ended, if that is known here and was not there.
fn tell_all(group: &Group, who: ProcessId, end: End) {
    if end.to_word().is_some_and(|word| group.note_end(who, word)) {
        announce(group.region());
    }
}

impl Peer {
    fn of(facts: &ProcessFacts) -> Self {
        let slot = u32::from(facts.id.slot());
        // Of a process that is dead already there is none, or a stranger's: the slot is asked about
        // after the pidfd is open. Of one that is dead and not waited for there is: nobody else can
        // have its pid and have begun before it joined.
        let pidfd = i32::try_from(facts.pid).ok().and_then(|pid| {
            let opened = open_pidfd(pid).ok().flatten()?;
            let is_alive = PLATFORM.ask(|liveness| liveness.is_alive(slot)).unwrap_or(false);
            let is_it = is_alive || began_ns(facts.pid).is_some_and(|ns| ns <= facts.joined_ns);
            is_it.then_some(opened)
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
