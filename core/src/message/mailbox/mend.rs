//! What a dead sender left in a mailbox, put right by whoever finds it.

use super::layout::{CELLS, Mailbox};
use super::sleep::Bed;
use super::state::{FREE, State};
use super::take::Queue;
use crate::sync::Contested64;

/// Asks once where the same tag comes several times in a row: each answer may be a system call.
fn remember(mut is_gone: impl FnMut(u16) -> bool) -> impl FnMut(u16) -> bool {
    let mut last = None;
    move |tag| match last {
        Some((known, answer)) if known == tag => answer,
        _ => last.insert((tag, is_gone(tag))).1,
    }
}

impl Mailbox {
    /// Frees the cells that dead senders were writing, and asks the owner to look itself for what
    /// they had made ready without ringing. Anybody may, at any time, and again. `is_gone` says
    /// whether the process of a tag is dead; it is asked at most once a cell that is in use.
    ///
    /// Returns how many cells it freed.
    pub(crate) fn mend(&self, is_gone: impl FnMut(u16) -> bool) -> usize {
        let (mut freed, mut is_gone) = (0, remember(is_gone));
        for (index, word) in self.states.iter().enumerate() {
            let state = State::from_word(word.observe());
            if state.word() == FREE || !is_gone(state.tag()) {
                continue;
            }
            if state.is_unfinished() {
                freed += self.free_unfinished(word, state);
            } else if self.bell.peek() & 1 << index == 0 {
                self.attention.raise(1);
            }
        }
        freed
    }

    /// As [`mend`](Self::mend), by the owner: what dead senders had made ready goes into the queue,
    /// whether its bell was rung or not.
    ///
    /// A dead sender's frames are looked for only after it was found dead, all of them, so that
    /// none overtakes another.
    pub(crate) fn look_through(&self, queue: &mut Queue, is_gone: impl FnMut(u16) -> bool) {
        // Pairs with the menders' `raise`. Taken first, so that a wish of meanwhile is kept.
        self.attention.take();
        let (mut dead, mut known, mut is_gone) = ([0; CELLS], 0, remember(is_gone));
        for word in &self.states {
            let state = State::from_word(word.observe());
            if state.word() == FREE || !is_gone(state.tag()) {
                continue;
            }
            if state.is_unfinished() {
                self.free_unfinished(word, state);
            } else if let Some(next) = dead.get_mut(known) {
                *next = state.tag();
                known += 1;
            }
        }
        let dead = dead.get(..known).unwrap_or_default();
        for (index, word) in (0..).zip(&self.states) {
            if dead.contains(&State::from_word(word.observe()).tag()) {
                self.add_if_ready(queue, index);
            }
        }
        self.gather(queue);
    }

    fn free_unfinished(&self, word: &Contested64, state: State) -> usize {
        let freed = word.swap_if(state.word(), FREE).is_ok();
        self.mended.add(u64::from(freed));
        usize::from(freed)
    }

    /// The bed of an owner that sleeps although there is something to do: whoever should have
    /// called it has died.
    pub(crate) fn overslept(&self) -> Option<Bed> {
        let wanted = self.bell.peek() != 0 || self.attention.peek() != 0;
        if wanted { self.call() } else { None }
    }
}
