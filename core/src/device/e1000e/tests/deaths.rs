//! One claimant after the other dies, at any point of any burst: none of what comes is had twice, damaged or
//! before what came earlier, none of what goes is sent so, and no more is lost than they had in their hands.

use proptest::prelude::*;

use super::*;
use crate::device::ledger::Ledger;
use crate::fake::{End, die_at};

#[derive(Clone, Debug)]
enum Step {
    /// So many frames of so many bytes come.
    Come(usize, usize),
    /// A claimant receives a burst of so many, a bundle or packet by packet, and dies at this crash point or behind it all.
    Receive(usize, usize),
    /// A claimant sends so many, each of so many segments, a bundle where that is one, and dies likewise.
    Send(usize, usize, usize),
    /// The device sends so many descriptors.
    Transmit(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => ((1usize..20), (60usize..5000)).prop_map(|(count, len)| Step::Come(count, len)),
        2 => ((1usize..24), (0usize..160)).prop_map(|(most, at)| Step::Receive(most, at)),
        2 => (0usize..160).prop_map(|at| Step::Receive(Bundle::SIZE, at)),
        3 => ((1usize..9), (1usize..3), (0usize..90)).prop_map(|(n, parts, at)| Step::Send(n, parts, at)),
        2 => (1u32..24).prop_map(Step::Transmit),
    ];
    proptest::collection::vec(step, 1..60)
}

/// What a claimant that did not die too early has received.
fn receive(worker: &Group, model: &'static Model, most: usize) -> Vec<Vec<u8>> {
    let pool = MbufPool::lookup(worker, "packets").unwrap();
    let (home, mut rx) = (pool.home(), rx(worker, model, 0));
    if most == Bundle::SIZE {
        let mut got = Bundle::new(&home);
        rx.burst_unseen(&mut got);
        let got = got.open();
        let came = got.iter().flatten().map(bytes).collect();
        core::mem::forget((rx, got));
        return came;
    }
    let mut got: Vec<Option<Mbuf<'_>>> = (0..most).map(|_| None).collect();
    rx.burst(&home, &mut got);
    let came = got.iter().flatten().map(bytes).collect();
    core::mem::forget((rx, got));
    came
}

/// How many of these a claimant that did not die too early has sent.
fn send(worker: &Group, model: &'static Model, all: &[Vec<u8>], parts: usize) -> usize {
    let pool = MbufPool::lookup(worker, "packets").unwrap();
    let (home, mut tx) = (pool.home(), tx(worker, model, 0));
    if parts == 1 {
        let mut bundle = Bundle::new(&home);
        build(&mut bundle, all);
        let taken = tx.burst_unseen(&mut bundle);
        core::mem::forget((tx, bundle));
        return taken;
    }
    let made = |contents: &Vec<u8>| {
        let (first, rest) = contents.split_at(contents.len() / parts);
        let mut whole = packet(&home, first);
        if !rest.is_empty() {
            whole.chain(packet(&home, rest)).unwrap();
        }
        Some(whole)
    };
    let mut packets: Vec<_> = all.iter().map(made).collect();
    let taken = tx.burst(&mut packets);
    core::mem::forget((tx, packets));
    taken
}

struct Wire {
    stage: Stage,
    ledger: Ledger,
    number: u32,
    slot: u16,
}

impl Wire {
    fn sent(&mut self) -> Result<(), TestCaseError> {
        self.ledger.sent(self.stage.model.take_sent())
    }

    /// A claimant that dies at crash point `at` of `work`, or behind it.
    fn claimant<T: Send + 'static>(
        &mut self,
        at: usize,
        work: impl FnOnce(&Group, &'static Model) -> T + Send + 'static,
    ) -> Option<T> {
        self.slot += 1;
        let (worker, model) = (self.stage.join(self.slot), self.stage.model);
        let end = die_at(at, move || work(&worker, model));
        self.stage.kill(self.slot);
        self.stage.audit("after a death");
        if let End::Finished(done) = end { Some(done) } else { None }
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        let model = self.stage.model;
        match step {
            Step::Come(count, len) => {
                for _ in 0..count {
                    self.number += 1;
                    let bytes = frame(self.number, len);
                    if model.deliver(0, &bytes) {
                        self.ledger.comes(bytes);
                    }
                }
            }
            Step::Receive(most, at) => {
                match self.claimant(at, move |worker, model| receive(worker, model, most)) {
                    Some(all) => self.ledger.had(all)?,
                    None => self.ledger.dies_with(most),
                }
            }
            Step::Send(count, parts, at) => {
                let first = self.number;
                self.number += count as u32;
                let all: Vec<_> = (first..self.number).map(|it| frame(it, 90)).collect();
                let given = all.clone();
                let taken =
                    self.claimant(at, move |worker, model| send(worker, model, &given, parts));
                self.ledger.goes(all, taken.unwrap_or(0));
            }
            Step::Transmit(most) => {
                model.transmit(0, most);
                self.sent()?;
            }
        }
        Ok(())
    }
}

fn run(steps: Vec<Step>, sizes: E1000eSetup, mbufs: u32) -> Result<(), TestCaseError> {
    let setup = PortSetup { mtu: Some(9000), ..PortSetup::queues(1, 1) };
    let stage = Stage::sized(Chip::I82574l, setup, sizes, mbufs);
    if sizes.rx_size > SMALL.rx_size {
        // Filling it is a row of points of its own: nobody would come to the end of that.
        burst(&mut stage.rx(0), &stage.pool.home());
    }
    let mut wire = Wire { stage, ledger: Ledger::default(), number: 0, slot: 0 };
    for step in steps {
        wire.step(step)?;
    }
    let (stage, model) = (&wire.stage, wire.stage.model);
    let pool = MbufPool::lookup(&stage.group, "packets").unwrap();
    let (home, mut rx, tx) = (pool.home(), stage.rx(0), stage.tx(0));
    let last = (0..sizes.rx_size / 32 + 2).flat_map(|_| burst(&mut rx, &home)).collect();
    drop((rx, tx));
    wire.ledger.had(last)?;
    model.transmit(0, u32::MAX);
    wire.sent()?;
    wire.ledger.is_settled()?;
    wire.stage.device.shut_down(&wire.stage.port, &home).unwrap();
    prop_assert_eq!((wire.stage.audit("in the end"), pool.in_use_count()), (0, 0));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn packets_come_and_go_once_each_whoever_dies_when(steps in steps()) {
        run(steps, SMALL, MBUFS)?;
    }

    #[test]
    fn so_do_they_if_the_device_is_not_told_of_each_row(steps in steps()) {
        run(steps, WIDE, FEW)?;
    }
}
