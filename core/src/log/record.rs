//! One record as words: its header, and how long it is.

/// Bytes of the longest frame that a record holds.
pub const FRAME_MAX: usize = 1024;

/// Words in front of a frame.
pub(super) const HEADER_WORDS: u64 = 3;

/// What stands in front of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the frame, 1 to [`FRAME_MAX`].
    pub(super) len: u16,
    /// How many frames its writer had dropped before this one, ever; wraps.
    pub(super) dropped: u32,
    /// When it was written, in ticks of its writer's clock.
    pub(super) tick: u64,
    /// Which tenant of the slot wrote it.
    pub(super) generation: u32,
    /// Its number in the log, whoever wrote it; wraps.
    pub(super) number: u32,
}

impl Header {
    pub(super) const fn to_words(self) -> [u64; HEADER_WORDS as usize] {
        [
            (self.dropped as u64) << 32 | self.len as u64,
            self.tick,
            (self.generation as u64) << 32 | self.number as u64,
        ]
    }

    /// What three words say; `None` if no frame is so long. Bits that mean nothing yet are 0.
    pub(super) fn of(words: [u64; HEADER_WORDS as usize]) -> Option<Self> {
        let [first, tick, last] = words;
        let len = first as u32;
        let possible = len > 0 && len as usize <= FRAME_MAX;
        possible.then_some(Self {
            len: len as u16,
            dropped: (first >> 32) as u32,
            tick,
            generation: (last >> 32) as u32,
            number: last as u32,
        })
    }

    /// Words of the whole record.
    pub(super) const fn words(self) -> u64 {
        words_of(self.len as usize)
    }
}

/// Words of a record whose frame has `len` bytes.
pub(super) const fn words_of(len: usize) -> u64 {
    HEADER_WORDS + len.div_ceil(8) as u64
}
