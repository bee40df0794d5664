//! Logs: what this process says through `defmt`, into the log of its slot.
//!
//! A line costs two bytes and its arguments; nothing is formatted here. `phalanx logs` finds the
//! program by its build id, and in it the texts, files and lines. The ring, and what is dropped,
//! are [`phalanx_core::log`]'s.
//!
//! ```text
//!   defmt::info!  →  logger.rs  →  scratch.rs  →  sink.rs  →  the slot's ring
//!                    the one       a frame in     one at a time,
//!                    logger        the making     or dropped and counted
//! ```
//!
//! The feature `defmt` brings all this and with it the program's one `#[defmt::global_logger]`:
//! a program (static or not) that depends on this crate has a logger, and must define neither
//! another nor a `defmt::timestamp!`, for records carry the time themselves. Its build script links
//! it with `linker/log.ld`, at a fixed address; without that it runs all the same, and its lines
//! cannot be decoded. Which lines are compiled in, `DEFMT_LOG` says at build time.
//!
//! Before a process has joined its group, after it has left, and where there is no log for it
//! (nobody else could read that of a private group), lines are dropped and counted.
//!
//! Nothing here waits for long or takes the group's lock, so the core may tell what it does under
//! that lock, and a signal handler may log: what it interrupts is never waited for.

mod logger;
#[cfg(feature = "std")]
mod panics;
mod program;
mod scratch;
mod sink;

use phalanx_core::group::{Group, flags};
use phalanx_core::log::{LogError, LogWriter, Tenant, Told};

#[cfg(feature = "std")]
pub use panics::log_panics;
pub use scratch::last_words;

/// The clock of records is the monotonic one, in nanoseconds.
const TICKS_HZ: u64 = 1_000_000_000;

/// From now on this process logs into its slot.
///
/// Cost: the group's lock, and five system calls.
///
/// # Errors
/// [`LogError`]: it has no log then, and its lines are dropped.
pub(crate) fn open(group: &Group) -> Result<(), LogError> {
    if group.has(flags::PRIVATE) {
        return Ok(());
    }
    let program = program::own();
    let pid = rustix::process::getpid().as_raw_nonzero().get().unsigned_abs();
    let tenant =
        Tenant { pid, ticks_hz: TICKS_HZ, build_id: program.build_id(), path: program.path() };
    let writer = LogWriter::open(group, &tenant)?;
    sink::set(Some(writer));
    Ok(())
}

/// From now on its lines are dropped: its slot is another's next.
pub(crate) fn close() {
    sink::set(None);
}

/// Logs what the core tells.
pub(crate) fn tell(told: Told) {
    match told {
        Told::Grown { list, bytes } => {
            defmt::debug!("memseg list {=u32} has {=u64} bytes more", list, bytes);
        }
        Told::GivenBack { bytes } => {
            defmt::debug!("{=u64} bytes of memory went back to the system", bytes);
        }
        Told::LockTakenOver { slot } => {
            defmt::warn!(
                "the group's lock was held by the dead process of slot {=u16}; what it had half done is undone",
                slot
            );
        }
        Told::Process { what, slot, pid, recovered } => {
            defmt::info!("the process {=u32} of slot {=u16}: {}, {}", pid, slot, what, recovered);
        }
    }
}
