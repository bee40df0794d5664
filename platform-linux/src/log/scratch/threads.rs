//! A frame for each thread.

use core::cell::{Cell, RefCell};

use phalanx_core::log::Weight;

use super::Scratch;
use crate::log::sink;

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch::new()) };
    static WEIGHT: Cell<Weight> = const { Cell::new(Weight::Plain) };
}

/// Lets `work` have this thread's frame; `false` if a handler has interrupted who has it.
fn with(work: impl FnOnce(&mut Scratch)) -> bool {
    SCRATCH.with(|scratch| scratch.try_borrow_mut().map(|mut scratch| work(&mut scratch)).is_ok())
}

pub(in crate::log) fn begin() {
    with(Scratch::begin);
}

pub(in crate::log) fn add(piece: &[u8]) {
    with(|scratch| scratch.add(piece));
}

pub(in crate::log) fn end() {
    let end = |scratch: &mut Scratch| {
        scratch.end(WEIGHT.get());
        // One inside of another is not the line that was meant.
        if scratch.depth == 0 {
            WEIGHT.set(Weight::Plain);
        }
    };
    if !with(end) {
        sink::drop_one();
    }
}

/// The next line of this thread is written even where it costs young records their room; a line
/// that is in the making is given up. For what is said of a failure that may end the process.
pub fn last_words() {
    with(|scratch| scratch.depth = 0);
    WEIGHT.set(Weight::Last);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_inside_of_last_words_takes_no_weight_from_them() {
        last_words();
        begin();
        add(b"these are the last");
        begin();
        add(b"and this is inside");
        end();
        assert_eq!(WEIGHT.get(), Weight::Last);
        end();
        assert_eq!(WEIGHT.get(), Weight::Plain);
    }
}
