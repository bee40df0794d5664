//! Requests in flight: who was asked, who has answered, who waits.
//!
//! A flight ends once: when its last peer's outcome is known, or at its deadline. Whoever takes it
//! out of the table under the lock is the one that ends it, so a callback runs exactly once and a
//! late answer finds nothing (W-22, W-26). A process that leaves ends all of them and shuts the
//! table, so that none starts whose end nobody sees to.
//!
//! A peer that says that the action is not for this role is asked once more by socket, where the
//! kernel says who asks.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use phalanx_core::group::ProcessId;
use phalanx_core::message::Frame;

use super::callbacks::Callback;
use super::replies::{Outcome, PeerResult, Replies};
use crate::sys::deadline::Deadline;

/// Every request of this process that has not ended.
#[derive(Debug, Default)]
pub(super) struct Flights {
    table: Mutex<Table>,
    /// How many there are, for who has not the lock.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Table {
    flights: HashMap<u64, Arc<Flight>>,
    is_shut: bool,
}

/// What a flight is started with.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// Who is asked.
    pub(super) peers: &'a [ProcessId],
    /// When the wait is over.
    pub(super) deadline: Deadline,
    /// What is called then; none if a thread waits.
    pub(super) callback: Option<Callback>,
    /// The request, for those that want a proof of its sender; none if it brings one.
    pub(super) template: Option<Frame>,
}

/// One request.
#[derive(Debug)]
pub(super) struct Flight {
    book: Mutex<Book>,
    /// Whether it has ended; read without the lock by who waits.
    ended: AtomicBool,
    /// Whether its thread sleeps and must be called.
    sleeps: AtomicBool,
    pub(super) deadline: Deadline,
}

#[derive(Debug)]
struct Book {
    peers: Vec<Peer>,
    open: usize,
    callback: Option<Callback>,
    template: Option<Frame>,
}

#[derive(Debug)]
struct Peer {
    id: ProcessId,
    state: PeerState,
    is_proved: bool,
}

#[derive(Debug)]
enum PeerState {
    Open,
    Done(Outcome),
    /// Still starting: as if it had not been asked (IPC-16).
    Ignored,
}

/// What one answer has come to.
#[derive(Debug)]
pub(super) enum Landed {
    /// No request waits for it (any more); the outcome is dropped with all that it brought.
    Unexpected,
    /// Others are still awaited.
    Waiting,
    /// It was the last one.
    Last(Arc<Flight>),
    /// The peer wants to know who asks: this is to go to it by socket.
    Prove(Box<Frame>),
}

impl Flights {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is none. No lock.
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }

    /// Starts flight `id`; `None` if this process leaves.
    pub(super) fn start(&self, id: u64, plan: Plan<'_>) -> Option<Arc<Flight>> {
        let Plan { peers, deadline, callback, template } = plan;
        let open = |id: &ProcessId| Peer { id: *id, state: PeerState::Open, is_proved: false };
        let book =
            Book { peers: peers.iter().map(open).collect(), open: peers.len(), callback, template };
        let flight = Arc::new(Flight {
            book: Mutex::new(book),
            ended: AtomicBool::new(false),
            sleeps: AtomicBool::new(false),
            deadline,
        });
        let mut table = self.table();
        if table.is_shut {
            return None;
        }
        table.flights.insert(id, Arc::clone(&flight));
        self.count.fetch_add(1, Ordering::SeqCst);
        Some(flight)
    }

    fn take_out(&self, table: &mut Table, id: u64) -> Option<Arc<Flight>> {
        let flight = table.flights.remove(&id)?;
        self.count.fetch_sub(1, Ordering::SeqCst);
        flight.ended.store(true, Ordering::SeqCst);
        Some(flight)
    }

    /// Notes what became of request `id` to `peer`; `None` for a peer that is not counted.
    pub(super) fn land(&self, id: u64, peer: ProcessId, outcome: Option<Outcome>) -> Landed {
        let mut table = self.table();
        let Some(flight) = table.flights.get(&id) else { return Landed::Unexpected };
        if let (Some(Outcome::NotAllowed), Some(frame)) = (&outcome, flight.proof(peer)) {
            return Landed::Prove(Box::new(frame));
        }
        match flight.note(peer, outcome) {
            None => Landed::Unexpected,
            Some(0) => self.take_out(&mut table, id).map_or(Landed::Unexpected, Landed::Last),
            Some(_) => Landed::Waiting,
        }
    }

    /// Takes flight `id` out, if it has not ended: its open peers are late from now on.
    pub(super) fn end(&self, id: u64) {
        // One that has ended is out already.
        let _ = self.take_out(&mut self.table(), id);
    }

    /// Every peer that some flight waits for, with the flight's number.
    pub(super) fn awaited(&self) -> Vec<(u64, ProcessId)> {
        let table = self.table();
        let of = |(id, flight): (&u64, &Arc<Flight>)| {
            flight.open_peers().into_iter().map(|peer| (*id, peer)).collect::<Vec<_>>()
        };
        table.flights.iter().flat_map(of).collect()
    }

    /// Flights with a callback whose deadline has passed, taken out; and how long until the next.
    pub(super) fn overdue(&self) -> (Vec<Arc<Flight>>, Option<core::time::Duration>) {
        let mut table = self.table();
        let late = |flight: &Flight| flight.has_callback() && flight.deadline.has_passed();
        let ids: Vec<u64> =
            table.flights.iter().filter(|(_, flight)| late(flight)).map(|(id, _)| *id).collect();
        let ended = ids.iter().filter_map(|id| self.take_out(&mut table, *id)).collect();
        let with_callback = table.flights.values().filter(|flight| flight.has_callback());
        (ended, with_callback.map(|flight| flight.deadline.remaining()).min())
    }

    /// Every flight, taken out, and no other starts: this process leaves.
    pub(super) fn end_all(&self) -> Vec<(u64, Arc<Flight>)> {
        let mut table = self.table();
        table.is_shut = true;
        let ids: Vec<u64> = table.flights.keys().copied().collect();
        let out = |id: u64| self.take_out(&mut table, id).map(|flight| (id, flight));
        ids.into_iter().filter_map(out).collect()
    }
}

impl Flight {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many peers are open after this; `None` if this one is not.
    fn note(&self, peer: ProcessId, outcome: Option<Outcome>) -> Option<usize> {
        let mut book = self.book();
        let is_it = |it: &&mut Peer| it.id == peer && matches!(it.state, PeerState::Open);
        let found = book.peers.iter_mut().find(is_it)?;
        found.state = outcome.map_or(PeerState::Ignored, PeerState::Done);
        book.open -= 1;
        Some(book.open)
    }

    /// The request for a peer that wants a proof and has not had it.
    fn proof(&self, peer: ProcessId) -> Option<Frame> {
        let mut book = self.book();
        let template = book.template?;
        let is_it = |it: &&mut Peer| it.id == peer && matches!(it.state, PeerState::Open);
        let found = book.peers.iter_mut().find(is_it).filter(|found| !found.is_proved)?;
        found.is_proved = true;
        Some(Frame { target: peer, ..template })
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Says that its thread is about to sleep; `false` if there is no need to.
    pub(super) fn lies_down(&self) -> bool {
        self.sleeps.store(true, Ordering::SeqCst);
        !self.has_ended()
    }

    /// Whether whoever ended it must call its thread.
    pub(super) fn is_asleep(&self) -> bool {
        self.sleeps.load(Ordering::SeqCst)
    }

    /// Whether a callback is to run when it has ended.
    pub(super) fn has_callback(&self) -> bool {
        self.book().callback.is_some()
    }

    /// Whom it still waits for.
    pub(super) fn open_peers(&self) -> Vec<ProcessId> {
        let open = |peer: &&Peer| matches!(peer.state, PeerState::Open);
        self.book().peers.iter().filter(open).map(|peer| peer.id).collect()
    }

    /// The callback, for who ends it.
    pub(super) fn take_callback(&self) -> Option<Callback> {
        self.book().callback.take()
    }

    /// What became of it, for who ended it.
    pub(super) fn replies(&self) -> Replies {
        let peers = core::mem::take(&mut self.book().peers);
        let result = |peer: Peer| {
            let outcome = match peer.state {
                PeerState::Open => Some(Outcome::TimedOut),
                PeerState::Done(outcome) => Some(outcome),
                PeerState::Ignored => None,
            };
            outcome.map(|outcome| PeerResult { peer: peer.id, outcome })
        };
        Replies::new(peers.into_iter().filter_map(result).collect())
    }
}

#[cfg(test)]
mod tests;
