//! Reading records, without writing anything: a place in the log, and a second look.

use super::record::{FRAME_MAX, HEADER_WORDS, words_of};
use super::track::Track;

/// How many words the shortest record has.
const RECORD_WORDS_MIN: u64 = words_of(1);

/// How often a reader that is overtaken tries again before it says "later".
const TRIES: u32 = 8;

/// A reader's place in a log. The first is where logs begin: a reader that comes later than the first record
/// was overwritten is told how many it missed, like one that was too slow.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    next: u64,
    /// The number that the next record must have; none behind damage.
    number: Option<u32>,
}

impl Default for Cursor {
    fn default() -> Self {
        Self { next: 0, number: Some(0) }
    }
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'b> {
    /// Which tenant of the slot wrote it.
    pub generation: u32,
    /// Its number in the log; wraps, and begins at 0 anew behind a time in which no record stood.
    pub number: u32,
    /// When, in ticks of its writer's clock.
    pub tick: u64,
    /// How many frames its writer had dropped before it, ever; wraps.
    pub dropped: u32,
    /// The frame.
    pub frame: &'b [u8],
}

/// What a reader hears next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'b> {
    /// A record.
    Record(Record<'b>),
    /// The reader was too slow, or begins only now: so many records were overwritten before it read them.
    /// Behind a time in which no record stood, only those since then are known.
    Missed(u32),
    /// What lies here is no record; the reader goes on behind all that was written so far.
    Damaged,
}

/// Why one try gave nothing.
enum Failed {
    Empty,
    Overtaken,
}

impl Track<'_> {
    /// The next record behind `cursor`, copied into `buffer`; `None` if there is none yet.
    ///
    /// What it gives was whole, however fast the writer is; what a peer may have written there is
    /// checked. Cost: a load for each word of the record, and five.
    pub fn read<'b>(
        &self,
        cursor: &mut Cursor,
        buffer: &'b mut [u8; FRAME_MAX],
    ) -> Option<Heard<'b>> {
        for _ in 0..TRIES {
            match self.attempt(cursor, buffer) {
                Ok(Found::Damaged) => return Some(Heard::Damaged),
                Ok(Found::Missed(records)) => return Some(Heard::Missed(records)),
                Ok(Found::Record { len, generation, number, tick, dropped }) => {
                    let frame = buffer.get(..len)?;
                    let record = Record { generation, number, tick, dropped, frame };
                    return Some(Heard::Record(record));
                }
                Err(Failed::Empty) => return None,
                Err(Failed::Overtaken) => {}
            }
        }
        None
    }

    fn attempt(&self, cursor: &mut Cursor, buffer: &mut [u8]) -> Result<Found, Failed> {
        let tail = self.tail.observe();
        // Pairs with the publication in `append`: who sees the head sees the record before it.
        let head = self.head.observe();
        if cursor.next > head {
            // The log was begun anew.
            *cursor = Cursor::default();
        }
        let at = cursor.next.max(tail);
        if at >= head {
            return Err(Failed::Empty);
        }
        let header = self.header(at, head);
        let len = header.map_or(0, |header| usize::from(header.len));
        // Positions that a peer wrote may be any number.
        let first = at.wrapping_add(HEADER_WORDS);
        for (index, bytes) in
            buffer.get_mut(..len).into_iter().flat_map(|b| b.chunks_mut(8)).enumerate()
        {
            let word = self.get(first.wrapping_add(index as u64)).to_le_bytes();
            bytes.iter_mut().zip(word).for_each(|(to, from)| *to = from);
        }
        // Pairs with the publication in `make_room`: words of a later record show it.
        if self.tail.observe() > at {
            return Err(Failed::Overtaken);
        }
        // A writer that is within its rights has moved the tail by then: more never stands at once.
        let stands = head - at <= self.capacity();
        let Some(header) = header.filter(|_| stands) else {
            *cursor = Cursor { next: head, number: None };
            return Ok(Found::Damaged);
        };
        let missed = header.number.wrapping_sub(cursor.number.unwrap_or(header.number));
        // More than fit in between: numbers began anew, for no record stood to go on from.
        let is_anew = u64::from(missed) > (at - cursor.next) / RECORD_WORDS_MIN;
        if missed != 0 && !is_anew {
            *cursor = Cursor { next: at, number: Some(header.number) };
            return Ok(Found::Missed(missed));
        }
        let number = Some(header.number.wrapping_add(1));
        *cursor = Cursor { next: at + header.words(), number };
        Ok(Found::Record {
            len,
            generation: header.generation,
            number: header.number,
            tick: header.tick,
            dropped: header.dropped,
        })
    }
}

/// What one try found; a record's bytes are in the buffer.
enum Found {
    Record { len: usize, generation: u32, number: u32, tick: u64, dropped: u32 },
    Missed(u32),
    Damaged,
}
