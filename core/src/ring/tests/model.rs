//! Every kind against a `VecDeque`, by random operations.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Put,
    PutBulk(usize),
    PutBurst(usize),
    Take,
    TakeBulk(usize),
    TakeBurst(usize),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => Just(Step::Put),
        4 => (0usize..12).prop_map(Step::PutBulk),
        4 => (0usize..12).prop_map(Step::PutBurst),
        8 => Just(Step::Take),
        4 => (0usize..12).prop_map(Step::TakeBulk),
        4 => (0usize..12).prop_map(Step::TakeBurst),
        1 => Just(Step::Clear),
    ]
}

struct Run<T: Element> {
    ends: (Producer<T>, Consumer<T>),
    model: VecDeque<T>,
    capacity: usize,
    next: u32,
}

impl<T: Numbered> Run<T> {
    fn put(&mut self, n: usize) -> Vec<T> {
        let batch = numbers(self.next, n);
        self.next += n as u32;
        batch
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        let free = self.capacity - self.model.len();
        let there = self.model.len();
        match step {
            Step::Put => {
                let batch = self.put(1);
                prop_assert_eq!(self.ends.0.enqueue(batch[0]).is_ok(), free > 0);
                self.model.extend(batch.into_iter().take(free));
            }
            Step::PutBulk(n) => {
                let batch = self.put(n);
                prop_assert_eq!(self.ends.0.enqueue_bulk(&batch).is_ok(), n <= free);
                self.model.extend(batch.into_iter().take(if n <= free { n } else { 0 }));
            }
            Step::PutBurst(n) => {
                let batch = self.put(n);
                prop_assert_eq!(self.ends.0.enqueue_burst(&batch), Ok(n.min(free)));
                self.model.extend(batch.into_iter().take(free));
            }
            Step::Take => prop_assert_eq!(self.ends.1.dequeue(), Ok(self.model.pop_front())),
            Step::TakeBulk(n) => {
                let mut out = numbers(0, n);
                prop_assert_eq!(self.ends.1.dequeue_bulk(&mut out).is_ok(), n <= there);
                if n <= there {
                    prop_assert_eq!(out, self.model.drain(..n).collect::<Vec<_>>());
                }
            }
            Step::TakeBurst(n) => {
                let mut out = numbers(0, n);
                let got = self.ends.1.dequeue_burst(&mut out).unwrap();
                prop_assert_eq!(got, n.min(there));
                prop_assert_eq!(&out[..got], self.model.drain(..got).collect::<Vec<_>>());
            }
            Step::Clear => {
                prop_assert_eq!(self.ends.1.clear(), Ok(there as u32));
                self.model.clear();
            }
        }
        prop_assert_eq!(self.ends.0.ring().count() as usize, self.model.len());
        prop_assert_eq!(self.ends.0.free() as usize, self.capacity - self.model.len());
        Ok(())
    }
}

fn agree<T: Numbered>(
    fixture: &Fixture,
    count: u32,
    start: u32,
    steps: &[Step],
) -> Result<(), TestCaseError> {
    for (producer, consumer) in pairs() {
        let config = RingConfig::exact(count).producer(producer).consumer(consumer);
        let ends = fixture.ends::<T>(config, start);
        let mut run = Run { ends, model: VecDeque::new(), capacity: count as usize, next: 0 };
        for step in steps {
            run.step(*step)?;
        }
    }
    Ok(())
}

#[test]
fn every_kind_behaves_like_a_bounded_queue() {
    let fixture = Fixture::new();
    let steps = proptest::collection::vec(step(), 1..80);
    let near_the_wrap = (0u32..64).prop_map(|back| 0u32.wrapping_sub(back));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&(1u32..17, near_the_wrap, steps), |(count, start, steps)| {
            agree::<u32>(&fixture, count, start, &steps)?;
            agree::<u64>(&fixture, count, start, &steps)?;
            agree::<[u32; 5]>(&fixture, count, start, &steps)
        })
        .unwrap();
}
