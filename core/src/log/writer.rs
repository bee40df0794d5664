//! Writing records: room is made first, then the record, then it counts.

use super::error::Dropped;
use super::record::{FRAME_MAX, Header, words_of};
use super::track::Track;

/// How long a record stands at least, in milliseconds: a reader that looks more often misses none
/// that was not counted as dropped.
pub const KEEP_MS: u64 = 500;

/// No log was ever written so far.
const HEAD_MAX: u64 = 1 << 60;

/// What a record may cost others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It is dropped if all room is taken by young records.
    Plain,
    /// It takes the room of the oldest, however young: what a process says before it ends.
    Last,
}

/// The one who writes a log.
#[derive(Debug)]
pub struct Writer<'a> {
    track: Track<'a>,
    /// Its own copies: what others may have written over decides nothing.
    head: u64,
    tail: u64,
    generation: u32,
    number: u32,
    dropped: u32,
    keep_ticks: u64,
}

impl<'a> Writer<'a> {
    /// Goes on where the last tenant stopped, as tenant `generation`; its records stand
    /// `keep_ticks` at least. A log whose positions or records contradict each other is begun anew.
    ///
    /// Cost: two loads for each record that stands.
    pub fn resume(track: Track<'a>, generation: u32, keep_ticks: u64) -> Self {
        let (head, tail) = (track.head.own(), track.tail.own());
        let mut writer = Self { track, head, tail, generation, number: 0, dropped: 0, keep_ticks };
        match writer.walk() {
            Some(number) => writer.number = number,
            None => writer.begin_anew(),
        }
        writer
    }

    /// The number of the next record, if all that stand are whole.
    fn walk(&self) -> Option<u32> {
        let standing = self.head.checked_sub(self.tail)?;
        if standing > self.track.capacity() || self.head > HEAD_MAX {
            return None;
        }
        let (mut at, mut number) = (self.tail, 0);
        while at < self.head {
            let header = self.track.header(at, self.head)?;
            at += header.words();
            number = header.number.wrapping_add(1);
        }
        Some(number)
    }

    /// Forgets everything. A head that no log comes to by writing begins at 0 again.
    fn begin_anew(&mut self) {
        if self.head > HEAD_MAX {
            self.head = 0;
            self.track.head.publish(0);
        }
        self.tail = self.head;
        self.track.tail.publish(self.tail);
    }

    /// Writes one frame, at `tick` of the writer's clock.
    ///
    /// Cost: some ten stores, one for each 8 bytes of the frame, and three loads for each old
    /// record that makes room. No system call, no lock, no wait.
    ///
    /// # Errors
    /// [`Dropped`]; it is counted, and the records that stand are as they were.
    pub fn write(&mut self, frame: &[u8], tick: u64, weight: Weight) -> Result<(), Dropped> {
        let room = self.place(frame.len(), tick, weight);
        match room {
            Ok(tail) => {
                self.make_room(tail);
                self.append(frame, tick);
                Ok(())
            }
            Err(dropped) => {
                self.count_dropped(1);
                Err(dropped)
            }
        }
    }

    /// Counts frames that were dropped without a try.
    pub fn count_dropped(&mut self, frames: u32) {
        self.dropped = self.dropped.wrapping_add(frames);
    }

    /// How many frames this tenant has dropped; wraps.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Where the tail must be for a frame of `len` bytes to fit.
    fn place(&self, len: usize, tick: u64, weight: Weight) -> Result<u64, Dropped> {
        let needed = words_of(len);
        if len == 0 || len > FRAME_MAX || needed > self.track.capacity() {
            return Err(Dropped::Length { found: len });
        }
        let mut tail = self.tail;
        while self.head + needed - tail > self.track.capacity() {
            // One that is no record was written over by somebody who had no business here.
            let Some(oldest) = self.track.header(tail, self.head) else { return Ok(self.head) };
            if weight == Weight::Plain && tick.wrapping_sub(oldest.tick) < self.keep_ticks {
                return Err(Dropped::Full);
            }
            tail += oldest.words();
        }
        Ok(tail)
    }

    fn make_room(&mut self, tail: u64) {
        // Its own copy first, and published each time: whoever goes on after an interruption in
        // between never moves it back.
        self.tail = tail;
        // Pairs with the second look of a reader.
        self.track.tail.publish(tail);
        crash_point!("log: there is room");
    }

    fn append(&mut self, frame: &[u8], tick: u64) {
        let header = Header {
            len: frame.len() as u16,
            dropped: self.dropped,
            tick,
            generation: self.generation,
            number: self.number,
        };
        let mut at = self.head;
        for word in header.to_words() {
            self.track.put(at, word);
            at += 1;
        }
        crash_point!("log: the header is there");
        let (whole, rest) = frame.as_chunks::<8>();
        for bytes in whole {
            self.track.put(at, u64::from_le_bytes(*bytes));
            at += 1;
        }
        if !rest.is_empty() {
            let last = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.track.put(at, last);
            at += 1;
        }
        crash_point!("log: the record is there");
        self.head = at;
        self.number = self.number.wrapping_add(1);
        // Pairs with a reader's first look.
        self.track.head.publish(at);
        crash_point!("log: the record counts");
    }

    /// Forgets all records up to the last one for which `is_over` holds, by generation.
    pub(super) fn forget(&mut self, is_over: impl Fn(u32) -> bool) {
        let (mut at, mut tail) = (self.tail, self.tail);
        while at < self.head {
            let Some(header) = self.track.header(at, self.head) else { break };
            at += header.words();
            if is_over(header.generation) {
                tail = at;
            }
        }
        self.make_room(tail);
    }
}
