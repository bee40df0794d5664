//! The one sentence with which a start fails, where there is no allocator to keep it.
//!
//! A process that joins fails once. What would be an error of many kinds, copied from function to
//! function on its way up, is here written down where it arises, and what goes up is nothing but the
//! word that there is a sentence. That is half the code of a start.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Bytes of a sentence; what is longer is cut.
const ROOM: usize = 512;

static TEXT: [AtomicU8; ROOM] = [const { AtomicU8::new(0) }; ROOM];
static LEN: AtomicUsize = AtomicUsize::new(0);

/// There is a sentence that says what went wrong; `?` makes one of any error. There is room for one: of
/// several, each shows the last.
pub struct Sentence(());

impl Sentence {
    /// A sentence of the program's own.
    pub fn new(text: &str) -> Self {
        Self::of(&text)
    }

    /// Writes down what `error` says.
    #[cold]
    #[inline(never)]
    pub fn of(error: &dyn fmt::Display) -> Self {
        LEN.store(0, Ordering::Relaxed);
        // Fails where it is cut.
        let _ = write!(Pen, "{error}");
        Self(())
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; ROOM];
        for (to, from) in text.iter_mut().zip(&TEXT) {
            *to = from.load(Ordering::Relaxed);
        }
        let text = text.get(..LEN.load(Ordering::Relaxed)).unwrap_or_default();
        f.write_str(core::str::from_utf8(text).unwrap_or_default())
    }
}

impl fmt::Debug for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// Not an error itself, so that this is not `From<Self>`.
impl<E: core::error::Error> From<E> for Sentence {
    #[cold]
    #[inline(never)]
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

/// Appends to the text what fits.
struct Pen;

impl Write for Pen {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.write_char(character))
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        let len = LEN.load(Ordering::Relaxed);
        let end = len + character.len_utf8();
        let room = TEXT.get(len..end).ok_or(fmt::Error)?;
        for (to, from) in room.iter().zip(character.encode_utf8(&mut [0; 4]).bytes()) {
            to.store(from, Ordering::Relaxed);
        }
        LEN.store(end, Ordering::Relaxed);
        Ok(())
    }
}
