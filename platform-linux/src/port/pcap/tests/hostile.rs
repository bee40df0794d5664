//! Hostile files: cut, changed, made up.

use super::*;

/// What a reader holds at most: one block or packet, and a chunk.
const HELD_MAX: usize = (RECORD_MAX as usize + 65_536 + 65_536 * 2).next_multiple_of(65_536);

/// Reads as far as it goes. Comes to an end, in bounded memory.
fn exhaust(file: &[u8]) -> usize {
    let Ok(mut reader) = PacketReader::new(Cursor::new(file)) else { return 0 };
    let mut count = 0;
    while let Ok(Some(data)) = reader.peek() {
        assert!(data.len() <= RECORD_MAX as usize);
        reader.pass();
        count += 1;
    }
    assert!(reader.held() <= HELD_MAX, "{} bytes are held", reader.held());
    // It stands still where it failed.
    let at = reader.at();
    let _ = reader.peek().map(|_| ());
    assert_eq!(reader.at(), at);
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn changed_bytes_are_read_or_refused(
        format in formats(),
        packets in frames(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = file_of(format, &packets);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        exhaust(&file);
    }

    #[test]
    fn a_cut_file_gives_all_that_is_whole_and_says_where_it_ends(
        format in formats(),
        packets in frames(),
        cut in any::<prop::sample::Index>(),
    ) {
        let file = file_of(format, &packets);
        let part = &file[..cut.index(file.len())];
        let (read, end) = packets_of(part);
        prop_assert_eq!(&read[..], &packets[..read.len()]);
        // It is whole up to there only if it was cut between two packets.
        let whole = file_of(format, &packets[..read.len()]);
        let is_between = part.len() == whole.len() || part.len() < whole.len() && read.is_empty();
        prop_assert!(end.is_err() || is_between, "{} of {}: {:?}", part.len(), file.len(), end);
    }

    #[test]
    fn noise_is_read_or_refused(
        magic in prop::sample::select(&[
            [0x0a, 0x0d, 0x0d, 0x0a], [0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d], [0, 0, 0, 0],
        ][..]),
        noise in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        exhaust(&[&magic[..], &noise].concat());
    }
}

fn fault_of(file: &[u8]) -> String {
    packets_of(file).1.unwrap_err().to_string()
}

#[test]
fn what_is_no_capture_is_refused_by_its_first_bytes() {
    assert!(fault_of(b"").contains("it is empty"));
    assert!(fault_of(b"hello, world").contains("begins with 68 65 6c 6c"));
    assert!(fault_of(&[0xd4, 0xc3, 0xb2]).contains("ends in the middle"));
}

#[test]
fn a_length_that_no_packet_has_is_refused_before_room_is_made_for_it() {
    let mut file = file_of(Format::Pcap, &[vec![1; 60]]);
    file.extend([0; 8]);
    file.extend(u32::MAX.to_le_bytes());
    file.extend([0; 4]);
    let (read, end) = packets_of(&file);
    assert_eq!(read.len(), 1);
    assert!(matches!(end, Err(ReadFault::TooLong(u32::MAX))));
    let mut file = file_of(Format::PcapNg, &[]);
    file.extend([6, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    assert!(matches!(packets_of(&file).1, Err(ReadFault::TooLong(0xffff_fffc))));
}

#[test]
fn other_link_types_are_refused() {
    let mut file = file_of(Format::Pcap, &[]);
    file[20] = 101;
    assert!(fault_of(&file).contains("link type 101"));
    let mut file = file_of(Format::PcapNg, &[vec![0; 60]]);
    // The section header has 28 bytes, an interface's link type comes 8 later.
    file[28 + 8] = 113;
    assert!(fault_of(&file).contains("link type 113"));
}

/// A block of pcapng, little-endian.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = (12 + body.len()) as u32;
    [&kind.to_le_bytes()[..], &len.to_le_bytes(), body, &len.to_le_bytes()].concat()
}

#[test]
fn blocks_that_carry_no_packet_are_passed_over_however_long_they_are() {
    let mut file = file_of(Format::PcapNg, &[vec![1; 60]]);
    file.extend(block(0x0bad, &vec![7; 3_000_000]));
    let more = file_of(Format::PcapNg, &[vec![2; 60]]);
    file.extend(more);
    assert_eq!(exhaust(&file), 2);
    assert_eq!(packets_of(&file).0, [vec![1; 60], vec![2; 60]]);
}

#[test]
fn interfaces_without_end_are_refused() {
    let mut file = file_of(Format::PcapNg, &[]);
    let interface = block(1, &[1, 0, 0, 0, 0, 0, 0, 0]);
    for _ in 0..5000 {
        file.extend(&interface);
    }
    assert!(matches!(packets_of(&file).1, Err(ReadFault::Interfaces)));
}

#[test]
fn options_that_the_crate_refuses_do_no_harm() {
    let mut file = file_of(Format::PcapNg, &[]);
    // A name that is no UTF-8, a time zone of four bytes, and no end of options.
    file.extend(block(
        1,
        &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0xff, 0, 0, 0, 10, 0, 4, 0, 0, 0, 0, 0],
    ));
    let packet =
        [&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0][..], b"four"].concat();
    file.extend(block(6, &packet));
    let (read, end) = packets_of(&file);
    assert!(end.is_ok(), "{end:?}");
    assert_eq!(read, [b"four"]);
}

#[test]
fn packets_that_were_cut_by_a_snap_length_are_read() {
    let (mut file, encoder) = (Vec::new(), Encoder::new(Format::Pcap));
    encoder.header(&mut file);
    // Longer once than the file's snap length.
    encoder.packet(&mut file, 0, 1_000_000, [&[5; 96][..]]);
    assert_eq!(packets_of(&file).0, [vec![5; 96]]);
}

#[test]
fn simple_and_old_packets_are_read_in_either_byte_order() {
    let mut file = file_of(Format::PcapNg, &[]);
    file.extend(block(3, &[&5_u32.to_le_bytes()[..], b"simpl\0\0\0"].concat()));
    let old = [&[0, 0, 0, 0][..], &[0; 8], &3_u32.to_le_bytes(), &3_u32.to_le_bytes(), b"old\0"];
    file.extend(block(2, &old.concat()));
    assert_eq!(packets_of(&file).0, [b"simpl".to_vec(), b"old".to_vec()]);
    let mut big: Vec<u8> = Vec::new();
    for word in [0x0a0d_0d0a_u32, 28, 0x1a2b_3c4d, 0x0001_0000, u32::MAX, u32::MAX, 28] {
        big.extend(word.to_be_bytes());
    }
    for word in [1_u32, 20, 0x0001_0000, 0, 20, 6, 36, 0, 0, 0, 4, 4, 0x6269_6721, 36] {
        big.extend(word.to_be_bytes());
    }
    assert_eq!(packets_of(&big).0, [b"big!".to_vec()]);
}
