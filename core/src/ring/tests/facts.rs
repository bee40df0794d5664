//! What an observer sees.

use super::*;
use crate::group::ProcessId;
use crate::ring::{RingEnd, inspect};

#[test]
fn an_observer_sees_what_is_in_a_ring_of_any_element() {
    let fixture = Fixture::new();
    let (mut p, mut c) = fixture.ends::<[u32; 5]>(RingConfig::exact(10).both(Sync::Single), 7);
    p.enqueue_bulk(&numbers(0, 6)).unwrap();
    c.dequeue_bulk(&mut numbers(0, 2)).unwrap();
    let facts = inspect(&fixture.group, PLACE).unwrap();
    assert_eq!((facts.size, facts.capacity, facts.used), (16, 10, 4));
    assert_eq!((facts.producers.tail, facts.consumers.tail), (13, 9));
    assert_eq!(facts.producer, Some(fixture.group.me()));
    assert_eq!((facts.element.size, facts.bytes), (20, 1024));
    assert_eq!(facts, p.ring().facts());
}

#[test]
fn a_call_in_the_middle_is_seen_with_its_owner() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(RingConfig::new(8).both(Sync::Hts));
    let tag = ProcessId::new(3, 1).tag();
    ring.end(RingEnd::Producer).tail.publish(u64::from(tag) << 48 | 5 << 32 | 100);
    let facts = ring.facts().producers;
    assert_eq!((facts.tail, facts.head, facts.owner), (100, 105, tag));
}

#[test]
fn the_dump_is_dpdks() {
    let fixture = Fixture::new();
    let config = RingConfig::new(16).producer(Sync::Rts).consumer(Sync::Single);
    let (mut p, _c) = fixture.ends::<u64>(config, 0);
    p.enqueue_bulk(&[1, 2, 3]).unwrap();
    let mut text = String::new();
    p.ring().facts().dump(&mut text).unwrap();
    let expected = "\
ring <>@+0x400000
  flags=a
  size=16
  capacity=15
  used=3
  avail=12
  cons.sync_type=ST
  cons.head=0
  cons.tail=0
  prod.sync_type=MT_RTS
  prod.head.pos=3
  prod.head.cnt=1
  prod.tail.pos=3
  prod.tail.cnt=1
  prod.htd_max=1
";
    assert_eq!(text, expected);
}

#[test]
fn the_lead_of_an_rts_end_can_be_set_and_of_no_other() {
    use crate::ring::LeadError;
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(RingConfig::new(64).producer(Sync::Rts));
    assert_eq!(ring.lead_max(RingEnd::Producer), Ok(7));
    assert_eq!(ring.set_lead_max(RingEnd::Producer, 20), Ok(()));
    assert_eq!(ring.lead_max(RingEnd::Producer), Ok(20));
    let too_much = LeadError::TooMuch { lead: 64, capacity: 63 };
    assert_eq!(ring.set_lead_max(RingEnd::Producer, 64), Err(too_much));
    let not_rts = LeadError::NotRts { sync: Sync::Multi };
    assert_eq!(ring.set_lead_max(RingEnd::Consumer, 5), Err(not_rts));
}
