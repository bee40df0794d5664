//! Random lives of several processes with packets: whoever dies, whenever, the books balance.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Alloc(usize, u8),
    Chain(usize),
    Split(usize),
    Clone(usize),
    Free(usize),
    Send(usize),
    Receive(usize),
    /// What is in the ring goes on into it, not looked at.
    Pass(usize),
    Die(usize),
    Leave(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..3usize;
    prop_oneof![
        4 => (who.clone(), any::<u8>()).prop_map(|(who, byte)| Step::Alloc(who, byte)),
        2 => who.clone().prop_map(Step::Chain),
        1 => who.clone().prop_map(Step::Split),
        4 => who.clone().prop_map(Step::Clone),
        3 => who.clone().prop_map(Step::Free),
        4 => who.clone().prop_map(Step::Send),
        4 => who.clone().prop_map(Step::Receive),
        3 => who.clone().prop_map(Step::Pass),
        2 => who.clone().prop_map(Step::Die),
        1 => who.prop_map(Step::Leave),
    ]
}

impl Step {
    fn who(&self) -> usize {
        match *self {
            Self::Alloc(who, _)
            | Self::Chain(who)
            | Self::Split(who)
            | Self::Clone(who)
            | Self::Free(who)
            | Self::Send(who)
            | Self::Receive(who)
            | Self::Pass(who)
            | Self::Die(who)
            | Self::Leave(who) => who,
        }
    }
}

/// A process of the model: its packets, and what is to be in them.
struct Actor {
    group: Group,
    home: &'static MbufHome<'static>,
    small: &'static MbufHome<'static>,
    ring: MbufRing,
    hand: Vec<(Mbuf<'static>, Vec<u8>)>,
}

impl Actor {
    fn new(stage: &Stage, slot: usize) -> Self {
        let group = stage.join(slot as u16 + 1);
        let (pool, small, ring) = of(&group);
        // A process's pools last as long as it does; here, as long as the test.
        let (pool, small): (&'static MbufPool, &'static MbufPool) =
            (Box::leak(Box::new(pool)), Box::leak(Box::new(small)));
        let small = Box::leak(Box::new(small.home()));
        let home = Box::leak(Box::new(pool.home().also(small)));
        Self { group, home, small, ring, hand: Vec::new() }
    }

    /// `sent` is what lies in the ring.
    fn act(&mut self, stage: &Stage, step: &Step, sent: &mut Vec<Vec<u8>>) {
        match *step {
            Step::Alloc(_, byte) => {
                let from = if byte % 2 == 0 { self.home } else { self.small };
                if let Some(mut mbuf) = from.alloc() {
                    mbuf.append(1).unwrap()[0] = byte;
                    self.hand.push((mbuf, vec![byte]));
                }
            }
            Step::Chain(_) if self.hand.len() >= 2 => {
                let (tail, behind) = self.hand.pop().unwrap();
                let (head, bytes) = self.hand.last_mut().unwrap();
                head.chain(tail).unwrap();
                bytes.extend(behind);
            }
            Step::Split(_) => {
                if let Some((mut packet, mut bytes)) = self.hand.pop() {
                    let rest = packet.split_off(1).map(|rest| (rest, bytes.split_off(1)));
                    self.hand.push((packet, bytes));
                    self.hand.extend(rest);
                }
            }
            Step::Clone(_) => {
                let clone = self.hand.last().and_then(|(packet, bytes)| {
                    Some((packet.to_clone(self.home).ok()?, bytes.clone()))
                });
                self.hand.extend(clone);
            }
            Step::Free(_) => drop(self.hand.pop()),
            Step::Send(_) if !self.hand.is_empty() => {
                let (packet, bytes) = self.hand.remove(0);
                match self.ring.producer().unwrap().enqueue(packet) {
                    Ok(()) => sent.push(bytes),
                    Err(packet) => self.hand.push((packet, bytes)),
                }
            }
            Step::Receive(_) => {
                let packet = self.ring.consumer().unwrap().dequeue(self.home).unwrap();
                self.hand.extend(packet.map(|packet| (packet, sent.remove(0))));
            }
            Step::Pass(_) => {
                let mut bundle = Bundle::new(self.home);
                self.ring.consumer().unwrap().dequeue_bundle(&mut bundle).unwrap();
                let bytes: usize = sent.iter().map(Vec::len).sum();
                let all = Tally { packets: sent.len(), bytes: bytes as u64 };
                assert_eq!(self.ring.producer().unwrap().enqueue_bundle(&mut bundle), Ok(all));
            }
            Step::Die(slot) => {
                self.hand.drain(..).for_each(core::mem::forget);
                stage.kill(slot as u16 + 1);
                stage.reap_all();
                stage.platform.dead.lock().unwrap().clear();
                *self = Self::new(stage, slot);
            }
            Step::Leave(slot) => {
                self.hand.drain(..).for_each(core::mem::forget);
                self.group.test_leave();
                *self = Self::new(stage, slot);
            }
            Step::Chain(_) | Step::Send(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn whoever_dies_whenever_every_mbuf_is_in_one_place_and_every_packet_whole(
        is_relaxed: bool,
        steps in vec(step(), 1..80),
    ) {
        let stage = Stage::new(if is_relaxed { Sync::Rts } else { Sync::Multi });
        let mut actors: Vec<_> = (0..3).map(|slot| Actor::new(&stage, slot)).collect();
        let mut sent = Vec::new();
        for step in steps {
            actors[step.who()].act(&stage, &step, &mut sent);
            let mut found = Vec::new();
            audit(&stage.group, |finding| found.push(finding.to_string())).unwrap();
            prop_assert!(found.is_empty(), "{:?}", found);
            for (packet, bytes) in actors.iter().flat_map(|actor| &actor.hand) {
                prop_assert_eq!(packet.check(), Ok(()));
                prop_assert_eq!(&bytes_of(packet), bytes);
            }
        }
        for actor in &mut actors {
            actor.hand.clear();
        }
        stage.use_it();
        prop_assert!(stage.pool.is_full() && stage.small.is_full());
    }
}
