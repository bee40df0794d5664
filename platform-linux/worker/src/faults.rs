//! Signals: what asks a worker to end, and what ends it with a line that says why.
//!
//! Handlers run on a stack of their own, so that one that has overflowed can still say so. Each
//! but the first `SIGTERM` or `SIGINT` ends the process: by the signal itself, so that whoever
//! waits for it sees which.
#![expect(unsafe_code, reason = "signal handlers, and what the kernel hands to them")]

use core::arch::naked_asm;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use linux_raw_sys::general::{
    __NR_rt_sigaction, __NR_rt_sigreturn, __NR_sigaltstack, SA_ONSTACK, SA_RESETHAND, SA_RESTART,
    SA_RESTORER, SA_SIGINFO, SIGBUS, SIGINT, SIGSEGV, SIGSYS, SIGTERM, sigaltstack,
};
use phalanx_linux::sys::syscall::syscall;
use rustix::process::getpid;

use crate::calls;
use crate::last_words;
use crate::say::complain;
use crate::start::exit;

/// What a process that was ended for a forbidden call exits with: 128 and the signal's number.
const FORBIDDEN_CALL: i32 = 128 + SIGSYS as i32;

/// Bytes of the handlers' stack.
const ROOM: usize = 16 << 10;

/// How far below its start a stack may grow, as long as nobody sets another limit.
const STACK_LIMIT: usize = 8 << 20;

/// A bad access so far below the end of the stack is still taken for an overflow.
const NEAR: usize = 1 << 20;

static ASKED_TO_STOP: AtomicBool = AtomicBool::new(false);
static STACK_START: AtomicUsize = AtomicUsize::new(0);

/// The handlers' stack. Not locked in memory with the rest: it is for dying on.
#[repr(C, align(16))]
struct Stack(UnsafeCell<[u8; ROOM]>);
// SAFETY: only the kernel and the handlers it starts use it, one at a time: there is one thread.
unsafe impl Sync for Stack {}
#[unsafe(link_section = ".bss.unlocked")]
static STACK: Stack = Stack(UnsafeCell::new([0; ROOM]));

/// As the kernel takes it.
#[repr(C)]
struct Action {
    handler: unsafe extern "C" fn(i32, *const Info, *const c_void),
    flags: usize,
    restorer: unsafe extern "C" fn(),
    mask: u64,
}

/// The beginning of what the kernel says of a signal.
#[repr(C)]
struct Info {
    signal: i32,
    errno: i32,
    code: i32,
    pad: i32,
    /// The address of a bad access, or of the instruction behind a forbidden call.
    address: usize,
    /// The number of a forbidden call.
    call: i32,
    architecture: u32,
}

/// Whether a `SIGTERM` or `SIGINT` has come.
pub(crate) fn was_asked_to_stop() -> bool {
    ASKED_TO_STOP.load(Ordering::Relaxed)
}

/// Installs the handlers. `stack_start`: every frame lies below. A kernel that refuses leaves the
/// process as it was: it then ends without a line.
///
/// Cost: six system calls.
pub(crate) fn install(stack_start: usize) {
    STACK_START.store(stack_start, Ordering::Relaxed);
    let stack = sigaltstack { ss_sp: STACK.0.get().cast(), ss_flags: 0, ss_size: ROOM as u64 };
    let at = (&raw const stack).expose_provenance();
    // SAFETY: the kernel reads the description; what it names is a static that only it uses.
    let _ = unsafe { syscall(__NR_sigaltstack, [at, 0, 0, 0, 0, 0]) };
    for signal in [SIGTERM, SIGINT] {
        handle(signal, asked, SA_RESETHAND | SA_RESTART);
    }
    handle(SIGSYS, forbidden, 0);
    for signal in [SIGSEGV, SIGBUS] {
        handle(signal, bad_access, SA_RESETHAND);
    }
}

fn handle(signal: u32, handler: unsafe extern "C" fn(i32, *const Info, *const c_void), flags: u32) {
    let flags = (flags | SA_SIGINFO | SA_ONSTACK | SA_RESTORER) as usize;
    let action = Action { handler, flags, restorer: restore, mask: 0 };
    let at = (&raw const action).expose_provenance();
    let arguments = [signal as usize, at, 0, size_of::<u64>(), 0, 0];
    // SAFETY: the kernel reads the description. The handlers do what a handler may: they store
    // to atomics, write to a descriptor and to the log, and end the process.
    let _ = unsafe { syscall(__NR_rt_sigaction, arguments) };
}

/// Where a handler returns to.
///
/// # Safety
/// Only the kernel lets a handler return here.
#[unsafe(naked)]
unsafe extern "C" fn restore() {
    naked_asm!("mov eax, {number}", "syscall", "ud2", number = const __NR_rt_sigreturn)
}

/// # Safety
/// Called by the kernel.
unsafe extern "C" fn asked(_: i32, _: *const Info, _: *const c_void) {
    ASKED_TO_STOP.store(true, Ordering::Relaxed);
}

/// # Safety
/// Called by the kernel, with what it says of the signal.
unsafe extern "C" fn forbidden(_: i32, info: *const Info, _: *const c_void) {
    // SAFETY: the caller's word.
    let number = unsafe { (*info).call };
    last_words::forbidden(calls::name(number).unwrap_or("without a name here"), number);
    let pid = getpid().as_raw_nonzero();
    complain(format_args!(
        "worker (pid {pid}): ended for the system call {}, which its sandbox forbids; declare it with worker!(main, allow: [..]), or start with --no-sandbox",
        calls::Called(number)
    ));
    exit(FORBIDDEN_CALL)
}

/// # Safety
/// Called by the kernel, with what it says of the signal. Returns into the instruction that made
/// the bad access, which makes it once more, and without a handler ends the process.
unsafe extern "C" fn bad_access(_: i32, info: *const Info, _: *const c_void) {
    // SAFETY: the caller's word.
    let address = unsafe { (*info).address };
    let pid = getpid().as_raw_nonzero();
    let what = match place(address) {
        Where::Stack => "its stack has overflowed; start it with a higher `ulimit -s`, or use less",
        Where::Window => "a part of the shared window that has no memory behind it",
        Where::Elsewhere => "nothing is mapped there that allows it",
    };
    last_words::bad_access(address, what);
    complain(format_args!("worker (pid {pid}): ended for a bad access at {address:#x}: {what}"));
}

enum Where {
    Stack,
    Window,
    Elsewhere,
}

fn place(address: usize) -> Where {
    use phalanx_core::window::{BASE, LEN};
    let stack_start = STACK_START.load(Ordering::Relaxed);
    if (stack_start.saturating_sub(STACK_LIMIT + NEAR)..stack_start).contains(&address) {
        Where::Stack
    } else if (BASE..BASE + LEN).contains(&address) {
        Where::Window
    } else {
        Where::Elsewhere
    }
}
