//! RSS: Microsoft's verification suite, and packets of any bytes.

use proptest::prelude::*;

use super::super::rss::{KEY_SYMMETRIC, kinds};
use super::*;

/// An Ethernet frame with a TCP segment over IPv4 in it.
fn ipv4(from: ([u8; 4], u16), to: ([u8; 4], u16)) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([0x08, 0x00, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0]);
    frame.extend(from.0);
    frame.extend(to.0);
    frame.extend(from.1.to_be_bytes());
    frame.extend(to.1.to_be_bytes());
    frame.extend([0; 16]);
    frame
}

fn ipv6(from: ([u16; 8], u16), to: ([u16; 8], u16)) -> Vec<u8> {
    let mut frame = vec![0; 12];
    frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 64]);
    frame.extend(from.0.iter().flat_map(|part| part.to_be_bytes()));
    frame.extend(to.0.iter().flat_map(|part| part.to_be_bytes()));
    frame.extend(from.1.to_be_bytes());
    frame.extend(to.1.to_be_bytes());
    frame.extend([0; 16]);
    frame
}

fn hash_of(frame: &[u8], kinds: u32) -> u32 {
    Rss::new(&RssSetup { kinds, ..RssSetup::default() }, 4).hash(frame)
}

#[test]
fn hashes_over_ipv4_are_those_of_the_verification_suite() {
    let suite = [
        (([66, 9, 149, 187], 2794), ([161, 142, 100, 80], 1766), 0x323e_8fc2, 0x51cc_c178),
        (([199, 92, 111, 2], 14230), ([65, 69, 140, 83], 4739), 0xd718_262a, 0xc626_b0ea),
        (([24, 19, 198, 95], 12898), ([12, 22, 207, 184], 38024), 0xd2d0_a5de, 0x5c2b_394a),
        (([38, 27, 205, 30], 48228), ([209, 142, 163, 6], 2217), 0x8298_9176, 0xafc7_327f),
        (([153, 39, 163, 191], 44251), ([202, 188, 127, 2], 1303), 0x5d18_09c5, 0x10e8_28a2),
    ];
    for (from, to, addresses, ports) in suite {
        let frame = ipv4(from, to);
        assert_eq!(hash_of(&frame, kinds::IPV4), addresses, "{from:?} {to:?}");
        assert_eq!(hash_of(&frame, kinds::ALL), ports, "{from:?} {to:?}");
    }
}

#[test]
fn hashes_over_ipv6_are_those_of_the_verification_suite() {
    let suite = [
        (
            ([0x3ffe, 0x2501, 0x200, 0x1fff, 0, 0, 0, 7], 2794),
            ([0x3ffe, 0x2501, 0x200, 3, 0, 0, 0, 1], 1766),
            0x2cc1_8cd5,
            0x4020_7d3d,
        ),
        (
            ([0x3ffe, 0x501, 8, 0, 0x260, 0x97ff, 0xfe40, 0xefab], 14230),
            ([0xff02, 0, 0, 0, 0, 0, 0, 1], 4739),
            0x0f0c_461c,
            0xdde5_1bbf,
        ),
        (
            ([0x3ffe, 0x1900, 0x4545, 3, 0x200, 0xf8ff, 0xfe21, 0x67cf], 44251),
            ([0xfe80, 0, 0, 0, 0x200, 0xf8ff, 0xfe21, 0x67cf], 38024),
            0x4b61_e985,
            0x02d1_feef,
        ),
    ];
    for (from, to, addresses, ports) in suite {
        let frame = ipv6(from, to);
        assert_eq!(hash_of(&frame, kinds::IPV6), addresses, "{from:?}");
        assert_eq!(hash_of(&frame, kinds::ALL), ports, "{from:?}");
    }
}

#[test]
fn a_flow_is_found_behind_vlan_tags_and_ipv6_extensions() {
    let plain = ipv4(([10, 0, 0, 1], 1), ([10, 0, 0, 2], 2));
    let mut tagged = plain[..12].to_vec();
    tagged.extend([0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6]);
    tagged.extend(&plain[12..]);
    assert_eq!(hash_of(&tagged, kinds::ALL), hash_of(&plain, kinds::ALL));
    let plain = ipv6(([1; 8], 1), ([2; 8], 2));
    let mut extended = plain[..54].to_vec();
    extended[20] = 0;
    extended.extend([60, 0, 0, 0, 0, 0, 0, 0, 6, 1]);
    extended.extend([0; 14]);
    extended.extend(&plain[54..]);
    assert_eq!(hash_of(&extended, kinds::ALL), hash_of(&plain, kinds::ALL));
}

#[test]
fn all_fragments_of_a_packet_come_to_one_queue() {
    let whole = ipv4(([10, 0, 0, 1], 1), ([10, 0, 0, 2], 2));
    let (mut first, mut second) = (whole.clone(), whole.clone());
    first[20] = 0x20;
    second[21] = 9;
    second[34..38].fill(0xee);
    assert_eq!(hash_of(&first, kinds::ALL), hash_of(&second, kinds::ALL));
    assert_eq!(hash_of(&first, kinds::ALL), hash_of(&whole, kinds::IPV4));
}

#[test]
fn the_symmetric_key_brings_both_directions_to_one_queue() {
    let rss = Rss::new(&RssSetup::symmetric(), 7);
    assert_eq!(KEY_SYMMETRIC[..4], [0x6d, 0x5a, 0x6d, 0x5a]);
    for n in 0..50 {
        let (a, b) = (([10, 0, 0, n], 1000 + u16::from(n)), ([10, 9, 8, 7], 80));
        assert_eq!(rss.hash(&ipv4(a, b)), rss.hash(&ipv4(b, a)));
    }
}

#[test]
fn flows_are_spread_over_all_queues_by_default() {
    let rss = Rss::new(&RssSetup::default(), 3);
    let mut counts = [0; 3];
    for port in 0..3000 {
        let frame = ipv4(([10, 0, 0, 1], port), ([10, 0, 0, 2], 80));
        counts[usize::from(rss.queue_of(&frame))] += 1;
    }
    assert!(counts.iter().all(|count| (700..1300).contains(count)), "{counts:?}");
}

/// The hash as it is defined: bit by bit.
fn naive(key: &[u8], input: &[u8]) -> u32 {
    let bit =
        |bytes: &[u8], at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    (0..input.len() * 8).filter(|at| bit(input, *at) == 1).fold(0, |hash, at| {
        hash ^ (0..32).fold(0u32, |word, n| word << 1 | u32::from(bit(key, at + n)))
    })
}

proptest! {
    #[test]
    fn the_hash_is_the_one_defined(key: [u8; 40], from: ([u8; 4], u16), to: ([u8; 4], u16)) {
        let rss = Rss::new(&RssSetup { key, ..RssSetup::default() }, 4);
        let frame = ipv4(from, to);
        prop_assert_eq!(rss.hash(&frame), naive(&key, &frame[26..38]));
    }

    #[test]
    fn any_bytes_have_a_queue_that_is_there(
        bytes in prop::collection::vec(any::<u8>(), 0..120), at in 0usize..30, queues in 1u16..=64
    ) {
        let rss = Rss::new(&RssSetup::default(), queues);
        prop_assert!(rss.queue_of(&bytes) < queues);
        // The same with headers that look right as far as they go.
        for mut frame in [ipv4(([1; 4], 1), ([2; 4], 2)), ipv6(([1; 8], 1), ([2; 8], 2))] {
            for (to, from) in frame.iter_mut().skip(12 + at).zip(&bytes) {
                *to = *from;
            }
            for len in 0..frame.len() {
                prop_assert!(rss.queue_of(&frame[..len]) < queues);
            }
        }
    }
}
