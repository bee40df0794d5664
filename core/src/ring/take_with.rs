//! Taking out with a look before anybody sees it: for elements that answer to somebody.
//!
//! Who takes a pool's object out of a ring must write down that he has it *before* the ring says
//! that it is gone. So these take as their plain forms do, and show what was copied between
//! copying and publishing. A single consumer's news is not used here: it is published and read
//! in one step.

use super::consumer::Consumer;
use super::cursor::{Reservation, Want};
use super::handle::{Handle, Operation};
use super::kind::Kind;
use super::side::Discipline;
use crate::shared::Element;

struct TakeWith<'a, T: Element, F> {
    handle: &'a mut Handle<T>,
    elements: &'a mut [T],
    want: Want,
    first: F,
}

impl<T: Element, F: FnOnce(&[T])> Operation for TakeWith<'_, T, F> {
    type Output = Reservation;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Reservation {
        let Self { handle, elements, want, first } = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        let wanted = u32::try_from(elements.len()).unwrap_or(u32::MAX);
        let run = D::reserve(side, &mut handle.hand, wanted, want);
        if run.count == 0 {
            return run;
        }
        if let Some(granted) = elements.get_mut(..run.count as usize) {
            slots.take(run.start, granted);
            first(granted);
        }
        D::publish(side, &mut handle.hand, run);
        run
    }
}

impl<T: Element, K: Kind> Consumer<T, K> {
    /// Takes as many as there are (all or none, if `want` says so) into the beginning of `elements`,
    /// and shows them to `first` while they still lie in the ring for everybody else.
    #[inline(always)]
    pub(crate) fn take_with(
        &mut self,
        elements: &mut [T],
        want: Want,
        first: impl FnOnce(&[T]),
    ) -> usize {
        let handle = &mut self.handle;
        K::run(handle.side.sync, TakeWith { handle, elements, want, first }).count as usize
    }
}
