//! Packets that travel.

use super::*;
use crate::wait::Waiting;

#[test]
fn a_packet_travels_whole_and_is_who_took_its() {
    let stage = Stage::plain();
    let other = stage.join(1);
    let (there, _, ring) = of(&other);
    let (home, also) = (stage.pool.home(), stage.small.home());
    let mut packet = filled(&home, &[b"a", b"b"]);
    packet.chain(filled(&also, &[b"c"])).unwrap();
    stage.ring.producer().unwrap().enqueue(packet).unwrap();
    assert_eq!(stage.check(0).in_rings, 3);
    let away = there.home();
    let packet = ring.consumer().unwrap().dequeue(&away).unwrap().unwrap();
    assert_eq!((bytes_of(&packet), packet.check()), (b"abc".to_vec(), Ok(())));
    assert_eq!((stage.pool.held_by(other.me(), &[]), stage.small.held_by(other.me(), &[])), (2, 1));
    drop(packet);
    stage.check(0);
}

#[test]
fn bursts_move_as_many_as_fit_in_order() {
    for sync in [Sync::Single, Sync::Multi, Sync::Rts, Sync::Hts] {
        let stage = Stage::new(sync);
        let home = stage.pool.home();
        let (mut into, mut out) = (stage.ring.producer().unwrap(), stage.ring.consumer().unwrap());
        let packet = |n: u8| (n != 3).then(|| filled(&home, &[&[n]]));
        let mut packets: Vec<_> = (0..30).map(packet).collect();
        assert_eq!(into.enqueue_burst(&mut packets), Ok(20));
        assert_eq!(packets.iter().flatten().count(), 9);
        let mut taken: Vec<_> = (0..25).map(|_| None).collect();
        assert_eq!(out.dequeue_burst(&home, &mut taken), Ok(20));
        let seen: Vec<_> = taken.iter().flatten().map(|it| it.data()[0]).collect();
        let sent: Vec<_> = (0..21).filter(|n| *n != 3).collect();
        assert_eq!(seen, sent);
    }
}

#[test]
fn a_full_ring_gives_the_packet_back() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut into = stage.ring.producer().unwrap();
    while into.enqueue(filled(&home, &[b"x"])).is_ok() {}
    assert_eq!(stage.check(0).in_rings, 20);
}

#[test]
fn what_one_dead_put_in_is_taken_by_others_and_what_it_held_goes_back() {
    let stage = Stage::plain();
    let member = stage.join(1);
    let (pool, small, ring) = of(&member);
    let also = small.home();
    let home = pool.home().also(&also);
    let mut packet = filled(&home, &[b"a", b"b"]);
    packet.chain(filled(&also, &[b"c"])).unwrap();
    ring.producer().unwrap().enqueue(packet).unwrap();
    core::mem::forget(filled(&home, &[b"x", b"y", b"z"]));
    stage.kill(1);
    assert_eq!(stage.reap_all()[0].recovered.objects, 3);
    assert_eq!(stage.check(0).in_rings, 3);
    let here = stage.pool.home();
    let packet = stage.ring.consumer().unwrap().dequeue(&here).unwrap().unwrap();
    assert_eq!((bytes_of(&packet), packet.check()), (b"abc".to_vec(), Ok(())));
    drop(packet);
    stage.use_it();
}

#[test]
fn a_packet_is_waited_for_and_who_puts_it_in_wakes_the_sleeper() {
    let (group, platform) = fake::group_with_memory();
    let pool = MbufPool::create(&group, "packets", &MbufConfig::new(MBUFS)).unwrap();
    let home = pool.home();
    let config = RingConfig::new(8).both(Sync::Single).waitable();
    let ring = MbufRing::create(&group, "ring", &config).unwrap();
    let (mut producer, mut consumer) = (ring.producer().unwrap(), ring.consumer().unwrap());
    let now = Waiting::SpinThenSleep { spins: 0 };
    assert!(consumer.wait(&home, now, || false).unwrap().is_none());
    assert!(producer.enqueue(home.alloc().unwrap()).is_ok());
    producer.wake();
    assert_eq!((platform.sleeps(), platform.wakes()), (1, 1));
    assert!(consumer.wait(&home, now, || true).unwrap().is_some());
}

#[test]
fn a_burst_that_fits_in_part_is_tallied_by_what_went_in() {
    for sync in [Sync::Single, Sync::Multi, Sync::Rts] {
        let stage = Stage::new(sync);
        let home = stage.pool.home();
        let mut into = stage.ring.producer().unwrap();
        let packet = |n: u8| (n != 3).then(|| filled(&home, &[&[n; 50][..usize::from(n)]]));
        let mut packets: Vec<_> = (0..30).map(packet).collect();
        let went = into.enqueue_burst_tallied(&mut packets).unwrap();
        let bytes = (0..21).filter(|n| *n != 3).sum();
        assert_eq!(went, Tally { packets: 20, bytes });
        assert_eq!(into.enqueue_burst_tallied(&mut packets), Ok(Tally::default()));
    }
}

#[test]
fn a_burst_by_a_port_has_its_number_and_its_bytes() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let also = stage.small.home();
    let (mut into, mut out) = (stage.ring.producer().unwrap(), stage.ring.consumer().unwrap());
    let mut two = filled(&home, &[b"ab", b"c"]);
    two.chain(filled(&also, &[b"de"])).unwrap();
    for packet in [filled(&home, &[b"f"]), two, filled(&also, &[b"gh"])] {
        into.enqueue(packet).unwrap();
    }
    let mut taken = [const { None }; 4];
    let came = out.dequeue_burst_by(7, &home, &mut taken);
    assert_eq!(came, Ok(Tally { packets: 3, bytes: 8 }));
    let [Some(a), Some(b), Some(c), None] = &taken else { panic!("{taken:?}") };
    assert_eq!([a, b, c].map(Mbuf::port), [Some(7); 3]);
    assert_eq!([a, b, c].map(bytes_of), [b"f".to_vec(), b"abcde".to_vec(), b"gh".to_vec()]);
    assert_eq!(stage.check(5).in_rings, 0);
}

#[test]
fn packets_of_several_homes_are_freed_together_each_by_its_own() {
    let stage = Stage::plain();
    let (home, also) = (stage.pool.home(), stage.small.home());
    let mut packets: Vec<_> = (0..8)
        .map(|n| match n {
            3 => None,
            n if n % 2 == 0 => Some(filled(&home, &[b"a", b"b"])),
            _ => Some(filled(&also, &[b"c"])),
        })
        .collect();
    assert_eq!(Mbuf::free_all(&mut packets), 7);
    assert!(packets.iter().all(Option::is_none));
    stage.check(0);
}
