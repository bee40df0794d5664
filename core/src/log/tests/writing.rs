//! What stands, what goes, and what is dropped.

use super::super::error::Dropped;
use super::super::writer::Weight::{Last, Plain};
use super::*;

#[test]
fn records_are_read_in_order_and_once() {
    let bytes = Bytes::new(64);
    let mut writer = bytes.writer(1);
    let mut cursor = Cursor::default();
    assert_eq!(bytes.heard(&mut cursor), Vec::<String>::new());
    writer.write(b"one", 1, Plain).unwrap();
    writer.write(b"exactly8", 2, Plain).unwrap();
    assert_eq!(bytes.heard(&mut cursor), ["one", "exactly8"]);
    writer.write(b"longer than a word", 3, Plain).unwrap();
    assert_eq!(bytes.heard(&mut cursor), ["longer than a word"]);
    assert_eq!(bytes.heard(&mut cursor), Vec::<String>::new());
}

#[test]
fn a_record_says_who_wrote_it_when_and_as_which() {
    let bytes = Bytes::new(64);
    let mut writer = bytes.writer(7);
    writer.write(b"a", 40, Plain).unwrap();
    writer.write(b"b", 41, Plain).unwrap();
    let (mut cursor, mut buffer) = (Cursor::default(), [0; FRAME_MAX]);
    bytes.track().read(&mut cursor, &mut buffer);
    let Some(Heard::Record(record)) = bytes.track().read(&mut cursor, &mut buffer) else {
        panic!("two were written");
    };
    assert_eq!(
        (record.generation, record.number, record.tick, record.frame),
        (7, 1, 41, &b"b"[..])
    );
}

#[test]
fn the_newest_is_dropped_while_the_oldest_is_young_and_the_next_says_how_many() {
    let bytes = Bytes::new(16);
    let mut writer = bytes.writer(1);
    for text in [b"a", b"b", b"c", b"d"] {
        writer.write(text, 1, Plain).unwrap();
    }
    assert_eq!(writer.write(b"e", 5, Plain), Err(Dropped::Full));
    assert_eq!(writer.write(b"f", 10, Plain), Err(Dropped::Full));
    assert_eq!(bytes.all(), ["a", "b", "c", "d"]);
    writer.write(b"g", 11, Plain).unwrap();
    assert_eq!(bytes.all(), ["missed 1", "b", "c", "d", "g -2"]);
    assert_eq!(writer.dropped(), 2);
}

#[test]
fn last_words_take_the_room_of_the_oldest_however_young() {
    let bytes = Bytes::new(16);
    let mut writer = bytes.writer(1);
    for text in [b"a", b"b", b"c", b"d"] {
        writer.write(text, 1, Plain).unwrap();
    }
    assert_eq!(writer.write(b"e", 1, Plain), Err(Dropped::Full));
    writer.write(b"the end comes", 1, Last).unwrap();
    assert_eq!(bytes.all(), ["missed 2", "c", "d", "the end comes -1"]);
}

#[test]
fn a_frame_of_no_bytes_or_too_many_is_dropped_and_counted() {
    let bytes = Bytes::new(1024);
    let mut writer = bytes.writer(1);
    assert_eq!(writer.write(b"", 1, Last), Err(Dropped::Length { found: 0 }));
    let long = [7; FRAME_MAX + 1];
    assert_eq!(writer.write(&long, 1, Last), Err(Dropped::Length { found: FRAME_MAX + 1 }));
    writer.write(&long[1..], 1, Plain).unwrap();
    assert_eq!(writer.dropped(), 2);
}

#[test]
fn a_frame_longer_than_the_log_is_dropped() {
    let bytes = Bytes::new(8);
    let mut writer = bytes.writer(1);
    assert_eq!(writer.write(&[1; 41], 1, Last), Err(Dropped::Length { found: 41 }));
    writer.write(&[1; 40], 1, Plain).unwrap();
}

#[test]
fn a_reader_that_was_too_slow_is_told_how_many_records_it_missed() {
    let bytes = Bytes::new(16);
    let mut writer = bytes.writer(1);
    let mut cursor = Cursor::default();
    writer.write(b"a", 0, Plain).unwrap();
    assert_eq!(bytes.heard(&mut cursor), ["a"]);
    for (index, text) in [b"b", b"c", b"d", b"e", b"f", b"g"].into_iter().enumerate() {
        writer.write(text, 20 * index as u64, Plain).unwrap();
    }
    assert_eq!(bytes.heard(&mut cursor), ["missed 2", "d", "e", "f", "g"]);
}

#[test]
fn a_reader_that_begins_later_is_told_how_many_were_overwritten_before_it() {
    let bytes = Bytes::new(16);
    let mut writer = bytes.writer(1);
    for (index, text) in [b"a", b"b", b"c", b"d", b"e", b"f"].into_iter().enumerate() {
        assert!(index > 4 || bytes.heard(&mut Cursor::default()).len() == index);
        writer.write(text, 20 * index as u64, Plain).unwrap();
    }
    assert_eq!(bytes.all(), ["missed 2", "c", "d", "e", "f"]);
}

#[test]
fn a_next_writer_goes_on_behind_the_words_of_the_last() {
    let bytes = Bytes::new(16);
    let mut cursor = Cursor::default();
    bytes.writer(1).write(b"a", 0, Plain).unwrap();
    assert_eq!(bytes.heard(&mut cursor), ["a"]);
    let mut second = bytes.writer(2);
    second.write(b"b", 1, Plain).unwrap();
    assert_eq!(bytes.heard(&mut cursor), ["b"]);
    assert_eq!(bytes.all(), ["a", "b"]);
}

#[test]
fn numbers_that_begin_anew_are_no_records_missed() {
    let bytes = Bytes::new(64);
    let mut cursor = Cursor::default();
    let mut writer = bytes.writer(1);
    for text in [b"a", b"b"] {
        writer.write(text, 0, Plain).unwrap();
    }
    assert_eq!(bytes.heard(&mut cursor), ["a", "b"]);
    // All that stood was forgotten, and the next writer finds no number.
    bytes.tail.publish(bytes.head.own());
    let mut next = bytes.writer(2);
    for text in [b"c", b"d"] {
        next.write(text, 0, Plain).unwrap();
    }
    assert_eq!(bytes.heard(&mut cursor), ["c", "d"]);
}
