//! One raw system call, for the few that rustix has no function for.
//!
//! Six arguments always: unused registers cost nothing, and one shape is easier
//! to check than seven. Callers are the typed wrappers beside this file; a new
//! one belongs there too, not in the middle of other code.
#![expect(unsafe_code, reason = "the one place where Phalanx enters the kernel by hand")]

use core::arch::asm;
use rustix::io::Errno;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("Phalanx knows the system call instruction of x86_64 and aarch64 only");

/// The kernel returns `-errno` for these values and a result for all others.
const FIRST_ERRNO_VALUE: isize = -4095;

/// Enters the kernel with `number` and six arguments; unused ones are 0.
///
/// Cost: one system call.
///
/// # Errors
/// The kernel's error number.
///
/// # Safety
/// The arguments must be what system call `number` asks for: each pointer valid
/// for the reads and writes the kernel makes through it, and the call must not
/// change memory or descriptors that somebody else relies on.
pub unsafe fn syscall(number: u32, arguments: [usize; 6]) -> Result<usize, Errno> {
    // SAFETY: the caller vouches for number and arguments, which is all that
    // `enter_kernel` asks for.
    let returned = unsafe { enter_kernel(number, arguments) };
    match returned {
        FIRST_ERRNO_VALUE..=-1 => Err(Errno::from_raw_os_error(-returned as i32)),
        value => Ok(value as usize),
    }
}

/// # Safety
/// As [`syscall`].
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn enter_kernel(number: u32, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let returned: isize;
    // SAFETY: the caller vouches for the call itself. The kernel keeps every
    // register but rax, rcx and r11, which are named, and uses its own stack.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as usize => returned,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    returned
}

/// # Safety
/// As [`syscall`].
#[cfg(target_arch = "aarch64")]
#[inline]
unsafe fn enter_kernel(number: u32, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let returned: isize;
    // SAFETY: the caller vouches for the call itself. The kernel keeps every
    // register but x0, which is named, and uses its own stack.
    unsafe {
        asm!(
            "svc 0",
            inlateout("x0") a => returned,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f,
            in("x8") number as usize,
            options(nostack),
        );
    }
    returned
}

#[cfg(test)]
mod tests {
    use super::*;
    use linux_raw_sys::general::{__NR_close, __NR_getpid};

    #[test]
    fn a_call_returns_what_the_kernel_answers() {
        // SAFETY: getpid takes no argument and changes nothing.
        let pid = unsafe { syscall(__NR_getpid, [0; 6]) };
        assert_eq!(pid, Ok(std::process::id() as usize));
    }

    #[test]
    fn a_refused_call_returns_the_error_number() {
        // SAFETY: no descriptor has this number, so nothing is closed.
        let closed = unsafe { syscall(__NR_close, [usize::MAX, 0, 0, 0, 0, 0]) };
        assert_eq!(closed, Err(Errno::BADF));
    }
}
