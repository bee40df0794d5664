//! Putting a frame in: claim a cell, fill it, publish it, ring the bell, call the sleeper.
//!
//! Each step is a type, so that tests can stop, and kill, between any two.

use super::layout::{CELL_WORDS, CELLS, Mailbox};
use super::sleep::Bed;
use super::state::{FREE, State};
use crate::sync::{Contested64, full_fence};

/// Which cells a frame may take: the lower classes leave room for the higher, so that a box full
/// of messages still takes requests, and one full of requests still takes replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 40 of 64.
    Message,
    /// 52 of 64.
    Request,
    /// All.
    Reply,
}

impl Class {
    /// How many cells it may use, counted from the first.
    pub const fn cells(self) -> usize {
        match self {
            Self::Message => CELLS * 40 / 64,
            Self::Request => CELLS * 52 / 64,
            Self::Reply => CELLS,
        }
    }
}

/// A cell that its sender writes.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    mailbox: &'a Mailbox,
    index: usize,
    state: State,
}

/// A cell whose frame is there and whose bell is to be rung.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    mailbox: &'a Mailbox,
    index: usize,
}

impl Mailbox {
    /// Claims a free cell for the process with `tag`, or says that its class has none.
    ///
    /// From the highest down, so that a reply takes a cell that only replies may have.
    pub(crate) fn claim(&self, tag: u16, class: Class) -> Option<Claim<'_>> {
        let state = State::writing(self.tickets.add(1), tag);
        let free = |(index, word): (usize, &Contested64)| {
            let is_free = word.peek() == FREE;
            // Pairs with the owner's and the menders' swaps to FREE.
            (is_free && word.swap_if(FREE, state.word()).is_ok()).then_some(index)
        };
        let index = self.states.iter().enumerate().take(class.cells()).rev().find_map(free)?;
        Some(Claim { mailbox: self, index, state })
    }
}

impl<'a> Claim<'a> {
    /// Writes the frame's words that may differ from zero.
    pub(crate) fn fill(&self, words: impl Iterator<Item = u64>) {
        let cell = self.mailbox.cells.get(self.index);
        for (to, from) in cell.iter().flat_map(|cell| &cell.words).zip(words) {
            to.set(from);
        }
    }

    /// Makes the frame ready: `words` of it were filled. `None` if somebody has freed the cell,
    /// which nobody does while its sender lives.
    pub(crate) fn publish(self, words: usize) -> Option<Ready<'a>> {
        let state = self.mailbox.states.get(self.index)?;
        // Pairs with the `observe` in `gather`: who sees it ready sees the frame.
        state.swap_if(self.state.word(), self.state.ready(words.min(CELL_WORDS)).word()).ok()?;
        Some(Ready { mailbox: self.mailbox, index: self.index })
    }
}

impl Ready<'_> {
    /// Rings the bell. Returns who is to be called, if the owner sleeps.
    pub(crate) fn ring(self) -> Option<Bed> {
        // Pairs with the `take` in `gather`: who takes the bit sees the cell ready.
        self.mailbox.bell.raise(1 << self.index);
        self.mailbox.call()
    }
}

impl Mailbox {
    /// Looks whether the owner sleeps, after the bell is rung; if so, changes the word it sleeps
    /// on, and the caller must wake it.
    pub(in crate::message) fn call(&self) -> Option<Bed> {
        // Pairs with the fence in `lie_down`: one of the two sees what the other wrote.
        full_fence();
        Bed::of(self.asleep.peek())?;
        Bed::of(self.asleep.add(super::sleep::CALL))
    }
}
