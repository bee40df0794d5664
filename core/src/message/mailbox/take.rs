//! Taking frames out: gather what the bell announces, in order; copy each once; free its cell.

use super::layout::{CELL_WORDS, CELLS, Mailbox};
use super::state::{FREE, State};

/// The words of one cell, copied.
pub(crate) type Image = [u64; CELL_WORDS];

/// More often than this no bell is rung between two looks, if senders keep to the protocol.
const ROUNDS: usize = 2 * CELLS;

/// Cells that are ready and not taken, the earliest last.
#[derive(Debug)]
pub(crate) struct Queue {
    entries: [(State, u8); CELLS],
    len: usize,
}

impl Queue {
    pub(crate) const fn new() -> Self {
        Self { entries: [(State::from_word(FREE), 0); CELLS], len: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bits of the cells in it.
    pub(crate) fn bits(&self) -> u64 {
        self.entries.iter().take(self.len).fold(0, |bits, (_, index)| bits | 1 << index)
    }

    /// Puts a cell in its place by ticket; an older entry of the same cell goes.
    fn insert(&mut self, state: State, index: u8) {
        if let Some(old) = self.entries.iter().take(self.len).position(|(_, i)| *i == index) {
            self.entries.copy_within(old + 1..self.len, old);
            self.len -= 1;
        }
        let before = |(entry, _): &(State, u8)| entry.is_before(state);
        let place = self.entries.iter().take(self.len).position(before).unwrap_or(self.len);
        // One entry a cell, so there is room.
        if self.len < CELLS {
            self.entries.copy_within(place..self.len, place + 1);
            self.len += 1;
        }
        if let Some(entry) = self.entries.get_mut(place) {
            *entry = (state, index);
        }
    }

    fn pop(&mut self) -> Option<(State, u8)> {
        self.len = self.len.checked_sub(1)?;
        self.entries.get(self.len).copied()
    }
}

impl Mailbox {
    /// Adds every cell that the bell announces to `queue`. One load if there is none.
    ///
    /// It looks at the bell again after it has read the cells' words, until the bell is silent.
    /// So whatever it has seen ready, everything that the same sender put in before is in the
    /// queue too: a sender rings the bell of one message before it begins the next. That holds even
    /// if a bit was left by somebody else (a mailbox's last owner, killed).
    pub(crate) fn gather(&self, queue: &mut Queue) {
        for _ in 0..ROUNDS {
            if self.bell.peek() == 0 {
                return;
            }
            // Pairs with the senders' `raise`.
            let mut rung = self.bell.take();
            while rung != 0 {
                let index = rung.trailing_zeros();
                rung &= rung - 1;
                self.add_if_ready(queue, index as u8);
            }
        }
    }

    /// Adds the cell, if it is ready.
    pub(super) fn add_if_ready(&self, queue: &mut Queue, index: u8) {
        let Some(word) = self.states.get(usize::from(index)) else { return };
        // Pairs with the sender's `publish`.
        let state = State::from_word(word.observe());
        if state.is_ready() {
            queue.insert(state, index);
        }
    }

    /// The earliest cell of the queue, copied and freed. `None` if the queue is empty; its image is
    /// `None` if somebody changed the cell's word meanwhile, which nobody may.
    pub(crate) fn take(&self, queue: &mut Queue) -> Option<(State, Option<Image>)> {
        let (state, index) = queue.pop()?;
        let image = self.copy(usize::from(index), state);
        let word = self.states.get(usize::from(index))?;
        // Pairs with the next sender's swap in `claim`: it writes after this copy.
        let freed = word.swap_if(state.word(), FREE).is_ok();
        Some((state, freed.then_some(image)))
    }

    /// Frees every ready cell whose frame `keep` refuses, rung or not; returns how many. For the
    /// owner when it opens: the slot's last tenant may have died with the bell's bits in its hand.
    pub(crate) fn discard_unless(&self, keep: impl Fn(&Image) -> bool) -> u64 {
        let mut discarded = 0;
        for (index, word) in self.states.iter().enumerate() {
            // Pairs with the sender's `publish`.
            let state = State::from_word(word.observe());
            if state.is_ready() && !keep(&self.copy(index, state)) {
                discarded += u64::from(word.swap_if(state.word(), FREE).is_ok());
            }
        }
        discarded
    }

    fn copy(&self, index: usize, state: State) -> Image {
        let mut image = [0; CELL_WORDS];
        let cell = self.cells.get(index);
        let words = cell.iter().flat_map(|cell| &cell.words);
        for (to, from) in image.iter_mut().zip(words).take(state.words()) {
            *to = from.get();
        }
        image
    }
}
