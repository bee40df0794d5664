//! Every crash point, of who works and of who reaps.

use super::*;
use crate::fake::{End, die_at};

/// A life that comes by every crash point of packets, and ends with some in hand, in the ring, and
/// shared with what is in the ring.
fn life(group: Group) {
    let (pool, small, ring) = of(&group);
    let lcore = lcore(&group, 3);
    let also = small.home();
    let home = pool.home_of(&lcore).unwrap().also(&also);
    let (mut into, mut out) = (ring.producer().unwrap(), ring.consumer().unwrap());
    let mut first = filled(&home, &[b"a", b"b"]);
    first.chain(filled(&also, &[b"c"])).unwrap();
    into.enqueue(first.to_clone(&also).unwrap()).unwrap();
    into.enqueue(first).unwrap();
    // What others put in, or the clone of before.
    let clone = out.dequeue(&home).unwrap().unwrap();
    let second = clone.to_clone(&home).unwrap();
    drop(clone);
    let mut packet = out.dequeue(&home).unwrap().unwrap();
    // Only its clone keeps it now.
    drop(packet.split_off(1));
    drop(packet);
    into.enqueue(second.to_clone(&home).unwrap()).unwrap();
    drop(second);
    let last = filled(&home, &[b"x", b"y"]);
    let kept = last.to_clone(&home).unwrap();
    into.enqueue(last).unwrap();
    core::mem::forget(kept.to_clone(&also).unwrap());
    core::mem::forget(kept);
    drop(out.dequeue(&home).unwrap());
    pass_on(&home, &mut into, &mut out);
    core::mem::forget((into, out));
    core::mem::forget(lcore);
}

/// What is in the ring goes on into it, not looked at, but for one packet, which is freed, and one that is
/// kept.
fn pass_on<'h>(home: &'h MbufHome<'h>, into: &mut MbufProducer, out: &mut MbufConsumer) {
    into.enqueue(filled(home, &[b"p"])).unwrap();
    let mut bundle = Bundle::new(home);
    out.dequeue_bundle(&mut bundle).unwrap();
    let mut rest = Bundle::new(home);
    for packet in bundle.drain().skip(1) {
        rest.push(packet).unwrap();
    }
    into.enqueue_bundle(&mut rest).unwrap();
    out.dequeue_bundle_by(3, &mut rest).unwrap();
    into.enqueue(filled(home, &[b"q"])).unwrap();
    core::mem::forget(rest.drain().next());
    out.dequeue_bundle(&mut rest).unwrap();
    rest.free();
    let _ = rest.fill_fresh(Fresh::EMPTY);
    rest.free();
    let _ = rest.fill_fresh(BLANK);
    for packet in rest.drain().take(3) {
        bundle.push(packet).unwrap();
    }
    into.enqueue_bundle(&mut bundle).unwrap();
    drop(out.dequeue(home).unwrap());
    into.enqueue(filled(home, &[b"r"])).unwrap();
    out.dequeue_bundle(&mut rest).unwrap();
    core::mem::forget(rest);
}

/// Somebody living shares a packet by way of the ring before.
fn share_one<'h>(stage: &Stage, home: &'h MbufHome<'h>) -> Mbuf<'h> {
    let packet = filled(home, &[b"s", b"t"]);
    stage.ring.producer().unwrap().enqueue(packet.to_clone(home).unwrap()).unwrap();
    packet
}

#[test]
fn who_dies_anywhere_in_a_life_loses_no_mbuf_and_no_reference() {
    for sync in [Sync::Multi, Sync::Single, Sync::Rts] {
        for at in 0.. {
            let stage = Stage::new(sync);
            let home = stage.pool.home();
            let kept = share_one(&stage, &home);
            let member = stage.join(1);
            let end = die_at(at, move || life(member));
            stage.kill(1);
            assert_eq!(stage.reap_all().len(), 1, "{end:?}");
            assert_eq!((bytes_of(&kept), kept.check()), (b"st".to_vec(), Ok(())), "{end:?}");
            drop(kept);
            stage.use_it();
            if let End::Finished(()) = end {
                assert!(at > 50, "the life came by next to no crash point");
                break;
            }
        }
    }
}

#[test]
fn a_reaper_that_dies_anywhere_is_finished_by_another() {
    for at in 0.. {
        let stage = Stage::plain();
        let home = stage.pool.home();
        let kept = share_one(&stage, &home);
        let member = stage.join(1);
        assert!(matches!(die_at(usize::MAX, move || life(member)), End::Finished(())));
        stage.kill(1);
        let reaper = stage.join(2);
        let end = die_at(at, move || reap(&reaper).map(|report| report.is_some()));
        stage.kill(2);
        stage.reap_all();
        assert_eq!(kept.check(), Ok(()), "{end:?}");
        drop(kept);
        stage.use_it();
        if let End::Finished(done) = end {
            assert_eq!(done, Ok(true));
            assert!(at > 20, "the reaper came by next to no crash point");
            return;
        }
    }
}

/// Somebody living changes the owner's references between the death and the reaping.
#[test]
fn a_change_that_a_dead_one_began_is_made_once_whoever_helps() {
    for at in 0.. {
        let stage = Stage::plain();
        let home = stage.pool.home();
        let packet = filled(&home, &[b"s"]);
        let mut into = stage.ring.producer().unwrap();
        into.enqueue(packet.to_clone(&home).unwrap()).unwrap();
        let member = stage.join(1);
        let end = die_at(at, move || {
            let (pool, _, ring) = of(&member);
            let home = pool.home();
            let clone = ring.consumer().unwrap().dequeue(&home).unwrap().unwrap();
            let second = clone.to_clone(&home).unwrap();
            drop(clone);
            core::mem::forget(second.to_clone(&home).unwrap());
            core::mem::forget(second);
        });
        // Dead, and not reaped: what it had half done in rings, who comes there undoes.
        stage.kill(1);
        let mine = packet.to_clone(&home).unwrap();
        if at % 2 == 0 {
            drop(packet);
        } else {
            drop(packet.to_clone(&home).unwrap());
            into.enqueue(packet).unwrap();
        }
        assert_eq!(stage.reap_all().len(), 1, "{end:?}");
        assert_eq!((mine.data(), mine.check()), (&b"s"[..], Ok(())), "{end:?}");
        drop(mine);
        stage.use_it();
        if let End::Finished(()) = end {
            return;
        }
    }
}

#[test]
fn who_lost_its_slot_frees_and_clones_nothing() {
    let stage = Stage::plain();
    let member = stage.join(1);
    let (pool, ..) = of(&member);
    let home = pool.home();
    let packet = filled(&home, &[b"abc"]);
    let clone = packet.to_clone(&home).unwrap();
    stage.kill(1);
    stage.reap_all();
    assert!(matches!(packet.to_clone(&home), Err(CloneError::Fenced(_))));
    drop((clone, packet));
    stage.check(0);
    stage.use_it();
}
