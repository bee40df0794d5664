//! Counters that tell the time without a system call.
//!
//! | file | what |
//! |---|---|
//! | `tsc.rs` | the processor's time stamp counter, and what the processor says of its rate |
//! | `rate.rs` | its rate, one for the whole group: told, or measured once by whoever asks first |
//! | `hpet/` | the machine's high precision event timer, mapped from `/dev/hpet` |
//! | `timer.rs` | whichever of the two a program wants and can have |
//!
//! The TSC is the default: every process can read it, and it costs some 25 cycles. The HPET is optional
//! (W-44): the kernel gives it to one process at a time, a reading leaves the processor (a quarter of a
//! microsecond and more), and it is as exact as the TSC is only where that cannot be trusted. Who does
//! not get it is told why in one sentence, and has the TSC.

#[cfg(feature = "std")]
pub mod hpet;
#[cfg(feature = "std")]
mod rate;
#[cfg(feature = "std")]
mod timer;
mod tsc;

#[cfg(feature = "std")]
pub use rate::{tsc_here, tsc_of};
#[cfg(feature = "std")]
pub use timer::Timer;
pub use tsc::{Tsc, cycles};
