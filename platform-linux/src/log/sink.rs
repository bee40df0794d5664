//! Where whole frames go: this process's log, one at a time.

#![cfg_attr(
    not(feature = "std"),
    expect(unsafe_code, reason = "the log is taken from who will never go on")
)]

use core::convert::Infallible;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering, compiler_fence};
use core::time::Duration;

use phalanx_core::group::Group;
use phalanx_core::log::{LogWriter, Tenant, Weight};
use phalanx_core::platform::Platform;
use spin::{RwLock, RwLockWriteGuard};

use super::program::Program;
use crate::eal::PLATFORM;
use crate::sys::deadline::Deadline;

/// The clock of records is the monotonic one, in nanoseconds.
const TICKS_HZ: u64 = 1_000_000_000;

/// How often a thread looks whether another has written its frame, and how often it then lets
/// others run. Who has been interrupted by a signal handler in the middle of writing is not waited
/// for any longer.
const SPINS: u32 = 1000;
const GIVES_WAY: u32 = 100;

/// How long who must have the log waits for it, asleep. In a program of one thread, who has it was
/// interrupted, and never goes on.
const PATIENCE: Duration = Duration::from_secs(if cfg!(feature = "std") { 5 } else { 0 });

/// After how many lines a process whose slot has no log looks for one again.
const LINES_A_LOOK: u32 = 16;

/// What becomes of frames.
#[derive(Debug)]
pub(super) enum Sink {
    /// They are dropped: this process is in no group, or wants no log.
    None,
    /// Its slot had no log at the last look.
    Seeking(Seeker),
    /// They are written.
    Open(LogWriter),
}

/// What it takes to open a log, also by who can ask the kernel for nothing any more.
#[derive(Debug)]
pub(super) struct Seeker {
    pub(super) group: Group,
    pub(super) program: Program,
}

/// Whether a look for a log may wait for a change of the directory to end, which who has died in it ends only once he
/// is reaped.
#[derive(Clone, Copy, Debug)]
enum Haste {
    Now,
    None,
}

impl Seeker {
    fn look(&self, haste: Haste) -> Option<LogWriter> {
        let pid = rustix::process::getpid().as_raw_nonzero().get().unsigned_abs();
        let (build_id, path) = (self.program.build_id(), self.program.path());
        let tenant = Tenant { pid, ticks_hz: TICKS_HZ, build_id, path };
        match haste {
            Haste::Now => LogWriter::open_if_calm(&self.group, &tenant).ok(),
            Haste::None => LogWriter::open(&self.group, &tenant).ok(),
        }
    }
}

static SINK: RwLock<Sink> = RwLock::new(Sink::None);

/// Whether [`SINK`] is between what it was and what it will be. Only the thread that holds it writes this.
static IS_CHANGING: AtomicBool = AtomicBool::new(false);

/// Frames that were dropped where the log could not be asked, until it can.
static DROPPED: AtomicU32 = AtomicU32::new(0);

/// Does something else with frames from now on; a log that is sought is looked for at once, without waiting for whoever
/// changes the directory. Waits until nobody writes, 5 s at most; if a thread of
/// this process is stopped in the middle of a frame for longer, nobody writes any other.
pub(super) fn set(sink: Sink) {
    if let Some(mut earlier) = await_it() {
        earlier.become_another(sink);
    }
    if let Some(mut sink) = take() {
        sink.seek(Haste::Now);
    }
}

/// Looks for the log once more, if it was not to be had.
pub(super) fn look_again() {
    if let Some(mut sink) = take() {
        sink.seek(Haste::None);
    }
}

/// Whether this process has a log, or wants one.
#[cfg(feature = "std")]
pub(super) fn is_in_use() -> bool {
    await_it().is_some_and(|sink| !matches!(*sink, Sink::None))
}

impl Sink {
    /// Opens the log that is sought, if it is there by now.
    fn seek(&mut self, haste: Haste) {
        if let Self::Seeking(seeker) = self
            && let Some(log) = seeker.look(haste)
        {
            self.become_another(Self::Open(log));
        }
    }

    /// Not half, for who may be interrupted here by a handler of last words.
    fn become_another(&mut self, other: Self) {
        IS_CHANGING.store(true, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        *self = other;
        compiler_fence(Ordering::SeqCst);
        IS_CHANGING.store(false, Ordering::Relaxed);
    }
}

/// Writes a frame; what cannot be written is counted.
///
/// Cost: [`LogWriter::write`]; no system call unless another thread writes.
pub(super) fn keep(frame: &[u8], weight: Weight) {
    let Some(mut sink) = take() else { return drop_one() };
    let before = DROPPED.load(Ordering::Relaxed);
    if weight == Weight::Last || before % LINES_A_LOOK == LINES_A_LOOK - 1 {
        // What the core tells under the group's lock must not wait for what it has begun itself.
        sink.seek(if weight == Weight::Last { Haste::None } else { Haste::Now });
    }
    let Sink::Open(log) = &mut *sink else { return drop_one() };
    if before > 0 {
        log.count_dropped(DROPPED.swap(0, Ordering::Relaxed));
    }
    // The log itself counts what it drops.
    let _ = log.write(frame, PLATFORM.now_ns(), weight);
}

/// Counts a frame that is not written.
pub(super) fn drop_one() {
    DROPPED.fetch_add(1, Ordering::Relaxed);
}

/// Lets go of the log for whoever has been interrupted while he wrote, and will never go on. Who was
/// about to change which log it is keeps it: it may be neither, so last words are dropped.
#[cfg(not(feature = "std"))]
pub(super) fn take_away() {
    if SINK.try_write().is_none() && !IS_CHANGING.load(Ordering::Relaxed) {
        // SAFETY: it is locked, by this thread, for there is no other; and who had it never uses it
        // again, nor lets go of it, for the process ends.
        unsafe { SINK.force_write_unlock() };
    }
}

/// The sink, as soon as nobody has it. Who has it writes one frame; but it may be a thread that this one,
/// which runs before others (real-time), keeps off its CPU: so this one sleeps.
fn await_it() -> Option<RwLockWriteGuard<'static, Sink>> {
    let seen = Deadline::after(PATIENCE).poll(|| Ok::<_, Infallible>(take()));
    seen.unwrap_or_default()
}

fn take() -> Option<RwLockWriteGuard<'static, Sink>> {
    for round in 0..SPINS + GIVES_WAY {
        if let Some(sink) = SINK.try_write() {
            return Some(sink);
        }
        if round < SPINS {
            core::hint::spin_loop();
        } else {
            rustix::thread::sched_yield();
        }
    }
    None
}
