//! The real-time scheduling class, which rustix has no function for.
#![expect(unsafe_code, reason = "sched_setscheduler with a pointer to a priority")]

use super::syscall::syscall;
use linux_raw_sys::general::{__NR_sched_setscheduler, SCHED_FIFO};
use rustix::io::Errno;

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
    unsafe { syscall(__NR_sched_setscheduler, [0, SCHED_FIFO as usize, at, 0, 0, 0]) }.map(|_| ())
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
