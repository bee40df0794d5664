//! Our side of the comparison.
//!
//! Until `phalanx-core` has rings and mempools this is a plain SP/SC index ring with a cached index of
//! the other end, on atomics in a shared file: it proves the driver, not Phalanx. What it does not have
//! (MP/MC, mempools) it answers with "unknown subject", and the table shows a dash.

use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::cells::{Subject, Sync};
use crate::control::{RING_COUNT, map_words};
use crate::pair::{Pair, Priority};
use crate::peer::{Outcome, Task};
use crate::ring_ends::{Put, Take};
use crate::ring_loops;

/// What the tables call our side.
pub(crate) const NAME: &str = "stand-in";

/// Words between two things that different processes write: 128 bytes.
const BLOCK: usize = 16;
/// Words of one ring: head's block, tail's block, slots.
const RING_WORDS: usize = 2 * BLOCK + RING_COUNT;
/// Rings in the file: one for a peer alone, one there, one back.
const RINGS: usize = 3;
const MASK: u64 = RING_COUNT as u64 - 1;

/// Starts our pair: this program again, with `--peer`.
pub(crate) fn start(priority: Priority) -> io::Result<Pair> {
    let program = std::env::current_exe()?;
    let memory = std::env::temp_dir().join(format!("phalanx-bench-{}-memory", std::process::id()));
    File::create(&memory)?.set_len((RINGS * RING_WORDS * 8) as u64)?;
    let pair = Pair::start("ours", |control, me| {
        let mut command = priority.command(&program);
        command.arg("--peer").arg(control).arg(me.to_string()).arg(&memory);
        command
    });
    fs::remove_file(&memory)?;
    pair
}

/// One peer's ends of the rings.
#[derive(Debug)]
pub(crate) struct Ours {
    alone: (Producer, Consumer),
    out: Producer,
    back: Consumer,
}

impl Ours {
    /// Maps the file at `memory`; peer 0 sends on the ring peer 1 receives from, and the reverse.
    pub(crate) fn open(memory: &Path, me: usize) -> io::Result<Self> {
        let words = map_words(memory, RINGS * RING_WORDS)?;
        let ring = |index: usize| {
            let ring = &words[index * RING_WORDS..][..RING_WORDS];
            (&ring[0], &ring[BLOCK], &ring[2 * BLOCK..])
        };
        Ok(Self {
            alone: (Producer::new(ring(0)), Consumer::new(ring(0))),
            out: Producer::new(ring(1 + me)),
            back: Consumer::new(ring(2 - me)),
        })
    }

    /// Runs one slice.
    pub(crate) fn run(&mut self, task: &Task) -> Outcome {
        match (task.subject, task.sync) {
            (Subject::RingAlone, Sync::Single) => {
                ring_loops::alone(task, &mut self.alone.0, &mut self.alone.1)
            }
            (Subject::RingAcross, Sync::Single) if task.me == 0 => {
                ring_loops::produce(task, &mut self.out)
            }
            (Subject::RingAcross, Sync::Single) => ring_loops::consume(task, &mut self.back),
            (Subject::RingTrip, Sync::Single) => {
                ring_loops::trip(task, &mut self.out, &mut self.back)
            }
            _ => Outcome::UNKNOWN,
        }
    }
}

type Parts = (&'static AtomicU64, &'static AtomicU64, &'static [AtomicU64]);

/// The producing end: its own index, and the last index it saw of the other end.
#[derive(Debug)]
struct Producer {
    head: &'static AtomicU64,
    tail: &'static AtomicU64,
    slots: &'static [AtomicU64],
    next: u64,
    seen_head: u64,
}

impl Producer {
    fn new((head, tail, slots): Parts) -> Self {
        Self { head, tail, slots, next: 0, seen_head: 0 }
    }

    #[inline(always)]
    fn room(&mut self, wanted: u64) -> u64 {
        let capacity = MASK;
        if capacity - (self.next - self.seen_head) < wanted {
            self.seen_head = self.head.load(Ordering::Acquire);
        }
        capacity - (self.next - self.seen_head)
    }

    #[inline(always)]
    fn publish(&mut self, from: &[u64]) {
        for (position, element) in (self.next..).zip(from) {
            self.slots[(position & MASK) as usize].store(*element, Ordering::Relaxed);
        }
        self.next += from.len() as u64;
        self.tail.store(self.next, Ordering::Release);
    }
}

impl Put for Producer {
    #[inline(always)]
    fn put_one(&mut self, element: u64) -> bool {
        self.put_bulk(&[element])
    }

    #[inline(always)]
    fn put_bulk(&mut self, from: &[u64]) -> bool {
        let fits = self.room(from.len() as u64) >= from.len() as u64;
        if fits {
            self.publish(from);
        }
        fits
    }

    #[inline(always)]
    fn put_burst(&mut self, from: &[u64]) -> usize {
        let n = from.len().min(self.room(from.len() as u64) as usize);
        self.publish(&from[..n]);
        n
    }
}

/// The consuming end.
#[derive(Debug)]
struct Consumer {
    head: &'static AtomicU64,
    tail: &'static AtomicU64,
    slots: &'static [AtomicU64],
    next: u64,
    seen_tail: u64,
}

impl Consumer {
    fn new((head, tail, slots): Parts) -> Self {
        Self { head, tail, slots, next: 0, seen_tail: 0 }
    }

    #[inline(always)]
    fn available(&mut self, wanted: u64) -> u64 {
        if self.seen_tail - self.next < wanted {
            self.seen_tail = self.tail.load(Ordering::Acquire);
        }
        self.seen_tail - self.next
    }

    #[inline(always)]
    fn release(&mut self, to: &mut [u64]) {
        for (position, place) in (self.next..).zip(&mut *to) {
            *place = self.slots[(position & MASK) as usize].load(Ordering::Relaxed);
        }
        self.next += to.len() as u64;
        self.head.store(self.next, Ordering::Release);
    }
}

impl Take for Consumer {
    #[inline(always)]
    fn take_one(&mut self) -> Option<u64> {
        let mut place = [0];
        self.take_bulk(&mut place).then_some(place[0])
    }

    #[inline(always)]
    fn take_bulk(&mut self, to: &mut [u64]) -> bool {
        let there = self.available(to.len() as u64) >= to.len() as u64;
        if there {
            self.release(to);
        }
        there
    }

    #[inline(always)]
    fn take_burst(&mut self, to: &mut [u64]) -> usize {
        let n = to.len().min(self.available(to.len() as u64) as usize);
        if n > 0 {
            self.release(&mut to[..n]);
        }
        n
    }
}
