//! What was inherited beside standard input, output and error is closed before anything is opened.
#![expect(unsafe_code, reason = "closes what nobody in this process has opened")]

use phalanx_linux::sys::descriptors::close_from;

/// The first descriptor that is not standard.
const FIRST_OTHER: u32 = 3;

/// Closes what the starter left open by mistake. A kernel that cannot leaves it open.
///
/// Cost: one system call.
pub(crate) fn close_inherited() {
    // SAFETY: this process has opened nothing yet, so nobody in it has any of these.
    let _ = unsafe { close_from(FIRST_OTHER) };
}
