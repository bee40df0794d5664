//! A log: one process writes, another reads and writes nothing.
#![cfg(loom)]

use std::sync::Arc;

use loom::thread;
use phalanx_core::log::{Cursor, FRAME_MAX, Heard, Track, Weight, Writer};
use phalanx_core::sync::Published64;
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, finds_a_fault};

/// Words of a log: two of the model's records.
const WORDS: usize = 8;

/// How often the reader looks.
const LOOKS: usize = 2;

struct Bytes {
    head: Published64,
    tail: Published64,
    words: Vec<Published64>,
}

impl Bytes {
    fn track(&self) -> Track<'_> {
        Track::new(&self.head, &self.tail, &self.words).expect("a power of two")
    }
}

/// Three records through a log that holds two, so that the third is written over the first while
/// a reader reads: each that it hears is whole, in order, and none twice.
fn a_reader_beside_a_writer() {
    let bytes = Arc::new(Bytes {
        head: Published64::new(0),
        tail: Published64::new(0),
        words: (0..WORDS).map(|_| Published64::new(0)).collect(),
    });
    let read = Arc::clone(&bytes);
    let thread = thread::spawn(move || hear(&read));
    let mut writer = Writer::resume(bytes.track(), 1, 0);
    for number in 1..=3u8 {
        writer.write(&[number; 8], u64::from(number), Weight::Plain).unwrap();
    }
    thread.join().unwrap();
}

/// Reads a few times; each record is whole, and later than the last.
fn hear(bytes: &Bytes) {
    let (mut cursor, mut buffer) = (Cursor::default(), [0; FRAME_MAX]);
    let mut last = 0;
    for _ in 0..LOOKS {
        let heard = bytes.track().read(&mut cursor, &mut buffer);
        assert_ne!(heard, Some(Heard::Damaged));
        if let Some(Heard::Record(record)) = heard {
            let number = record.frame[0];
            assert_eq!(record.frame, [number; 8]);
            assert_eq!(record.tick, u64::from(number));
            assert_eq!(record.number + 1, u32::from(number));
            assert!(number > last);
            last = number;
        }
        thread::yield_now();
    }
}

#[test]
fn what_a_reader_hears_is_whole_however_fast_the_writer_is() {
    check(a_reader_beside_a_writer);
}

#[test]
fn without_release_or_acquire_loom_sees_a_record_of_two_halves() {
    for how in [Weakening::Stores, Weakening::Loads] {
        assert!(finds_a_fault(how, a_reader_beside_a_writer), "{how:?}");
    }
}
