//! Texts of errors, where there is no allocator to keep them.
//!
//! A process that joins fails once, and says why. The texts of that one error (a path, perhaps
//! two) are kept here, and the error itself is small. There is room for [`PLACES`]; who makes more
//! takes the place of the oldest, which belongs to an error that has been dropped long ago.

use core::fmt;
use core::sync::atomic::{AtomicU8, Ordering};

use super::MAX_PATH;

/// How many texts there are at a time.
const PLACES: u8 = 4;

/// Bytes of each: the longest path, and the mark of a cut.
const ROOM: usize = MAX_PATH + 4;

static TEXTS: [[AtomicU8; ROOM]; PLACES as usize] =
    [const { [const { AtomicU8::new(0) }; ROOM] }; PLACES as usize];
static NEXT: AtomicU8 = AtomicU8::new(0);

/// A text that is kept until so many others are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    place: u8,
    len: u16,
}

impl Kept {
    /// A text without letters, in the oldest one's place.
    pub(super) fn new() -> Self {
        Self { place: NEXT.fetch_add(1, Ordering::Relaxed) % PLACES, len: 0 }
    }

    /// Its length, bytes.
    pub(super) fn len(self) -> usize {
        usize::from(self.len)
    }

    /// Appends a character; an error if there is no room.
    pub(super) fn push(&mut self, character: char) -> Result<(), fmt::Error> {
        let bytes = TEXTS.get(usize::from(self.place)).ok_or(fmt::Error)?;
        let end = self.len() + character.len_utf8();
        let room = bytes.get(self.len()..end).ok_or(fmt::Error)?;
        for (to, from) in room.iter().zip(character.encode_utf8(&mut [0; 4]).bytes()) {
            to.store(from, Ordering::Relaxed);
        }
        self.len = end as u16;
        Ok(())
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; ROOM];
        let kept = TEXTS.get(usize::from(self.place)).into_iter().flatten();
        for (to, from) in text.iter_mut().zip(kept) {
            *to = from.load(Ordering::Relaxed);
        }
        let text = text.get(..self.len()).unwrap_or_default();
        f.write_str(core::str::from_utf8(text).unwrap_or_default())
    }
}
