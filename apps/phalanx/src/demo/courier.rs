//! The primary's part: every packet out to a worker and back, counted both ways.

use core::time::Duration;
use std::time::Instant;

use demo_lane::{BURST, Packet, RING, WORKERS};
use phalanx_core::group::Lcore;
use phalanx_core::mempool::{Mempool, ObjectConsumer, ObjectProducer, ObjectRing, PoolCache};

use crate::Failure;

/// One worker as the primary sees it.
#[derive(Debug)]
pub(super) struct Lane {
    /// To the worker.
    pub there: ObjectRing<Packet>,
    /// From the worker.
    pub back_here: ObjectRing<Packet>,
    /// This process's end of the ring to it.
    pub output: ObjectProducer<Packet>,
    /// This process's end of the ring from it.
    pub input: ObjectConsumer<Packet>,
    /// Packets sent to it.
    pub sent: u64,
    /// Packets that came back.
    pub back: u64,
    /// Packets that came back other than they should.
    pub wrong: u64,
}

/// Packets on their way, and the books on them.
pub(super) struct Courier<'a> {
    frames: &'a [Vec<u8>],
    total: u64,
    next: u64,
    /// The lanes, by worker.
    pub lanes: [Lane; WORKERS],
    cache: PoolCache<'a, Packet>,
}

impl<'a> Courier<'a> {
    /// A courier for `total` packets, `frames` over and over.
    pub(super) fn new(
        frames: &'a [Vec<u8>],
        total: u64,
        lanes: [Lane; WORKERS],
        pool: &'a Mempool<Packet>,
        lcore: &'a Lcore,
    ) -> Result<Self, Failure> {
        Ok(Self { frames, total, next: 0, lanes, cache: pool.cache(lcore)? })
    }

    /// Packets sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.next
    }

    /// Packets that came back so far.
    pub(super) fn back(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.back).sum()
    }

    /// Whether every packet has been sent.
    pub(super) fn all_sent(&self) -> bool {
        self.next >= self.total
    }

    /// Sends packets until `due` are sent, a ring is full or the pool is empty. Returns how many.
    pub(super) fn send(&mut self, due: u64) -> u64 {
        let first = self.next;
        while self.next < due.min(self.total) {
            let frame = frame_of(self.frames, self.next);
            let Some(lane) = self.lanes.get_mut(worker_for(frame)) else { break };
            if lane.there.count() >= RING - 1 {
                break;
            }
            let Some(mut packet) = self.cache.get() else { break };
            packet.fill(self.next, frame);
            // There is room: this process is the ring's only producer. If not, the buffer goes back.
            if lane.output.enqueue(packet).is_err() {
                break;
            }
            lane.sent += 1;
            self.next += 1;
        }
        self.next - first
    }

    /// Takes back what has come, checks it, and frees it. Returns how many.
    pub(super) fn collect(&mut self) -> u64 {
        let mut taken = 0;
        for lane in &mut self.lanes {
            for _ in 0..BURST {
                // Held up by a worker that is stopped in the middle: later.
                let Ok(Some(packet)) = lane.input.dequeue(&self.cache) else { break };
                let is_right = packet.number < self.next
                    && packet.is_turned(frame_of(self.frames, packet.number));
                lane.wrong += u64::from(!is_right);
                lane.back += 1;
                taken += 1;
            }
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

    /// Collects what is there, once the workers are gone, and gives the cache back to the pool.
    pub(super) fn finish(&mut self) {
        while self.collect() > 0 {}
        self.cache.flush();
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
