//! What was inherited beside standard input, output and error is closed before anything is opened, and what is
//! missing of those three is filled in.
#![expect(unsafe_code, reason = "closes what nobody in this process has opened")]

use phalanx_linux::sys::descriptors::{close_from, fill_standard};

/// The first descriptor that is not standard.
const FIRST_OTHER: u32 = 3;

/// Closes what the starter left open by mistake, and fills in what it closed. A kernel that cannot close leaves it
/// open. Standard input stays: a worker may declare that it reads it.
///
/// Cost: four system calls.
pub(crate) fn close_inherited() {
    // SAFETY: this process has opened nothing yet, so nobody in it has any of these.
    let _ = unsafe { close_from(FIRST_OTHER) };
    fill_standard();
}
