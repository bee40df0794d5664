//! The one `defmt` logger of a program.

#![expect(
    unsafe_code,
    reason = "a logger's symbols, and the promise that it may be called anywhere"
)]

use super::scratch;

/// Takes a frame piece by piece, raw: a record's length says where it ends.
#[defmt::global_logger]
struct Logger;

// SAFETY: 1. an execution context is a thread: each has a frame of its own, and of a program of one
// thread a handler that ends it has another; 2. `acquire` may be called anywhere: a frame that is
// begun inside of another, or in a handler, is dropped.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        scratch::begin();
    }

    unsafe fn flush() {}

    unsafe fn release() {
        scratch::end();
    }

    unsafe fn write(bytes: &[u8]) {
        scratch::add(bytes);
    }
}

/// What `defmt` asks for in each frame: nothing, for the record has it.
#[unsafe(export_name = "_defmt_timestamp")]
fn timestamp(_: defmt::Formatter<'_>) {}
