//! The work: buffers from the pool into a ring, out of a ring back to the pool or into the other.

#![expect(unsafe_code, reason = "moves buffers by their places")]

use std::sync::mpsc::{Receiver, TryRecvError};

use phalanx_core::group::{Group, Lcore};
use phalanx_core::mempool::{
    Mempool, ObjectConsumer, ObjectProducer, ObjectRing, PoolCache, PoolConfig,
};
use phalanx_core::offset::Offset;
use phalanx_core::ring::{Held, RingConfig};
use phalanx_linux::eal::Eal;
use phalanx_tests::step::recovery;

use crate::sums::{End, Kind, Sums};

/// Buffers of the pool; rings and caches hold about half of them.
const BUFFERS: u32 = 1024;
const CACHE: u32 = 32;
const SLOTS: u32 = 256;
/// At most so many go at once.
const BATCH: usize = 16;
/// Rounds between two looks whether somebody has died.
const LOOK: u64 = 256;
/// Rounds between two looks at the turns on a CPU.
const TURNS: u64 = 64;

type Places = [Offset<u64>];

/// The pool and the rings, made by whoever comes first.
pub(crate) struct Stage {
    pub(crate) pool: Mempool<u64>,
    pub(crate) rings: [ObjectRing<u64>; 2],
}

impl Stage {
    pub(crate) fn of(group: &Group) -> Result<Self, String> {
        let config = PoolConfig::new(BUFFERS).cache(CACHE).recoverable();
        let pool = Mempool::create_or_attach(group, "storm.pool", &config).map_err(sentence)?.0;
        let ring = |name| {
            let made = ObjectRing::create_or_attach(group, name, &RingConfig::new(SLOTS));
            made.map(|(ring, _)| ring).map_err(sentence)
        };
        Ok(Self { pool, rings: [ring("storm.ring.0")?, ring("storm.ring.1")?] })
    }

    /// Takes what there is. Each place is the caller's then.
    pub(crate) fn dequeue(
        consumer: &mut ObjectConsumer<u64>,
        cache: &PoolCache<'_, u64>,
        places: &mut Places,
    ) -> Result<usize, Held> {
        consumer.dequeue_burst(cache, places)
    }

    /// Puts back what was got from the pool or came out of a ring.
    pub(crate) fn put(cache: &PoolCache<'_, u64>, places: &Places) {
        // SAFETY: the callers hold them, each once, and forget them.
        unsafe { cache.put_bulk(places) };
    }
}

/// One process's hands.
struct Worker<'a> {
    group: &'a Group,
    lcore: &'a Lcore,
    cache: PoolCache<'a, u64>,
    producers: [ObjectProducer<u64>; 2],
    consumers: [ObjectConsumer<u64>; 2],
    sums: Sums,
    random: u64,
}

/// Works until `stop` comes, or the end of the input.
pub(crate) fn work(eal: &Eal, lines: &Receiver<String>) -> Result<(), String> {
    let (group, lcore) = (eal.group(), eal.main_lcore());
    recovery::recover_if_free(group)?;
    let stage = Stage::of(group)?;
    let [first, second] = &stage.rings;
    let mut worker = Worker {
        group,
        lcore,
        cache: stage.pool.cache(lcore).map_err(sentence)?,
        producers: [first.producer().map_err(sentence)?, second.producer().map_err(sentence)?],
        consumers: [first.consumer().map_err(sentence)?, second.consumer().map_err(sentence)?],
        sums: Sums::of(group)?,
        random: u64::from(std::process::id()) | 1,
    };
    for round in 1u64.. {
        worker.round()?;
        if round.is_multiple_of(TURNS) {
            worker.sums.look_at_turns();
        }
        if round.is_multiple_of(LOOK) {
            worker.sums.look_at_stolen();
            worker.recover()?;
            match lines.try_recv() {
                Ok(line) if line == "stop" => break,
                Ok(other) => return Err(format!("'{other}' before stop")),
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {}
            }
        }
    }
    worker.cache.flush();
    Ok(())
}

impl Worker<'_> {
    /// Some out of the pool and into a ring, some out of a ring, and on or back.
    fn round(&mut self) -> Result<(), String> {
        let id = self.lcore.id();
        let (count, way) = (1 + self.next(BATCH), self.next(2));
        let mut places = [Offset::NONE; BATCH];
        let places = places.get_mut(..count).unwrap_or_default();
        let got = self.sums.time(
            id,
            Kind::Get,
            || self.cache.get_bulk(places),
            |got| match got {
                Ok(()) => End::Done,
                Err(_) => End::Nothing,
            },
        );
        if got.is_ok() {
            self.send(way, places)?;
        } else {
            // The dead may have them.
            self.recover()?;
        }
        let way = self.next(2);
        let mut places = [Offset::NONE; BATCH];
        let (consumer, cache) = (self.consumers.get_mut(way), &self.cache);
        let consumer = consumer.ok_or("there are two rings")?;
        let dequeue = || Stage::dequeue(consumer, cache, &mut places);
        let taken = self.sums.time(id, Kind::Dequeue, dequeue, moved);
        // A living process in the middle, without a CPU: nothing has changed.
        let taken = taken.unwrap_or_else(|_| self.sums.note_held(id));
        let places = places.get(..taken).unwrap_or_default();
        if self.next(4) == 0 {
            return self.send(1 - way, places);
        }
        self.sums.time(id, Kind::Put, || Stage::put(&self.cache, places), |()| End::Done);
        Ok(())
    }

    /// Into a ring what fits, the rest back to the pool.
    fn send(&mut self, way: usize, places: &Places) -> Result<(), String> {
        let id = self.lcore.id();
        let producer = self.producers.get_mut(way).ok_or("there are two rings")?;
        // SAFETY: got from the pool, or out of a ring, just now; each once; what went in is
        // forgotten.
        let enqueue = || unsafe { producer.enqueue_burst(places) };
        let sent = self.sums.time(id, Kind::Enqueue, enqueue, moved);
        // A living process in the middle, without a CPU: nothing has changed.
        let sent = sent.unwrap_or_else(|_| self.sums.note_held(id));
        let rest = places.get(sent..).unwrap_or_default();
        self.sums.time(id, Kind::Put, || Stage::put(&self.cache, rest), |()| End::Done);
        Ok(())
    }

    /// What every survivor does now and then. Another that does it already is as good.
    fn recover(&mut self) -> Result<(), String> {
        let (group, id) = (self.group, self.lcore.id());
        let recover = || recovery::recover_if_free(group);
        let reaped = self.sums.time(id, Kind::Recover, recover, |reaped| match reaped {
            Ok(0) | Err(_) => End::Nothing,
            Ok(_) => End::Done,
        });
        reaped.map(drop)
    }

    /// A number below `end` that looks random.
    fn next(&mut self, end: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) as usize % end
    }
}

fn moved(result: &Result<usize, Held>) -> End {
    match result {
        Ok(0) => End::Nothing,
        Ok(_) => End::Done,
        Err(_) => End::Held,
    }
}

fn sentence(error: impl core::fmt::Display) -> String {
    error.to_string()
}
