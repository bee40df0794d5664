//! The free lists: thirteen, by size.
//!
//! Class 0 holds elements of up to 256 bytes, each further class four times as much (MH-1), the
//! last all that is bigger. A list is doubly linked, newest first, and both links are checked at
//! each step, so a loop in it is damage and not a hang.

use super::damage::{Damage, Fault, Step};
use super::element::Elem;
use super::layout::{CLASSES, Heap};
use crate::group::Group;
use crate::lock::Transaction;

/// The class of an element of `bytes`.
pub(super) const fn class_of(bytes: u64) -> usize {
    let bits = 64 - bytes.saturating_sub(1).leading_zeros();
    let class = bits.saturating_sub(8).div_ceil(2) as usize;
    if class < CLASSES { class } else { CLASSES - 1 }
}

/// Puts a free element at the head of its list, and counts it.
pub(super) fn link(tx: &Transaction, heap: &Heap, elem: &Elem) -> Step<()> {
    let Some(head) = heap.free.get(class_of(elem.bytes())) else { return Ok(()) };
    let newest = head.get();
    tx.set(&elem.head.next_free, newest)?;
    tx.set(&elem.head.prev_free, 0)?;
    if newest != 0 {
        let second = free_at(tx.group(), newest)?;
        tx.set(&second.head.prev_free, elem.at)?;
    }
    tx.set(head, elem.at)?;
    Ok(tx.set(&heap.free_count, heap.free_count.get().wrapping_add(1))?)
}

/// Takes a free element out of its list, and uncounts it.
pub(super) fn unlink(tx: &Transaction, heap: &Heap, elem: &Elem) -> Step<()> {
    let (next, prev) = (elem.head.next_free.get(), elem.head.prev_free.get());
    let from = match prev {
        0 => heap.free.get(class_of(elem.bytes())),
        _ => Some(&free_at(tx.group(), prev)?.head.next_free),
    };
    let Some(from) = from.filter(|from| from.get() == elem.at) else {
        return Err(elem.damage(Fault::FreeList(prev)).into());
    };
    tx.set(from, next)?;
    if next != 0 {
        let after = free_at(tx.group(), next)?;
        if after.head.prev_free.get() != elem.at {
            return Err(after.damage(Fault::FreeList(after.head.prev_free.get())).into());
        }
        tx.set(&after.head.prev_free, prev)?;
    }
    Ok(tx.set(&heap.free_count, heap.free_count.get().wrapping_sub(1))?)
}

/// The elements of one class, newest first; an error ends the walk.
///
/// Each must name the one it was reached from, so the walk ends whatever the words say: the
/// first element that it reached twice would have to name two.
pub(super) fn walk(
    group: &Group,
    heap: &'static Heap,
    class: usize,
) -> impl Iterator<Item = Result<Elem, Damage>> {
    let (mut at, mut from) = (heap.free.get(class).map_or(0, |head| head.get()), 0);
    core::iter::from_fn(move || {
        if at == 0 {
            return None;
        }
        let found = free_at(group, at).and_then(|elem| match elem.head.prev_free.get() {
            prev if prev == from => Ok(elem),
            prev => Err(elem.damage(Fault::FreeList(prev))),
        });
        from = at;
        at = found.as_ref().map_or(0, |elem| elem.head.next_free.get());
        Some(found)
    })
}

fn free_at(group: &Group, at: u64) -> Result<Elem, Damage> {
    let elem = Elem::read(group, at)?;
    if elem.is_free() { Ok(elem) } else { Err(elem.damage(Fault::FreeList(at))) }
}

#[cfg(test)]
mod tests {
    use super::class_of;

    #[test]
    fn classes_go_up_by_four_and_the_last_holds_the_rest() {
        assert_eq!([128, 256, 257, 1024, 1025, 4096].map(class_of), [0, 0, 1, 1, 2, 2]);
        assert_eq!(
            [1 << 30, 1 << 32, 1 << 33, 1 << 40, u64::MAX].map(class_of),
            [11, 12, 12, 12, 12]
        );
    }
}
