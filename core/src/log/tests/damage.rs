//! Words that no writer wrote: nobody reads wild, loops, or panics.

use super::super::writer::Weight::{Last, Plain};
use super::*;

#[test]
fn a_record_without_a_possible_length_is_passed_over() {
    let bytes = Bytes::new(64);
    let mut writer = bytes.writer(1);
    writer.write(b"a", 0, Plain).unwrap();
    for length in [0, 1025, u64::MAX] {
        let mut cursor = Cursor::default();
        bytes.words[0].publish(length);
        assert_eq!(bytes.heard(&mut cursor), ["damaged"]);
    }
}

#[test]
fn a_record_that_would_end_beyond_the_head_is_none() {
    let bytes = Bytes::new(64);
    bytes.writer(1).write(b"a", 0, Plain).unwrap();
    bytes.words[0].publish(100);
    assert_eq!(bytes.all(), ["damaged"]);
}

#[test]
fn a_writer_begins_anew_where_positions_contradict_each_other() {
    for (head, tail) in [(4, 8), (100, 0), (u64::MAX, u64::MAX - 4), (1 << 61, 1 << 61), (8, 4)] {
        let bytes = Bytes::new(16);
        bytes.head.publish(head);
        bytes.tail.publish(tail);
        let mut writer = bytes.writer(1);
        writer.write(b"a", 0, Plain).unwrap();
        writer.write(b"b", 0, Plain).unwrap();
        assert_eq!(bytes.all(), ["a", "b"], "from {head} and {tail}");
    }
}

#[test]
fn a_writer_whose_records_were_written_over_forgets_them_and_goes_on() {
    let bytes = Bytes::new(16);
    let mut writer = bytes.writer(1);
    for text in [b"a", b"b", b"c", b"d"] {
        writer.write(text, 0, Plain).unwrap();
    }
    bytes.words.iter().for_each(|word| word.publish(u64::MAX));
    writer.write(b"e", 0, Last).unwrap();
    assert_eq!(bytes.all(), ["e"]);
}

#[test]
fn a_reader_ahead_of_a_log_begun_anew_starts_again() {
    let bytes = Bytes::new(16);
    let mut cursor = Cursor::default();
    let mut writer = bytes.writer(1);
    for text in [b"a", b"b"] {
        writer.write(text, 0, Plain).unwrap();
    }
    bytes.heard(&mut cursor);
    bytes.head.publish(u64::MAX);
    bytes.writer(2).write(b"c", 0, Plain).unwrap();
    assert_eq!(bytes.heard(&mut cursor), ["c"]);
}
