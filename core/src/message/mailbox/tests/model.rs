//! A mailbox against a model: senders that work step by step and are killed between any two, an
//! owner that takes and is killed, menders at any time.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::message::mailbox::put::Claim;

const SENDERS: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The sender's next step: claim, fill, publish, ring.
    Send(usize, Class),
    /// The sender dies where it is; another takes its place.
    Kill(usize),
    Take,
    /// The owner dies; the slot's next tenant takes only what is sent from now on.
    KillOwner,
    Mend,
    LookThrough,
}

enum Doing<'a> {
    Nothing,
    Claimed(Claim<'a>),
    Filled(Claim<'a>),
    Ready(Ready<'a>),
}

fn step() -> impl Strategy<Value = Step> {
    let class = prop_oneof![Just(Class::Message), Just(Class::Request), Just(Class::Reply)];
    prop_oneof![
        20 => (0..SENDERS, class).prop_map(|(sender, class)| Step::Send(sender, class)),
        2 => (0..SENDERS).prop_map(Step::Kill),
        4 => Just(Step::Take),
        1 => Just(Step::KillOwner),
        1 => Just(Step::Mend),
        1 => Just(Step::LookThrough),
    ]
}

/// One run: `senders[i]` is the number of the process that now plays sender `i`.
struct Run<'a> {
    mailbox: &'a Mailbox,
    queue: Queue,
    senders: [usize; SENDERS],
    doing: [Doing<'a>; SENDERS],
    /// Each process's next number, and what of it was made ready and not taken.
    next: BTreeMap<usize, u64>,
    ready: BTreeMap<usize, Vec<u64>>,
    newest: usize,
}

impl<'a> Run<'a> {
    fn new(mailbox: &'a Mailbox) -> Self {
        Self {
            mailbox,
            queue: Queue::new(),
            senders: core::array::from_fn(|i| i),
            doing: core::array::from_fn(|_| Doing::Nothing),
            next: BTreeMap::new(),
            ready: BTreeMap::new(),
            newest: SENDERS,
        }
    }

    fn send(&mut self, sender: usize, class: Class) {
        let process = self.senders[sender];
        let number = self.next.entry(process).or_default();
        let doing = core::mem::replace(&mut self.doing[sender], Doing::Nothing);
        self.doing[sender] = match doing {
            Doing::Nothing => match self.mailbox.claim(tag(process), class) {
                Some(claim) => Doing::Claimed(claim),
                None => Doing::Nothing,
            },
            Doing::Claimed(claim) => {
                claim.fill(words(process, *number).into_iter());
                Doing::Filled(claim)
            }
            Doing::Filled(claim) => {
                let ready = claim.publish(2).expect("a living sender's cell is its own");
                self.ready.entry(process).or_default().push(*number);
                *number += 1;
                Doing::Ready(ready)
            }
            Doing::Ready(ready) => {
                ready.ring();
                Doing::Nothing
            }
        };
    }

    fn is_gone(&self) -> impl Fn(u16) -> bool + use<> {
        let living = self.senders;
        move |of| !living.iter().any(|process| tag(*process) == of)
    }

    fn check(&mut self, taken: Option<(usize, u64)>) -> Result<bool, TestCaseError> {
        let Some((process, number)) = taken else { return Ok(false) };
        let waiting = self.ready.entry(process).or_default();
        prop_assert!(!waiting.is_empty(), "{number} of {process} came twice");
        prop_assert_eq!(waiting.remove(0), number, "of process {}", process);
        Ok(true)
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Send(sender, class) => self.send(sender, class),
            Step::Kill(sender) => {
                self.doing[sender] = Doing::Nothing;
                self.senders[sender] = self.newest;
                self.newest += 1;
            }
            Step::Take => {
                let taken = take(self.mailbox, &mut self.queue);
                self.check(taken)?;
            }
            Step::KillOwner => {
                self.queue = Queue::new();
                self.mailbox.discard_unless(|_| false);
                self.ready.clear();
            }
            Step::Mend => {
                self.mailbox.mend(self.is_gone());
            }
            Step::LookThrough => {
                let is_gone = self.is_gone();
                self.mailbox.look_through(&mut self.queue, is_gone);
            }
        }
        Ok(())
    }

    /// Everybody finishes or is found dead; then nothing is missing and every cell is free.
    fn end(mut self) -> Result<(), TestCaseError> {
        for sender in 0..SENDERS {
            while !matches!(self.doing[sender], Doing::Nothing) {
                self.send(sender, Class::Reply);
            }
        }
        let is_gone = self.is_gone();
        self.mailbox.look_through(&mut self.queue, is_gone);
        loop {
            let taken = take(self.mailbox, &mut self.queue);
            if !self.check(taken)? {
                break;
            }
        }
        prop_assert!(self.ready.values().all(Vec::is_empty), "lost: {:?}", self.ready);
        prop_assert_eq!(self.mailbox.facts().in_use, 0);
        Ok(())
    }
}

#[test]
fn nothing_is_lost_doubled_or_overtaken_whoever_dies_and_when() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&proptest::collection::vec(step(), 1..400), |steps| {
            let mailbox = Mailbox::default();
            let mut run = Run::new(&mailbox);
            for step in steps.into_iter().take(300) {
                // Tags of a test's processes stay apart: 64 slots.
                if run.newest < 60 || !matches!(step, Step::Kill(_)) {
                    run.step(step)?;
                }
            }
            run.end()
        })
        .unwrap();
}
