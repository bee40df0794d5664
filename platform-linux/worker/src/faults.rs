//! Signals: what asks a worker to end, and what ends it with a line that says why.
//!
//! Handlers run on a stack of their own, so that one that has overflowed can still say so. Each
//! but the first `SIGTERM` or `SIGINT` ends the process. A bad access ends it by the signal itself, at the
//! instruction that made it, so that whoever waits for it, and a core file, show which; where that is not certain
//! to happen (a signal that somebody sent, a page that may be there the next time) the exit code says it, as a
//! shell has it: 128 and the signal's number.
#![expect(unsafe_code, reason = "signal handlers, and what the kernel hands to them")]

use core::arch::naked_asm;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use linux_raw_sys::general::{
    __NR_rt_sigaction, __NR_rt_sigreturn, __NR_sigaltstack, SA_ONSTACK, SA_RESETHAND, SA_RESTART,
    SA_RESTORER, SA_SIGINFO, SIGBUS, SIGINT, SIGPIPE, SIGSEGV, SIGSYS, SIGTERM, sigaltstack,
};
use phalanx_linux::log::UNNAMED_CALL;
use phalanx_linux::sys::syscall::syscall;
use rustix::process::getpid;

use crate::calls;
use crate::last_words;
use crate::say::complain;
use crate::start::exit;

/// What a process that ends for a signal exits with, and the signal's number.
const SIGNALLED: i32 = 128;

/// Bytes of the handlers' stack.
const ROOM: usize = 16 << 10;

/// A bad access so near to the stack pointer is taken for an overflow of the stack.
const NEAR: usize = 64 << 10;

/// Where the kernel shows a handler the stack pointer of what it has interrupted.
const STACK_POINTER_AT: usize = 160;

/// A handler that ignores: the kernel's number for it.
const IGNORE: usize = 1;

static ASKED_TO_STOP: AtomicBool = AtomicBool::new(false);
static STACK_START: AtomicUsize = AtomicUsize::new(0);

/// The handlers' stack. Not locked in memory with the rest: it is for dying on.
#[repr(C, align(16))]
struct Stack(UnsafeCell<[u8; ROOM]>);
// SAFETY: only the kernel and the handlers it starts use it, one at a time: there is one thread.
unsafe impl Sync for Stack {}
#[unsafe(link_section = ".bss.unlocked")]
static STACK: Stack = Stack(UnsafeCell::new([0; ROOM]));

type Handler = unsafe extern "C" fn(i32, *const Info, *const c_void);

/// As the kernel takes it.
#[repr(C)]
struct Action {
    handler: usize,
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
    /// The address of a bad access, or of the instruction behind a forbidden call; who sent a signal, in the low
    /// half.
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
/// Cost: seven system calls.
pub(crate) fn install(stack_start: usize) {
    STACK_START.store(stack_start, Ordering::Relaxed);
    let stack = sigaltstack { ss_sp: STACK.0.get().cast(), ss_flags: 0, ss_size: ROOM as u64 };
    let at = (&raw const stack).expose_provenance();
    // SAFETY: the kernel reads the description; what it names is a static that only it uses.
    let _ = unsafe { syscall(__NR_sigaltstack, [at, 0, 0, 0, 0, 0]) };
    for signal in [SIGTERM, SIGINT] {
        handle(signal, asked as Handler as usize, SA_RESETHAND | SA_RESTART);
    }
    handle(SIGSYS, forbidden as Handler as usize, 0);
    for signal in [SIGSEGV, SIGBUS] {
        handle(signal, bad_access as Handler as usize, SA_RESETHAND);
    }
    // Who reads what a worker says may go away; that is no reason to end.
    handle(SIGPIPE, IGNORE, 0);
}

fn handle(signal: u32, handler: usize, flags: u32) {
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
unsafe extern "C" fn forbidden(signal: i32, info: *const Info, _: *const c_void) {
    // SAFETY: the caller's word.
    let info = unsafe { &*info };
    if info.code <= 0 {
        end_for_a_sent(signal, info.address);
    }
    let number = info.call;
    last_words::forbidden(calls::name(number).unwrap_or(UNNAMED_CALL), number);
    let pid = getpid().as_raw_nonzero();
    complain(format_args!(
        "worker (pid {pid}): ended for the system call {}, which its sandbox forbids; declare it with worker!(main, allow: [..]), or start with --no-sandbox",
        calls::Called(number)
    ));
    exit(SIGNALLED + signal)
}

/// # Safety
/// Called by the kernel, with what it says of the signal and of what it has interrupted. Returns into the
/// instruction that made the bad access, which makes it once more, and without a handler ends the process.
unsafe extern "C" fn bad_access(signal: i32, info: *const Info, context: *const c_void) {
    // SAFETY: the caller's word.
    let info = unsafe { &*info };
    if info.code <= 0 {
        end_for_a_sent(signal, info.address);
    }
    // SAFETY: what was interrupted is described in some 900 bytes, its registers among them.
    let stack = unsafe { context.byte_add(STACK_POINTER_AT) };
    // SAFETY: the kernel has written the stack pointer there.
    let stack = unsafe { stack.cast::<usize>().read() };
    let address = info.address;
    let pid = getpid().as_raw_nonzero();
    let what = match place(address, stack) {
        Where::Stack => "its stack has overflowed; start it with a higher `ulimit -s`, or use less",
        Where::Window => "a part of the shared window that has no memory behind it",
        Where::Elsewhere => "nothing is mapped there that allows it",
    };
    last_words::bad_access(address, what);
    complain(format_args!("worker (pid {pid}): ended for a bad access at {address:#x}: {what}"));
    // A page that the system had not may be there the next time, and nothing goes on behind its last words.
    if signal == SIGBUS as i32 {
        exit(SIGNALLED + signal);
    }
}

/// Ends for a signal that no instruction of this process has caused.
fn end_for_a_sent(signal: i32, address: usize) -> ! {
    let (pid, by) = (getpid().as_raw_nonzero(), address as u32);
    last_words::sent(signal, by);
    complain(format_args!(
        "worker (pid {pid}): ended for signal {signal}, which process {by} sent"
    ));
    exit(SIGNALLED + signal)
}

enum Where {
    Stack,
    Window,
    Elsewhere,
}

/// Where a bad `address` lies, with the stack pointer at `stack`.
fn place(address: usize, stack: usize) -> Where {
    use phalanx_core::window::{BASE, LEN};
    let is_deep = stack < STACK_START.load(Ordering::Relaxed);
    if is_deep && address.abs_diff(stack) < NEAR {
        Where::Stack
    } else if (BASE..BASE + LEN).contains(&address) {
        Where::Window
    } else {
        Where::Elsewhere
    }
}
