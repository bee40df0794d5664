//! Names of ports that come to nothing or go: what is free for the next, whatever that is called.

use super::plug::{begin, kinds};
use super::*;
use crate::fake::{End, die_at};
use crate::recovery::{EventKind, audit, reap};

#[test]
fn a_port_that_cannot_be_removed_for_want_of_the_lock_is_given_up_and_is_none() {
    let stage = Stage::new();
    let other = stage.join(1);
    let heard = stage.group.events();
    let port = begin(&stage.group, "net_ring0").unwrap();
    let lock = other.begin().unwrap();
    assert!(matches!(port.close(), Err(PortError::Lock(_))));
    port.give_up();
    assert!(!port.is_coming());
    drop(lock);
    let found = Port::lookup(&other, "net_ring0").unwrap_err();
    assert!(matches!(found, PortError::Gone { .. }), "{found}");
    assert_eq!(
        (Port::coming(&other, "net_ring0"), Port::all_and_coming(&other).unwrap().count()),
        (None, 0)
    );
    assert!(matches!(port.admit(), Err(PortError::Gone { .. })));
    assert!(matches!(port.configure(&PortSetup::queues(1, 1)), Err(PortError::Gone { .. })));
    assert_eq!(begin(&other, "net_null0").unwrap().id(), 0, "its id is free");
    let anew = begin(&other, "net_ring0").unwrap();
    assert!(anew.is_coming() && !port.is_current());
    port.give_up();
    anew.admit().unwrap();
    assert_eq!(Port::lookup(&stage.group, "net_ring0"), Ok(anew));
    assert_eq!(kinds(heard), [EventKind::PortAdded], "of the first nobody hears");
    audit(&stage.group, |finding| panic!("{finding}")).unwrap();
}

#[test]
fn a_port_that_was_given_up_is_put_in_order_with_its_owner() {
    let stage = Stage::new();
    let attacher = stage.join(1);
    let port = begin(&attacher, "net_ring0").unwrap();
    port.give_up();
    stage.kill(1);
    while reap(&stage.group).unwrap().is_some() {}
    assert_eq!(port.phase(), PortPhase::Removed);
    audit(&stage.group, |finding| panic!("{finding}")).unwrap();
}

#[test]
fn ports_under_ever_new_names_take_no_more_room_than_those_that_are_there() {
    let stage = Stage::new();
    let kept = stage.port("net_null0", "");
    let first = stage.port("net_null1", "");
    let before = audit(&stage.group, |finding| panic!("{finding}")).unwrap().names;
    first.close().unwrap();
    let mut last = first;
    for number in 2..100 {
        let name = format!("net_ring{number}");
        let port = stage.running(&name, "", 1);
        assert_eq!((port.id(), port.name().as_str()), (1, name.as_str()));
        assert!(!last.is_current() && !first.is_current() && kept.is_current());
        let gone = Port::lookup(&stage.group, last.name().as_str());
        assert!(matches!(gone, Err(PortError::Lookup(_))), "{gone:?}");
        port.close().unwrap();
        last = port;
    }
    let held = stage.running("net_null5", "", 1);
    let queue = held.claim_rx(0).unwrap();
    held.unplug().unwrap();
    let other = stage.port("net_null6", "");
    drop(queue);
    assert!(Port::lookup(&stage.group, "net_null6") == Ok(other));
    let audited = audit(&stage.group, |finding| panic!("{finding}")).unwrap();
    assert_eq!(audited.names, before + 1, "what somebody has a queue of is nobody else's");
}

#[test]
fn a_process_may_die_making_a_port_of_what_a_closed_one_has_left() {
    for point in 0.. {
        let stage = Stage::new();
        let worker = stage.join(1);
        stage.port("net_null1", "").close().unwrap();
        let end = die_at(point, move || begin(&worker, "net_ring7").unwrap());
        let (at, is_over) = match end {
            End::Died(at) => (at, false),
            End::Finished(_) => ("after all", true),
        };
        stage.kill(1);
        while reap(&stage.group).unwrap().is_some() {}
        for name in ["net_null1", "net_ring7"] {
            assert!(Port::lookup(&stage.group, name).is_err(), "{at}: {name}");
        }
        let both = [stage.port("net_null1", ""), stage.port("net_ring7", "")];
        assert!(both.iter().all(Port::is_current), "{at}");
        audit(&stage.group, |finding| panic!("{at}: {finding}")).unwrap();
        if is_over {
            assert!(point > 1, "there are points to die at");
            break;
        }
    }
}
