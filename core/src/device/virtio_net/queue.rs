//! A queue of either direction: its slots and its ring, and what both say together.

use super::error::VirtioError;
use super::ring::Ring;
use crate::device::Registers;
use crate::device::slots::{DeviceQueue, Entry, Slots};
use crate::port::{Direction, Port};
use crate::sync::full_fence;

/// The queue of this number, and its ring.
pub(super) fn opened(
    port: &Port,
    direction: Direction,
    queue: u16,
) -> Result<(Slots, Ring), VirtioError> {
    let slots = Slots::open(DeviceQueue::lookup(port, direction, queue)?)?;
    let ring = Ring::of(slots.queue(), 0, slots.size());
    Ok((slots, ring))
}

/// Where the device is told of the queue, by its own number.
pub(super) fn told<R: Registers>(
    slots: &Slots,
    notify: &R,
    number: u16,
) -> Result<(usize, u16), VirtioError> {
    let at = slots.driver_word();
    let is_there = at.checked_add(2).is_some_and(|end| end <= notify.len() as u64);
    if is_there {
        Ok((at as usize, number))
    } else {
        Err(VirtioError::Notify { queue: number, at })
    }
}

/// How many the device has used that were not taken; `None` if it says more than it was given.
#[inline(always)]
pub(super) fn used(slots: &Slots, ring: &Ring) -> Option<u16> {
    let used = ring.used().wrapping_sub(slots.done() as u16);
    (u32::from(used) <= slots.in_flight()).then_some(used)
}

/// Whether the device says that it has used more of the queue than it was given, whoever works on it meanwhile.
pub(super) fn contradicts_itself(queue: &DeviceQueue) -> bool {
    let (before, used) = (queue.cursor(), Ring::of(queue, 0, queue.size()).used());
    // Read in this order. What was given is in the cursor before the device is told; so if that did not move, it is what
    // the device had when it said what it has used.
    let (posted, done) = before;
    let is_more = u32::from(used.wrapping_sub(done as u16)) > posted.wrapping_sub(done);
    is_more && queue.cursor() == before
}

/// Passes over what a dead claimant took and did not note.
pub(super) fn pass_taken(slots: &mut Slots, ring: &Ring) {
    for _ in 0..used(slots, ring).unwrap_or(0) {
        let (number, _) = ring.used_at(slots.done());
        if let Entry::Packet { .. } = slots.entry(number) {
            break;
        }
        slots.finish(slots.done().wrapping_add(1));
    }
}

/// A descriptor in which nothing lies, looked for from `hint` on.
#[inline(always)]
pub(super) fn next_free(slots: &Slots, hint: &mut u32) -> Option<u32> {
    for _ in 0..slots.size() {
        let number = slots.index(*hint);
        *hint = hint.wrapping_add(1);
        if slots.entry(number) == Entry::Free {
            return Some(number);
        }
    }
    None
}

/// Tells the device up to where it may go.
#[inline(always)]
pub(super) fn tell<R: Registers>(
    slots: &Slots,
    ring: &Ring,
    notify: &R,
    (at, number): (usize, u16),
) {
    ring.set_available(slots.posted());
    // What is available is written before it is asked whether the device wants to be told.
    full_fence();
    if ring.is_to_be_told() {
        notify.write16(at, number);
    }
}
