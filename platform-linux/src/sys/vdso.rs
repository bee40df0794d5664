//! The kernel's own code in every process, for reading a clock without a system call.
//!
//! The kernel maps a small shared object and says where on the program's first stack. Of it only
//! one function is looked for, once. What is not there is done by a system call.
#![expect(unsafe_code, reason = "reads the image that the kernel maps, and calls into it")]

use core::ffi::{CStr, c_char};
use core::mem;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use linux_raw_sys::general::__NR_clock_gettime;
use rustix::time::Timespec;

use super::syscall::syscall;

/// The function that reads a clock.
const CLOCK: &CStr = c"__vdso_clock_gettime";

/// What `CLOCK` names.
type Read = unsafe extern "C" fn(i32, *mut Timespec) -> i32;

/// Its address, once it is known; 0: a system call.
static READ: AtomicUsize = AtomicUsize::new(0);

/// Reads clock `which`. Cost: a system call unless [`find_clock`] has found the function.
pub(crate) fn read_clock(which: i32) -> Timespec {
    let mut now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let function = READ.load(Ordering::Relaxed);
    if function == 0 {
        let arguments = [which as usize, (&raw mut now).expose_provenance(), 0, 0, 0, 0];
        // SAFETY: the kernel writes one `Timespec` through the pointer. It knows the clocks that
        // callers ask for, and refuses nothing then.
        let _ = unsafe { syscall(__NR_clock_gettime, arguments) };
    } else {
        let function: *const () = ptr::with_exposed_provenance(function);
        // SAFETY: it is not null, and the kernel's object says that it is this function.
        let read = unsafe { mem::transmute::<*const (), Read>(function) };
        // SAFETY: it writes one `Timespec` through the pointer.
        unsafe { read(which, &raw mut now) };
    }
    now
}

/// Looks for the function in the object at `base`; 0 if there is none.
///
/// # Safety
/// `base` is 0 or what the kernel told this process as `AT_SYSINFO_EHDR`.
#[inline(never)]
pub unsafe fn find_clock(base: usize) {
    if base != 0 {
        // SAFETY: the caller's word.
        let found = unsafe { symbol(base, CLOCK) };
        READ.store(found.unwrap_or(0), Ordering::Relaxed);
    }
}

/// Kinds of entries of the dynamic section.
const STRINGS: usize = 5;
const SYMBOLS: usize = 6;

/// A program header: of the dynamic section; and of what is loaded.
const DYNAMIC: u32 = 2;
const LOAD: u32 = 1;

/// Bytes of a program header, and of a symbol.
const HEADER: usize = 56;
const SYMBOL: usize = 24;

/// The address of symbol `name`.
///
/// # Safety
/// At `base` is the kernel's object: loaded in one piece, its file's beginning first, the texts of its
/// dynamic symbols behind these, as every linker lays them out.
unsafe fn symbol(base: usize, name: &CStr) -> Option<usize> {
    // SAFETY: (of this closure's uses) a number within the object, by its own word.
    let word = |at: usize| unsafe { ptr::with_exposed_provenance::<usize>(at).read() };
    // SAFETY: as above.
    let half = |at: usize| unsafe { ptr::with_exposed_provenance::<u32>(at).read() };
    let headers = base + word(base + 32);
    let header =
        |kind| (0..16).map(|index| headers + index * HEADER).find(|header| half(*header) == kind);
    // What the object takes for its own address.
    let load = header(LOAD)?;
    let moved = base.wrapping_sub(word(load + 16)).wrapping_add(word(load + 8));
    let (mut at, mut strings, mut symbols) =
        (moved.wrapping_add(word(header(DYNAMIC)? + 16)), 0, 0);
    while word(at) != 0 {
        match word(at) {
            STRINGS => strings = moved.wrapping_add(word(at + 8)),
            SYMBOLS => symbols = moved.wrapping_add(word(at + 8)),
            _ => {}
        }
        at += 16;
    }
    while symbols < strings {
        let text: *const c_char = ptr::with_exposed_provenance(strings + half(symbols) as usize);
        // SAFETY: a symbol's name is a text in the object that ends with a zero byte.
        if unsafe { CStr::from_ptr(text) } == name {
            return Some(moved.wrapping_add(word(symbols + 8)));
        }
        symbols += SYMBOL;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::time::{ClockId, clock_gettime};

    #[test]
    fn the_clock_is_the_same_by_a_system_call_and_by_the_kernels_object() {
        let in_ns = |time: Timespec| time.tv_sec * 1_000_000_000 + time.tv_nsec;
        let now = || in_ns(read_clock(ClockId::Monotonic as i32));
        let other = || in_ns(clock_gettime(ClockId::Monotonic));
        let (before, called, after) = (other(), now(), other());
        assert!((before..=after).contains(&called));
        let auxv = std::fs::read("/proc/self/auxv").expect("every process has one");
        let words: Vec<usize> = auxv
            .chunks_exact(8)
            .map(|word| usize::from_ne_bytes(word.try_into().unwrap()))
            .collect();
        let base = words.chunks_exact(2).find(|pair| pair[0] == 33).map_or(0, |pair| pair[1]);
        // SAFETY: it is what the kernel says.
        unsafe { find_clock(base) };
        assert_eq!(
            READ.load(Ordering::Relaxed) == 0,
            base == 0,
            "every kernel's object has a clock"
        );
        let (before, read, after) = (other(), now(), other());
        assert!((before..=after).contains(&read));
    }
}
