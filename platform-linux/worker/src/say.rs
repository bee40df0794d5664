//! One line to standard error or standard output, without an allocator.

#![expect(unsafe_code, reason = "standard descriptors are taken by their numbers")]

use core::fmt::{self, Write};
use rustix::fd::BorrowedFd;
use rustix::stdio::{stderr, stdout};

/// Bytes of a line; what is longer is cut.
const LINE: usize = 512;

/// A line in the making.
struct Line {
    bytes: [u8; LINE],
    len: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The last byte is for the end of the line.
        let room = (LINE - 1).saturating_sub(self.len).min(text.len());
        let text = text.as_bytes().get(..room).unwrap_or_default();
        let end = self.len + text.len();
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.copy_from_slice(text);
            self.len = end;
        }
        Ok(())
    }
}

/// Writes a line to standard error in one piece, for the person or the program that started the
/// worker. If standard error is gone there is nobody to tell.
///
/// Cost: one system call.
pub fn complain(line: fmt::Arguments<'_>) {
    write_line(errors(), line);
}

/// The same to standard output.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    write_line(output(), line);
}

fn errors() -> BorrowedFd<'static> {
    // SAFETY: nobody in this process closes it; if the starter did, writing is an error.
    unsafe { stderr() }
}

fn output() -> BorrowedFd<'static> {
    // SAFETY: as above.
    unsafe { stdout() }
}

fn write_line(to: BorrowedFd<'_>, text: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; LINE], len: 0 };
    // A text that cannot be formatted is cut where it could not.
    let _ = line.write_fmt(text);
    if let Some(end) = line.bytes.get_mut(line.len) {
        *end = b'\n';
    }
    let whole = line.bytes.get(..=line.len).unwrap_or_default();
    let _ = rustix::io::write(to, whole);
}

/// Writes a text to standard output that is longer than a line. A reader that has gone away has
/// seen enough.
pub(crate) fn show(text: &str) {
    let mut left = text.as_bytes();
    while !left.is_empty() {
        let Ok(written @ 1..) = rustix::io::write(output(), left) else { return };
        left = left.get(written..).unwrap_or_default();
    }
}
