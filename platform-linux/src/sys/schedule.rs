//! The real-time scheduling class, which rustix has no function for, and giving way to others from it.
#![expect(unsafe_code, reason = "sched_setscheduler with a pointer to a priority")]

use core::sync::atomic::{AtomicBool, Ordering};

use super::syscall::syscall;
use linux_raw_sys::general::{
    __NR_sched_getscheduler, __NR_sched_setscheduler, SCHED_DEADLINE, SCHED_FIFO, SCHED_RR,
};
use phalanx_core::sync::Contested32;
use rustix::io::Errno;

use super::futex::sleep_on;

/// How long a real-time thread sleeps for others to run.
const NAP_NS: u64 = 50_000;

/// Whether a thread of this process has become real-time.
static IS_REAL_TIME: AtomicBool = AtomicBool::new(false);

/// Puts the calling thread into the first-in-first-out class: whatever is not in a real-time
/// class, or has a lower priority, waits until it sleeps.
///
/// Cost: one system call.
///
/// # Errors
/// `EINVAL` unless `priority` is 1 to 99; `EPERM` without `CAP_SYS_NICE` or an `RLIMIT_RTPRIO`.
pub fn become_fifo(priority: u8) -> Result<(), Errno> {
    let parameter = i32::from(priority);
    let at = (&raw const parameter).expose_provenance();
    // SAFETY: the kernel reads one `int`, the priority, through the pointer, and 0 names this thread.
    unsafe { syscall(__NR_sched_setscheduler, [0, SCHED_FIFO as usize, at, 0, 0, 0]) }?;
    IS_REAL_TIME.store(true, Ordering::Relaxed);
    Ok(())
}

/// Looks whether the calling thread was started in a real-time class, for [`give_way`].
///
/// Cost: one system call.
pub fn note_class() {
    // SAFETY: 0 names this thread; nothing is written.
    let class = unsafe { syscall(__NR_sched_getscheduler, [0; 6]) }.unwrap_or(0) as u32 & 0xff;
    if [SCHED_FIFO, SCHED_RR, SCHED_DEADLINE].contains(&class) {
        IS_REAL_TIME.store(true, Ordering::Relaxed);
    }
}

/// Lets others run that this thread waits for. To yield is not enough for a real-time thread: who is not one
/// would never have its processor, however long it waits; so it sleeps for a moment.
///
/// Cost: one system call.
pub fn give_way() {
    if IS_REAL_TIME.load(Ordering::Relaxed) {
        sleep_on(&Contested32::new(0), 0, NAP_NS);
    } else {
        rustix::thread::sched_yield();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_that_the_class_does_not_have_is_refused() {
        assert_eq!(become_fifo(0), Err(Errno::INVAL));
        assert_eq!(become_fifo(100), Err(Errno::INVAL));
    }
}
