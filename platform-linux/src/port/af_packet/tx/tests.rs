use super::*;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

/// A queue whose socket is a file that plays a ring of four frames; and the kernel's mapping of it.
fn queue() -> (AfPacketTx, FrameRing) {
    let geometry = Geometry::new(None, 2048, 4).unwrap();
    let file = memfd_create("ring", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&file, geometry.bytes() as u64).unwrap();
    let map = || FrameRing::map(file.as_fd(), geometry).unwrap();
    let (ring, kernel) = (map(), map());
    let queue = AfPacketTx {
        cursor: Cursor::of(file.as_fd()),
        socket: file,
        ring,
        interface: InterfaceName::new("none").unwrap(),
        room: 1500,
        longest: 1514,
        stuck: 0,
        first: None,
        until_look: LOOK_EVERY,
    };
    (queue, kernel)
}

fn put(queue: &mut AfPacketTx, count: usize) {
    for _ in 0..count {
        queue.ring.set_status(SEND_REQUEST);
        queue.ring.step();
    }
}

fn send_one(kernel: &mut FrameRing) {
    kernel.set_status(AVAILABLE);
    kernel.step();
}

#[test]
fn a_ring_of_which_nothing_is_sent_is_stuck() {
    let (mut queue, _kernel) = queue();
    put(&mut queue, 2);
    assert!(queue.has_moved(), "nobody knew which was the first");
    assert!(!queue.has_moved());
    put(&mut queue, 2);
    assert!(!queue.has_moved());
    assert_eq!(queue.ring.at(), 0);
}

#[test]
fn a_ring_that_is_always_full_and_of_which_something_is_sent_is_not_stuck() {
    let (mut queue, mut kernel) = queue();
    put(&mut queue, 4);
    for sent in 0..10 {
        assert!(queue.has_moved(), "after {sent}");
        assert!(!queue.has_moved(), "after {sent}");
        send_one(&mut kernel);
        put(&mut queue, 1);
    }
}

#[test]
fn a_first_frame_that_a_driver_still_reads_waits_no_more() {
    let (mut queue, mut kernel) = queue();
    put(&mut queue, 3);
    queue.has_moved();
    // Not free yet, and sent.
    kernel.set_status(2);
    assert!(queue.has_moved());
    assert!(!queue.has_moved());
}
