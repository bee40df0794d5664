//! Whatever happens in whatever order: packets come and go as two queues of a program would have them.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// A frame comes.
    Come(usize),
    /// A burst of so many is received.
    Receive(usize),
    /// So many are sent, each of so many segments.
    Send(usize, usize),
    /// The device sends so many descriptors.
    Transmit(u32),
    /// Both queues are given up and had anew.
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (60usize..6000).prop_map(Step::Come),
        3 => (1usize..40).prop_map(Step::Receive),
        3 => ((1usize..12), (1usize..4)).prop_map(|(count, segments)| Step::Send(count, segments)),
        3 => (1u32..24).prop_map(Step::Transmit),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..120)
}

fn run(steps: Vec<Step>, sizes: E1000eSetup, mbufs: u32) -> Result<(), TestCaseError> {
    let setup = PortSetup { mtu: Some(9000), ..PortSetup::queues(1, 1) };
    let stage = Stage::sized(Chip::I82574l, setup, sizes, mbufs);
    let home = stage.pool.home();
    let (mut coming, mut going, mut number) = (VecDeque::new(), VecDeque::new(), 0);
    let mut queues = (stage.rx(0), stage.tx(0));
    let is_wide = sizes.rx_size > SMALL.rx_size;
    if is_wide {
        burst(&mut queues.0, &home);
    }
    for step in steps {
        number += 1;
        match step {
            Step::Come(len) if is_wide => {
                // Many short ones: several times around.
                for number in 0..len as u32 % 100 {
                    let (bytes, was_empty) = (frame(number, 60 + len % 900), coming.is_empty());
                    let is_taken = stage.model.deliver(0, &bytes);
                    prop_assert!(is_taken || !was_empty, "it has buffers that it is not told of");
                    if is_taken {
                        coming.push_back(bytes);
                    }
                }
            }
            Step::Come(len) => {
                if stage.model.deliver(0, &frame(number, len)) {
                    coming.push_back(frame(number, len));
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
                let made = |_| {
                    let mut all = packet(&home, &frame(number, 60));
                    (1..segments).for_each(|_| all.chain(packet(&home, &[7; 9])).unwrap());
                    Some(all)
                };
                let mut packets: Vec<_> = (0..count).map(made).collect();
                let contents: Vec<_> = packets.iter().flatten().map(bytes).collect();
                let taken = queues.1.burst(&mut packets);
                going.extend(contents.into_iter().take(taken));
            }
            Step::Transmit(most) => {
                stage.model.transmit(0, most);
                for sent in stage.model.take_sent() {
                    prop_assert_eq!(Some(sent), going.pop_front());
                }
            }
            Step::Reopen => {
                drop(queues);
                queues = (stage.rx(0), stage.tx(0));
            }
        }
    }
    stage.audit("in the end");
    drop(queues);
    stage.device.shut_down(&stage.port, &home).unwrap();
    prop_assert_eq!(stage.pool.in_use_count(), 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn packets_come_and_go_in_order_whatever_is_done_when(steps in steps()) {
        run(steps, SMALL, MBUFS)?;
    }

    #[test]
    fn so_do_they_if_the_device_is_not_told_of_each_row(steps in steps()) {
        run(steps, WIDE, FEW)?;
    }
}
