//! What is heard of ports, and in which order.

use super::*;
use crate::recovery::{Event, EventKind, Heard, ReapError, reap};

/// What was heard of ports: what, and the pid of the owner.
fn news(heard: impl Iterator<Item = Heard>) -> Vec<(EventKind, u32)> {
    heard
        .filter_map(|heard| match heard {
            Heard::Event(Event { kind, pid, port: Some(_), .. }) => Some((kind, pid)),
            _ => None,
        })
        .collect()
}

fn owned_by(group: &Group, name: &str) -> Port {
    let port = Port::create(group, name, &PortConfig::new(DriverKind::Null)).unwrap();
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    port.start().unwrap();
    port
}

#[test]
fn a_loss_is_not_told_after_the_adoption() {
    let stage = Stage::new();
    let (owner, heir) = (stage.join(1), stage.join(2));
    let port = owned_by(&owner, "net_null0");
    let heard = stage.group.events();
    stage.kill(1);
    let theirs = seen(&heir, &port);
    fake::meanwhile("port: that it is orphaned is not noted", move || theirs.adopt().unwrap());
    reap(&stage.group).unwrap().unwrap();
    assert_eq!(news(heard), [(EventKind::PortAdopted, 102)]);
}

#[test]
fn a_loss_names_who_is_gone() {
    let stage = Stage::new();
    owned_by(&stage.join(1), "net_null0");
    let heard = stage.group.events();
    stage.kill(1);
    reap(&stage.group).unwrap().unwrap();
    assert_eq!(news(heard), [(EventKind::PortOrphaned, 101)]);
}

#[test]
fn a_loss_that_cannot_be_told_is_told_when_the_stopped_one_that_kept_the_log_goes_on() {
    let stage = Stage::new();
    let stopped = stage.join(2);
    owned_by(&stage.join(1), "net_null0");
    let heard = stage.group.events();
    stage.kill(1);
    let writer = &stage.group.region().recovery.writer;
    writer.swap_if(0, stopped.me().pack()).unwrap();
    assert!(matches!(reap(&stage.group), Err(ReapError::Untold { .. })));
    writer.publish(0);
    reap(&stage.group).unwrap().unwrap();
    assert_eq!(news(heard), [(EventKind::PortOrphaned, 101)]);
}

#[test]
fn news_of_ports_wake_who_sleeps_until_something_changes() {
    let stage = Stage::new();
    let port = stage.port("net_null0", "");
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    for change in [Port::start, Port::stop, Port::close] {
        let (wakes, changes) = (stage.platform.wakes(), stage.group.changes());
        change(&port).unwrap();
        assert!(stage.platform.wakes() > wakes);
        assert_ne!(stage.group.changes(), changes);
    }
}

#[test]
fn a_running_port_that_is_configured_anew_is_said_to_be_down() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let heard = stage.group.events();
    port.configure(&PortSetup::queues(2, 2)).unwrap();
    assert!(!port.link().is_up());
    assert_eq!(news(heard), [(EventKind::LinkChanged, 100)]);
}

#[test]
fn the_link_of_a_port_with_a_wire_is_what_was_found_of_the_wire() {
    let stage = Stage::new();
    let port = stage.port("net_tap0", "");
    let found = Link { speed: 2500, ..Link::VIRTUAL };
    port.set_link(found).unwrap();
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    port.start().unwrap();
    port.stop().unwrap();
    assert!(port.link().is_like(found));
}
