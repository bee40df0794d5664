//! The control page: how the driver tells a pair of peers what to run, and how they answer.
//!
//! The C side of this layout is `tests/bench/dpdk/control.h`; both assert the offsets, so a change to
//! one that the other misses does not compile. Every field is an atomic: mapping the page is this
//! file's only unsafe step.
#![expect(unsafe_code, reason = "the page is memory shared with other processes")]

use core::ffi::c_void;
use core::mem::{offset_of, size_of};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, fstat, open};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap};
use rustix::thread::futex;
use rustix::time::Timespec;

use crate::cells::Cell;

/// Elements a ring's table has.
pub(crate) const RING_COUNT: usize = 1024;
/// Objects of a mempool.
pub(crate) const POOL_OBJECTS: u32 = 8191;
/// The largest batch, and the most objects held.
pub(crate) const MAX_BATCH: usize = 512;
/// Elements between two looks at the clock, in every loop of every side.
const CLOCK_EVERY: usize = 2048;
/// Ends a conversation over the bare line or over two rings.
pub(crate) const STOP: u64 = u64::MAX;

/// How a slice went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Status {
    /// As asked.
    Ok = 0,
    /// This side does not have the subject.
    UnknownSubject = 1,
    /// What came out of the ring is not what went in.
    WrongSum = 2,
}

/// Written by the driver; then `go` is raised by one and both peers are woken.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Command {
    pub(crate) go: AtomicU32,
    pub(crate) subject: AtomicU32,
    pub(crate) sync: AtomicU32,
    pub(crate) form: AtomicU32,
    pub(crate) batch: AtomicU32,
    pub(crate) fill: AtomicU32,
    pub(crate) cache: AtomicU32,
    pub(crate) keep: AtomicU32,
    pub(crate) slice_cycles: AtomicU64,
}

/// Written by one peer at the end of a slice.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Answer {
    pub(crate) elements: AtomicU64,
    pub(crate) cycles: AtomicU64,
    pub(crate) sum: AtomicU64,
    pub(crate) preempted: AtomicU64,
    pub(crate) status: AtomicU32,
}

/// What the producer says when it stops.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Sent {
    /// Elements put in; valid once `stop` is set.
    pub(crate) elements: AtomicU64,
    /// Their sum.
    pub(crate) sum: AtomicU64,
    /// 1 once the producer has put its last element in.
    pub(crate) stop: AtomicU32,
}

/// A 32-bit word with a block to itself.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Word(pub(crate) AtomicU32);

/// A 64-bit word with a block to itself.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct LongWord(pub(crate) AtomicU64);

/// The page.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct ControlPage {
    pub(crate) command: Command,
    /// Raised by each peer; the driver sleeps on it.
    pub(crate) done: Word,
    pub(crate) sent: Sent,
    /// The start line: the `go` each peer stands at.
    pub(crate) ready: [Word; 2],
    /// Each peer's pid, once it is there.
    pub(crate) alive: [Word; 2],
    pub(crate) answer: [Answer; 2],
    /// The word of the bare line.
    pub(crate) line: LongWord,
    /// The word for the way back, where two lines go to and fro.
    pub(crate) line_back: LongWord,
}

const _: () = assert!(offset_of!(ControlPage, done) == 128);
const _: () = assert!(offset_of!(ControlPage, sent) == 256);
const _: () = assert!(offset_of!(ControlPage, ready) == 384);
const _: () = assert!(offset_of!(ControlPage, alive) == 640);
const _: () = assert!(offset_of!(ControlPage, answer) == 896);
const _: () = assert!(offset_of!(ControlPage, line) == 1152);
const _: () = assert!(offset_of!(ControlPage, line_back) == 1280);
const _: () = assert!(size_of::<ControlPage>() == 1408);

/// The file's length: one page.
pub(crate) const CONTROL_BYTES: usize = 4096;

impl ControlPage {
    /// Maps `file` for the rest of the process's life.
    pub(crate) fn map(file: &Path) -> io::Result<&'static Self> {
        let page = map_shared(file, CONTROL_BYTES)?;
        // SAFETY: page-aligned, longer than a ControlPage, never unmapped, and made of atomics, for
        // which every bit pattern is a value.
        Ok(unsafe { &*page.cast::<Self>() })
    }

    /// Writes `cell` and resets what a slice leaves behind; then both peers start.
    pub(crate) fn order(&self, cell: &Cell, slice_cycles: u64) {
        let command = &self.command;
        command.subject.store(cell.subject as u32, Ordering::Relaxed);
        command.sync.store(cell.sync as u32, Ordering::Relaxed);
        command.form.store(cell.form as u32, Ordering::Relaxed);
        command.batch.store(cell.batch, Ordering::Relaxed);
        command.fill.store(cell.fill, Ordering::Relaxed);
        command.cache.store(cell.cache, Ordering::Relaxed);
        command.keep.store(cell.keep, Ordering::Relaxed);
        command.slice_cycles.store(slice_cycles, Ordering::Relaxed);
        self.done.0.store(0, Ordering::Relaxed);
        self.sent.elements.store(0, Ordering::Relaxed);
        self.sent.sum.store(0, Ordering::Relaxed);
        self.sent.stop.store(0, Ordering::Relaxed);
        self.line.0.store(0, Ordering::Relaxed);
        self.line_back.0.store(0, Ordering::Relaxed);
        command.go.fetch_add(1, Ordering::Release);
        wake(&command.go);
    }
}

fn map_shared(file: &Path, bytes: usize) -> io::Result<*mut c_void> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    let file = open(file.as_os_str().as_bytes(), flags, Mode::empty()).map_err(os)?;
    if fstat(&file).map_err(os)?.st_size.cast_unsigned() < bytes as u64 {
        return Err(io::Error::other(format!("the shared file is shorter than {bytes} bytes")));
    }
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping wherever the kernel likes replaces nothing.
    unsafe { mmap(core::ptr::null_mut(), bytes, access, MapFlags::SHARED, &file, 0) }.map_err(os)
}

/// The error as std has it: rustix is built without std in this workspace.
pub(crate) fn os(errno: Errno) -> io::Error {
    io::Error::from_raw_os_error(errno.raw_os_error())
}

/// Operations of `batch` elements between two looks at the clock.
pub(crate) fn operations_per_look(batch: usize) -> usize {
    (CLOCK_EVERY / batch).max(1)
}

/// Sleeps while `word` is `value`, at most `limit`. May wake early; the caller looks again.
pub(crate) fn sleep_while(word: &AtomicU32, value: u32, limit: Duration) {
    let limit =
        Timespec { tv_sec: limit.as_secs().cast_signed(), tv_nsec: limit.subsec_nanos().into() };
    // Every way to return means the same to the caller: look again.
    let _ = futex::wait(word, futex::Flags::empty(), value, Some(&limit));
}

/// Wakes whoever sleeps on `word`.
pub(crate) fn wake(word: &AtomicU32) {
    let _ = futex::wake(word, futex::Flags::empty(), i32::MAX.cast_unsigned());
}
