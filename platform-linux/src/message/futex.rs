//! Sleeping on a word of shared memory, and calling those who do.
//!
//! Everybody of a process sleeps on one word, its mailbox's, and each kind of sleeper on bits of
//! its own: whoever takes requests on bit 0, each thread that waits for a reply on one of the
//! others. So a reply wakes the thread that asked, and nobody else: there and back are two
//! wake-ups, as with two bare datagrams, and no datagram is made, queued and read for them.
#![expect(unsafe_code, reason = "a word of the window as the kernel's futex calls want it")]

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::sync::OnceLock;

use phalanx_core::message::{ASLEEP, Bed, CALL, Call, Frame, Kind, Wake};
use phalanx_core::offset::Offset;
use phalanx_core::window::Window;
use rustix::thread::futex;
use rustix::time::Timespec;

/// The group's window, for callers: a process joins one group, once.
static WINDOW: OnceLock<Window> = OnceLock::new();

/// How long a caller looks whether a sleeper gets up by itself: one that is between two messages
/// does, and to wake it would take longer than all the rest.
const DROWSY_LOOKS: u32 = 120;

/// On which bit a thread sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bit(u8);

impl Bit {
    /// Whoever takes requests and messages.
    pub(super) const SERVICE: Self = Self(0);

    /// Whoever waits for the answers to `request`. Odd numbers are waited for by their thread; the
    /// answers to even ones are for the callbacks' thread, and the service takes them in.
    pub(super) const fn of_request(request: u64) -> Self {
        if request & 1 == 1 { Self(1 + (request >> 1) as u8 % 31) } else { Self::SERVICE }
    }

    /// Whoever is to look at `frame`.
    pub(super) const fn of_frame(frame: &Frame) -> Self {
        match frame.kind {
            Kind::Message | Kind::Request => Self::SERVICE,
            Kind::Reply | Kind::Refusal(_) => Self::of_request(frame.request),
        }
    }

    const fn mask(self) -> NonZeroU32 {
        match NonZeroU32::new(1 << self.0) {
            Some(mask) => mask,
            None => NonZeroU32::MIN,
        }
    }

    /// One of those who take requests is enough; those who wait share bits, and all look.
    const fn count(self) -> u32 {
        if self.0 == 0 { 1 } else { i32::MAX as u32 }
    }
}

/// Wakes who sleeps on one bit.
#[derive(Debug)]
pub(super) struct Waker(Bit);

static WAKERS: [Waker; 32] = {
    let mut all = [const { Waker(Bit::SERVICE) }; 32];
    let mut index = 0;
    while index < all.len() {
        all[index] = Waker(Bit(index as u8));
        index += 1;
    }
    all
};

/// The waker of those who are to look at `frame`.
pub(super) fn waker(frame: &Frame) -> &'static Waker {
    WAKERS.get(usize::from(Bit::of_frame(frame).0)).unwrap_or(&WAKERS[0])
}

impl Wake for Waker {
    fn wake(&self, call: Call) {
        let word = WINDOW.get().and_then(|window| SleepWord::at(*window, call.word));
        match (call.bed, word) {
            (Bed::Word, Some(word)) if !word.is_getting_up() => word.wake(self.0),
            // Nobody here sleeps on a socket.
            _ => {}
        }
    }
}

/// Wakes whoever sleeps on a mailbox, whatever for: after a death nobody knows whom it kept waiting,
/// and who waits for whom.
#[derive(Debug)]
pub(crate) struct Everybody(pub(crate) Window);

impl Wake for Everybody {
    fn wake(&self, call: Call) {
        if let (Bed::Word, Some(word)) = (call.bed, SleepWord::at(self.0, call.word)) {
            word.call_all();
        }
    }
}

/// The word on which the owner of a mailbox sleeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct SleepWord(&'static AtomicU32);

impl SleepWord {
    /// The word at `at` of the window, if it lies there.
    pub(super) fn at(window: Window, at: Offset<u32>) -> Option<Self> {
        let address = window.address(at, size_of::<AtomicU32>(), align_of::<AtomicU32>())?;
        // SAFETY: the address is checked to lie in the window, aligned; the window stays mapped for
        // as long as the process lives; every process uses the word as an atomic.
        Some(Self(unsafe { address.cast::<AtomicU32>().as_ref() }))
    }

    /// From now on callers of this process find words in `window`.
    pub(super) fn found_in(window: Window) {
        // A process has one window, so a second time changes nothing.
        let _ = WINDOW.set(window);
    }

    /// What it says now. Whoever looks for something to do after this, finds nothing, and sleeps
    /// while the word is this, misses no call.
    pub(super) fn observe(self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    /// Sleeps on `bit` while the word is `expected`, at most `limit`; `true` if the time is up.
    pub(super) fn sleep(self, bit: Bit, expected: u32, limit: Duration) -> bool {
        // This call takes the moment, not the length.
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let limit = i64::try_from(limit.as_nanos()).unwrap_or(i64::MAX / 2);
        let end = now.tv_nsec.saturating_add(limit);
        let end = Timespec {
            tv_sec: now.tv_sec.saturating_add(end / 1_000_000_000),
            tv_nsec: end % 1_000_000_000,
        };
        let flags = futex::Flags::empty();
        let slept = futex::wait_bitset(self.0, flags, expected, Some(&end), bit.mask());
        slept == Err(rustix::io::Errno::TIMEDOUT)
    }

    /// Wakes who sleeps on `bit`, and whoever is about to.
    pub(super) fn call(self, bit: Bit) {
        self.0.fetch_add(CALL, Ordering::SeqCst);
        self.wake(bit);
    }

    /// Wakes everybody of this process, and whoever is about to sleep.
    pub(super) fn call_all(self) {
        self.0.fetch_add(CALL, Ordering::SeqCst);
        let all = i32::MAX.cast_unsigned();
        // As in `wake`.
        let _ = futex::wake(self.0, futex::Flags::empty(), all);
    }

    /// Whether a sleeper is seen to get up within a moment.
    fn is_getting_up(self) -> bool {
        (0..DROWSY_LOOKS).any(|_| {
            core::hint::spin_loop();
            self.0.load(Ordering::Acquire) & ASLEEP == 0
        })
    }

    fn wake(self, bit: Bit) {
        // Who is not woken looks by itself when its bounded sleep ends.
        let _ = futex::wake_bitset(self.0, futex::Flags::empty(), bit.count(), bit.mask());
    }
}
