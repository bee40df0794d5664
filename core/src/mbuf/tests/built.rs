//! Packets that are built in a bundle, of which only the bytes are written.

use super::*;
use crate::mempool::PoolEmpty;

/// Adds so many packets to a bundle, of so many bytes, each of which says its number.
fn build(bundle: &mut Bundle<'_>, count: u8, len: u16) {
    let mut numbers = 0..count;
    bundle
        .build(count.into(), len, |bytes| {
            assert_eq!(bytes.len(), usize::from(len));
            bytes.fill(numbers.next().unwrap());
        })
        .unwrap();
}

#[test]
fn what_was_built_has_its_bytes_and_its_header_is_written_by_who_opens_it() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    // What headers say of older packets.
    drop((0..10).map(|_| filled(&home, &[b"old and longer"])).collect::<Vec<_>>());
    let mut bundle = Bundle::new(&home);
    build(&mut bundle, 3, 5);
    assert_eq!(bundle.tally(), Tally { packets: 3, bytes: 15 });
    stage.check(3);
    let mut seen = Vec::new();
    bundle.for_each_data(|data| seen.push(data.to_vec()));
    assert_eq!(seen, [[0; 5], [1; 5], [2; 5]]);
    build(&mut bundle, 2, 4);
    assert_eq!(bundle.tally(), Tally { packets: 5, bytes: 23 });
    let open = bundle.open();
    let said = open.iter().flatten().map(|it| (it.data().to_vec(), it.port(), it.check()));
    let expected = [vec![0; 5], vec![1; 5], vec![2; 5], vec![0; 4], vec![1; 4]];
    assert_eq!(said.collect::<Vec<_>>(), expected.map(|data| (data, None, Ok(()))));
    drop(open);
    build(&mut bundle, 4, 5);
    assert_eq!(bundle.free(), 4);
    stage.check(0);
}

#[test]
fn what_was_built_goes_through_a_ring_and_came_by_no_port() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let (mut bundle, mut taken) = (Bundle::new(&home), [const { None }; 20]);
    build(&mut bundle, 3, 5);
    let sent = stage.ring.producer().unwrap().enqueue_bundle(&mut bundle);
    assert_eq!(sent, Ok(Tally { packets: 3, bytes: 15 }));
    assert_eq!(stage.ring.consumer().unwrap().dequeue_burst(&home, &mut taken), Ok(3));
    let said = taken.iter().flatten().map(|it| (it.data().to_vec(), it.port()));
    assert_eq!(said.collect::<Vec<_>>(), [0, 1, 2].map(|it| (vec![it; 5], None)));
}

#[test]
fn what_cannot_be_built_is_refused_and_the_bundle_is_as_it_was() {
    let stage = Stage::plain();
    let home = stage.pool.home();
    let mut bundle = Bundle::new(&home);
    build(&mut bundle, 2, 5);
    let room = stage.pool.data_room() - stage.pool.headroom();
    let refuse = |_: &mut [u8]| panic!("nothing is built");
    let long = bundle.build(1, room + 1, refuse).unwrap_err();
    assert_eq!(long, BuildError::Long { asked: room + 1, there: room });
    let full = bundle.build(Bundle::SIZE - 1, 5, refuse).unwrap_err();
    assert_eq!(full, BuildError::Full { asked: Bundle::SIZE - 1, there: Bundle::SIZE - 2 });
    let all: Vec<_> = core::iter::from_fn(|| home.alloc()).collect();
    let empty = bundle.build(1, 5, refuse).unwrap_err();
    assert_eq!(empty, BuildError::Empty(PoolEmpty { asked: 1 }));
    assert_eq!(bundle.tally(), Tally { packets: 2, bytes: 10 });
    drop((all, bundle));
    stage.check(0);
}
