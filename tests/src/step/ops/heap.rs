//! The heap: blocks taken, given back and resized, within what there is and with growth.

#![expect(unsafe_code, reason = "frees and fills blocks by their places")]

use phalanx_core::group::Group;
use phalanx_core::heap::AllocRequest;
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::offset::Offset;
use phalanx_core::sync::Word64;

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

/// A zone that says where the block lies that the operation is about, and how many there were.
const NOTE: &str = "step.note";
const MB: u64 = 1 << 20;

/// What is done between the marks.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Takes a block of so many bytes.
    Allocate(u64),
    /// Gives back a block of so many bytes.
    Free(u64),
    /// Makes a block of so many bytes one of so many.
    Resize(u64, u64),
}

#[derive(Debug)]
struct HeapOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act| Box::new(HeapOp { name, act }) as Box<dyn Operation>;
    vec![
        op("heap.allocate.fits", Act::Allocate(1000)),
        op("heap.allocate.grows", Act::Allocate(5 * MB)),
        op("heap.free.merges", Act::Free(1000)),
        op("heap.free.shrinks", Act::Free(5 * MB)),
        op("heap.resize.longer-in-place", Act::Resize(1000, 3000)),
        op("heap.resize.shorter", Act::Resize(3000, 1000)),
        op("heap.resize.moves", Act::Resize(1000, 3 * MB)),
    ]
}

/// What the block holds: told from its neighbours' bytes.
const PATTERN: u64 = 0x5eed_5eed_5eed_5eed;

impl Operation for HeapOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        Zone::reserve(member.group, NOTE, &ZoneOptions::new(64)).map(drop).map_err(sentence)
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let group = member.group;
        let note = note(group)?;
        // Holes and neighbours.
        let some: Vec<_> = [64, 5000, 64, 9000, 64]
            .map(|bytes| group.allocate(&AllocRequest::new(bytes)))
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(sentence)?;
        for block in [some.get(1), some.get(3)].into_iter().flatten() {
            // SAFETY: taken just now, and nobody knows of it.
            unsafe { group.free(block.at) }.map_err(sentence)?;
        }
        let at = match self.act {
            Act::Allocate(_) => Offset::NONE,
            Act::Free(bytes) | Act::Resize(bytes, _) => {
                let block = group.allocate(&AllocRequest::new(bytes)).map_err(sentence)?;
                words(group, block.at, 125)?.iter().for_each(|word| word.set(PATTERN));
                block.at
            }
        };
        put(&note, at.get(), busy(group)?);
        match self.act {
            Act::Allocate(bytes) => {
                let _may_fail = marks.around(|| group.allocate(&AllocRequest::new(bytes)));
            }
            // SAFETY: as above.
            Act::Free(_) => drop(marks.around(|| unsafe { group.free(at) })),
            // SAFETY: as above.
            Act::Resize(_, to) => drop(marks.around(|| unsafe { group.resize(at, to, 0) })),
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        let group = member.group;
        let [at, before] = get(&note(group)?);
        let (at, found) = (Offset::new(at), busy(group)?);
        let block = group.validate(at);
        match self.act {
            Act::Allocate(_) if found == before || found == before + 1 => {}
            Act::Free(_) if found == before && block.is_ok() => check(group, at)?,
            Act::Free(_) if found + 1 == before && block.is_err() => {}
            Act::Resize(..) if found == before && block.is_ok() => check(group, at)?,
            // It has moved: the old place is free.
            Act::Resize(..) if found == before => {}
            _ => return Err(format!("{found} blocks, of {before} before; the block is {block:?}")),
        }
        use_it(group)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        use_it(member.group)
    }
}

fn use_it(group: &Group) -> Outcome {
    let before = busy(group)?;
    let blocks: Vec<_> = [100, 7000, 2 * MB]
        .map(|bytes| group.allocate(&AllocRequest::new(bytes)))
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(sentence)?;
    for block in blocks {
        words(group, block.at, 12)?.iter().for_each(|word| word.set(7));
        // SAFETY: taken just now, and nobody knows of it.
        unsafe { group.free(block.at) }.map_err(sentence)?;
    }
    same("blocks, all having been given back", busy(group)?, before)
}

/// How many blocks somebody has.
fn busy(group: &Group) -> Result<u64, String> {
    let mut busy = 0;
    group.walk_heaps(|element| busy += u64::from(element.asked.is_some())).map_err(sentence)?;
    Ok(busy)
}

fn check(group: &Group, at: Offset<u8>) -> Outcome {
    let intact = words(group, at, 125)?.iter().all(|word| word.get() == PATTERN);
    same("the block's content is what it was", intact, true)
}

/// The first `count` words of a block.
fn words(group: &Group, at: Offset<u8>, count: usize) -> Result<&'static [Word64], String> {
    let start = group.window().address(at, count * 8, 8);
    let start = start.ok_or("the block does not lie in the window")?;
    let words = core::ptr::NonNull::slice_from_raw_parts(start.cast::<Word64>(), count);
    // SAFETY: in the window and aligned (checked by `address`), in a block that the caller has;
    // words are atomics.
    Ok(unsafe { words.as_ref() })
}

fn note(group: &Group) -> Result<Zone, String> {
    Zone::lookup(group, NOTE).map_err(sentence)
}

fn put(note: &Zone, at: u64, count: u64) {
    for (word, value) in note.slice::<Word64>().unwrap_or_default().iter().zip([at, count]) {
        word.set(value);
    }
}

fn get(note: &Zone) -> [u64; 2] {
    let words = note.slice::<Word64>().unwrap_or_default();
    [0, 1].map(|index| words.get(index).map_or(0, Word64::get))
}
