//! Waiting for the answers to a request: the thread that has asked looks itself, and then sleeps on
//! bits of its own.

use core::time::Duration;

use phalanx_core::group::ProcessId;

use super::flights::Flight;
use super::futex::Bit;
use super::receiver::State;
use super::replies::Outcome;
use super::service::Service;

/// How long who has asked sleeps before it asks whether its peers live.
const SLICE: Duration = Duration::from_millis(100);

impl Service {
    /// Waits until `flight`, number `request`, has ended or its deadline has passed.
    pub(super) fn await_flight(&self, request: u64, flight: &Flight) {
        self.look_for(flight);
        if flight.has_ended() {
            return;
        }
        self.watch(flight.open_peers().into_iter().map(|peer| (request, peer)));
        if !flight.lies_down() {
            return;
        }
        loop {
            let expected = self.word.observe();
            let may_be_more = self.take_in_and_settle();
            let left = flight.deadline.remaining();
            if flight.has_ended() || left.is_zero() {
                return;
            }
            if !may_be_more && self.word.sleep(Bit::of_request(request), expected, left.min(SLICE))
            {
                self.bury(flight.open_peers().into_iter().map(|peer| (request, peer)));
            }
        }
    }

    /// Looks for the answers itself for as long as this process spins.
    fn look_for(&self, flight: &Flight) {
        let mut state = self.receiver.lock();
        self.start_looking(&mut state);
        loop {
            drop(state);
            let is_there = self.spin(Some(flight), State::has_something);
            state = self.receiver.lock();
            self.take_in(&mut state);
            if flight.has_ended() || !is_there {
                break;
            }
            self.settle(&mut state, true);
            if state.inbox.is_none() {
                break;
            }
        }
        let is_looked_after = self.stop_looking(&mut state);
        self.settle(&mut state, is_looked_after);
    }

    fn take_in_and_settle(&self) -> bool {
        let mut state = self.receiver.lock();
        let may_be_more = self.take_in(&mut state);
        self.settle(&mut state, true);
        may_be_more
    }

    /// Ends the part of every flight that waits for a process that is gone.
    pub(super) fn bury(&self, awaited: impl IntoIterator<Item = (u64, ProcessId)>) {
        for (request, peer) in awaited {
            if !self.group.is_alive(peer) {
                // One that has answered meanwhile is not awaited any more.
                self.land(request, peer, Some(Outcome::Gone));
            }
        }
    }
}
