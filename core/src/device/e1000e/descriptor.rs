//! Descriptors: 16 bytes each, an address and a word of facts.

use super::chip::Chip;

/// Words of 8 bytes that a descriptor has.
pub(super) const WORDS: usize = 2;

/// Bytes of a descriptor.
pub(super) const BYTES: u64 = 16;

/// Bytes of a buffer for what comes: what the device takes each to have.
pub(super) const BUFFER: u16 = 2048;

/// What a device says of one Rx descriptor that it has given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Came {
    /// Bytes that it says it wrote.
    pub(super) len: u16,
    /// Whether it is the last of its packet.
    pub(super) is_last: bool,
    /// Whether the packet is damaged.
    pub(super) has_error: bool,
}

impl Came {
    /// What the second word says; `None` while the device has the descriptor.
    #[inline(always)]
    pub(super) const fn read(chip: Chip, word: u64) -> Option<Self> {
        let (len, status, errors) = match chip {
            Chip::I82540em => (word, word >> 32, word >> 40 & 0xff),
            // Of the extended status: IP and TCP checksums are not looked at, the rest is.
            Chip::I82574l => (word >> 32, word, word >> 24 & 0x9f),
        };
        if status & 1 == 0 {
            return None;
        }
        // Of a legacy one likewise.
        let errors = errors & 0x9f;
        Some(Self { len: len as u16, is_last: status & 2 != 0, has_error: errors != 0 })
    }

    /// Whether this is a packet in one buffer, if it is the first of one.
    #[inline(always)]
    pub(super) fn is_packet(&self) -> bool {
        self.is_last && !self.has_error && (1..=BUFFER).contains(&self.len)
    }
}

/// The hash that an extended descriptor's first word has; `None` if the packet was not hashed.
#[inline(always)]
pub(super) const fn hash(chip: Chip, word: u64) -> Option<u32> {
    match chip {
        Chip::I82574l if word & 0xf != 0 => Some((word >> 32) as u32),
        _ => None,
    }
}

/// In the second word of a Tx descriptor: the device says when it has sent this and all before.
const REPORT: u64 = 1 << 27;

/// The second word of a Tx descriptor: `len` bytes; the frame check sequence is put on.
#[inline(always)]
pub(super) const fn to_send(len: u16, last: Last) -> u64 {
    const END: u64 = 1 << 24;
    const ADD_CRC: u64 = 1 << 25;
    let last = match last {
        Last::Yes => END,
        Last::No => 0,
    };
    len as u64 | ADD_CRC | last
}

/// The same, of one that is to be reported when it was sent.
#[inline(always)]
pub(super) const fn reported(word: u64) -> u64 {
    word | REPORT
}

/// Whether a Tx descriptor's second word asks for a report.
#[inline(always)]
pub(super) const fn is_reported(word: u64) -> bool {
    word & REPORT != 0
}

/// Whether a descriptor is the last of its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    Yes,
    No,
}

/// Whether a Tx descriptor's second word says that it was sent.
#[inline(always)]
pub(super) const fn is_sent(word: u64) -> bool {
    word >> 32 & 1 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_that_the_device_has_says_nothing() {
        assert_eq!(Came::read(Chip::I82540em, 0xff), None);
        assert_eq!(Came::read(Chip::I82574l, 64 << 32), None);
    }

    #[test]
    fn both_kinds_say_the_same_of_a_packet() {
        let came = Some(Came { len: 64, is_last: true, has_error: false });
        assert_eq!(Came::read(Chip::I82540em, 3 << 32 | 64), came);
        assert_eq!(Came::read(Chip::I82574l, 64 << 32 | 3), came);
        let damaged = |word| Came::read(Chip::I82574l, word).map(|came| came.has_error);
        assert_eq!(damaged(64 << 32 | 1 << 24 | 3), Some(true));
        assert_eq!(damaged(64 << 32 | 1 << 30 | 3), Some(false), "a bad TCP checksum");
    }
}
