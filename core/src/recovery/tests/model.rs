//! Random lives of several processes: whoever dies, whenever, the books balance.
#![expect(unsafe_code, reason = "the model puts back by hand what it got by hand")]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Get(u16, usize),
    Put(u16, usize),
    Flush(u16),
    Send(u16, usize),
    Receive(u16, usize),
    GiveUpLcore(u16),
    Die(u16),
    Leave(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 1..4u16;
    prop_oneof![
        4 => (who.clone(), 1..12usize).prop_map(|(who, count)| Step::Get(who, count)),
        3 => (who.clone(), 1..12usize).prop_map(|(who, count)| Step::Put(who, count)),
        1 => who.clone().prop_map(Step::Flush),
        4 => (who.clone(), 1..8usize).prop_map(|(who, count)| Step::Send(who, count)),
        4 => (who.clone(), 1..8usize).prop_map(|(who, count)| Step::Receive(who, count)),
        1 => who.clone().prop_map(Step::GiveUpLcore),
        2 => who.clone().prop_map(Step::Die),
        1 => who.prop_map(Step::Leave),
    ]
}

/// A process of the model: what it has in hand.
struct Actor {
    group: Group,
    lcore: Option<Lcore>,
    hand: Vec<Offset<u64>>,
}

impl Actor {
    fn new(stage: &Stage, slot: u16) -> Self {
        Self { group: stage.join(slot), lcore: None, hand: Vec::new() }
    }

    /// Does `work` with the pool through the cache of an lcore that all actors share in turn.
    fn act(&mut self, stage: &Stage, step: &Step) {
        if self.lcore.is_none() {
            let any = [3, 4, 5].into_iter();
            let claim = |id| self.group.claim_lcore(id, &CpuSet::default(), 0, LcoreRole::Eal).ok();
            self.lcore = any.filter_map(claim).next();
        }
        let (pool, ring) = (pool_of(&self.group), ring_of(&self.group));
        let cache = pool.cache(self.lcore.as_ref().unwrap()).unwrap();
        let hand = &mut self.hand;
        match *step {
            Step::Get(_, count) => {
                let mut places = vec![Offset::NONE; count];
                if cache.get_bulk(&mut places).is_ok() {
                    hand.extend(places);
                }
            }
            Step::Put(_, count) => {
                let places = hand.split_off(hand.len().saturating_sub(count));
                // SAFETY: they were in this actor's hand.
                unsafe { cache.put_bulk(&places) };
            }
            Step::Flush(_) => cache.flush(),
            Step::Send(_, count) => {
                let places = hand.split_off(hand.len().saturating_sub(count));
                // SAFETY: they were in this actor's hand, and what does not fit returns there.
                let sent = unsafe { ring.producer().unwrap().enqueue_burst(&places) }.unwrap();
                hand.extend(&places[sent..]);
            }
            Step::Receive(_, count) => {
                let mut places = vec![Offset::NONE; count];
                let mut out = ring.consumer().unwrap();
                let taken = out.dequeue_burst(&cache, &mut places).unwrap();
                hand.extend(&places[..taken]);
            }
            Step::GiveUpLcore(_) => self.lcore = None,
            Step::Die(slot) => {
                core::mem::forget(self.lcore.take());
                stage.kill(slot);
                stage.reap_all();
                stage.platform.dead.lock().unwrap().clear();
                *self = Self::new(stage, slot);
            }
            Step::Leave(slot) => {
                self.lcore = None;
                self.group.test_leave();
                *self = Self::new(stage, slot);
            }
        }
    }
}

fn who(step: &Step) -> u16 {
    match *step {
        Step::Get(who, _)
        | Step::Put(who, _)
        | Step::Flush(who)
        | Step::Send(who, _)
        | Step::Receive(who, _)
        | Step::GiveUpLcore(who)
        | Step::Die(who)
        | Step::Leave(who) => who,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn whoever_dies_whenever_every_object_is_in_one_place(
        sync in 0..3usize,
        steps in vec(step(), 1..60),
    ) {
        let stage = match sync {
            0 => Stage::plain(),
            1 => Stage::new(Sync::Rts, HandlerId::RingMtRts),
            _ => Stage::new(Sync::Hts, HandlerId::RingMtHts),
        };
        let mut actors: Vec<_> = (1..4).map(|slot| Actor::new(&stage, slot)).collect();
        for step in steps {
            actors[usize::from(who(&step)) - 1].act(&stage, &step);
            let held = actors.iter().map(|actor| actor.hand.len() as u64).sum();
            stage.check(held);
        }
        for actor in &mut actors {
            actor.lcore = None;
            actor.group.test_leave();
        }
        let audited = stage.check(0);
        prop_assert_eq!(audited.cached, 0);
    }
}
