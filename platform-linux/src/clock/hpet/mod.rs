//! The high precision event timer, mapped from `/dev/hpet` (TI-4, W-44).
//!
//! The kernel has few comparators left beside its own, mostly one, and gives the device to so many
//! processes at a time; who has it keeps it until it ends. A counter of 32 bits is carried on by the
//! monotonic clock, without a thread: it may be left unread for a day.

mod error;
mod holder;
#[cfg(test)]
mod tests;

pub use error::HpetError;

use std::path::Path;
use std::sync::Mutex;

use rustix::fd::AsFd;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

use crate::mapping::{Access, FileMapping, MapError, map_file_anywhere};
use crate::sys::clock::monotonic_ns;
use crate::sys::page::page_size;

/// Where the kernel has it.
const DEVICE: &str = "/dev/hpet";

/// Capabilities: the period in femtoseconds above, bit 13 for a counter of 64 bits.
const CAPABILITIES: usize = 0x00;
/// Bit 0: it counts.
const CONFIGURATION: usize = 0x10;
/// The counter.
const COUNTER: usize = 0xf0;
/// What the standard allows: 100 ns.
const PERIOD_MAX_FS: u64 = 100_000_000;
const SECOND_FS: u64 = 1_000_000_000_000_000;

/// The registers, as words of 8 bytes at an offset.
trait Block {
    fn read(&self, at: usize) -> u64;
}

/// The registers of the device.
#[derive(Debug)]
struct Mapped(FileMapping);

impl Block for Mapped {
    #[expect(unsafe_code, reason = "registers are read where they are mapped")]
    fn read(&self, at: usize) -> u64 {
        let word = self.0.as_ptr().wrapping_add(at).cast::<u64>();
        // SAFETY: `at` is one of the offsets above, all below 0x100 and multiples of 8, and a page is
        // mapped for as long as this value lives.
        unsafe { word.read_volatile() }
    }
}

/// What is known of the counter.
#[derive(Debug)]
enum Width {
    /// It never comes round.
    Full,
    /// The lower half of a count that is carried on: that count, and when it was.
    Half(Mutex<(u64, u64)>),
}

/// Registers that were looked at once.
#[derive(Debug)]
struct Counter<B> {
    block: B,
    hz: u64,
    width: Width,
}

impl<B: Block> Counter<B> {
    fn of(block: B) -> Result<Self, HpetError> {
        let capabilities = block.read(CAPABILITIES);
        let period_fs = capabilities >> 32;
        if !(1..=PERIOD_MAX_FS).contains(&period_fs) {
            return Err(HpetError::Nonsense { capabilities });
        }
        if block.read(CONFIGURATION) & 1 == 0 {
            return Err(HpetError::Stands);
        }
        let is_full = capabilities & (1 << 13) != 0;
        let width = if is_full {
            Width::Full
        } else {
            Width::Half(Mutex::new((block.read(COUNTER) & u64::from(u32::MAX), monotonic_ns())))
        };
        Ok(Self { block, hz: SECOND_FS / period_fs, width })
    }

    fn now(&self) -> u64 {
        match &self.width {
            Width::Full => self.block.read(COUNTER),
            Width::Half(last) => {
                // Who panicked with it in hand had written both, or neither.
                let mut last = last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                let (low, now_ns) = (self.block.read(COUNTER) as u32, monotonic_ns());
                *last = (carry_on(*last, low, now_ns, self.hz), now_ns);
                last.0
            }
        }
    }
}

/// The whole count, whose lower half is `low` now, if it was `last.0` at `last.1`: the one nearest to
/// where the clock says that it must be, and none before the last.
fn carry_on(last: (u64, u64), low: u32, now_ns: u64, hz: u64) -> u64 {
    let (count, then_ns) = last;
    let passed = u128::from(now_ns.saturating_sub(then_ns)) * u128::from(hz) / 1_000_000_000;
    let expected = count.wrapping_add(passed as u64);
    let ahead = (low.wrapping_sub(expected as u32)) as i32;
    expected.wrapping_add_signed(i64::from(ahead)).max(count)
}

/// The machine's timer, which this process has until it drops this.
#[derive(Debug)]
pub struct Hpet(Counter<Mapped>);

impl Hpet {
    /// Opens and maps it. Cost: four system calls; if it is taken, a look at all processes for who has it.
    ///
    /// # Errors
    /// [`HpetError`]: one sentence that says why it cannot be had, and what to do if one wants it.
    #[doc(alias = "rte_eal_hpet_init")]
    pub fn open() -> Result<Self, HpetError> {
        Self::open_at(Path::new(DEVICE))
    }

    fn open_at(path: &Path) -> Result<Self, HpetError> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = openat(CWD, path.as_os_str().as_encoded_bytes(), flags, Mode::empty()).map_err(
            |errno| match errno {
                Errno::NOENT => HpetError::Absent,
                Errno::BUSY => HpetError::busy(path),
                errno => HpetError::Open { errno },
            },
        )?;
        let mapping =
            map_file_anywhere(file.as_fd(), page_size(), Access::ReadOnly, 0).map_err(|error| {
                match error {
                    MapError::AccessDenied
                    | MapError::Refused(Errno::PERM | Errno::NOSYS | Errno::NODEV) => {
                        HpetError::NotMapped
                    }
                    error => HpetError::Map(error),
                }
            })?;
        // The mapping keeps the device: the kernel closes it with the last of both.
        drop(file);
        Counter::of(Mapped(mapping)).map(Self)
    }

    /// Ticks a second.
    #[doc(alias = "rte_get_hpet_hz")]
    pub fn hz(&self) -> u64 {
        self.0.hz
    }

    /// Ticks, on and on. No system call; leaves the processor: 250 ns and more.
    ///
    /// Of a counter of 32 bits (rare) a lock of this process, too, and it wants to be read once a day.
    #[doc(alias = "rte_get_hpet_cycles")]
    pub fn now(&self) -> u64 {
        self.0.now()
    }

    /// Whether the counter has 64 bits of its own.
    pub fn is_full(&self) -> bool {
        matches!(self.0.width, Width::Full)
    }
}
