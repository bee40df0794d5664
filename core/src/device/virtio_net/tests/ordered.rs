//! Whatever happens in whatever order: each packet that comes is had once, each that goes is sent once.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// The device fills so many buffers, and gives them back turned by so many.
    Come(usize, usize),
    /// A burst of so many is received.
    Receive(usize),
    /// So many are sent, each of so many segments.
    Send(usize, usize),
    /// The device sends so many packets, and gives them back turned by so many.
    Transmit(u32, usize),
    /// Both queues are given up and had anew.
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => ((1usize..9), (0usize..9)).prop_map(|(count, turn)| Step::Come(count, turn)),
        3 => (1usize..40).prop_map(Step::Receive),
        3 => ((1usize..12), (1usize..4)).prop_map(|(count, segments)| Step::Send(count, segments)),
        3 => ((1u32..12), (0usize..9)).prop_map(|(most, turn)| Step::Transmit(most, turn)),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..120)
}

fn turned<T>(mut all: Vec<T>, by: usize) -> Vec<T> {
    let len = all.len().max(1);
    all.rotate_left(by % len);
    all
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let stage = Stage::new(1);
    let (home, model) = (stage.pool.home(), stage.model);
    let (mut coming, mut going, mut number) = (VecDeque::new(), VecDeque::new(), 0u32);
    let mut queues = (stage.rx(0), stage.tx(0));
    for step in steps {
        match step {
            Step::Come(count, turn) => {
                let mut filled = Vec::new();
                for _ in 0..count {
                    number += 1;
                    let bytes = frame(number, 60 + number as usize % 1400);
                    let Some(it) = model.fill(0, &bytes) else { break };
                    filled.push((it, bytes));
                }
                for ((head, len), bytes) in turned(filled, turn) {
                    model.give(0, head, len);
                    coming.push_back(bytes);
                }
            }
            Step::Receive(most) => {
                let mut got: Vec<Option<Mbuf<'_>>> = (0..most).map(|_| None).collect();
                let count = queues.0.burst(&home, &mut got);
                for came in got.iter().take(count).flatten() {
                    prop_assert_eq!(Some(bytes(came)), coming.pop_front());
                }
                prop_assert!(count == most || coming.is_empty());
            }
            Step::Send(count, segments) => {
                let mut made = || {
                    number += 1;
                    let mut all = packet(&home, &frame(number, 60));
                    (1..segments).for_each(|_| all.chain(packet(&home, &[7; 9])).unwrap());
                    Some(all)
                };
                let mut packets: Vec<_> = (0..count).map(|_| made()).collect();
                let contents: Vec<_> = packets.iter().flatten().map(bytes).collect();
                let taken = queues.1.burst(&mut packets);
                going.extend(contents.into_iter().take(taken));
            }
            Step::Transmit(most, turn) => {
                for head in turned(model.send(0, most), turn) {
                    model.give(1, head.into(), 0);
                }
                for sent in model.take_sent() {
                    prop_assert_eq!(Some(sent), going.pop_front());
                }
            }
            Step::Reopen => {
                drop(queues);
                queues = (stage.rx(0), stage.tx(0));
            }
        }
    }
    prop_assert_eq!(queues.0.claim().stats().errors, 0);
    stage.audit("in the end");
    drop(queues);
    stage.device.shut_down(&stage.port, &home).unwrap();
    prop_assert_eq!(stage.pool.in_use_count(), 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn packets_come_and_go_once_each_whatever_is_done_when(steps in steps()) {
        run(steps)?;
    }
}
