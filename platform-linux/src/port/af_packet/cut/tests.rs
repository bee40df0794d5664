use super::*;
use proptest::prelude::*;

const SOURCE: [u8; 4] = [10, 0, 0, 1];
const TARGET: [u8; 4] = [10, 0, 0, 2];

/// The sum of what stands before a TCP header in its checksum.
fn pseudo(len: usize) -> u16 {
    let mut bytes = Vec::new();
    bytes.extend(SOURCE);
    bytes.extend(TARGET);
    bytes.extend([0, 6]);
    bytes.extend((len as u16).to_be_bytes());
    checksum::sum(&bytes)
}

/// An Ethernet frame with a TCP segment of `payload` bytes, as a sender leaves it to its device.
fn segment(payload: usize) -> (Vec<u8>, Frame) {
    let mut packet = vec![2; 12];
    packet.extend([8, 0, 0x45, 0]);
    packet.extend((40 + payload as u16).to_be_bytes());
    packet.extend([0, 7, 0x40, 0, 64, 6, 0, 0]);
    packet.extend(SOURCE);
    packet.extend(TARGET);
    packet.extend([0, 80, 0, 90, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0x50, 0x99, 1, 0]);
    packet.extend(pseudo(20 + payload).to_be_bytes());
    packet.extend([0, 0]);
    packet.extend((0..payload).map(|at| (at * 7) as u8));
    let checksum = Some(Checksum { start: 34, at: 50 });
    let cut = Some(Cut { size: 1000, is_tcp: true });
    let frame = Frame { offset: 0, len: packet.len(), vlan: None, checksum, cut };
    (packet, frame)
}

#[test]
fn the_parts_of_a_segment_are_whole_segments_of_one_stream() {
    let (packet, frame) = segment(2500);
    let plan = Plan::of(&packet, &frame).unwrap();
    assert_eq!(plan.count(), 3);
    let mut stream: Vec<u8> = Vec::new();
    for number in 0..plan.count() {
        let (headers, payload) = plan.part(&packet, number).unwrap();
        let headers = headers.as_bytes();
        assert_eq!(be16(headers, 16), Some(40 + payload.len() as u16));
        assert_eq!(be16(headers, 18), Some(7 + number as u16));
        assert_eq!(checksum::sum(&headers[14..34]), 0xffff, "IP header of part {number}");
        let whole = [&headers[34..], payload].concat();
        let sum = checksum::add(pseudo(whole.len()), checksum::sum(&whole));
        assert_eq!(sum, 0xffff, "TCP checksum of part {number}");
        let sequence = u32::from_be_bytes(headers[38..42].try_into().unwrap());
        assert_eq!(sequence, 0xffff_ff00_u32.wrapping_add(stream.len() as u32));
        let flags = headers[47];
        assert_eq!((flags & 0x09 != 0, flags & 0x80 != 0), (number == 2, number == 0));
        stream.extend(payload);
    }
    assert_eq!(stream, packet[54..]);
    assert!(plan.part(&packet, 3).is_none());
}

#[test]
fn a_packet_whose_headers_are_not_as_told_is_not_cut() {
    let (packet, frame) = segment(2500);
    let plan = |packet: &[u8], frame: &Frame| Plan::of(packet, frame);
    assert_eq!(plan(&packet, &Frame { checksum: None, ..frame }), None);
    let elsewhere = Some(Checksum { start: 33, at: 49 });
    assert_eq!(plan(&packet, &Frame { checksum: elsewhere, ..frame }), None);
    assert_eq!(plan(&packet[..54], &frame), None);
    let mut strange = packet.clone();
    strange[12] = 9;
    assert_eq!(plan(&strange, &frame), None);
    let mut short = packet;
    short[46] = 0x10;
    assert_eq!(plan(&short, &frame), None);
}

proptest! {
    #[test]
    fn no_packet_makes_it_panic(
        packet in proptest::collection::vec(any::<u8>(), 0..200),
        start in 0usize..80, at in 0usize..100, size in 1usize..100, is_tcp: bool, is_ip: bool,
    ) {
        let mut packet = packet;
        if is_ip && packet.len() > 14 {
            packet[12] = 8;
            packet[13] = 0;
        }
        let checksum = Some(Checksum { start, at });
        let cut = Some(Cut { size, is_tcp });
        let frame = Frame { offset: 0, len: packet.len(), vlan: None, checksum, cut };
        if let Some(plan) = Plan::of(&packet, &frame) {
            for number in 0..plan.count() + 1 {
                let _ = plan.part(&packet, number);
            }
        }
    }
}
