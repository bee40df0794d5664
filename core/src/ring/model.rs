//! A ring for the model checker: slots of loom's cells, a header of loom's atomics, no group.
//!
//! Loom reports two processes at one slot, or a read of a slot that does not come after its
//! write, as a race; so a model needs no check but the elements' order.
#![expect(unsafe_code, reason = "loom's cells hand out addresses; loom checks each access")]

extern crate std;

use std::boxed::Box;
use std::vec::Vec;

use loom::cell::UnsafeCell;

use super::attach::{Checked, write_header};
use super::claim::RingEnd;
use super::config::{ConfigError, RingConfig, Sync as How};
use super::cursor::{Reservation, Want};
use super::handle::Handle;
use super::kind::{Multi, Rts};
use super::layout::{CallLog, RingHeader};
use super::member::Member;
use super::ring::Ring;
use super::side::Discipline;
use crate::offset::Offset;
use crate::shared::{Element, ElementLayout};
use crate::sync::Contested64;
use crate::window::Window;

/// The slots of a model's ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots<T: 'static>(&'static [UnsafeCell<T>]);

// SAFETY: loom checks that no two threads are at one cell.
unsafe impl<T: Element> Send for Slots<T> {}
// SAFETY: as above.
unsafe impl<T: Element> Sync for Slots<T> {}

impl<T: Element> Slots<T> {
    pub(super) const FIT_A_WORD: bool = size_of::<T>() <= size_of::<u64>();

    /// There is no window in a model.
    pub(super) fn in_window(_: Window, _: Offset<T>, _: u32) -> Option<Self> {
        None
    }

    fn cell(&self, position: u32) -> &UnsafeCell<T> {
        &self.0[position as usize % self.0.len()]
    }

    pub(super) fn put_one(&self, position: u32, element: T) {
        // SAFETY: loom checks that nobody else is at the cell.
        self.cell(position).with_mut(|slot| unsafe { slot.write(element) });
    }

    pub(super) fn take_one(&self, position: u32) -> T {
        // SAFETY: as above.
        self.cell(position).with(|slot| unsafe { slot.read() })
    }

    pub(super) fn put(&self, position: u32, from: &[T]) {
        for (i, element) in (0..).zip(from) {
            self.put_one(position.wrapping_add(i), *element);
        }
    }

    pub(super) fn take(&self, position: u32, to: &mut [T]) {
        for (i, element) in (0..).zip(to) {
            *element = self.take_one(position.wrapping_add(i));
        }
    }

    pub(super) fn word_of(&self, element: T) -> Option<u64> {
        let mut word = 0u64;
        if !Self::FIT_A_WORD {
            return None;
        }
        // SAFETY: `T` is at most 8 bytes without padding, and any bytes are a word.
        unsafe { core::ptr::from_mut(&mut word).cast::<T>().write_unaligned(element) };
        Some(word)
    }

    pub(super) fn of_word(&self, word: u64) -> Option<T> {
        if !Self::FIT_A_WORD {
            return None;
        }
        // SAFETY: `T` is at most 8 bytes, and any bytes are a `T`.
        Some(unsafe { core::ptr::from_ref(&word).cast::<T>().read_unaligned() })
    }
}

fn log() -> &'static CallLog {
    let calls = core::array::from_fn(|_| Contested64::default());
    Box::leak(Box::new(CallLog { calls }))
}

impl<T: Element> Ring<T> {
    /// A ring for one run of a model, whose positions begin at `start`; every handle of it works
    /// for the process that `tag` stands for. Leaked: loom makes it anew in every run.
    pub fn model(config: &RingConfig, zero: T, start: u32, tag: u16) -> Result<Self, ConfigError> {
        let element = ElementLayout::of::<T>();
        let shape = config.shape(element)?;
        let slots: Vec<_> = (0..shape.size).map(|_| UnsafeCell::new(zero)).collect();
        let header: &'static RingHeader = Box::leak(Box::default());
        let logs = [config.producer, config.consumer].map(|sync| (sync == How::Rts).then(log));
        let checked = Checked { header, at: Offset::NONE, shape, config: *config, element };
        write_header(&checked, logs, None, start);
        Ok(Self {
            header,
            slots: Slots(Vec::leak(slots)),
            logs,
            at: Offset::NONE,
            shape,
            config: *config,
            member: Member::model(tag),
        })
    }

    /// The same ring, as the process that `tag` stands for sees it.
    #[must_use]
    pub fn model_as(mut self, tag: u16) -> Self {
        self.member = Member::model(tag);
        self
    }
}

/// A call at an Rts end, or an owned one, that a model takes apart.
#[derive(Clone, Copy, Debug)]
pub struct ModelCall {
    run: Reservation,
    number: u16,
    end: RingEnd,
}

impl<T: Element> Ring<T> {
    /// Reserves `count` at `end`, as the first step of a call; `None` if there is nothing to be had.
    pub fn model_begin(&self, end: RingEnd, count: u32) -> Option<ModelCall> {
        self.with_handle(end, |handle| {
            let run = match handle.side.sync {
                How::Rts => Rts::reserve(handle.side, &mut handle.hand, count, Want::All),
                _ => Multi::reserve(handle.side, &mut handle.hand, count, Want::All),
            };
            (run.count > 0).then_some(ModelCall { run, number: handle.hand.call, end })
        })
    }

    /// Puts `element` into each slot that `call` has reserved.
    pub fn model_fill(&self, call: ModelCall, element: T) {
        for i in 0..call.run.count {
            self.slots.put_one(call.run.start.wrapping_add(i), element);
        }
    }

    /// Publishes `call`, as its last step.
    pub fn model_finish(&self, call: ModelCall) {
        self.with_handle(call.end, |handle| {
            handle.hand.call = call.number;
            match handle.side.sync {
                How::Rts => Rts::publish(handle.side, &mut handle.hand, call.run),
                _ => Multi::publish(handle.side, &mut handle.hand, call.run),
            }
        });
    }

    /// Undoes what [`DEAD_IN_MODEL`](super::DEAD_IN_MODEL) is in the middle of; whether it is
    /// undone, or another does it.
    pub fn model_mend(&self, end: RingEnd) -> bool {
        self.mend(end).is_ok()
    }

    fn with_handle<R>(&self, end: RingEnd, f: impl FnOnce(&mut Handle<T>) -> R) -> R {
        let mut handle = self.handle(end);
        f(&mut handle)
    }
}
