//! The queue itself, whatever its driver is.

use super::*;
use crate::fake;
use crate::group::Group;
use crate::heap::Node;
use crate::log::Told;
use crate::mbuf::{MbufConfig, MbufPool};
use crate::name::Name;
use crate::port::{Direction, DriverKind, Port, PortConfig, PortSetup};
use crate::recovery::audit;

fn stage(name: &str) -> (Group, Port, MbufPool) {
    let (group, _) = fake::group_with_memory();
    let pool = MbufPool::create(&group, "packets", &MbufConfig::new(16)).unwrap();
    let port = Port::create(&group, name, &PortConfig::new(DriverKind::E1000e)).unwrap();
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    (group, port, pool)
}

fn made(port: &Port) -> DeviceQueue {
    DeviceQueue::create_or_attach(port, Direction::Rx, 0, 8).unwrap()
}

#[test]
fn a_queue_is_made_once_and_found_after() {
    let (_, port, _) = stage("0000:00:11.0");
    let missing = DeviceQueue::lookup(&port, Direction::Rx, 0).unwrap_err();
    assert!(missing.to_string().contains("\"rx0@0000:00:11.0\" was looked up"), "{missing}");
    let queue = made(&port);
    let found = DeviceQueue::lookup(&port, Direction::Rx, 0).unwrap();
    assert_eq!((found.size(), found.memory()), (8, queue.memory()));
    assert!(queue.memory().get().is_multiple_of(MEMORY_ALIGN));
    let most = memory_bytes(8) as usize / 8;
    assert_eq!((queue.words64(0, most).len(), queue.words64(8, most).len()), (most, 0));
    let other = DeviceQueue::create_or_attach(&port, Direction::Rx, 0, 16).unwrap();
    assert_eq!(other.size(), 8, "until who works on it gives it another");
    for asked in [0, 1, 3, 65_535, 65_536, u32::MAX] {
        let refused = DeviceQueue::create_or_attach(&port, Direction::Tx, 0, asked);
        assert_eq!(refused.unwrap_err(), DeviceQueueError::Size { asked });
    }
}

#[test]
fn a_queue_is_given_any_size_and_grows_only_where_it_must() {
    let (group, port, pool) = stage("0000:00:11.0");
    let first = made(&port);
    let mut places = vec![first.memory()];
    for (size, is_moved) in
        [(4, false), (8, false), (32, true), (16, false), (32, false), (64, true)]
    {
        let mut slots = Slots::open(made(&port)).unwrap();
        slots.resize(size).unwrap();
        assert_eq!((slots.size(), slots.count_free()), (size, size));
        let found = DeviceQueue::lookup(&port, Direction::Rx, 0).unwrap();
        assert_eq!((found.size(), found.memory()), (size, slots.queue().memory()));
        assert_eq!(
            found.words64(0, memory_bytes(size) as usize / 8).len(),
            memory_bytes(size) as usize / 8
        );
        assert_eq!(!places.contains(&found.memory()), is_moved, "{size}");
        places.push(found.memory());
        let held = Slots::open(found).unwrap_err();
        assert!(matches!(held, DeviceQueueError::Held { .. }), "{held}");
        slots.lay(size - 1, 0, pool.home().alloc().unwrap());
        slots.empty(Some(&pool.home()));
    }
    let mut slots = Slots::open(made(&port)).unwrap();
    for asked in [0, 3, 65_536] {
        assert_eq!(slots.resize(asked), Err(DeviceQueueError::Size { asked }));
    }
    assert_eq!(slots.size(), 64);
    let audited = audit(&group, |finding| panic!("{finding}")).unwrap();
    assert_eq!(audited.device_queues, 1);
}

#[test]
fn who_has_looked_a_queue_up_before_it_was_given_another_size_is_told_or_has_it() {
    let (_, port, _) = stage("0000:00:11.0");
    let early = made(&port);
    Slots::open(early).unwrap().resize(4).unwrap();
    assert_eq!(Slots::open(early).unwrap().size(), 4, "in place");
    Slots::open(early).unwrap().resize(16).unwrap();
    for _ in 0..2 {
        let error = Slots::open(early).unwrap_err();
        assert_eq!(error, DeviceQueueError::Replaced { name: early.name() });
    }
    assert_eq!(early.header.user.observe(), 0, "nobody keeps it");
    assert_eq!(Slots::open(made(&port)).unwrap().size(), 16);
}

#[test]
fn a_queue_that_finds_no_memory_for_another_size_stays_as_it_was() {
    let (group, port, _) = stage("0000:00:11.0");
    let mut slots = Slots::open(made(&port)).unwrap();
    let more = |queue| DeviceQueue::create_or_attach(&port, Direction::Tx, queue, DESCRIPTORS_MAX);
    assert!((0..200).any(|queue| more(queue).is_err()), "there is an end of memory");
    let error = slots.resize(DESCRIPTORS_MAX).unwrap_err();
    assert!(matches!(error, DeviceQueueError::Create(_)), "{error}");
    assert_eq!(slots.size(), 8);
    drop(slots);
    assert_eq!(Slots::open(made(&port)).unwrap().size(), 8);
    audit(&group, |finding| panic!("{finding}")).unwrap();
}

#[test]
fn a_port_whose_name_leaves_no_room_for_the_queues_is_refused() {
    let (_, port, _) = stage("a-port-with-a-name-of-31-bytes.");
    let refused = DeviceQueue::create_or_attach(&port, Direction::Rx, 0, 8).unwrap_err();
    assert!(matches!(refused, DeviceQueueError::Name(_)), "{refused}");
}

#[test]
fn what_is_laid_down_lies_there_until_it_is_taken() {
    let (group, port, pool) = stage("0000:00:11.0");
    let (home, mut slots) = (pool.home(), Slots::open(made(&port)).unwrap());
    let packet = home.alloc().unwrap();
    let at = packet.at();
    slots.lay(3, 0, packet);
    let mut seen = Vec::new();
    let place = group.window().offset_of(slots.queue().header).unwrap();
    visit_posted(&group, place.cast(), |at| seen.push(at)).unwrap();
    assert_eq!(seen, [at]);
    assert_eq!(slots.take(3, &home).unwrap().at(), at);
    assert!(slots.take(3, &home).is_none() && slots.take(99, &home).is_none());
    assert_eq!(pool.in_use_count(), 0);
}

/// The queues of a port near node 1 that were said to get buffers from afar.
fn far(direction: Direction, pool_on: u32) -> Vec<Told> {
    let (group, platform) = fake::group_with_memory();
    let config = MbufConfig::new(16).node(Node::On(pool_on));
    let pool = MbufPool::create(&group, "packets", &config).unwrap();
    let near = PortConfig { node: Some(1), ..PortConfig::new(DriverKind::E1000e) };
    let port = Port::create(&group, "0000:00:11.0", &near).unwrap();
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    let queue = DeviceQueue::create_or_attach(&port, direction, 0, 8).unwrap();
    let node = group.memseg_lists().list_of(queue.memory()).map(|list| list.node());
    assert_eq!((port.node(), node), (Some(1), Some(1)), "the queue's own memory is near");
    Slots::open(queue).unwrap().settle(&pool.home());
    let told = platform.told.lock().unwrap();
    told.iter().filter(|told| matches!(told, Told::FarBuffers { .. })).copied().collect()
}

#[test]
fn buffers_of_another_node_than_the_devices_are_told_of() {
    let name = |text| Name::new(text).unwrap();
    let (queue, pool) = (name("rx0@0000:00:11.0"), name("packets"));
    let told = Told::FarBuffers { queue, near: 1, pool, node: 0 };
    assert_eq!(far(Direction::Rx, 0), [told]);
    assert_eq!(far(Direction::Rx, 1), []);
    assert_eq!(far(Direction::Tx, 0), [], "what is sent is whoever's it is");
}

#[test]
fn the_next_user_takes_back_what_was_not_handed_over_and_no_more() {
    let (_, port, pool) = stage("0000:00:11.0");
    let (home, queue) = (pool.home(), made(&port));
    let mut slots = Slots::open(queue).unwrap();
    for entry in 0..3 {
        slots.lay(entry, entry, home.alloc().unwrap());
    }
    slots.hand_over(2);
    slots.lay_part(5, 2);
    slots.lay_part(6, 1);
    drop(slots);
    let mut slots = Slots::open(queue).unwrap();
    slots.settle(&home);
    assert_eq!((slots.posted(), slots.done(), pool.in_use_count()), (2, 0, 2));
    assert_eq!((slots.entry(5), slots.entry(6)), (Entry::Free, Entry::Part { head: 1 }));
    slots.empty(Some(&home));
    assert_eq!((slots.in_flight(), slots.count_free(), pool.in_use_count()), (0, 8, 0));
}

#[test]
fn a_cursor_that_cannot_be_says_that_nothing_is_out() {
    let (_, port, _) = stage("0000:00:11.0");
    let queue = made(&port);
    queue.header.cursor.publish(7 << 32 | 9);
    let slots = Slots::open(queue).unwrap();
    assert_eq!((slots.posted(), slots.in_flight(), slots.next_laid()), (7, 0, None));
}

#[test]
fn a_queue_that_something_has_written_over_is_found_by_an_audit_and_opened_by_nobody() {
    let (group, port, _) = stage("0000:00:11.0");
    let queue = made(&port);
    let damage: [fn(&DeviceQueueHeader); 6] = [
        |header| header.capacity.set(4),
        |header| header.capacity.set(u32::MAX),
        |header| header.memory.set(8),
        |header| header.memory_bytes.set(u64::MAX),
        |header| header.size.set(65_535),
        |header| header.magic.publish(1),
    ];
    for (number, damage) in damage.into_iter().enumerate() {
        damage(queue.header);
        let refused = DeviceQueue::lookup(&port, Direction::Rx, 0).map(|_| ());
        assert!(matches!(refused, Err(DeviceQueueError::Damaged { .. })), "{number}");
        let mut found = Vec::new();
        audit(&group, |finding| found.push(finding.to_string())).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("the device queue \"rx0@0000:00:11.0\" is none"));
    }
}
