//! Taking out with a look before anybody sees it: for elements that answer to somebody.
//!
//! Who takes a pool's object out of a ring must write down that he has it *before* the ring says
//! that it is gone. So these take as their plain forms do, and show what was copied between
//! copying and publishing. A single consumer's news is not used here: it is published and read
//! in one step.

use super::consumer::Consumer;
use super::cursor::Want;
use super::handle::{Handle, Operation, nothing};
use super::held::Held;
use super::kind::Kind;
use super::side::Discipline;
use crate::shared::Element;

struct TakeWith<'a, T: Element, F> {
    handle: &'a mut Handle<T>,
    elements: &'a mut [T],
    want: Want,
    first: F,
}

impl<T: Element, F: FnMut(&[T])> Operation for TakeWith<'_, T, &mut F> {
    type Output = Result<u32, u16>;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Result<u32, u16> {
        let Self { handle, elements, want, first } = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        let wanted = u32::try_from(elements.len()).unwrap_or(u32::MAX);
        let run = D::reserve(side, &mut handle.hand, wanted, want);
        if run.count == 0 {
            return nothing::<D>(run);
        }
        if let Some(granted) = elements.get_mut(..run.count as usize) {
            slots.take(run.start, granted);
            first(granted);
        }
        D::publish(side, &mut handle.hand, run);
        Ok(run.count)
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
        mut first: impl FnMut(&[T]),
    ) -> Result<usize, Held> {
        let (sync, handle) = (self.handle.side.sync, &mut self.handle);
        let operation = TakeWith { handle, elements: &mut *elements, want, first: &mut first };
        match K::run(sync, operation) {
            Ok(count) => Ok(count as usize),
            Err(tag) => self.take_with_held(tag, elements, want, &mut first),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_with_held(
        &mut self,
        tag: u16,
        elements: &mut [T],
        want: Want,
        first: &mut impl FnMut(&[T]),
    ) -> Result<usize, Held> {
        let taken = self.handle.insist(tag, |handle| {
            let sync = handle.side.sync;
            K::run(sync, TakeWith { handle, elements: &mut *elements, want, first: &mut *first })
        })?;
        Ok(taken as usize)
    }
}
