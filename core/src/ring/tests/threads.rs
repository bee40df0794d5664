//! Threads on one ring: nothing torn, lost, doubled, or out of its producer's order.

use super::*;
use crate::sync::Contested64;

/// Elements that each producer puts in.
const EACH: u32 = 30_000;

/// Which producer, and its how-manieth.
fn number_of<T: Numbered>(producer: u32, i: u32) -> T {
    T::number(producer << 24 | i)
}

fn produce<T: Numbered>(mut p: Producer<T>, id: u32) {
    let mut next = 0;
    while next < EACH {
        let n = (next % 7 + 1).min(EACH - next);
        let batch: Vec<T> = (next..next + n).map(|i| number_of(id, i)).collect();
        let done = match next % 3 {
            // Held up by a thread that has no processor: again.
            0 => p.enqueue_burst(&batch).unwrap_or(0),
            1 => p.enqueue_bulk(&batch).map_or(0, |()| batch.len()),
            _ => usize::from(p.enqueue(batch[0]).is_ok()),
        };
        if done == 0 {
            std::thread::yield_now();
        }
        next += done as u32;
    }
}

fn consume<T: Numbered>(mut c: Consumer<T>, taken: &Contested64, total: u64) -> Vec<T> {
    let mut all = Vec::new();
    let mut buffer = numbers::<T>(0, 8);
    while taken.peek() < total {
        let got = match all.len() % 3 {
            0 => c.dequeue_burst(&mut buffer).unwrap_or(0),
            1 => c.dequeue_bulk(&mut buffer[..3]).map_or(0, |()| 3),
            _ => c.dequeue().unwrap_or(None).map_or(0, |it| {
                buffer[0] = it;
                1
            }),
        };
        // The last few may be fewer than a bulk wants.
        let got = if got == 0 { c.dequeue_burst(&mut buffer[..1]).unwrap_or(0) } else { got };
        if got == 0 {
            std::thread::yield_now();
        }
        all.extend_from_slice(&buffer[..got]);
        taken.add(got as u64);
    }
    all
}

/// Runs `producers` and `consumers` threads; checks what each consumer saw.
fn stress<T: Numbered>(fixture: &Fixture, config: RingConfig, producers: u32, consumers: u32) {
    let ring = fixture.ring_from::<T>(config, 0u32.wrapping_sub(EACH));
    let taken = Contested64::new(0);
    let total = u64::from(producers * EACH);
    let seen: Vec<Vec<T>> = std::thread::scope(|scope| {
        for id in 0..producers {
            let p = ring.producer().unwrap();
            scope.spawn(move || produce(p, id));
        }
        let consumers: Vec<_> = (0..consumers)
            .map(|_| {
                let (c, taken) = (ring.consumer().unwrap(), &taken);
                scope.spawn(move || consume(c, taken, total))
            })
            .collect();
        consumers.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    check(&seen, producers);
    assert!(ring.is_empty());
}

fn check<T: Numbered>(seen: &[Vec<T>], producers: u32) {
    let mut next = vec![vec![0u32; producers as usize]; seen.len()];
    let mut count = vec![[0u8; EACH as usize]; producers as usize];
    for (consumer, elements) in seen.iter().enumerate() {
        for element in elements {
            let (producer, i) = which(element, &next[consumer], producers);
            next[consumer][producer as usize] = i + 1;
            count[producer as usize][i as usize] += 1;
        }
    }
    assert!(count.iter().flatten().all(|n| *n == 1), "an element was lost or doubled");
}

/// Finds out which element this is; it must come after all that this consumer saw of its producer.
fn which<T: Numbered>(element: &T, next: &[u32], producers: u32) -> (u32, u32) {
    for producer in 0..producers {
        for i in next[producer as usize]..EACH {
            if *element == number_of(producer, i) {
                return (producer, i);
            }
        }
    }
    panic!("{element:?} is torn, or out of order");
}

fn kinds(producers: u32, consumers: u32) -> impl Iterator<Item = RingConfig> {
    pairs()
        .filter(move |(p, c)| {
            (producers == 1 || *p != Sync::Single) && (consumers == 1 || *c != Sync::Single)
        })
        .map(|(p, c)| RingConfig::new(64).producer(p).consumer(c))
}

#[test]
fn one_producer_and_one_consumer_see_the_same_stream() {
    let fixture = Fixture::new();
    for config in kinds(1, 1) {
        stress::<u64>(&fixture, config, 1, 1);
        stress::<[u32; 5]>(&fixture, config, 1, 1);
    }
}

#[test]
fn two_producers_keep_their_own_order() {
    let fixture = Fixture::new();
    for config in kinds(2, 1) {
        stress::<u64>(&fixture, config, 2, 1);
    }
}

#[test]
fn two_consumers_take_each_element_once() {
    let fixture = Fixture::new();
    for config in kinds(1, 2) {
        stress::<[u32; 4]>(&fixture, config, 1, 2);
    }
}

#[test]
fn two_producers_and_two_consumers_lose_nothing() {
    let fixture = Fixture::new();
    for config in kinds(2, 2) {
        stress::<u64>(&fixture, config, 2, 2);
    }
}
