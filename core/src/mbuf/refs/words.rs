//! What the two words say: [`Refs`], of whom a buffer is, and [`Bond`], of a clone.

use super::Owner;

/// The most clones of one mbuf.
pub const CLONES_MAX: u16 = (1 << 14) - 1;

/// A place is a multiple of 64 bytes, in a window of 2^40.
const PLACE_BITS: u32 = 34;
pub(super) const NUMBER_MASK: u64 = 0x7fff;

const fn place_bits(at: u64) -> u64 {
    at >> 6 & ((1 << PLACE_BITS) - 1)
}

/// What an mbuf's `refs` says: `clone's place / 64 << 30 | change's number << 15 | clones << 1 |
/// let go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refs(pub(super) u64);

impl Refs {
    /// What a word says.
    #[inline(always)]
    pub const fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// Whether nobody refers to the buffer but who holds the mbuf.
    #[inline(always)]
    pub const fn is_sole(self) -> bool {
        self.0 & 0x7fff == 0
    }

    /// Whether its holder has let go of it, and only its clones keep it.
    pub const fn is_let_go(self) -> bool {
        self.0 & 1 != 0
    }

    /// How many clones refer to it.
    pub const fn clones(self) -> u16 {
        (self.0 >> 1) as u16 & CLONES_MAX
    }

    /// How many refer to it in all, itself included: DPDK's `refcnt`.
    pub const fn count(self) -> u16 {
        self.clones() + !self.is_let_go() as u16
    }

    pub(super) const fn last_by(self) -> u64 {
        self.0 >> 30 << 6
    }

    pub(super) const fn last_number(self) -> u64 {
        self.0 >> 15 & NUMBER_MASK
    }

    pub(super) const fn names(self, by: u64, number: u64) -> bool {
        self.last_by() == by && self.last_number() == number
    }

    pub(super) const fn changed(is_let_go: bool, clones: u16, by: u64, number: u64) -> Self {
        Self(place_bits(by) << 30 | number << 15 | (clones as u64) << 1 | is_let_go as u64)
    }

    pub(super) const fn let_go(self) -> Self {
        Self(self.0 | 1)
    }
}

/// How far a bond has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Bound to nobody: it has its own buffer.
    Free,
    /// About to be bound.
    Attaching,
    /// Bound.
    Attached,
    /// About to be free.
    Detaching,
}

/// What a clone's buffer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To an mbuf.
    Mbuf,
    /// To nobody's pool: an [`ExternalHeader`](super::super::ExternalHeader) stands before it.
    External,
}

/// What an mbuf's `bond` says: `is external << 51 | place / 64 << 17 | change's number << 2 |
/// progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bond(pub(super) u64);

impl Bond {
    /// What a word says.
    pub const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(super) const fn free(number: u64) -> Self {
        Self((number & NUMBER_MASK) << 2)
    }

    pub(super) const fn new(to: Owner<'_>, number: u64, progress: Progress) -> Self {
        let kind = (to.kind as u64) << 51;
        Self(kind | place_bits(to.at) << 17 | (number & NUMBER_MASK) << 2 | progress as u64)
    }

    /// How far it has come.
    pub const fn progress(self) -> Progress {
        match self.0 & 3 {
            0 => Progress::Free,
            1 => Progress::Attaching,
            2 => Progress::Attached,
            _ => Progress::Detaching,
        }
    }

    /// To whom: bytes from the window's start; 0 if to nobody.
    pub const fn to(self) -> u64 {
        (self.0 >> 17 & ((1 << PLACE_BITS) - 1)) << 6
    }

    /// To what.
    pub const fn kind(self) -> Kind {
        if self.0 >> 51 & 1 == 0 { Kind::Mbuf } else { Kind::External }
    }

    /// The same, as far as `progress`.
    pub(super) const fn come(self, progress: Progress) -> Self {
        Self(self.0 & !3 | progress as u64)
    }

    pub(super) const fn number(self) -> u64 {
        self.0 >> 2 & NUMBER_MASK
    }

    /// The word as its change, once made, leaves it.
    pub(super) const fn finished(self) -> Self {
        match self.progress() {
            Progress::Attaching => self.come(Progress::Attached),
            Progress::Detaching => Self::free(self.number()),
            Progress::Free | Progress::Attached => self,
        }
    }
}
