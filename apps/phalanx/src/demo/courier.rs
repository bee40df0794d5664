//! The primary's part: every packet out to a worker and back, counted both ways.

use core::time::Duration;
use std::time::Instant;

use demo_lane::{BURST, Note, WORKERS, fill, is_turned};
use phalanx_core::mbuf::{Mbuf, MbufHome, MbufRing};
use phalanx_core::port::{RxQueue, TxQueue};
use phalanx_linux::port::{AnyRx, AnyTx};

use crate::Failure;

/// One worker as the primary sees it.
#[derive(Debug)]
pub(super) struct Lane {
    /// By which packets go to the worker.
    pub output: TxQueue<AnyTx>,
    /// By which they come back.
    pub input: RxQueue<AnyRx>,
    /// The ring behind the worker's port.
    pub there: MbufRing,
    /// The ring behind the primary's.
    pub back_here: MbufRing,
    /// Packets sent to it.
    pub sent: u64,
    /// Packets that came back.
    pub back: u64,
    /// Packets that came back other than they should.
    pub wrong: u64,
    /// The lowest number that the next one may have: they come in the order of sending.
    pub due: u64,
}

impl Lane {
    /// Whether a packet that says `note` may come now; the next one is a later one.
    fn is_in_order(&mut self, note: Note, next: u64) -> bool {
        let is_in_order = (self.due..next).contains(&note.number);
        if is_in_order {
            self.due = note.number + 1;
        }
        is_in_order
    }
}

/// Packets that wait for their lane, the first first; not sent yet.
type Outbox<'a> = [Option<Mbuf<'a>>; BURST];

/// Packets on their way, and the books on them.
pub(super) struct Courier<'a> {
    frames: &'a [Vec<u8>],
    total: u64,
    next: u64,
    /// The lanes, by worker.
    pub lanes: [Lane; WORKERS],
    outboxes: [Outbox<'a>; WORKERS],
    home: &'a MbufHome<'a>,
}

impl<'a> Courier<'a> {
    /// A courier for `total` packets, `frames` over and over.
    pub(super) fn new(
        frames: &'a [Vec<u8>],
        total: u64,
        lanes: [Lane; WORKERS],
        home: &'a MbufHome<'a>,
    ) -> Self {
        let outboxes = [const { [const { None }; BURST] }; WORKERS];
        Self { frames, total, next: 0, lanes, outboxes, home }
    }

    /// Packets sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.sent).sum()
    }

    /// Packets that came back so far.
    pub(super) fn back(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.back).sum()
    }

    /// Whether every packet has been sent.
    pub(super) fn all_sent(&self) -> bool {
        self.sent() >= self.total
    }

    /// Sends a burst to each worker, until `due` are sent at most. What a full ring does not take waits, and the rest
    /// with it. Returns how many were sent.
    pub(super) fn send(&mut self, due: u64) -> Result<u64, Failure> {
        if self.outboxes.iter().flatten().all(Option::is_none) {
            self.fill_outboxes(due.min(self.total))?;
        }
        let mut sent = 0;
        for (lane, outbox) in self.lanes.iter_mut().zip(&mut self.outboxes) {
            let taken = lane.output.burst(outbox) as u64;
            lane.sent += taken;
            sent += taken;
        }
        Ok(sent)
    }

    /// Makes the next packets, below number `end`, until an outbox is full or the pool is empty.
    fn fill_outboxes(&mut self, end: u64) -> Result<(), Failure> {
        let mut filled = [0; WORKERS];
        while self.next < end {
            let frame = frame_of(self.frames, self.next);
            let worker = worker_for(frame);
            let count = filled.get_mut(worker);
            let place = self.outboxes.get_mut(worker).zip(count);
            let Some((place, count)) =
                place.and_then(|(outbox, count)| Some((outbox.get_mut(*count)?, count)))
            else {
                break;
            };
            let Some(mut packet) = self.home.alloc() else { break };
            fill(&mut packet, self.next, frame)?;
            *place = Some(packet);
            *count += 1;
            self.next += 1;
        }
        Ok(())
    }

    /// Takes back what has come, checks it, and frees it. Returns how many.
    pub(super) fn collect(&mut self) -> u64 {
        let mut taken = 0;
        let mut burst: Outbox<'a> = [const { None }; BURST];
        for (worker, lane) in (0u32..).zip(&mut self.lanes) {
            // Held up by a worker that is stopped in the middle: later.
            let came = lane.input.burst(self.home, &mut burst);
            for packet in burst.iter_mut().filter_map(Option::take) {
                let is_right = Note::read(&packet).is_some_and(|note| {
                    let frame = frame_of(self.frames, note.number);
                    lane.is_in_order(note, self.next) && is_turned(&packet, note, worker, frame)
                });
                lane.wrong += u64::from(!is_right);
            }
            lane.back += came as u64;
            taken += came as u64;
        }
        taken
    }

    /// Collects until all is back, or nothing has come for `quiet` and nothing waits in a ring;
    /// at most `limit`.
    pub(super) fn settle(&mut self, quiet: Duration, limit: Duration) {
        let (begun, mut last) = (Instant::now(), Instant::now());
        while begun.elapsed() < limit && self.back() < self.sent() {
            if self.collect() > 0 || self.waiting() > 0 {
                last = Instant::now();
            }
            if last.elapsed() >= quiet {
                break;
            }
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// Collects what is there, once the workers are gone, and frees what was not sent.
    pub(super) fn finish(&mut self) {
        while self.collect() > 0 {}
        self.outboxes.iter_mut().flatten().for_each(|place| *place = None);
    }

    /// Packets that wait in a ring.
    fn waiting(&self) -> u32 {
        self.lanes.iter().map(|lane| lane.there.count() + lane.back_here.count()).sum()
    }
}

fn frame_of(frames: &[Vec<u8>], number: u64) -> &[u8] {
    let index = number % frames.len().max(1) as u64;
    frames.get(index as usize).map_or(&[], Vec::as_slice)
}

/// The worker for a frame: both directions of a conversation go to the same one.
fn worker_for(frame: &[u8]) -> usize {
    let byte = |at: usize| usize::from(frame.get(at).copied().unwrap_or(0));
    // The sum of both MAC addresses and of what follows the type does not change with direction
    // for IPv4 addresses (26..34) either.
    let sum: usize = (0..12).chain(26..34).map(byte).sum();
    sum % WORKERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_of_a_conversation_go_to_one_worker() {
        let mut there: Vec<u8> = (0u8..60).map(|i| i.wrapping_mul(7)).collect();
        let here = worker_for(&there);
        let (a, b) = there.split_at_mut(6);
        a.swap_with_slice(&mut b[..6]);
        let (source, destination) = there[26..34].split_at_mut(4);
        source.swap_with_slice(destination);
        assert_eq!(worker_for(&there), here);
    }

    #[test]
    fn a_frame_of_no_bytes_has_a_worker_too() {
        assert!(worker_for(&[]) < WORKERS);
    }
}
