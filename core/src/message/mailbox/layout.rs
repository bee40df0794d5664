//! The bytes of a mailbox: the bell's line, the owner's line, a word for each cell, the cells.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Contested32, Contested64, Word32, Word64};

/// How many messages lie in a mailbox at most. A model has two.
pub const CELLS: usize = if cfg!(loom) { 2 } else { 64 };

/// Words of one cell. A model's frame has two.
pub const CELL_WORDS: usize = if cfg!(loom) { 2 } else { 48 };

/// Room for one frame.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Cell {
    /// The frame's bytes, little-endian. Writer: who has claimed the cell. Reader: the owner, while
    /// the cell's word says that it is ready.
    pub(crate) words: [Word64; CELL_WORDS],
}

/// One process's mailbox: anybody of the group puts in, its owner takes out.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Mailbox {
    /// A bit for each cell that has become ready. Writers: senders raise, the owner takes.
    pub(crate) bell: Contested64,
    /// Counts up with every attempt to put something in: the order of what is in it. Writers: senders.
    pub(crate) tickets: Contested32,
    /// Bit 0: the owner sleeps. Bit 1: on this word (0) or on its socket (1). Above: changes when
    /// somebody calls. Writers: the owner, callers. Readers: senders.
    pub(crate) asleep: Contested32,
    /// 1 if the owner is asked to look through all cells. Writers: menders raise, the owner takes.
    pub(crate) attention: Contested32,
    /// Always 0.
    pub(crate) reserved: Word32,
    /// How often a sender was refused because its share of the cells was full. Writers: senders.
    pub(crate) refused: Contested64,
    /// How many cells of dead senders were freed. Writers: whoever frees one.
    pub(crate) mended: Contested64,
    /// Keeps what senders write off the owner's line.
    pub(crate) pad: Pad<88>,
    /// Who takes out: a packed [`ProcessId`](crate::group::ProcessId), 0 for nobody. Writers: who
    /// opens it, by swap.
    pub(crate) owner: Contested64,
    /// Frames given to the owner. All below: writer, the owner; readers, anyone.
    pub(crate) received: Word64,
    /// Frames dropped, by [`Dropped`](super::Dropped).
    pub(crate) dropped: [Word64; 8],
    /// Fills the line.
    pub(crate) pad_owner: Pad<48>,
    /// A [`State`](super::state::State) for each cell. Writers: senders, the owner, menders, by swap.
    pub(crate) states: [Contested64; CELLS],
    /// Where the frames lie.
    pub(crate) cells: [Cell; CELLS],
}

layout!(Cell, size 384, align 128 { 0 => words: [Word64; CELL_WORDS] });

layout!(Mailbox, size 25344, align 128 {
    0 => bell: Contested64, 8 => tickets: Contested32, 12 => asleep: Contested32,
    16 => attention: Contested32, 20 => reserved: Word32, 24 => refused: Contested64,
    32 => mended: Contested64, 40 => pad: Pad<88>, 128 => owner: Contested64, 136 => received: Word64,
    144 => dropped: [Word64; 8], 208 => pad_owner: Pad<48>, 256 => states: [Contested64; CELLS],
    768 => cells: [Cell; CELLS],
});

shared_layout! {
    Cell { [Word64; CELL_WORDS] },
    Mailbox { Contested64, Contested32, Word32, Pad<88>, Word64, [Word64; 8], Pad<48>,
        [Contested64; CELLS], [Cell; CELLS] },
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            bell: Contested64::new(0),
            tickets: Contested32::new(0),
            asleep: Contested32::new(0),
            attention: Contested32::new(0),
            reserved: Word32::new(0),
            refused: Contested64::new(0),
            mended: Contested64::new(0),
            pad: Pad::default(),
            owner: Contested64::new(0),
            received: Word64::new(0),
            dropped: Default::default(),
            pad_owner: Pad::default(),
            states: core::array::from_fn(|_| Contested64::new(0)),
            cells: core::array::from_fn(|_| Cell {
                words: core::array::from_fn(|_| Word64::new(0)),
            }),
        }
    }
}
