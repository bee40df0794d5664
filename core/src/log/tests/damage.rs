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
fn a_reader_of_positions_that_nobody_comes_to_says_so_and_goes_on() {
    for (head, tail) in [
        (u64::MAX, u64::MAX - 1),
        (u64::MAX, u64::MAX - 16),
        (u64::MAX - 1, u64::MAX - 3),
        (u64::MAX, 0),
        (1 << 60, 4),
    ] {
        for word in [0, 1, 13, 1024, u64::MAX] {
            let bytes = Bytes::new(16);
            bytes.words.iter().for_each(|it| it.publish(word));
            bytes.head.publish(head);
            bytes.tail.publish(tail);
            let mut cursor = Cursor::default();
            let heard = bytes.heard(&mut cursor);
            assert!(heard.contains(&"damaged".to_owned()) || heard.len() <= 5, "{heard:?}");
            assert_eq!(bytes.heard(&mut cursor), Vec::<String>::new(), "from {head} and {tail}");
        }
    }
}

#[test]
fn more_than_a_log_holds_does_not_stand() {
    let bytes = Bytes::new(16);
    let mut writer = bytes.writer(1);
    for text in [b"a", b"b", b"c", b"d"] {
        writer.write(text, 0, Plain).unwrap();
    }
    bytes.head.publish(17);
    assert_eq!(bytes.all(), ["damaged"]);
    bytes.head.publish(16);
    assert_eq!(bytes.all(), ["a", "b", "c", "d"]);
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
    assert_eq!(bytes.all(), ["missed 4", "e"]);
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
