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
//! (nobody else could read that of a private group), lines are dropped and counted. Who joins without
//! a standard library makes no log: members with a watcher keep two ready for who comes next; one of
//! more that come at once looks again while it logs.
//!
//! Nothing here waits for long or takes the group's lock, so the core may tell what it does under
//! that lock, and a signal handler may log: what it interrupts is never waited for.

mod logger;
#[cfg(feature = "std")]
mod panics;
mod program;
mod scratch;
mod sink;

use phalanx_core::group::Group;
#[cfg(feature = "std")]
use phalanx_core::group::flags;
#[cfg(feature = "std")]
use phalanx_core::log::LogError;
use phalanx_core::log::Told;

#[cfg(feature = "std")]
pub use panics::log_panics;
pub use program::Program;
pub use scratch::last_words;
use sink::{Seeker, Sink};

/// What last words say before the number, in parentheses, of a system call whose name a static worker has no
/// room for: whoever reads them puts the name there.
pub const UNNAMED_CALL: &str = "without a name here";

/// From now on this process logs into its slot, as soon as that has a log.
///
/// Cost: a look at the group's directory, and five system calls.
#[cfg(feature = "std")]
pub(crate) fn open(group: &Group) {
    if !group.has(flags::PRIVATE) {
        open_as(group, program::own());
    }
}

/// The same for who knows its program.
///
/// Cost: a look at the group's directory, and one system call.
pub(crate) fn open_as(group: &Group, program: Program) {
    sink::set(Sink::Seeking(Seeker { group: *group, program }));
}

/// Looks for the log of this process once more, if it was not to be had: behind what may have made it, and behind
/// the reaping of who has died in the middle of a change.
///
/// Cost: nothing, if it was; else a look at the group's directory.
pub(crate) fn look_again() {
    sink::look_again();
}

/// Makes the log of this process's slot, and those of the slots that are had next.
///
/// Cost: the group's lock for each that is not there yet.
///
/// # Errors
/// [`LogError`]: its lines are dropped then, until somebody makes it.
#[cfg(feature = "std")]
pub(crate) fn prepare(group: &Group) -> Result<(), LogError> {
    if group.has(flags::PRIVATE) {
        return Ok(());
    }
    phalanx_core::log::prepare(group, group.me().slot())?;
    phalanx_core::log::prepare_spares(group)
}

/// The same when somebody has come, if this process logs.
#[cfg(feature = "std")]
pub(crate) fn prepare_more(group: &Group) {
    if sink::is_in_use() {
        // Without it the next one's lines are dropped, and counted.
        let _ = prepare(group);
    }
}

/// From now on its lines are dropped: its slot is another's next.
pub(crate) fn close() {
    sink::set(Sink::None);
}

/// Logs what the core tells. Readers see the place here: a fact bears no other, for file and line would
/// be longer than the rest of it.
pub(crate) fn tell(told: Told) {
    match told {
        Told::Grown { list, bytes } => {
            defmt::debug!("memseg list {=u32} has {=u64} bytes more", list, bytes);
        }
        Told::GivenBack { bytes } => {
            defmt::debug!("{=u64} bytes of memory went back to the system", bytes);
        }
        Told::FarPool { pool, node, lcore, near } => {
            defmt::warn!(
                "lcore {=u16} is of NUMA node {=u32} and uses the pool {}, which lies on node {=u32}: each use goes \
                 from node to node; make the pool on node {=u32}, or use an lcore of its node",
                lcore,
                near,
                pool,
                node,
                near
            );
        }
        Told::FarBuffers { queue, near, pool, node } => {
            defmt::warn!(
                "the device of {} is near NUMA node {=u32} and writes into buffers of the pool {}, which lies on node \
                 {=u32}: each packet goes from node to node; make the pool on node {=u32}",
                queue,
                near,
                pool,
                node,
                near
            );
        }
        Told::ShortBuffers { queue, pool, room, needed, headroom, headroom_needed } => {
            defmt::warn!(
                "{} gets no buffers and receives nothing: those of the pool {} have room for {=u16} bytes behind \
                 {=u16} of headroom, and {=u16} behind {=u16} are needed; make the pool so, or the MTU smaller",
                queue,
                pool,
                room,
                headroom,
                needed,
                headroom_needed
            );
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
        Told::Port { what, id, link, slot, pid } => {
            defmt::info!(
                "port {=u16}: {}, {}; its owner is the process {=u32} of slot {=u16}",
                id,
                what,
                link,
                pid,
                slot
            );
        }
    }
}
