//! A writer dies at each of its crash points: a record is there whole, or not at all.

use super::super::writer::Weight::Plain;
use super::*;
use crate::fake::{End, die_at};

/// Two writers, one after the other, of which the first dies at crash point `at` of its last write.
fn after_death_at(at: usize) -> Option<(&'static str, Vec<String>)> {
    let bytes: &'static Bytes = Box::leak(Box::new(Bytes::new(16)));
    let mut first = bytes.writer(1);
    for text in [b"a", b"b", b"c", b"d"] {
        first.write(text, 0, Plain).unwrap();
    }
    let end = die_at(at, move || first.write(b"five is more", 20, Plain));
    let End::Died(point) = end else { return None };
    bytes.writer(2).write(b"z", 25, Plain).unwrap();
    Some((point, bytes.all()))
}

#[test]
fn a_record_is_whole_or_not_there_wherever_its_writer_dies() {
    let deaths: Vec<_> = (0..).map_while(after_death_at).collect();
    let points: Vec<_> = deaths.iter().map(|(point, _)| *point).collect();
    assert_eq!(
        points,
        [
            "log: there is room",
            "log: the header is there",
            "log: the record is there",
            "log: the record counts"
        ]
    );
    for (point, found) in deaths {
        let whole = point == "log: the record counts";
        let expected = if whole {
            vec!["missed 3", "d", "five is more", "z"]
        } else {
            vec!["missed 2", "c", "d", "z"]
        };
        assert_eq!(found, expected, "dead after \"{point}\"");
    }
}
