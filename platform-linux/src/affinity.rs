//! Pinning a thread to CPUs.
//!
//! The kernel quietly leaves out CPUs that a thread may not use (a cgroup's cpuset,
//! an offline CPU) as long as one remains. An lcore that was promised CPU 5 and
//! runs on CPU 4 shares it with another lcore, and both are slow for no visible
//! reason. So after pinning the result is read back, and anything missing undoes it
//! all.
//!
//! No allocation, no `std`: static workers use this file.

use crate::sys::errno::Named;
use core::fmt;
use rustix::io::Errno;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// CPUs that can be named: 0 to 1023.
pub const MAX_CPUS: u32 = CpuSet::MAX_CPU as u32;

/// Why a thread was not pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinError {
    /// No CPU was named.
    NoCpu,
    /// There can be no such CPU.
    OutOfRange {
        /// The CPU.
        cpu: u32,
    },
    /// The CPU does not exist, is offline, or is not for this process.
    NotAllowed {
        /// The first CPU of which this is true.
        cpu: u32,
    },
    /// Any other answer of the kernel.
    Refused(Errno),
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCpu => f.write_str("a thread was to be pinned to no CPU; name at least one"),
            Self::OutOfRange { cpu } => {
                write!(f, "CPU {cpu} was named; CPUs are numbered 0 to {}", MAX_CPUS - 1)
            }
            Self::NotAllowed { cpu } => write!(
                f,
                "this process may not run on CPU {cpu}; choose one of Cpus_allowed_list in \
                 /proc/self/status, or widen its cpuset (cgroup, taskset, isolcpus)"
            ),
            Self::Refused(errno) => {
                write!(f, "the kernel refused to pin a thread: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for PinError {}

/// Pins the calling thread to `cpus`, all of them.
///
/// Threads it makes afterwards inherit that. Cost: three system calls.
///
/// # Errors
/// [`PinError`]; the thread then runs where it ran before.
///
/// ```
/// use phalanx_linux::affinity::{PinError, pin_current_thread};
/// assert_eq!(pin_current_thread(&[]), Err(PinError::NoCpu));
/// assert_eq!(pin_current_thread(&[4096]), Err(PinError::OutOfRange { cpu: 4096 }));
/// ```
#[doc(alias = "rte_thread_set_affinity")]
pub fn pin_current_thread(cpus: &[u32]) -> Result<(), PinError> {
    let first = *cpus.first().ok_or(PinError::NoCpu)?;
    let wanted = set_of(cpus)?;
    let earlier = current().map_err(PinError::Refused)?;
    match sched_setaffinity(None, &wanted) {
        Ok(()) => {}
        Err(Errno::INVAL) => return Err(PinError::NotAllowed { cpu: first }),
        Err(errno) => return Err(PinError::Refused(errno)),
    }
    let obtained = current().map_err(PinError::Refused)?;
    match cpus.iter().find(|cpu| !obtained.is_set(**cpu as usize)) {
        None => Ok(()),
        Some(cpu) => {
            let _ = sched_setaffinity(None, &earlier);
            Err(PinError::NotAllowed { cpu: *cpu })
        }
    }
}

/// The CPUs that the calling thread may run on now: allowed and online.
///
/// # Errors
/// `EINVAL` on a machine with more than 1024 CPUs.
pub fn current() -> Result<CpuSet, Errno> {
    sched_getaffinity(None)
}

fn set_of(cpus: &[u32]) -> Result<CpuSet, PinError> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        if *cpu >= MAX_CPUS {
            return Err(PinError::OutOfRange { cpu: *cpu });
        }
        set.set(*cpu as usize);
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu;

    /// Runs on a thread of its own, which may be pinned without harm.
    fn on_a_thread(test: impl FnOnce() + Send) {
        std::thread::scope(|scope| scope.spawn(test).join().unwrap());
    }

    #[test]
    fn a_pinned_thread_runs_there_and_nowhere_else() {
        on_a_thread(|| {
            for cpu in cpu::allowed().unwrap() {
                assert_eq!(pin_current_thread(&[cpu]), Ok(()));
                assert_eq!(cpu::allowed(), Ok(vec![cpu]));
                assert_eq!(rustix::thread::sched_getcpu(), cpu as usize);
            }
        });
    }

    #[test]
    fn a_cpu_that_is_not_allowed_is_named_and_the_thread_stays_where_it_was() {
        on_a_thread(|| {
            let before = cpu::allowed().unwrap();
            let absent = (0..MAX_CPUS).find(|cpu| !before.contains(cpu)).unwrap();
            let refused = Err(PinError::NotAllowed { cpu: absent });
            assert_eq!(pin_current_thread(&[absent]), refused);
            assert_eq!(pin_current_thread(&[before[0], absent]), refused);
            assert_eq!(cpu::allowed(), Ok(before));
        });
    }
}
