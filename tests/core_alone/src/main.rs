//! The core linked into a program that has nothing else: no std, no alloc, no libc, no start-up code.
//!
//! That it links is the proof: whatever the core would want of an allocator, of the standard
//! library or of an operating system would be an undefined symbol here. `core_stands_alone.rs`
//! in `tests/tests` builds it, without dropping the sections that nobody uses.
#![expect(unsafe_code, reason = "a program without a start-up says itself where it begins")]
#![no_std]
#![no_main]

use core::panic::PanicInfo;
use core::ptr::NonNull;

use phalanx_core::group::{GroupConfig, GroupRegion, MANIFEST, check_header};
use phalanx_core::window::Window;

/// Where the linker lets the program begin. It is never run.
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    let config = GroupConfig {
        group_id: 1,
        flags: 0,
        creator_pid: 0,
        created_ns: 0,
        tsc_hz: 0,
        window_base: 0,
    };
    let _ = check_header(&[], MANIFEST.len() as u64);
    // SAFETY: never run, and an empty window holds nothing.
    let window = unsafe { Window::from_raw(NonNull::dangling(), 0) };
    let _ = GroupRegion::format(window, &config);
    loop {}
}

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// The toolchain's own `core` was built to unwind and names this; nothing here unwinds.
#[unsafe(no_mangle)]
pub extern "C" fn rust_eh_personality() {}

/// The compiler may turn loops into calls of these four; every platform brings them.
mod memory {
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, _: *const u8, _: usize) -> *mut u8 {
        to
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, _: *const u8, _: usize) -> *mut u8 {
        to
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut u8, _: i32, _: usize) -> *mut u8 {
        to
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(_: *const u8, _: *const u8, _: usize) -> i32 {
        0
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(_: *const u8, _: *const u8, _: usize) -> i32 {
        0
    }
}
