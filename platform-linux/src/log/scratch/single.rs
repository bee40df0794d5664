//! The frame of a program's one thread, and a second one for what it says last.

#![expect(unsafe_code, reason = "statics of the only thread, without a lock")]

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

use phalanx_core::log::Weight;

use super::Scratch;
use crate::log::sink;

struct Frame(UnsafeCell<Scratch>);

// SAFETY: there is one thread. A handler that logs calls `last_words` first, and has a frame of its
// own from then on; what it has interrupted never goes on.
unsafe impl Sync for Frame {}

static PLAIN: Frame = Frame(UnsafeCell::new(Scratch::new()));
static LAST: Frame = Frame(UnsafeCell::new(Scratch::new()));
static IS_ENDING: AtomicBool = AtomicBool::new(false);

fn is_ending() -> bool {
    IS_ENDING.load(Ordering::Relaxed)
}

fn with(work: impl FnOnce(&mut Scratch)) {
    let frame = if is_ending() { &LAST } else { &PLAIN };
    // SAFETY: nobody else has this frame: see `Sync` above, and `work` is one of this file's, none
    // of which comes here again.
    work(unsafe { &mut *frame.0.get() });
}

pub(in crate::log) fn begin() {
    with(Scratch::begin);
}

pub(in crate::log) fn add(piece: &[u8]) {
    with(|scratch| scratch.add(piece));
}

pub(in crate::log) fn end() {
    let weight = if is_ending() { Weight::Last } else { Weight::Plain };
    with(|scratch| scratch.end(weight));
}

/// From now on every line is among this process's last words: it is written even where it costs
/// young records their room, and whatever it has interrupted, be that another line in the making.
/// For a handler that ends the process, and for a panic's, which does: the caller promises never
/// to return into what was going on.
pub fn last_words() {
    if !IS_ENDING.swap(true, Ordering::Relaxed) {
        sink::take_away();
    }
}
