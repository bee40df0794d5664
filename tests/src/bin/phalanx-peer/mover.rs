//! A thread that moves elements from one ring to another until it is told to stop, while the peer
//! answers other commands.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;

use phalanx_core::group::Group;
use phalanx_core::ring::{Consumer, Producer};

use crate::obey::{Answer, sentence};
use crate::rings;

/// How many elements go at once.
const BATCH: usize = 8;

/// A running thread.
pub(crate) struct Mover {
    stop: Arc<AtomicBool>,
    moved: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

/// | command | answers |
/// |---|---|
/// | `move FROM TO` begins | |
/// | `moved` | how many elements went so far |
/// | `stop-moving` ends, with nothing in its hands | how many went |
/// | `drain RING` takes out what is there | how many, and the sum of their low halves |
pub(crate) fn answer(group: &Group, mover: &mut Option<Mover>, words: &[&str]) -> Answer {
    match words {
        ["move", from, to] => {
            let from = rings::find(group, from)?.consumer().map_err(sentence)?;
            let to = rings::find(group, to)?.producer().map_err(sentence)?;
            *mover = Some(Mover::start(from, to));
            Ok(String::new())
        }
        ["moved"] => {
            let mover = mover.as_ref().ok_or("nothing moves")?;
            Ok(mover.moved.load(Ordering::Acquire).to_string())
        }
        ["stop-moving"] => {
            let mover = mover.take().ok_or("nothing moves")?;
            mover.stop.store(true, Ordering::Release);
            mover.thread.join().map_err(|_| "the mover has panicked")?;
            Ok(mover.moved.load(Ordering::Acquire).to_string())
        }
        ["drain", ring] => {
            let mut consumer = rings::find(group, ring)?.consumer().map_err(sentence)?;
            let (mut count, mut sum, mut batch) = (0, 0, [0u64; BATCH]);
            loop {
                let taken = consumer.dequeue_burst(&mut batch).map_err(sentence)?;
                if taken == 0 {
                    return Ok(format!("{count} {sum}"));
                }
                count += taken;
                sum += batch.iter().take(taken).map(|element| element & 0xffff_ffff).sum::<u64>();
            }
        }
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

impl Mover {
    fn start(mut from: Consumer<u64>, mut to: Producer<u64>) -> Self {
        let (stop, moved) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&moved));
        let thread = std::thread::spawn(move || {
            let mut batch = [0; BATCH];
            while !stopped.load(Ordering::Acquire) {
                // A call that somebody holds up is made again, until it is time to stop.
                let taken = from.dequeue_burst(&mut batch).unwrap_or(0);
                let mut left = batch.get(..taken).unwrap_or_default();
                while !left.is_empty() {
                    let sent = to.enqueue_burst(left).unwrap_or(0);
                    left = left.get(sent..).unwrap_or_default();
                    if sent == 0 {
                        std::thread::yield_now();
                    }
                }
                counted.fetch_add(taken as u64, Ordering::AcqRel);
                if taken == 0 {
                    std::thread::yield_now();
                }
            }
        });
        Self { stop, moved, thread }
    }
}
