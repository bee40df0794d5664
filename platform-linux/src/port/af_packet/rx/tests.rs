use super::*;
use crate::port::af_packet::cursor::Place;
use proptest::prelude::*;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

/// Two mappings of a file that plays a socket's ring: the process's, and the kernel's.
fn rings() -> (FrameRing, FrameRing) {
    let geometry = Geometry::new(None, 2048, 4).unwrap();
    let file = memfd_create("ring", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&file, geometry.bytes() as u64).unwrap();
    let map = || FrameRing::map(file.as_fd(), geometry).unwrap();
    (map(), map())
}

/// The kernel puts a packet of `len` bytes into its next frame.
fn deliver(kernel: &mut FrameRing, len: u32, nanoseconds: u32) {
    kernel.set_word(4, len);
    kernel.set_word(8, len);
    kernel.set_word(
        12,
        u32::from_ne_bytes({
            let [a, b] = 76u16.to_ne_bytes();
            [a, b, 0, 0]
        }),
    );
    kernel.set_word(20, nanoseconds);
    kernel.bytes_mut(66, 10).unwrap().fill(0);
    kernel.bytes_mut(76, len as usize).unwrap().fill(len as u8);
    kernel.set_status(USER);
    kernel.step();
}

fn resumed(at: u32, is_handing: bool, deliveries: &[(u32, u32)]) -> u32 {
    let (mut ring, mut kernel) = rings();
    for (at, nanoseconds) in deliveries {
        kernel.seek(*at);
        deliver(&mut kernel, 60, *nanoseconds);
    }
    resume(&mut ring, Place { at, is_handing }, was_given_back);
    ring.at()
}

#[test]
fn a_packet_is_found_where_the_kernel_put_it() {
    let (ring, mut kernel) = rings();
    assert_eq!(ring.status() & USER, 0);
    deliver(&mut kernel, 60, 1);
    let header = Header::read(&ring, ring.status());
    let (frame, bytes) = packet_in(&ring, header).unwrap();
    assert_eq!((frame.offset, bytes), (76, &[60; 60][..]));
}

#[test]
fn a_successor_goes_on_where_the_dead_one_was() {
    assert_eq!(resumed(2, false, &[]), 2);
    assert_eq!(resumed(2, false, &[(2, 1), (3, 2)]), 2);
}

#[test]
fn a_frame_that_was_being_given_back_is_taken_again_or_was_given_back() {
    // Killed before the status was written: the packet is nobody's yet.
    assert_eq!(resumed(3, true, &[(3, 1)]), 3);
    // Killed after.
    assert_eq!(resumed(3, true, &[]), 0);
    assert_eq!(resumed(3, true, &[(0, 2)]), 0);
    // The same, and the kernel has come around since.
    assert_eq!(resumed(3, true, &[(0, 2), (1, 3), (2, 4), (3, 5)]), 0);
    // Killed before, with a full ring behind.
    assert_eq!(resumed(3, true, &[(3, 1), (0, 2), (1, 3), (2, 4)]), 3);
}

#[test]
fn a_place_outside_of_the_ring_leads_into_it() {
    assert!(resumed(u32::MAX, false, &[]) < 4);
    assert!(resumed(u32::MAX, true, &[]) < 4);
}

proptest! {
    #[test]
    fn whatever_stands_in_a_header_no_byte_outside_of_the_frame_is_read(
        words in proptest::array::uniform7(any::<u32>()),
        near in any::<bool>(), len in 0u32..2100, offset in 0u16..2100,
        vnet in proptest::array::uniform10(any::<u8>()), at in 0u32..4,
    ) {
        let (mut ring, mut kernel) = rings();
        ring.seek(at);
        kernel.seek(at);
        if let Some(place) = kernel.bytes_mut(usize::from(offset).saturating_sub(10), 10) {
            place.copy_from_slice(&vnet);
        }
        for (number, word) in words.into_iter().enumerate() {
            kernel.set_word(4 + number * 4, word);
        }
        if near {
            let [a, b] = offset.to_ne_bytes();
            kernel.set_word(4, len);
            kernel.set_word(8, len);
            kernel.set_word(12, u32::from_ne_bytes([a, b, 0, 0]));
        }
        let header = Header::read(&ring, words[0] | USER);
        if let Ok((frame, bytes)) = packet_in(&ring, header) {
            prop_assert!(frame.offset >= 42 && frame.offset + frame.len <= 2048);
            prop_assert_eq!(bytes.len(), frame.len);
            if let Some(sum) = frame.checksum {
                prop_assert!(sum.at + 2 <= frame.len);
            }
        }
    }
}
