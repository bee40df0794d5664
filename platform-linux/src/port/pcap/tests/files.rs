//! Files of a port: made once, appended to by whole records.

use std::fs;
use std::path::Path;

use phalanx_core::port::TxLine;

use super::*;
use crate::port::pcap::append::{Append, Made};
use crate::sys::test_support::TempDir;

fn line() -> &'static TxLine {
    Box::leak(Box::default())
}

fn port(port: &str, text: &str) -> PortFiles {
    PortFiles { port: port.to_owned(), files: PcapArgs::parse(text).unwrap() }
}

/// Makes the files of one port of a group that has no other.
fn create(text: &str) -> Result<(), PcapError> {
    create_files(&[port("a", text)], &[]).map_err(|(_, error)| error)
}

/// A directory, and a file's name in it.
fn place(test: &str, name: &str) -> (TempDir, std::path::PathBuf) {
    let dir = TempDir::new(test);
    let path = dir.path().join(name);
    (dir, path)
}

fn record(byte: u8) -> Vec<u8> {
    let mut record = Vec::new();
    Encoder::new(Format::Pcap).packet(&mut record, 1, 60, [&[byte; 60][..]]);
    record
}

fn read(path: &Path) -> Vec<Vec<u8>> {
    let (packets, end) = packets_of(&fs::read(path).unwrap());
    assert!(end.is_ok(), "{end:?}");
    packets
}

#[test]
fn files_are_made_with_their_headers_by_their_names() {
    let (dir, path) = place("pcap-made", "a.pcap");
    let ng = dir.path().join("b.pcapng");
    fs::write(&path, "something older that is longer than a header").unwrap();
    let text = format!("tx_pcap={},tx_pcap={}", path.display(), ng.display());
    create(&text).unwrap();
    assert_eq!(fs::read(&path).unwrap(), file_of(Format::Pcap, &[]));
    assert_eq!(fs::read(&ng).unwrap(), file_of(Format::PcapNg, &[]));
}

#[test]
fn a_look_changes_no_file_and_leaves_none() {
    let (dir, old) = place("pcap-looked-at", "old.pcap");
    let new = dir.path().join("new.pcap");
    fs::write(&old, "older").unwrap();
    let ports = [port("a", &format!("tx_pcap={},tx_pcap={}", old.display(), new.display()))];
    check_files(&ports, &[]).unwrap();
    assert_eq!(fs::read(&old).unwrap(), b"older");
    assert!(!new.exists());
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_others_as_they_were() {
    let (dir, out) = place("pcap-kept", "out.pcap");
    let noise = dir.path().join("noise.pcap");
    fs::write(&out, "older").unwrap();
    fs::write(&noise, "noise").unwrap();
    let text = format!("rx_pcap={},tx_pcap={}", noise.display(), out.display());
    let error = create(&text).unwrap_err().to_string();
    assert!(error.contains("noise.pcap, after 0 packets") && error.contains("neither"), "{error}");
    assert_eq!(fs::read(&out).unwrap(), b"older");
}

#[test]
fn what_was_made_before_a_refusal_is_removed_again() {
    let (dir, new) = place("pcap-undone", "new.pcap");
    let text = format!("tx_pcap={},tx_pcap={}/none/b.pcap", new.display(), dir.path().display());
    assert!(matches!(create(&text), Err(PcapError::Io { .. })));
    assert!(!new.exists());
}

#[test]
fn a_file_that_is_read_is_not_written_under_another_name() {
    let (dir, path) = place("pcap-twice", "a.pcap");
    fs::write(&path, file_of(Format::Pcap, &[vec![1; 60]])).unwrap();
    let other = dir.path().join("b.pcap");
    fs::hard_link(&path, &other).unwrap();
    let text = format!("rx_pcap={},tx_pcap={}", path.display(), other.display());
    let error = create(&text).unwrap_err();
    assert!(matches!(error, PcapError::Twice { .. }), "{error}");
    assert_eq!(read(&path).len(), 1);
}

#[test]
fn a_port_of_the_group_keeps_its_files_even_one_that_was_removed() {
    let (_dir, path) = place("pcap-others", "a.pcap");
    let written = format!("tx_pcap={}", path.display());
    let others = [port("old", &written)];
    let new = [port("new", &written)];
    let (name, error) = create_files(&new, &others).unwrap_err();
    assert!(name == "new" && matches!(error, PcapError::Shared { port, .. } if port == "old"));
    assert!(!path.exists());
    create(&written).unwrap();
    let new = [port("new", &format!("rx_pcap={}", path.display()))];
    assert!(matches!(create_files(&new, &others), Err((_, PcapError::Shared { .. }))));
    create_files(&new, &new).unwrap();
}

#[test]
fn directories_and_devices_are_refused() {
    let dir = TempDir::new("pcap-device");
    for text in [format!("rx_pcap={}", dir.path().display()), "tx_pcap=/dev/null".to_owned()] {
        let error = create(&text).unwrap_err();
        assert!(matches!(error, PcapError::NotRegular { .. } | PcapError::Io { .. }), "{error}");
    }
}

#[test]
fn several_writers_append_whole_records() {
    let (_dir, path) = place("pcap-append", "a.pcap");
    create(&format!("tx_pcap={}", path.display())).unwrap();
    let line = line();
    std::thread::scope(|scope| {
        for byte in 1..=4 {
            let path = &path;
            scope.spawn(move || {
                let append = Append::open(path, 24, line, Made::Already).unwrap();
                for _ in 0..50 {
                    while !append.append(&record(byte).repeat(3)).unwrap() {}
                }
            });
        }
    });
    let packets = read(&path);
    assert_eq!(packets.len(), 600);
    assert!(packets.chunks(3).all(|three| three.iter().all(|it| *it == three[0])));
}

#[test]
fn what_a_dead_writer_has_left_is_cut_off() {
    let (_dir, path) = place("pcap-dead", "a.pcap");
    create(&format!("tx_pcap={}", path.display())).unwrap();
    let line = line();
    let append = Append::open(&path, 24, line, Made::Already).unwrap();
    assert!(append.append(&record(1)).unwrap());
    let half = [fs::read(&path).unwrap(), record(2).repeat(5), record(2)[..30].to_vec()].concat();
    fs::write(&path, half).unwrap();
    assert!(append.append(&record(3)).unwrap());
    assert_eq!(read(&path), [vec![1; 60], vec![3; 60]]);
}

#[test]
fn a_file_that_was_cut_is_not_written_further() {
    let (_dir, path) = place("pcap-cut", "a.pcap");
    create(&format!("tx_pcap={}", path.display())).unwrap();
    let append = Append::open(&path, 24, line(), Made::Already).unwrap();
    assert!(append.append(&record(1)).unwrap());
    fs::write(&path, "").unwrap();
    let error = append.append(&record(2)).unwrap_err().to_string();
    assert!(error.contains("has 0 bytes and 100 were written"), "{error}");
}

#[test]
fn a_writer_that_is_stopped_keeps_nobody_waiting() {
    let (_dir, path) = place("pcap-stopped", "a.pcap");
    create(&format!("tx_pcap={}", path.display())).unwrap();
    let line = line();
    let (held, other) = (
        Append::open(&path, 24, line, Made::Already).unwrap(),
        Append::open(&path, 24, line, Made::Already).unwrap(),
    );
    let kept = held.keep_for_test();
    assert!(!other.append(&record(1)).unwrap());
    drop(kept);
    assert!(other.append(&record(1)).unwrap());
}
