//! A frame in the making: `defmt` hands it over in pieces.
//!
//! Each thread has its own, so formatting code of users runs under no lock. A frame that is begun
//! inside of another (by a `Format` of a user that logs itself, or by a signal handler) is dropped and
//! counted. A program of one thread, without a standard library, has a second one for its last
//! words: what a handler says that ends the process, whatever it has interrupted.

#[cfg(not(feature = "std"))]
mod single;
#[cfg(feature = "std")]
mod threads;

use phalanx_core::log::{FRAME_MAX, Weight};

use super::sink;

/// The bytes so far.
struct Scratch {
    bytes: [u8; FRAME_MAX],
    len: usize,
    /// How many frames are begun and not ended; only the outermost counts.
    depth: u32,
}

impl Scratch {
    const fn new() -> Self {
        Self { bytes: [0; FRAME_MAX], len: 0, depth: 0 }
    }

    fn begin(&mut self) {
        self.depth = self.depth.saturating_add(1);
        if self.depth == 1 {
            self.len = 0;
        }
    }

    fn add(&mut self, piece: &[u8]) {
        if self.depth != 1 {
            return;
        }
        // What is too long is dropped as a whole, when it ends.
        let end = self.len.saturating_add(piece.len());
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.copy_from_slice(piece);
        }
        self.len = end;
    }

    /// Writes the frame if it is the outermost one's end and it fits; counts it if not.
    fn end(&mut self, weight: Weight) {
        self.depth = self.depth.saturating_sub(1);
        match self.bytes.get(..self.len).filter(|_| self.depth == 0) {
            Some(frame) => sink::keep(frame, weight),
            None => sink::drop_one(),
        }
    }
}

#[cfg(not(feature = "std"))]
pub use single::last_words;
#[cfg(not(feature = "std"))]
pub(super) use single::{add, begin, end};
#[cfg(feature = "std")]
pub use threads::last_words;
#[cfg(feature = "std")]
pub(super) use threads::{add, begin, end};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_one_frame() {
        let mut scratch = Scratch::new();
        scratch.begin();
        scratch.add(b"one ");
        scratch.add(b"frame");
        assert_eq!(&scratch.bytes[..scratch.len], b"one frame");
    }

    #[test]
    fn a_frame_begun_inside_of_another_leaves_that_alone() {
        let mut scratch = Scratch::new();
        scratch.begin();
        scratch.add(b"outer");
        scratch.begin();
        scratch.add(b"inner");
        scratch.end(Weight::Plain);
        scratch.add(b" frame");
        assert_eq!((scratch.depth, &scratch.bytes[..scratch.len]), (1, &b"outer frame"[..]));
    }

    #[test]
    fn a_frame_too_long_is_known_as_such_and_the_next_is_not() {
        let mut scratch = Scratch::new();
        scratch.begin();
        scratch.add(&[1; FRAME_MAX]);
        scratch.add(&[2; 1]);
        assert_eq!(scratch.bytes.get(..scratch.len), None);
        scratch.end(Weight::Plain);
        scratch.begin();
        scratch.add(b"x");
        assert_eq!((scratch.depth, scratch.len), (1, 1));
    }

    #[test]
    fn a_line_logged_while_a_line_is_in_the_making_waits_for_nobody() {
        begin();
        add(b"a line");
        defmt::info!("another, from inside");
        end();
        last_words();
        defmt::info!("and one behind");
    }
}
