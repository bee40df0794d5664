//! Clones and whom they refer to.

use super::*;

#[test]
fn a_clone_shows_the_same_data_and_neither_may_be_written() {
    let stage = Stage::plain();
    let (home, small) = (stage.pool.home(), stage.small.home());
    let mut packet = filled(&home, &[b"abc", b"def"]);
    packet.set_hash(7);
    let mut clone = packet.to_clone(&small).unwrap();
    assert_eq!((bytes_of(&clone), clone.len(), clone.hash()), (b"abcdef".to_vec(), 6, 7));
    assert_eq!((clone.is_clone(), packet.is_clone(), packet.references()), (true, false, 2));
    assert!(clone.data_mut().is_err() && packet.data_mut().is_err());
    assert!(matches!(clone.append(1), Err(EditError::Shared(_))));
    assert!(matches!(packet.prepend(1), Err(EditError::Shared(_))));
    assert!(packet.for_each_segment_mut(|_| {}).is_err() && packet.linearize().is_err());
    assert_eq!((clone.check(), packet.check()), (Ok(()), Ok(())));
    clone.adj(2).unwrap();
    clone.trim(1).unwrap();
    assert_eq!((bytes_of(&clone), bytes_of(&packet)), (b"cde".to_vec(), b"abcdef".to_vec()));
    drop(clone);
    assert_eq!(packet.data_mut().unwrap(), b"abc");
}

#[test]
fn an_mbuf_lives_as_long_as_its_clones() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let packet = filled(&home, &[b"abc", b"def"]);
    let first = packet.to_clone(&home).unwrap();
    let second = first.to_clone(&home).unwrap();
    drop(packet);
    drop(first);
    stage.check(4);
    assert_eq!((bytes_of(&second), second.check()), (b"abcdef".to_vec(), Ok(())));
    drop(second);
    stage.check(0);
    stage.use_it();
}

#[test]
fn a_clone_of_a_clone_refers_to_the_buffers_own_mbuf() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let packet = filled(&home, &[b"abc"]);
    let clone = packet.to_clone(&home).unwrap();
    let second = clone.to_clone(&home).unwrap();
    assert_eq!((packet.references(), clone.references(), second.references()), (3, 1, 1));
    drop((clone, second));
    assert_eq!(packet.references(), 1);
}

#[test]
fn a_segment_of_ones_own_goes_before_a_clone() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let packet = filled(&home, &[b"payload"]);
    let mut out = filled(&home, &[b"header "]);
    out.chain(packet.to_clone(&home).unwrap()).unwrap();
    assert_eq!(out.data_mut().unwrap(), b"header ");
    drop(packet);
    assert_eq!(bytes_of(&out), b"header payload");
    drop(out);
    stage.check(0);
}

#[test]
fn a_clone_that_finds_too_few_mbufs_leaves_nothing_behind() {
    let stage = Stage::plain();
    let (home, small) = (stage.pool.home(), stage.small.home());
    let packet = filled(&home, &[b"a", b"b"]);
    let rest: Vec<_> = (1..SMALL).map(|_| small.alloc().unwrap()).collect();
    assert_eq!(packet.to_clone(&small).map(drop), Err(CloneError::Empty));
    assert_eq!(packet.references(), 1);
    drop(rest);
    drop(packet);
    stage.check(0);
}

#[test]
fn a_clone_travels_and_the_last_to_free_it_puts_all_back() {
    let stage = Stage::plain();
    let other = stage.join(1);
    let (pool, small, ring) = of(&other);
    let (home, away) = (stage.pool.home(), small.home());
    let packet = filled(&home, &[b"a", b"b"]);
    let mut into = stage.ring.producer().unwrap();
    into.enqueue(packet.to_clone(&home).unwrap()).unwrap();
    into.enqueue(packet).unwrap();
    let mut out = ring.consumer().unwrap();
    let (clone, packet) = (out.dequeue(&away).unwrap(), out.dequeue(&away).unwrap());
    drop(packet);
    assert_eq!(bytes_of(clone.as_ref().unwrap()), b"ab");
    drop(clone);
    assert!(pool.is_full());
    stage.check(0);
}

#[test]
fn whoever_dies_the_others_keep_what_they_share() {
    let stage = Stage::plain();
    let (one, two) = (stage.join(1), stage.join(2));
    let ((there, ..), (other, ..)) = (of(&one), of(&two));
    let (first, second) = (there.home(), other.home());
    let packet = filled(&first, &[b"abc"]);
    let mut into = stage.ring.producer().unwrap();
    into.enqueue(packet.to_clone(&first).unwrap()).unwrap();
    let clone = stage.ring.consumer().unwrap().dequeue(&second).unwrap().unwrap();
    core::mem::forget(packet.to_clone(&first).unwrap());
    core::mem::forget(packet);
    stage.kill(1);
    // The clone in its hand; the packet itself is the living one's clone's.
    assert_eq!(stage.reap_all()[0].recovered.objects, 1);
    stage.check(2);
    assert_eq!((clone.data(), clone.check()), (&b"abc"[..], Ok(())));
    let last = clone.to_clone(&second).unwrap();
    drop(clone);
    core::mem::forget(last);
    stage.kill(2);
    assert_eq!(stage.reap_all()[0].recovered.objects, 2);
    stage.check(0);
    stage.use_it();
}

#[test]
fn who_leaves_a_packet_to_its_clones_may_leave_the_group() {
    let stage = Stage::plain();
    let member = stage.join(1);
    let here = stage.pool.home();
    {
        let (pool, _, ring) = of(&member);
        let home = pool.home();
        let packet = filled(&home, &[b"abc"]);
        ring.producer().unwrap().enqueue(packet.to_clone(&home).unwrap()).unwrap();
    }
    assert_eq!(stage.pool.held_by(member.me()), 1);
    member.test_leave();
    assert_eq!(stage.check(1).in_rings, 1);
    drop(stage.ring.consumer().unwrap().dequeue(&here).unwrap().unwrap());
    stage.check(0);
}

#[test]
fn an_audit_names_clones_that_are_counted_and_are_not_there() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let packet = filled(&home, &[b"abc"]);
    let word = &packet.header.refs;
    word.publish(3 << 1);
    let mut found = Vec::new();
    audit(&stage.group, |finding| found.push(*finding)).unwrap();
    assert_eq!(found, [crate::recovery::Finding::Clones { counted: 3, bound: 0 }]);
    word.publish(0);
    drop(packet);
    stage.check(0);
}

#[test]
fn a_segment_that_its_clone_kept_goes_back_without_the_packet_it_was_in() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let packet = filled(&home, &[b"a", b"b"]);
    let first = packet.header;
    let mut clone = packet.to_clone(&home).unwrap();
    drop(packet);
    let rest = clone.split_off(1).unwrap();
    drop(clone);
    assert_eq!(link::Link::of(first), link::Link::ALONE);
    stage.check(2);
    drop(rest);
    stage.check(0);
}
