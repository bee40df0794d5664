//! What a static worker stands on: a program of some tens of kilobytes that joins a group, takes
//! one lcore, and need not enter the kernel again.
//!
//! There is no libc, no allocator and no standard library: the first instruction is this crate's.
//! A worker is written in safe Rust and looks like this:
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//! use phalanx_worker::{Failure, Worker, worker};
//!
//! worker!(main);
//!
//! fn main(worker: &mut Worker) -> Result<(), Failure> {
//!     let mut input = worker.ring::<u64>("to_worker")?.consumer()?;
//!     while !worker.should_stop() {
//!         if let Ok(Some(word)) = input.dequeue() { /* ... */ }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! What happens before `main`, in this order:
//!
//! | file | step |
//! |---|---|
//! | `start/` | image and stack locked in memory; the stack as the kernel leaves it becomes arguments and environment |
//! | `faults.rs` | a bad access or a forbidden call says what it was before the process ends |
//! | `settle/` | inherited descriptors closed |
//! | `options.rs` | whose arguments are whose; phalanx-linux parses them (`SoloOptions`) |
//! | `worker.rs` | joining: pinning, slot, window, prefault, lcore (phalanx-linux, the same code as everywhere) |
//! | `settle/` | the group's memory locked, scheduling class, sandbox |
//!
//! and behind it: `image.rs` (where the program lies), `memory.rs` (what the compiler calls for copies), `panic.rs`, `say.rs` (one line
//! to standard error), `failure.rs`, `last_words.rs` (what is in the group's log afterwards),
//! `mail.rs` (messages, by polling).
//!
//! A worker logs with `defmt::info!` and the like, of the crate `defmt`, also in its loop: a line is
//! some hundred cycles, and no system call. `phalanx logs` shows them.
//!
//! Only workers depend on this crate: its `memcpy` would take the place of libc's anywhere else.
#![no_std]

#[cfg(not(target_arch = "x86_64"))]
compile_error!("static workers exist for x86_64 only so far");

mod calls;
mod clock;
mod failure;
mod faults;
mod image;
mod last_words;
mod mail;
mod memory;
mod options;
mod panic;
mod say;
pub mod settle;
mod start;
mod worker;

pub use failure::{Failure, Outcome};
pub use mail::Mail;
pub use phalanx_linux::sys::seccomp::Rule;
pub use say::complain;
pub use start::words::Arguments;
pub use worker::Worker;

#[doc(hidden)]
pub use start::run;

/// Makes a function the program: `worker!(main)`, or `worker!(main, allow: [RULES])` with the
/// system calls that it needs beside those of [`settle::sandbox::ALWAYS`].
///
/// The function takes `&mut Worker` and returns nothing or a `Result` whose error is a sentence.
#[macro_export]
macro_rules! worker {
    ($main:path) => {
        $crate::worker!($main, allow: []);
    };
    ($main:path, allow: [$($rule:expr),* $(,)?]) => {
        #[unsafe(no_mangle)]
        fn __phx_worker_main(stack: $crate::StartStack) -> i32 {
            const RULES: &[$crate::Rule] = &[$($rule),*];
            const {
                assert!(
                    RULES.len() <= $crate::settle::sandbox::DECLARED_MAX,
                    "a worker declares more system calls than its filter holds"
                );
            }
            $crate::run(stack, RULES, |worker| $crate::Outcome::finish($main(worker)))
        }
    };
}

#[doc(hidden)]
pub use start::words::StartStack;
