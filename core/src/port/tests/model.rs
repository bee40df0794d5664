//! Claims and owners against a model: processes come, take queues, let go, die, are reaped, adopt.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::recovery::{audit, reap};

/// What one of three processes does, with one of two queues of the one port.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Claim(Direction, u16),
    LetGo(Direction, u16),
    /// It dies; a new one comes in its place once it is reaped.
    Die,
    Reap,
    Adopt,
    Configure,
    Stop,
}

fn deed() -> impl Strategy<Value = (u16, Deed)> {
    let direction = prop_oneof![Just(Direction::Rx), Just(Direction::Tx)];
    let queue = (direction, 0u16..2);
    let what = prop_oneof![
        6 => queue.clone().prop_map(|(direction, queue)| Deed::Claim(direction, queue)),
        3 => queue.prop_map(|(direction, queue)| Deed::LetGo(direction, queue)),
        2 => Just(Deed::Die),
        1 => Just(Deed::Reap),
        1 => Just(Deed::Adopt),
        1 => Just(Deed::Configure),
        1 => Just(Deed::Stop),
    ];
    (1u16..4, what)
}

enum Claim {
    Rx(#[expect(dead_code, reason = "held until it is dropped")] RxClaim),
    Tx(#[expect(dead_code, reason = "held until it is dropped")] TxClaim),
}

/// Which queue a process has.
type Queue = (Direction, u16);

struct Model {
    stage: Stage,
    members: HashMap<u16, Group>,
    dead: Vec<u16>,
    /// Who has what, and the claim, of the living.
    held: Vec<(u16, Queue, Claim)>,
    owner: u16,
}

impl Model {
    fn new() -> Self {
        let stage = Stage::new();
        let members: HashMap<u16, Group> = (1..4).map(|slot| (slot, stage.join(slot))).collect();
        let port = Port::create(&members[&1], "net_null0", &PortConfig::new(DriverKind::Null));
        let port = port.unwrap();
        port.configure(&PortSetup::queues(2, 2)).unwrap();
        port.start().unwrap();
        Self { stage, members, dead: Vec::new(), held: Vec::new(), owner: 1 }
    }

    fn holder(&self, queue: Queue) -> Option<u16> {
        self.held.iter().find(|(_, held, _)| *held == queue).map(|(who, ..)| *who)
    }

    fn reap_all(&mut self) {
        while reap(&self.stage.group).unwrap().is_some() {}
        for slot in self.dead.drain(..) {
            self.stage.platform.dead.lock().unwrap().remove(&slot);
            self.members
                .insert(slot, fake::join(self.stage.group.window(), slot, self.stage.platform));
            // The new tenant is another process.
            self.owner = if self.owner == slot { 0 } else { self.owner };
        }
    }

    fn does(&mut self, who: u16, deed: Deed) {
        if self.dead.contains(&who) && !matches!(deed, Deed::Reap) {
            return;
        }
        let port = Port::lookup(&self.members[&who], "net_null0").unwrap();
        let is_owner = self.owner == who;
        match deed {
            Deed::Claim(direction, queue) => {
                let claimed = match direction {
                    Direction::Rx => port.claim_rx(queue).map(Claim::Rx),
                    Direction::Tx => port.claim_tx(queue).map(Claim::Tx),
                };
                let holder = self.holder((direction, queue));
                assert_eq!(claimed.is_ok(), holder.is_none(), "{who} {deed:?}, held by {holder:?}");
                self.held.extend(claimed.map(|claim| (who, (direction, queue), claim)));
            }
            Deed::LetGo(direction, queue) => {
                self.held.retain(|(by, held, _)| (*by, *held) != (who, (direction, queue)));
            }
            Deed::Die => {
                self.stage.kill(who);
                self.dead.push(who);
                let held = core::mem::take(&mut self.held);
                for (by, queue, claim) in held {
                    match by == who {
                        // The dead let nothing go.
                        true => core::mem::forget(claim),
                        false => self.held.push((by, queue, claim)),
                    }
                }
            }
            Deed::Reap => self.reap_all(),
            Deed::Adopt => {
                let is_free = self.owner == 0 || self.dead.contains(&self.owner) || is_owner;
                assert_eq!(port.adopt().is_ok(), is_free, "{who} adopts, {} owns it", self.owner);
                self.owner = if is_free { who } else { self.owner };
            }
            Deed::Configure => {
                let done = port.configure(&PortSetup::queues(2, 2)).is_ok();
                assert_eq!(done, is_owner && self.held.is_empty(), "{who} configures");
            }
            Deed::Stop => assert_eq!(port.stop().is_ok(), is_owner, "{who} stops"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_queue_has_one_holder_and_a_port_one_owner(deeds in prop::collection::vec(deed(), 1..60)) {
        let mut model = Model::new();
        for (who, deed) in deeds {
            model.does(who, deed);
        }
        model.reap_all();
        let mut found = Vec::new();
        audit(&model.stage.group, |finding| found.push(finding.to_string())).unwrap();
        prop_assert!(found.is_empty(), "{found:?}");
        let port = Port::lookup(&model.stage.group, "net_null0").unwrap();
        let claimed = port.claims(Direction::Rx).count() + port.claims(Direction::Tx).count();
        prop_assert_eq!(claimed, model.held.len());
        core::mem::take(&mut model.held).into_iter().for_each(|(.., claim)| core::mem::forget(claim));
    }
}
