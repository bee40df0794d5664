//! A port that something has written over: found by the audit, refused by all others.

use super::*;
use crate::recovery::{Finding, audit};

/// Writes over one word.
type Damage = fn(&PortState);

/// Whether a fault tells of it.
type Told = fn(&PortFault) -> bool;

fn findings(group: &Group) -> Vec<Finding> {
    let mut found = Vec::new();
    audit(group, |finding| found.push(*finding)).unwrap();
    found
}

#[test]
fn each_damaged_word_is_found_and_the_port_refused() {
    let damages: [(Damage, Told); 6] = [
        (|it| it.magic.publish(7), |fault| matches!(fault, PortFault::Magic { found: 7 })),
        (|it| it.id.set(32), |fault| matches!(fault, PortFault::Id { found: 32 })),
        (|it| it.rx_max.set(65), |fault| matches!(fault, PortFault::Queues { rx_max: 65, .. })),
        (|it| it.tx_queues.set(99), |fault| matches!(fault, PortFault::Queues { tx: 99, .. })),
        (|it| it.args_len.set(513), |fault| matches!(fault, PortFault::Args { len: 513 })),
        (|it| it.phase.write(9), |fault| matches!(fault, PortFault::Phase)),
    ];
    for (damage, is_it) in damages {
        let stage = Stage::new();
        let port = stage.port("net_null0", "");
        damage(port.state);
        let error = Port::lookup(&stage.group, "net_null0").unwrap_err();
        assert!(matches!(error, PortError::Damaged { fault, .. } if is_it(&fault)), "{error}");
        assert!(
            matches!(&findings(&stage.group)[..], [Finding::Port { fault, .. }] if is_it(fault))
        );
        assert_eq!(Port::all(&stage.group).unwrap().count(), 0);
        // The others go on.
        assert_eq!(stage.port("net_null1", "").id(), 0);
    }
}

#[test]
fn two_ports_of_one_id_and_queues_of_nobody_are_found() {
    let stage = Stage::new();
    let (zero, one) = (stage.running("net_null0", "", 2), stage.port("net_null1", ""));
    zero.state.rx[1].claim.publish(0xdead_beef_0000_0001);
    one.state.id.set(0);
    let found = findings(&stage.group);
    assert!(
        matches!(
            found[..],
            [
                Finding::QueueOfNobody { direction: Direction::Rx, queue: 1, .. },
                Finding::Port { fault: PortFault::IdTwice { id: 0, .. }, .. }
            ]
        ),
        "{found:?}"
    );
    assert!(zero.claim_rx(1).is_ok(), "a word that no member writes holds nothing");
}

#[test]
fn hostile_words_of_a_running_port_harm_no_burst() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let home = stage.pool.home();
    let mut rx = RxQueue::new(port.claim_rx(0).unwrap(), NullRx::of(&port).unwrap());
    for word in port.state.rss_table.iter().chain(&port.state.args) {
        word.set(u64::MAX);
    }
    port.state.rx_queues.set(u32::MAX);
    port.state.peer.write(u64::MAX);
    port.state.rx[0].packets.set(u64::MAX);
    assert_eq!(rx.burst(&home, &mut [const { None }; 4]), 4);
    let _any = (port.facts(), port.stats(), port.args().as_str().len(), port.peer());
    assert!(port.rss().queue_of(&[0; 60]) < 64);
}
