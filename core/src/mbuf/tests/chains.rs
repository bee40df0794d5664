//! Packets of several segments.

use super::*;

#[test]
fn a_chain_is_one_packet_and_is_freed_whole() {
    let stage = Stage::plain();
    let (home, also) = (stage.pool.home(), stage.small.home());
    let home = home.also(&also);
    let mut packet = filled(&home, &[b"one ", b"two "]);
    let tail = filled(&also, &[b"three ", b"four"]);
    packet.chain(tail).unwrap();
    assert_eq!((packet.len(), packet.segments_count()), (18, 4));
    assert_eq!((bytes_of(&packet), packet.check()), (b"one two three four".to_vec(), Ok(())));
    assert_eq!(packet.tailroom(), 200 - 128 - 4);
    stage.check(4);
    drop(packet);
    stage.check(0);
    assert_eq!((stage.pool.strays(), stage.small.strays()), (0, 0));
}

#[test]
fn a_segment_of_a_pool_that_nobody_named_goes_back_there() {
    let stage = Stage::plain();
    let (home, other) = (stage.pool.home(), stage.small.home());
    let mut packet = filled(&home, &[b"a"]);
    packet.chain(filled(&other, &[b"b"])).unwrap();
    drop(packet);
    assert!(stage.pool.is_full() && stage.small.is_full());
    stage.check(0);
}

#[test]
fn appending_and_trimming_happen_at_the_last_segment() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut packet = filled(&home, &[b"ab", b"cd"]);
    packet.append(1).unwrap().copy_from_slice(b"e");
    packet.adj(1).unwrap();
    assert_eq!((bytes_of(&packet), packet.len()), (b"bcde".to_vec(), 4));
    packet.trim(3).unwrap();
    assert!(packet.trim(1).is_err());
    assert_eq!((bytes_of(&packet), packet.check()), (b"b".to_vec(), Ok(())));
}

#[test]
fn a_packet_is_parted_between_any_two_segments() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    for count in 1..4 {
        let mut packet = filled(&home, &[b"a", b"bb", b"ccc", b"dddd"]);
        let rest = packet.split_off(count).unwrap();
        assert_eq!((packet.check(), rest.check()), (Ok(()), Ok(())));
        assert_eq!((packet.segments_count(), rest.segments_count()), (count, 4 - count));
        packet.chain(rest).unwrap();
        assert_eq!((bytes_of(&packet), packet.check()), (b"abbcccdddd".to_vec(), Ok(())));
        assert!(packet.split_off(4).is_none() && packet.split_off(0).is_none());
    }
    stage.check(0);
}

#[test]
fn what_lies_across_segments_is_read_in_one_piece() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let packet = filled(&home, &[b"abc", b"", b"def", b"ghi"]);
    let mut scratch = [0; 8];
    assert_eq!(packet.read(3, 3, &mut []), Some(&b"def"[..]));
    assert_eq!(packet.read(1, 7, &mut scratch), Some(&b"bcdefgh"[..]));
    assert_eq!(packet.read(2, 8, &mut scratch), None);
    assert_eq!(packet.read(9, 1, &mut scratch), None);
    assert_eq!(packet.read(1, 7, &mut scratch[..6]), None);
}

#[test]
fn a_copy_is_a_packet_of_its_own() {
    let stage = Stage::plain();
    let (home, small) = (stage.pool.home(), stage.small.home());
    let mut packet = filled(&home, &[&[1; 100], &[2; 100]]);
    packet.set_vlan(5);
    let copy = packet.copy(&small, 50, 90).unwrap();
    assert_eq!((copy.len(), copy.segments_count(), copy.vlan()), (90, 2, 5));
    assert_eq!(bytes_of(&copy), [[1; 50].as_slice(), &[2; 40]].concat());
    assert_eq!((copy.check(), copy.is_shared()), (Ok(()), false));
    assert_eq!(
        packet.copy(&small, 201, 1).map(drop),
        Err(CopyError::Range { from: 201, len: 200 })
    );
    let all = packet.copy(&home, 0, u32::MAX).unwrap();
    assert_eq!((bytes_of(&all), all.segments_count()), (bytes_of(&packet), 1));
}

#[test]
fn a_copy_that_finds_too_few_mbufs_takes_none() {
    let stage = Stage::plain();
    let (home, small) = (stage.pool.home(), stage.small.home());
    let packet = filled(&home, &[&[1; 2000], &[1; 2000]]);
    assert_eq!(packet.copy(&small, 0, 4000).map(drop), Err(CopyError::Empty));
    assert!(stage.small.is_full());
}

#[test]
fn a_packet_is_brought_into_one_piece_where_it_fits() {
    let stage = Stage::plain();
    let (home, also) = (stage.pool.home(), stage.small.home());
    let mut packet = filled(&home, &[b"abc", b"def", b"ghi"]);
    assert_eq!(packet.linearize().unwrap(), b"abcdefghi");
    assert_eq!((packet.is_contiguous(), packet.check()), (true, Ok(())));
    stage.check(1);
    let mut long = filled(&also, &[&[1; 70], &[2; 3]]);
    assert_eq!(long.linearize().map(drop), Err(CopyError::Room { asked: 3, there: 2 }));
    assert_eq!((long.segments_count(), long.check()), (2, Ok(())));
}

#[test]
fn each_segments_data_can_be_written() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut packet = filled(&home, &[b"ab", b"cd"]);
    packet.for_each_segment_mut(|data| data.reverse()).unwrap();
    assert_eq!(bytes_of(&packet), b"badc");
}
