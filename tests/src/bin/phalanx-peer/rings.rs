//! Commands about rings. Elements are `producer << 32 | sequence`, so that a consumer sees what
//! was lost, doubled, torn or overtaken.
#![expect(unsafe_code, reason = "destroys a ring that other processes could still use")]

use std::collections::HashMap;

use phalanx_core::group::Group;
use phalanx_core::ring::{Consumer, Producer, Ring, RingConfig, Sync};

use crate::obey::{Answer, number, sentence};

/// How many elements go at once.
const BATCH: usize = 32;

/// | command | answers |
/// |---|---|
/// | `ring NAME COUNT SYNC` creates one, both ends synchronised so | its capacity |
/// | `waitable-ring NAME COUNT SYNC` one whose consumers may sleep | its capacity |
/// | `find-ring NAME` | its capacity |
/// | `find-ring-of-halves NAME` looks it up as one of 32-bit elements | |
/// | `destroy-ring NAME` | |
/// | `produce NAME ME COUNT` puts that many elements of producer ME in | |
/// | `put NAME ME COUNT` the same, and wakes nobody, as who dies before it can | |
/// | `consume NAME COUNT` takes so many out | how many came of each producer, by number |
pub(crate) fn answer(group: &Group, words: &[&str]) -> Answer {
    match words {
        ["ring", name, count, sync] => {
            let config = RingConfig::new(number(count)?).both(sync_named(sync)?);
            let ring = Ring::<u64>::create(group, name, &config).map_err(sentence)?;
            Ok(ring.capacity().to_string())
        }
        ["waitable-ring", name, count, sync] => {
            let config = RingConfig::new(number(count)?).both(sync_named(sync)?).waitable();
            let ring = Ring::<u64>::create(group, name, &config).map_err(sentence)?;
            Ok(ring.capacity().to_string())
        }
        ["find-ring", name] => Ok(find(group, name)?.capacity().to_string()),
        ["find-ring-of-halves", name] => {
            Ring::<u32>::lookup(group, name).map(|_| String::new()).map_err(sentence)
        }
        ["destroy-ring", name] => {
            // SAFETY: the test that says so has no process use the ring afterwards.
            unsafe { Ring::<u64>::destroy(group, name) }.map(|()| String::new()).map_err(sentence)
        }
        ["produce", name, me, count] => {
            let mut producer = find(group, name)?.producer().map_err(sentence)?;
            // Nothing, unless consumers may sleep.
            produce(&mut producer, number(me)?, number(count)?, Producer::wake)?;
            Ok(String::new())
        }
        ["put", name, me, count] => {
            let mut producer = find(group, name)?.producer().map_err(sentence)?;
            produce(&mut producer, number(me)?, number(count)?, |_| ())?;
            Ok(String::new())
        }
        ["consume", name, count] => {
            let mut consumer = find(group, name)?.consumer().map_err(sentence)?;
            consume(&mut consumer, number(count)?)
        }
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

/// The ring `name`.
pub(crate) fn find(group: &Group, name: &str) -> Result<Ring<u64>, String> {
    Ring::lookup(group, name).map_err(sentence)
}

fn sync_named(name: &str) -> Result<Sync, String> {
    match name {
        "single" => Ok(Sync::Single),
        "multi" => Ok(Sync::Multi),
        "rts" => Ok(Sync::Rts),
        "hts" => Ok(Sync::Hts),
        other => Err(format!("'{other}' is no way to synchronise")),
    }
}

/// `after_each` burst.
fn produce(
    producer: &mut Producer<u64>,
    me: u32,
    count: u32,
    after_each: impl Fn(&Producer<u64>),
) -> Result<(), String> {
    let element = |sequence: u32| u64::from(me) << 32 | u64::from(sequence);
    let mut next = 0;
    while next < count {
        let batch: Vec<u64> = (next..count).take(BATCH).map(element).collect();
        match producer.enqueue_burst(&batch).map_err(sentence)? {
            0 => std::thread::yield_now(),
            // A batch is far below 2^32.
            taken => next += taken as u32,
        }
        after_each(producer);
    }
    Ok(())
}

/// Each producer's elements must come in its order; there may be gaps, which went to others.
fn consume(consumer: &mut Consumer<u64>, count: usize) -> Answer {
    let mut seen: HashMap<u64, (u64, u64)> = HashMap::new();
    let mut batch = [0; BATCH];
    let mut left = count;
    while left > 0 {
        let room = batch.get_mut(..left.min(BATCH)).unwrap_or_default();
        let taken = consumer.dequeue_burst(room).map_err(sentence)?;
        if taken == 0 {
            std::thread::yield_now();
        }
        for element in room.iter().take(taken) {
            let (producer, sequence) = (element >> 32, element & 0xffff_ffff);
            let (times, next) = seen.entry(producer).or_insert((0, 0));
            if sequence < *next {
                return Err(format!("element {sequence} of producer {producer} came after {next}"));
            }
            (*times, *next) = (*times + 1, sequence + 1);
        }
        left -= taken;
    }
    let mut counts: Vec<String> =
        seen.iter().map(|(producer, (times, _))| format!("{producer}:{times}")).collect();
    counts.sort();
    Ok(counts.join(" "))
}
