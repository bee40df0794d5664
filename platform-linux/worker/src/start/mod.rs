//! The first instruction and the last.
//!
//! The kernel starts a program with nothing but a stack: the number of arguments, their
//! addresses, those of the environment. `_start` hands its address on; `words.rs` reads it.
#![expect(unsafe_code, reason = "the program's first instruction, and the last system call")]

pub(crate) mod words;

use core::arch::naked_asm;

use linux_raw_sys::general::__NR_exit_group;
use phalanx_linux::sys::seccomp::Rule;
use phalanx_linux::sys::syscall::syscall;
use phalanx_linux::sys::vdso;

use crate::say::complain;
use crate::worker::{Stop, Worker};
use crate::{faults, image, settle};
use words::StartStack;

unsafe extern "Rust" {
    /// What `worker!` makes of the program's function.
    fn __phx_worker_main(stack: StartStack) -> i32;
}

/// Where the kernel lets the program begin.
///
/// # Safety
/// Called by nobody: the stack is the kernel's.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "xor ebp, ebp",
        "mov rdi, rsp",
        // Made here, for compiled code would look them up in a page that is not there yet.
        "lea rsi, [rip + {image}]",
        "lea rdx, [rip + {image_end}]",
        "and rsp, -16",
        "call {go_on}",
        "ud2",
        image = sym image::__phx_image_start,
        image_end = sym image::__phx_locked_end,
        go_on = sym go_on,
    )
}

/// Beside the first instruction, so that one page fault brings in both: the next thing that is done
/// brings in the rest.
///
/// # Safety
/// `stack` is the stack pointer that the kernel started this process with.
#[unsafe(link_section = ".text._start.go_on")]
unsafe extern "C" fn go_on(stack: *const usize, image: usize, image_end: usize) -> ! {
    let own_memory = settle::lock_own_memory(image..image_end, stack.addr());
    // SAFETY: the caller's word.
    let stack = unsafe { StartStack::new(stack, own_memory) };
    // SAFETY: `worker!` defines it with this signature, and the name is its own.
    let code = unsafe { __phx_worker_main(stack) };
    exit(code)
}

/// Everything before and after the program's function `body`; returns the exit code.
pub fn run(stack: StartStack, rules: &[Rule], body: impl FnOnce(&mut Worker) -> i32) -> i32 {
    faults::install(stack.address());
    let own_memory = stack.own_memory();
    let started = match stack.read() {
        Ok(words) => {
            // SAFETY: it is what the kernel says.
            unsafe { vdso::find_clock(words.fact(words::KERNEL_OBJECT)) };
            Worker::start(words, rules, own_memory)
        }
        Err(error) => Err(Stop::Failed(error.into())),
    };
    match started {
        Ok(mut worker) => {
            let code = body(&mut worker);
            worker.leave();
            code
        }
        Err(Stop::Asked) => 0,
        Err(Stop::Failed(failure)) => {
            complain(format_args!("worker: {failure}"));
            1
        }
    }
}

/// Ends the process, all of it, at once. The kernel lets its locks go, and the group sees it gone.
pub(crate) fn exit(code: i32) -> ! {
    loop {
        // SAFETY: takes a number and ends the process; there is no behind.
        let _ = unsafe { syscall(__NR_exit_group, [code as usize, 0, 0, 0, 0, 0]) };
    }
}
