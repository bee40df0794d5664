//! Commands about memory: zones, blocks of the heap, and where pointers to them lead.
#![expect(
    unsafe_code,
    reason = "frees what other processes could still use, and reads blocks by their place"
)]

use core::ptr::NonNull;

use phalanx_core::directory;
use phalanx_core::group::Group;
use phalanx_core::heap::{AllocRequest, Block};
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::offset::Offset;
use phalanx_core::ring::Ring;
use phalanx_core::sync::Word64;

use crate::obey::{Answer, number, sentence};

/// Words between two that are written: one in each 4 KB.
const STRIDE: usize = 512;

/// | command | answers |
/// |---|---|
/// | `backed` | bytes of memory that the group has |
/// | `zone NAME BYTES` reserves one | where it lies |
/// | `find-zone NAME` | where it lies, and its length |
/// | `free-zone NAME` | |
/// | `wreck NAME` writes over the first word of an object | |
/// | `send BYTES RING` allocates a block, fills it, sends where it lies | where |
/// | `receive RING` takes such a message, reads the block, frees it | how many bytes it has |
pub(crate) fn answer(group: &Group, words: &[&str]) -> Answer {
    match words {
        ["backed"] => Ok(group.memseg_lists().totals().backed_bytes.to_string()),
        ["zone", name, bytes] => {
            let options = ZoneOptions::new(number(bytes)?);
            Zone::reserve(group, name, &options).map(|zone| at(&zone)).map_err(sentence)
        }
        ["find-zone", name] => {
            let zone = Zone::lookup(group, name).map_err(sentence)?;
            Ok(format!("{} {}", at(&zone), zone.len()))
        }
        ["free-zone", name] => {
            // SAFETY: the test that says so has no process look at the zone afterwards.
            unsafe { Zone::free_named(group, name) }.map(|()| String::new()).map_err(sentence)
        }
        ["wreck", name] => wreck(group, name),
        ["send", bytes, ring] => send(group, number(bytes)?, ring),
        ["receive", ring] => receive(group, ring),
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

fn wreck(group: &Group, name: &str) -> Answer {
    let mut found = None;
    directory::walk(group, |it| {
        if it.name.to_string() == name {
            found = Some((it.at, it.len));
        }
    })
    .map_err(sentence)?;
    let (at, bytes) = found.ok_or("there is no such object")?;
    let (_, first) = sampled(group, at, bytes)?.next().ok_or("it has no word")?;
    first.set(!first.get());
    Ok(String::new())
}

fn at(zone: &Zone) -> String {
    format!("{:#x}", zone.at().get())
}

/// A message is two elements: where, and how many bytes.
fn send(group: &Group, bytes: u64, ring: &str) -> Answer {
    let ring = Ring::<u64>::lookup(group, ring).map_err(sentence)?;
    let mut producer = ring.producer().map_err(sentence)?;
    let block = group.allocate(&AllocRequest::new(bytes)).map_err(sentence)?;
    for (index, word) in sampled(group, block.at, bytes)? {
        word.set(pattern(block.at, index));
    }
    producer.enqueue_bulk(&[block.at.get(), bytes]).map_err(sentence)?;
    Ok(format!("{:#x}", block.at.get()))
}

fn receive(group: &Group, ring: &str) -> Answer {
    let ring = Ring::<u64>::lookup(group, ring).map_err(sentence)?;
    let mut consumer = ring.consumer().map_err(sentence)?;
    let mut message = [0; 2];
    consumer.dequeue_bulk(&mut message).map_err(sentence)?;
    let (place, bytes) = (Offset::new(message[0]), message[1]);
    for (index, word) in sampled(group, place, bytes)? {
        let (found, wanted) = (word.get(), pattern(place, index));
        if found != wanted {
            return Err(format!("word {index} is {found:#x} and should be {wanted:#x}"));
        }
    }
    // SAFETY: the sender has given the block away, and the words read of it are not looked at again.
    unsafe { group.free(place) }.map_err(sentence)?;
    Ok(bytes.to_string())
}

/// Gives back a block that nobody has looked at.
pub(crate) fn free(group: &Group, block: Block) {
    // SAFETY: the caller's own block, which it has told nobody of. One that cannot be freed stays.
    let _ = unsafe { group.free(block.at) };
}

/// Every so many words of a block, with their numbers.
fn sampled(
    group: &Group,
    at: Offset<u8>,
    bytes: u64,
) -> Result<impl Iterator<Item = (usize, &'static Word64)>, String> {
    let count = usize::try_from(bytes / 8).unwrap_or(usize::MAX);
    let start = usize::try_from(bytes).ok().and_then(|len| group.window().address(at, len, 8));
    let start = start.ok_or("the block does not lie in the window")?;
    let words = NonNull::slice_from_raw_parts(start.cast::<Word64>(), count);
    // SAFETY: in the window and aligned (checked by `address`), in a block that the caller holds;
    // words are atomics, and a test reads a block before it is freed.
    let words: &'static [Word64] = unsafe { words.as_ref() };
    Ok(words.iter().enumerate().step_by(STRIDE))
}

fn pattern(at: Offset<u8>, index: usize) -> u64 {
    at.get().rotate_left(32) ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
