//! Ports that are attached and detached while others look on.

use super::*;
use crate::fake::{End, die_at};
use crate::recovery::{Event, EventKind, Heard, audit, reap};

pub(super) fn kinds(heard: impl Iterator<Item = Heard>) -> Vec<EventKind> {
    heard
        .filter_map(|heard| match heard {
            Heard::Event(Event { kind, port: Some(_), .. }) => Some(kind),
            _ => None,
        })
        .collect()
}

pub(super) fn begin(group: &Group, name: &str) -> Result<Port, PortError> {
    Port::begin(group, name, &PortConfig::new(DriverKind::of_device(name).unwrap()))
}

#[test]
fn a_port_that_is_coming_is_found_by_nobody_until_it_is_admitted() {
    let stage = Stage::new();
    let other = stage.join(1);
    let heard = stage.group.events();
    let port = begin(&stage.group, "net_null0").unwrap();
    let found = Port::lookup(&other, "net_null0").unwrap_err();
    assert!(matches!(found, PortError::Coming { by: Somebody { pid: 100, .. }, .. }), "{found}");
    assert_eq!(Port::all(&other).unwrap().count(), 0);
    assert!(matches!(Port::by_id(&other, 0), Err(PortError::NoSuchId { .. })));
    assert_eq!(Port::coming(&other, "net_null0"), Some(port));
    assert!(begin(&other, "net_null0").is_err());
    assert!(matches!(port.configure(&PortSetup::queues(1, 1)), Err(PortError::Coming { .. })));
    assert!(matches!(port.start(), Err(PortError::Phase { .. })));
    assert!(kinds(heard).is_empty());
    port.admit().unwrap();
    assert_eq!(Port::lookup(&other, "net_null0"), Ok(port));
    assert_eq!(Port::coming(&other, "net_null0"), None);
    assert_eq!(kinds(heard), [EventKind::PortAdded]);
    assert!(matches!(port.admit(), Err(PortError::Phase { .. })));
}

#[test]
fn a_port_that_was_not_admitted_leaves_nothing_and_nobody_hears_of_it() {
    let stage = Stage::new();
    let heard = stage.group.events();
    stage.port("net_ring0", "").close().unwrap();
    let before = heard.count();
    let other = stage.port("net_ring1", "");
    let heard = stage.group.events();
    let port = begin(&stage.group, "net_ring0").unwrap();
    assert!(matches!(port.join(&other), Err(PortError::Coming { .. })));
    port.close().unwrap();
    assert_eq!((before, other.peer(), kinds(heard)), (2, None, Vec::new()));
    assert!(Port::lookup(&stage.group, "net_ring0").is_err());
}

#[test]
fn a_port_is_joined_when_it_is_admitted_or_neither() {
    let stage = Stage::new();
    let other = stage.running("net_ring1", "", 1);
    let port = begin(&stage.group, "net_ring0").unwrap();
    let held = other.claim_rx(0).unwrap();
    let refused = port.admit_joined(&other).unwrap_err();
    assert!(matches!(refused, PortError::Busy { doing: Doing::Join, .. }), "{refused}");
    assert!(port.is_coming());
    assert_eq!((port.peer(), other.peer()), (None, None));
    drop(held);
    port.admit_joined(&other).unwrap();
    assert!(!port.is_coming());
    assert_eq!((port.peer(), other.peer()), (Some(other.id()), Some(port.id())));
}

#[test]
fn a_port_whose_attacher_died_is_none_before_it_is_reaped_and_after() {
    for is_reaped in [false, true] {
        let stage = Stage::new();
        let other = stage.port("net_ring1", "");
        let attacher = stage.join(1);
        begin(&attacher, "net_ring0").unwrap();
        let heard = stage.group.events();
        stage.kill(1);
        if is_reaped {
            reap(&stage.group).unwrap().unwrap();
        }
        assert!(matches!(Port::lookup(&stage.group, "net_ring0"), Err(PortError::Gone { .. })));
        let again = stage.port("net_ring0", "");
        assert_eq!(kinds(heard), [EventKind::PortAdded], "and none that it is orphaned");
        assert!(again.is_mine());
        assert_eq!((other.id(), again.id()), (0, 1), "its id is free");
        assert_eq!(other.peer(), None);
    }
}

#[test]
fn a_port_that_is_going_gives_no_queue_and_those_who_have_one_let_go() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 2);
    let other = stage.join(1);
    let theirs = seen(&other, &port);
    let held = theirs.claim_rx(0).unwrap();
    let heard = stage.group.events();
    assert!(matches!(theirs.announce_going(), Err(PortError::NotOwner { .. })));
    port.announce_going().unwrap();
    assert_eq!(theirs.going(), Some(stage.group.me()));
    assert!(matches!(port.announce_going(), Err(PortError::Going { .. })));
    let refused = theirs.claim_rx(1).unwrap_err();
    assert!(matches!(refused, QueueError::Port(PortError::Going { .. })), "{refused}");
    let holders: Vec<Holder> = port.holders().collect();
    assert_eq!(holders.len(), 1);
    assert_eq!((holders[0].queue, holders[0].by.pid), (0, 101));
    assert!(matches!(port.close(), Err(PortError::Busy { .. })));
    let wakes = stage.platform.wakes();
    drop(held);
    assert!(stage.platform.wakes() > wakes, "who waits for the queues sleeps");
    assert_eq!(port.holders().count(), 0);
    port.close().unwrap();
    assert_eq!(kinds(heard), [EventKind::PortGoing, EventKind::PortRemoved]);
}

#[test]
fn a_port_that_stays_is_as_it_was() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let heard = stage.group.events();
    port.announce_going().unwrap();
    port.announce_stay();
    port.announce_stay();
    assert_eq!(kinds(heard), [EventKind::PortGoing, EventKind::PortStays]);
    assert_eq!((port.phase(), port.going()), (PortPhase::Started, None));
    port.claim_rx(0).unwrap();
}

#[test]
fn a_port_stays_if_who_was_to_remove_it_died() {
    let stage = Stage::new();
    let owner = stage.join(1);
    let theirs = Port::create(&owner, "net_null0", &PortConfig::new(DriverKind::Null)).unwrap();
    theirs.configure(&PortSetup::queues(1, 1)).unwrap();
    let port = seen(&stage.group, &theirs);
    theirs.announce_going().unwrap();
    assert!(port.going().is_some());
    stage.kill(1);
    assert_eq!(port.going(), None);
    port.claim_rx(0).unwrap();
    port.adopt().unwrap();
    port.announce_going().unwrap();
}

#[test]
fn the_holders_of_a_port_are_also_those_of_the_one_that_it_is_joined_with() {
    let stage = Stage::new();
    let (zero, one) = (stage.port("net_ring0", ""), stage.port("net_ring1", ""));
    zero.join(&one).unwrap();
    one.configure(&PortSetup::queues(1, 1)).unwrap();
    let _held = one.claim_tx(0).unwrap();
    let holders: Vec<Holder> = zero.holders().collect();
    assert_eq!(holders.len(), 1);
    assert_eq!((holders[0].of, holders[0].direction), (one.name(), Direction::Tx));
}

#[test]
fn a_port_that_is_unplugged_is_gone_at_once_and_its_name_when_its_queues_are_let_go() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let other = stage.join(1);
    let theirs = seen(&other, &port);
    let home = stage.pool.home();
    let mut rx = RxQueue::new(theirs.claim_rx(0).unwrap(), NullRx::of(&theirs).unwrap());
    assert_eq!(rx.burst(&home, &mut [const { None }; 2]), 2);
    port.unplug().unwrap();
    assert_eq!(rx.burst(&home, &mut [const { None }; 2]), 0);
    assert!(!theirs.is_current());
    assert!(Port::lookup(&other, "net_null0").is_err());
    let refused = Port::create(&stage.group, "net_null0", &PortConfig::new(DriverKind::Null));
    assert!(matches!(refused, Err(PortError::Busy { by: Somebody { pid: 101, .. }, .. })));
    drop(rx);
    let again = stage.running("net_null0", "", 1);
    assert!(again.is_current() && !theirs.is_current());
    again.claim_rx(0).unwrap();
}

#[test]
fn a_port_that_is_unplugged_is_to_be_had_again_if_who_had_its_queues_died() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    core::mem::forget(seen(&stage.join(1), &port).claim_tx(0).unwrap());
    port.unplug().unwrap();
    stage.kill(1);
    stage.running("net_null0", "", 1).claim_tx(0).unwrap();
    reap(&stage.group).unwrap().unwrap();
}

/// Has process 1 do `work` and die at each crash point of it; then there is a whole port or none.
fn die_everywhere(work: fn(&Group)) {
    for point in 0.. {
        let stage = Stage::new();
        let peer = stage.port("net_ring1", "");
        let worker = stage.join(1);
        let (at, is_over) = match die_at(point, move || work(&worker)) {
            End::Died(at) => (at, false),
            End::Finished(()) => ("after all", true),
        };
        stage.kill(1);
        while reap(&stage.group).unwrap().is_some() {}
        let mut found = Vec::new();
        audit(&stage.group, |finding| found.push(finding.to_string())).unwrap();
        assert!(found.is_empty(), "{at}: {found:?}");
        match Port::lookup(&stage.group, "net_ring0") {
            Ok(port) => port.adopt().unwrap(),
            Err(_) => assert_eq!(peer.peer(), None, "{at}"),
        }
        let port = Port::lookup(&stage.group, "net_ring0")
            .unwrap_or_else(|_| begin(&stage.group, "net_ring0").unwrap());
        if port.is_coming() {
            port.admit().unwrap();
        }
        port.configure(&PortSetup::queues(1, 1)).unwrap();
        port.start().unwrap();
        port.claim_rx(0).unwrap();
        port.close().unwrap();
        if is_over {
            assert!(point > 0, "no crash point was passed");
            return;
        }
    }
}

#[test]
fn a_process_may_die_attaching_a_port() {
    die_everywhere(|group| {
        let port = begin(group, "net_ring0").unwrap();
        port.admit_joined(&Port::lookup(group, "net_ring1").unwrap()).unwrap();
    });
}

#[test]
fn a_process_may_die_detaching_a_port() {
    die_everywhere(|group| {
        let port = begin(group, "net_ring0").unwrap();
        port.admit().unwrap();
        port.announce_going().unwrap();
        port.announce_stay();
        port.announce_going().unwrap();
        port.close().unwrap();
    });
    die_everywhere(|group| {
        let port = begin(group, "net_ring0").unwrap();
        port.admit().unwrap();
        port.configure(&PortSetup::queues(1, 1)).unwrap();
        port.start().unwrap();
        core::mem::forget(port.claim_rx(0).unwrap());
        port.unplug().unwrap();
    });
}
