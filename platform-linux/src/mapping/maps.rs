//! Who is in the way: `/proc/self/maps`, read without allocating.
//!
//! Lines look like
//! `7f12c000-7f12e000 r--p 00026000 fe:00 1234   /usr/lib/libc.so.6`. They are
//! sorted by address. Only the first [`LINE_ROOM`] bytes of a line are kept; a
//! path cut short still tells who it is.

use core::fmt;
use core::ops::Range;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::read;

const LINE_ROOM: usize = 192;
const NAME_ROOM: usize = 64;

/// A mapping of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// First address.
    pub start: usize,
    /// First address after it.
    pub end: usize,
    /// File path or kernel name (`[heap]`), cut to 64 bytes; empty if anonymous.
    pub name: heapless::String<NAME_ROOM>,
}

impl fmt::Display for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "anonymous memory" } else { self.name.as_str() };
        write!(f, "{name} ({:#x}-{:#x})", self.start, self.end)
    }
}

/// The lowest mapping of this process that shares an address with `range`.
///
/// `None` if there is none, or if `/proc` cannot be read: this serves error
/// messages, nothing is decided by it. Cost: one open, some reads.
pub fn first_overlap(range: Range<usize>) -> Option<Mapped> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let maps = openat(CWD, c"/proc/self/maps", flags, Mode::empty()).ok()?;
    let mut line = Line { bytes: [0; LINE_ROOM], len: 0 };
    let mut chunk = [0_u8; 1024];
    loop {
        let count = read(&maps, &mut chunk).ok().filter(|count| *count > 0)?;
        for byte in chunk.iter().take(count) {
            let Some(mapped) = line.push(*byte) else { continue };
            if mapped.start < range.end && range.start < mapped.end {
                return Some(mapped);
            }
        }
    }
}

/// What a line of `/proc/<pid>/maps` says; `None` if it is none.
///
/// ```
/// use phalanx_linux::mapping::mapped_of_line;
/// let mapped = mapped_of_line("1000-2000 rw-p 00000000 00:00 0 [heap]").expect("a line");
/// assert_eq!((mapped.start, mapped.name.as_str()), (0x1000, "[heap]"));
/// ```
pub fn mapped_of_line(line: &str) -> Option<Mapped> {
    parse(line.as_bytes())
}

/// The line being read.
struct Line {
    bytes: [u8; LINE_ROOM],
    len: usize,
}

impl Line {
    /// Takes one more byte; at the end of a line, gives what the line says.
    fn push(&mut self, byte: u8) -> Option<Mapped> {
        if byte == b'\n' {
            let mapped = self.bytes.get(..self.len).and_then(parse);
            self.len = 0;
            return mapped;
        }
        if let Some(room) = self.bytes.get_mut(self.len) {
            *room = byte;
            self.len += 1;
        }
        None
    }
}

fn parse(line: &[u8]) -> Option<Mapped> {
    let text = valid_start(line);
    let (range, rest) = text.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let mut name = heapless::String::new();
    for character in name_of(rest).chars() {
        if name.push(character).is_err() {
            break;
        }
    }
    Some(Mapped {
        start: usize::from_str_radix(start, 16).ok()?,
        end: usize::from_str_radix(end, 16).ok()?,
        name,
    })
}

/// What follows permissions, offset, device and inode.
fn name_of(rest: &str) -> &str {
    let mut rest = rest;
    for _ in 0..4 {
        rest = match rest.split_once(' ') {
            Some((_, after)) => after,
            None => return "",
        };
    }
    rest.trim_start()
}

/// The bytes up to the first that is no UTF-8, which a cut can produce.
fn valid_start(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            core::str::from_utf8(valid).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_range_and_name() {
        let line = b"7f12c000-7f12e000 r--p 00026000 fe:00 1234            /usr/lib/a b.so";
        let mapped = parse(line).unwrap();
        assert_eq!((mapped.start, mapped.end), (0x7f12_c000, 0x7f12_e000));
        assert_eq!(mapped.name, "/usr/lib/a b.so");
    }

    #[test]
    fn anonymous_memory_has_no_name_and_says_so() {
        let mapped = parse(b"1000-2000 rw-p 00000000 00:00 0 ").unwrap();
        assert_eq!(mapped.name, "");
        assert_eq!(mapped.to_string(), "anonymous memory (0x1000-0x2000)");
    }

    #[test]
    fn a_long_name_is_cut() {
        let line = format!("1000-2000 rw-p 00000000 00:00 0 /{}", "x".repeat(300));
        let mut reader = Line { bytes: [0; LINE_ROOM], len: 0 };
        assert!(line.bytes().all(|byte| reader.push(byte).is_none()));
        assert_eq!(reader.push(b'\n').unwrap().name.len(), NAME_ROOM);
    }

    #[test]
    fn the_mapping_of_a_variable_is_found() {
        let variable = Box::new(0_u8);
        let address = &raw const *variable as usize;
        let found = first_overlap(address..address + 1).unwrap();
        assert!(found.start <= address && address < found.end);
    }

    #[test]
    fn the_first_page_of_memory_is_nobodys() {
        assert_eq!(first_overlap(0..4096), None);
    }
}
