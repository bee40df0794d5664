//! The table of requests in flight.

use core::fmt;

use super::flight::{Answer, Finished, Flight, Outcome};
use crate::group::ProcessId;
use crate::message::{ActionName, Frame, Kind, Reason};

/// Requests in flight, in a table that `S` holds: `[Flight; N]`, `Vec<Flight>`, `&mut [Flight]`.
#[derive(Debug)]
pub struct Requests<S> {
    table: S,
    me: ProcessId,
    last: u32,
}

/// Every place of the table is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyRequests {
    /// How many are in flight.
    pub in_flight: usize,
}

impl fmt::Display for TooManyRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a request was to be made while {} are in flight, which is all there is room for; wait for one to finish",
            self.in_flight
        )
    }
}

impl core::error::Error for TooManyRequests {}

impl<S: AsRef<[Flight]> + AsMut<[Flight]>> Requests<S> {
    /// No requests of process `me` yet.
    pub fn new(me: ProcessId, table: S) -> Self {
        let mut requests = Self { table, me, last: 0 };
        requests.table.as_mut().fill(Flight::FREE);
        requests
    }

    /// Begins a request of `name` whose answers are due at `deadline_ns`; returns its number.
    pub fn begin(&mut self, name: &ActionName, deadline_ns: u64) -> Result<u64, TooManyRequests> {
        let request = self.next_number();
        let in_flight = self.table.as_ref().len();
        let free = self.table.as_mut().iter_mut().find(|flight| flight.request == 0);
        let flight = free.ok_or(TooManyRequests { in_flight })?;
        *flight = Flight { request, deadline_ns, name: Some(*name), ..Flight::FREE };
        Ok(request)
    }

    /// Notes that `peer` is asked. Call it before the request is sent: the answer may be quick.
    /// Returns whether the answer is now due; it is not if the request is not in flight, is sealed,
    /// or has asked that slot already.
    pub fn expect(&mut self, request: u64, peer: ProcessId) -> bool {
        let Some(flight) = self.flight(request).filter(|flight| !flight.is_sealed) else {
            return false;
        };
        let Some(generation) = flight.generations.get_mut(usize::from(peer.slot())) else {
            return false;
        };
        if *generation != 0 {
            return false;
        }
        *generation = peer.generation();
        flight.due |= 1 << peer.slot();
        flight.nb_sent += 1;
        true
    }

    /// Notes that the request could not be sent to `peer` after all: nothing is due from it, and it
    /// is not counted.
    pub fn unsent(&mut self, request: u64, peer: ProcessId) {
        if let Some(flight) = self.flight(request)
            && flight.settle(|due| due == peer).is_some()
        {
            flight.nb_sent -= 1;
        }
    }

    /// Notes that everybody has been asked: the request is finished as soon as nothing is due.
    pub fn seal(&mut self, request: u64) {
        if let Some(flight) = self.flight(request) {
            flight.is_sealed = true;
        }
    }

    /// Ends a request without an answer: nothing comes of it any more. `false` if it is not in
    /// flight.
    pub fn cancel(&mut self, request: u64) -> bool {
        self.flight(request).map(|flight| *flight = Flight::FREE).is_some()
    }

    /// Takes a reply or refusal. `None` if no request waits for it (any more) from this process
    /// under this name: it is late, doubled or forged, and the caller drops and counts it.
    pub fn accept(&mut self, frame: &Frame) -> Option<Answer> {
        let outcome = match frame.kind {
            Kind::Reply => Outcome::Answered(frame.payload),
            Kind::Refusal(reason) => Outcome::Refused(reason),
            Kind::Message | Kind::Request => return None,
        };
        let flight = self.flight(frame.request)?;
        if flight.name != Some(frame.name) {
            return None;
        }
        let peer = flight.settle(|due| due == frame.sender)?;
        match outcome {
            Outcome::Answered(_) => flight.nb_received += 1,
            Outcome::Refused(Reason::Ignored) => flight.nb_sent -= 1,
            _ => {}
        }
        Some(Answer { request: frame.request, peer, outcome })
    }

    /// The next answer that is overdue at `now_ns`. Call it until there is none.
    pub fn overdue(&mut self, now_ns: u64) -> Option<Answer> {
        self.settle_one(Outcome::TimedOut, |flight, _| flight.deadline_ns <= now_ns)
    }

    /// The next answer that will not come because `is_gone` says so of the peer. Call it until
    /// there is none.
    pub fn gone(&mut self, mut is_gone: impl FnMut(ProcessId) -> bool) -> Option<Answer> {
        self.settle_one(Outcome::Gone, |_, peer| is_gone(peer))
    }

    /// The next request that is sealed and from which nothing is due; its place is free then.
    pub fn finished(&mut self) -> Option<Finished> {
        let done =
            |flight: &&mut Flight| flight.request != 0 && flight.is_sealed && flight.due == 0;
        let flight = self.table.as_mut().iter_mut().find(done)?;
        let Flight { request, nb_sent, nb_received, .. } = *flight;
        *flight = Flight::FREE;
        Some(Finished { request, nb_sent, nb_received })
    }

    /// When the next answer is overdue; `None` if nothing is due.
    pub fn next_deadline(&self) -> Option<u64> {
        let due = self.table.as_ref().iter().filter(|flight| flight.due != 0);
        due.map(|flight| flight.deadline_ns).min()
    }

    /// How many requests are in flight.
    pub fn in_flight(&self) -> usize {
        self.table.as_ref().iter().filter(|flight| flight.request != 0).count()
    }

    fn settle_one(
        &mut self,
        outcome: Outcome,
        mut is_it: impl FnMut(&Flight, ProcessId) -> bool,
    ) -> Option<Answer> {
        self.table.as_mut().iter_mut().filter(|flight| flight.due != 0).find_map(|flight| {
            let as_it_was = *flight;
            let peer = flight.settle(|peer| is_it(&as_it_was, peer))?;
            Some(Answer { request: flight.request, peer, outcome })
        })
    }

    fn flight(&mut self, request: u64) -> Option<&mut Flight> {
        let it = |flight: &&mut Flight| request != 0 && flight.request == request;
        self.table.as_mut().iter_mut().find(it)
    }

    /// A number that no request in flight has, and none had for the last four billion.
    fn next_number(&mut self) -> u64 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            let number = u64::from(self.me.generation()) << 32 | u64::from(self.last);
            if self.flight(number).is_none() {
                return number;
            }
        }
    }
}
