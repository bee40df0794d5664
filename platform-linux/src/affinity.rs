//! Pinning a thread to CPUs.
//!
//! The kernel quietly leaves out CPUs that a thread may not use (a cgroup's cpuset,
//! an offline CPU) as long as one remains. An lcore that was promised CPU 5 and
//! runs on CPU 4 shares it with another lcore, and both are slow for no visible
//! reason. So after pinning the result is read back, and anything missing undoes it
//! all.
//!
//! No allocation, no `std`: static workers use this file.

use crate::sys::affinity;
use crate::sys::errno::Named;
use core::fmt;
use phalanx_core::group::CpuSet;
use rustix::io::Errno;

/// Why a thread was not pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AffinityError {
    /// The set is empty.
    NoCpu,
    /// A CPU does not exist, is offline, or is not for this process.
    NotAllowed {
        /// The lowest CPU of which this is true.
        cpu: u16,
    },
    /// Any other answer of the kernel.
    Refused(Errno),
}

impl fmt::Display for AffinityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCpu => f.write_str("a thread was to be pinned to no CPU; name at least one"),
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

impl core::error::Error for AffinityError {}

/// Pins the calling thread to `cpus`, all of them.
///
/// Threads it makes afterwards inherit that. Cost: three system calls.
///
/// # Errors
/// [`AffinityError`]; the thread then runs where it ran before.
///
/// ```
/// use phalanx_core::group::CpuSet;
/// use phalanx_linux::affinity::{AffinityError, pin_thread};
/// assert_eq!(pin_thread(&CpuSet::new()), Err(AffinityError::NoCpu));
/// ```
#[doc(alias = "rte_thread_set_affinity")]
#[cfg_attr(not(feature = "std"), inline(never))]
pub fn pin_thread(cpus: &CpuSet) -> Result<(), AffinityError> {
    let lowest = cpus.first().ok_or(AffinityError::NoCpu)?;
    let earlier = current().map_err(AffinityError::Refused)?;
    match affinity::set(cpus) {
        Ok(()) => {}
        // None of them is left.
        Err(Errno::INVAL) => return Err(AffinityError::NotAllowed { cpu: lowest }),
        Err(errno) => return Err(AffinityError::Refused(errno)),
    }
    let obtained = current().map_err(AffinityError::Refused)?;
    match cpus.first_outside(&obtained) {
        None => Ok(()),
        Some(cpu) => {
            let _ = affinity::set(&earlier);
            Err(AffinityError::NotAllowed { cpu })
        }
    }
}

/// The CPUs that the calling thread may run on now: allowed and online.
///
/// # Errors
/// `EINVAL` on a machine with more than [`CPU_MAX`](phalanx_core::group::CPU_MAX) CPUs.
pub fn current() -> Result<CpuSet, Errno> {
    affinity::current()
}

#[cfg(test)]
mod tests {
    use super::*;
    use phalanx_core::group::CPU_MAX;
    use rustix::thread;

    /// Runs on a thread of its own, which may be pinned without harm.
    fn on_a_thread(test: impl FnOnce() + Send) {
        std::thread::scope(|scope| scope.spawn(test).join().unwrap());
    }

    #[test]
    fn a_pinned_thread_runs_there_and_nowhere_else() {
        on_a_thread(|| {
            for cpu in current().unwrap().iter() {
                let only = CpuSet::of(cpu).unwrap();
                assert_eq!(pin_thread(&only), Ok(()));
                assert_eq!(current(), Ok(only));
                assert_eq!(thread::sched_getcpu(), usize::from(cpu));
            }
        });
    }

    #[test]
    fn a_cpu_that_is_not_allowed_is_named_and_the_thread_stays_where_it_was() {
        on_a_thread(|| {
            let before = current().unwrap();
            let cpu = (0..CPU_MAX).find(|cpu| !before.contains(*cpu)).unwrap();
            let absent = CpuSet::of(cpu).unwrap();
            let refused = Err(AffinityError::NotAllowed { cpu });
            assert_eq!(pin_thread(&absent), refused);
            assert_eq!(pin_thread(&before.union(&absent)), refused);
            assert_eq!(current(), Ok(before));
        });
    }
}
