//! A log on words of the test's own, and logs of slots.

mod crash;
mod damage;
mod model;
mod slots;
mod writing;

use super::reader::{Cursor, Heard};
use super::record::FRAME_MAX;
use super::track::Track;
use super::writer::Writer;
use crate::sync::Published64;

/// The positions and words of a log.
struct Bytes {
    head: Published64,
    tail: Published64,
    words: Vec<Published64>,
}

impl Bytes {
    fn new(words: usize) -> Self {
        Self {
            head: Published64::new(0),
            tail: Published64::new(0),
            words: (0..words).map(|_| Published64::new(0)).collect(),
        }
    }

    fn track(&self) -> Track<'_> {
        Track::new(&self.head, &self.tail, &self.words).expect("a power of two")
    }

    /// A writer whose records stand for 10 ticks.
    fn writer(&self, generation: u32) -> Writer<'_> {
        Writer::resume(self.track(), generation, 10)
    }

    /// What a reader hears from `cursor` on, a line each.
    fn heard(&self, cursor: &mut Cursor) -> Vec<String> {
        let mut buffer = [0; FRAME_MAX];
        let mut lines = Vec::new();
        while let Some(heard) = self.track().read(cursor, &mut buffer) {
            lines.push(match heard {
                Heard::Record(record) => {
                    let text = String::from_utf8_lossy(record.frame).into_owned();
                    match record.dropped {
                        0 => text,
                        dropped => format!("{text} -{dropped}"),
                    }
                }
                Heard::Missed(records) => format!("missed {records}"),
                Heard::Damaged => "damaged".to_owned(),
            });
        }
        lines
    }

    /// All that stands.
    fn all(&self) -> Vec<String> {
        self.heard(&mut Cursor::default())
    }
}
