//! Rings: one or several, in or out, at each kind of end, with room, wrapping, full and empty.

use phalanx_core::ring::{Consumer, PutError, Ring, RingConfig, RingEnd, Sync};

use super::membership::Guest;
use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

/// The ring's name, and how many slots it has: one more than it holds.
const NAME: &str = "step.ring";
const SLOTS: u32 = 8;

/// What is in the ring before; what the operation adds.
const OLD: u64 = 100;
const NEW: u64 = 200;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    In,
    Out,
}

/// How the ring stands before the operation.
#[derive(Clone, Copy, Debug)]
enum Standing {
    Empty,
    Wrapping,
    Full,
    /// A dead process is in the middle of the end.
    BehindTheDead,
}

/// The slot of that process.
const DEAD: u16 = 51;

#[derive(Debug)]
struct RingOp {
    name: String,
    sync: Sync,
    way: Way,
    /// How many elements go at once.
    count: usize,
    /// How many elements have gone through it before, and how many are in it.
    gone: usize,
    held: usize,
    /// How many elements a dead process has reserved at the end.
    dead: usize,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let mut all: Vec<Box<dyn Operation>> = Vec::new();
    for sync in [Sync::Single, Sync::Multi, Sync::Rts, Sync::Hts] {
        for way in [Way::In, Way::Out] {
            for (count, how) in [(1, "one"), (4, "bulk")] {
                for standing in [Standing::Empty, Standing::Wrapping, Standing::Full] {
                    all.push(Box::new(RingOp::new(sync, way, count, how, standing)));
                }
                // (What a peek leaves; a relaxed end has none. Its mending is killed in the recoveries.)
                if let Sync::Multi | Sync::Hts = sync {
                    all.push(Box::new(RingOp::new(sync, way, count, how, Standing::BehindTheDead)));
                }
            }
        }
    }
    all
}

impl RingOp {
    fn new(sync: Sync, way: Way, count: usize, how: &str, standing: Standing) -> Self {
        let (gone, held) = match (standing, way) {
            (Standing::Empty, _) => (0, 0),
            (Standing::Full, _) => (0, SLOTS as usize - 1),
            // The next slot is the last one.
            (Standing::Wrapping, Way::In) => (6, 1),
            (Standing::Wrapping, Way::Out) => (7, 5),
            (Standing::BehindTheDead, Way::In) => (4, 2),
            (Standing::BehindTheDead, Way::Out) => (4, 5),
        };
        let dead = if let Standing::BehindTheDead = standing { 3 } else { 0 };
        let verb = if way == Way::In { "enqueue" } else { "dequeue" };
        let standing = match standing {
            Standing::BehindTheDead => "behind-the-dead".to_owned(),
            other => format!("{other:?}"),
        };
        let name = format!("ring.{sync:?}.{verb}-{how}.{standing}").to_lowercase();
        Self { name, sync, way, count, gone, held, dead }
    }

    fn old(&self) -> Vec<u64> {
        (OLD..).take(self.held).collect()
    }

    fn new_ones(&self) -> Vec<u64> {
        (NEW..).take(self.count).collect()
    }

    /// Another process reserves at the end, and dies.
    fn die_before(&self, member: &Member<'_>) -> Outcome {
        let guest = Guest::enter(member, DEAD)?;
        let ring = Ring::<u64>::lookup(&guest.group, NAME).map_err(sentence)?;
        if self.way == Way::In {
            let mut producer = ring.producer().map_err(sentence)?;
            core::mem::forget(producer.enqueue_start_bulk(self.dead).map_err(sentence)?);
        } else {
            let mut consumer = ring.consumer().map_err(sentence)?;
            core::mem::forget(consumer.dequeue_start_bulk(self.dead).map_err(sentence)?);
        }
        guest.die();
        Ok(())
    }

    /// What the ring holds if the operation was done.
    fn after(&self) -> Vec<u64> {
        let mut elements = self.old();
        match self.way {
            Way::In if self.held + self.count < SLOTS as usize => elements.extend(self.new_ones()),
            Way::Out if self.held >= self.count => drop(elements.drain(..self.count)),
            _ => {}
        }
        elements
    }
}

impl Operation for RingOp {
    fn name(&self) -> &str {
        &self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        let config = RingConfig::new(SLOTS).both(self.sync);
        let ring = Ring::<u64>::create(member.group, NAME, &config).map_err(sentence)?;
        let mut producer = ring.producer().map_err(sentence)?;
        let mut consumer = ring.consumer().map_err(sentence)?;
        producer.enqueue_bulk(&vec![0; self.gone]).map_err(sentence)?;
        consumer.dequeue_bulk(&mut vec![0; self.gone]).map_err(sentence)?;
        producer.enqueue_bulk(&self.old()).map_err(sentence)
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let ring = Ring::<u64>::lookup(member.group, NAME).map_err(sentence)?;
        let elements = self.new_ones();
        let mut room = [0u64; SLOTS as usize];
        let room = room.get_mut(..self.count).unwrap_or_default();
        if self.dead > 0 {
            self.die_before(member)?;
        }
        match (self.way, self.count) {
            (Way::In, 1) => {
                let mut producer = ring.producer().map_err(sentence)?;
                let _full = marks.around(|| producer.enqueue(NEW));
            }
            (Way::In, _) => {
                let mut producer = ring.producer().map_err(sentence)?;
                let _full = marks.around(|| producer.enqueue_bulk(&elements));
            }
            (Way::Out, 1) => {
                let mut consumer = ring.consumer().map_err(sentence)?;
                let _empty = marks.around(|| consumer.dequeue());
            }
            (Way::Out, _) => {
                let mut consumer = ring.consumer().map_err(sentence)?;
                let _empty = marks.around(|| consumer.dequeue_bulk(room));
            }
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        let ring = Ring::<u64>::lookup(member.group, NAME).map_err(sentence)?;
        let mut consumer = ring.consumer().map_err(sentence)?;
        let found = drain(&mut consumer)?;
        if found != self.old() && found != self.after() {
            let (old, after) = (self.old(), self.after());
            return Err(format!("the ring held {found:?}, neither {old:?} nor {after:?}"));
        }
        same("free places of an empty ring", ring.free_count(), ring.capacity())?;
        let mut producer = ring.producer().map_err(sentence)?;
        producer.enqueue_bulk(&[1, 2, 3, 4, 5]).map_err(sentence)?;
        same("the first of five", consumer.dequeue(), Ok(Some(1)))
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        let ring = Ring::<u64>::lookup(member.group, NAME).map_err(sentence)?;
        let mut consumer = ring.consumer().map_err(sentence)?;
        let mut producer = ring.producer().map_err(sentence)?;
        producer.enqueue_bulk(&[6, 7, 8]).map_err(sentence)?;
        same("a full ring takes", producer.enqueue(9).is_ok(), false)?;
        same("what two processes put in", drain(&mut consumer)?, (2..=8).collect())
    }
}

/// Whether the end of the tests' ring at which `verb` works is held up by process `pid`, and is said
/// to be, within a bounded time; the other end is not.
///
/// A relaxed end lets the others go on behind a stopped process, up to its greatest lead: here that
/// is nothing, so that they need what it has half done.
pub fn is_held_up(member: &Member<'_>, verb: &str, pid: u32) -> Outcome {
    let ring = Ring::<u64>::lookup(member.group, NAME).map_err(sentence)?;
    let mut producer = ring.producer().map_err(sentence)?;
    let mut consumer = ring.consumer().map_err(sentence)?;
    let end = if verb == "enqueue" { RingEnd::Producer } else { RingEnd::Consumer };
    if ring.lead_max(end).is_ok() {
        ring.set_lead_max(end, 0).map_err(sentence)?;
    }
    let count = ring.count();
    let held = match verb {
        "enqueue" => match producer.enqueue(0) {
            Err(PutError::Held(held)) => held,
            other => return Err(format!("an enqueue behind a stopped process: {other:?}")),
        },
        _ => match consumer.dequeue() {
            Err(held) => held,
            other => return Err(format!("a dequeue behind a stopped process: {other:?}")),
        },
    };
    same("who is said to hold the end up", held.pid, pid)?;
    let sentence = held.to_string();
    same("the error names it", sentence.contains(&pid.to_string()), true)?;
    same("elements, nothing having been done", ring.count(), count)
}

fn drain(consumer: &mut Consumer<u64>) -> Result<Vec<u64>, String> {
    let elements = core::iter::from_fn(|| consumer.dequeue().transpose());
    elements.take(2 * SLOTS as usize).collect::<Result<_, _>>().map_err(sentence)
}
