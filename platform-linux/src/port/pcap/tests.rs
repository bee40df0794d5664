//! Files of both formats: what is written is read, by us and by the crate; what is hostile is an error, in
//! bounded memory.

mod files;
mod hostile;

use std::io::Cursor;

use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::{Block, PcapNgReader};
use proptest::prelude::*;

use super::*;

/// The bytes of a file with these packets.
fn file_of(format: Format, packets: &[Vec<u8>]) -> Vec<u8> {
    let (mut file, encoder) = (Vec::new(), Encoder::new(format));
    encoder.header(&mut file);
    for (at, packet) in packets.iter().enumerate() {
        // In two parts, as packets of several segments come.
        let (a, b) = packet.split_at(packet.len() / 2);
        encoder.packet(&mut file, stamp(at), packet.len() as u32, [a, b]);
    }
    file
}

fn stamp(at: usize) -> u64 {
    1_700_000_000_123_456_789 + at as u64
}

/// Packets of a file, and what ended it.
fn packets_of(file: &[u8]) -> (Vec<Vec<u8>>, Result<(), ReadFault>) {
    let mut reader = match PacketReader::new(Cursor::new(file)) {
        Ok(reader) => reader,
        Err(fault) => return (Vec::new(), Err(fault)),
    };
    let mut packets = Vec::new();
    loop {
        match reader.peek() {
            Ok(Some(data)) => packets.push(data.to_vec()),
            Ok(None) => return (packets, Ok(())),
            Err(fault) => return (packets, Err(fault)),
        }
        reader.pass();
    }
}

fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)
}

fn formats() -> impl Strategy<Value = Format> {
    prop::sample::select(&[Format::Pcap, Format::PcapNg][..])
}

proptest! {
    #[test]
    fn what_is_written_is_read(format in formats(), packets in frames()) {
        let (read, end) = packets_of(&file_of(format, &packets));
        prop_assert!(end.is_ok());
        prop_assert_eq!(read, packets);
    }

    #[test]
    fn the_crate_reads_the_same_with_stamps_in_nanoseconds(packets in frames()) {
        let pcap = file_of(Format::Pcap, &packets);
        let mut reader = PcapReader::new(&pcap[..]).unwrap();
        for (at, packet) in packets.iter().enumerate() {
            let read = reader.next_packet().unwrap().unwrap();
            prop_assert_eq!(&read.data[..], &packet[..]);
            prop_assert_eq!(read.timestamp.as_nanos(), u128::from(stamp(at)));
        }
        prop_assert!(reader.next_packet().is_none());
        let ng = file_of(Format::PcapNg, &packets);
        let mut reader = PcapNgReader::new(&ng[..]).unwrap();
        let mut read = Vec::new();
        while let Some(block) = reader.next_block() {
            if let Block::EnhancedPacket(packet) = block.unwrap() {
                prop_assert_eq!(packet.timestamp.as_nanos(), u128::from(stamp(read.len())));
                read.push(packet.data.into_owned());
            }
        }
        prop_assert_eq!(read, packets);
    }
}

#[test]
fn frames_of_any_length_up_to_the_most_are_kept_whole() {
    let lens = [0, 1, 13, 14, 1514, 9018, 65_535, RECORD_MAX as usize];
    let packets: Vec<Vec<u8>> = lens.iter().map(|len| vec![0xa5; *len]).collect();
    for format in [Format::Pcap, Format::PcapNg] {
        let (read, end) = packets_of(&file_of(format, &packets));
        assert!(end.is_ok());
        assert!(read == packets, "{format:?}");
    }
}

#[test]
fn a_file_is_read_again_from_its_beginning() {
    let packets = vec![vec![1; 60], vec![2; 60]];
    for format in [Format::Pcap, Format::PcapNg] {
        let mut reader = PacketReader::new(Cursor::new(file_of(format, &packets))).unwrap();
        for _ in 0..3 {
            for packet in &packets {
                assert_eq!(reader.peek().unwrap(), Some(&packet[..]));
                reader.pass();
            }
            assert_eq!(reader.peek().unwrap(), None);
            reader.rewind().unwrap();
        }
    }
}

#[test]
fn arguments_are_read_and_written() {
    let args = PcapArgs::parse("rx_pcap=/a,tx_pcap=/b,tx_pcap=/c,infinite_rx=1").unwrap();
    assert_eq!((args.rx.len(), args.tx.len(), args.rx_max(), args.tx_max()), (1, 2, 64, 2));
    assert_eq!(PcapArgs::parse(&args.to_text()).unwrap(), args);
    assert_eq!(PcapArgs::parse("").unwrap(), PcapArgs::default());
    let error = |text| PcapArgs::parse(text).unwrap_err().to_string();
    assert!(error("rx_pcpa=a").contains("did you mean `rx_pcap`?"), "{}", error("rx_pcpa=a"));
    assert!(error("iface=eth0").contains("it takes rx_pcap"));
    assert!(error("rx_pcap=").contains("takes the name of a file"));
    assert!(error("infinite_rx=yes").contains("takes 0 or 1"));
    assert!(error(&"tx_pcap=a,".repeat(65)).contains("65 files"));
}

#[test]
fn names_are_made_independent_of_the_directory() {
    let here = std::env::current_dir().unwrap();
    let text = absolute("rx_pcap=a.pcap,tx_pcap=/b.pcap").unwrap();
    assert_eq!(text, format!("rx_pcap={}/a.pcap,tx_pcap=/b.pcap", here.display()));
}
