//! What a launcher does for a worker: limits it inherits, and asking it to end.

use crate::sys::errno::Named;
use core::fmt;
use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

/// Bytes of stack. A giant limit moves what the kernel places itself towards the shared window.
pub const STACK_BYTES: u64 = 8 << 20;

/// A limit could not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitError {
    what: &'static str,
    errno: Errno,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the limit on {} cannot be set: {}", self.what, Named(self.errno))
    }
}

impl core::error::Error for LimitError {}

/// The highest priority of the real-time classes.
const PRIORITY_MAX: u64 = 99;

/// Gives this process, and whatever it starts, the limits a worker wants: 8 MiB of stack, or as much
/// of it as it may have, and as much locked memory and real-time priority as it may have (all for
/// root).
///
/// Cost: at most eight system calls.
///
/// # Errors
/// [`LimitError`] if the kernel refuses what this process may have.
pub fn set_worker_limits() -> Result<(), LimitError> {
    let maximum = getrlimit(Resource::Stack).maximum;
    let most = maximum.map_or(STACK_BYTES, |maximum| maximum.min(STACK_BYTES));
    let wanted = Rlimit { current: Some(most), maximum };
    setrlimit(Resource::Stack, wanted).map_err(|errno| LimitError { what: "the stack", errno })?;
    raise(Resource::Memlock, "locked memory", None)?;
    raise(Resource::Rtprio, "the real-time priority", Some(PRIORITY_MAX))
}

/// Raises a limit to `all`, or to what this process may have.
fn raise(resource: Resource, what: &'static str, all: Option<u64>) -> Result<(), LimitError> {
    if setrlimit(resource, Rlimit { current: all, maximum: all }).is_ok() {
        return Ok(());
    }
    let maximum = getrlimit(resource).maximum;
    let wanted = Rlimit { current: maximum, maximum };
    setrlimit(resource, wanted).map_err(|errno| LimitError { what, errno })
}

/// Asks the process `pid` to end (`SIGTERM`). One that has ended already need not be asked.
///
/// Cost: one system call. Only for a child that has not been waited for: nobody else has its id.
pub fn ask_to_end(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}
