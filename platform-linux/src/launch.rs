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

/// Gives this process, and whatever it starts, the limits a worker wants: 8 MiB of stack, and as
/// much locked memory as it may have (all for root).
///
/// Cost: four system calls.
///
/// # Errors
/// [`LimitError`] if the stack's limit is below and may not be raised.
pub fn set_worker_limits() -> Result<(), LimitError> {
    let stack = getrlimit(Resource::Stack);
    let wanted = Rlimit { current: Some(STACK_BYTES), maximum: stack.maximum };
    setrlimit(Resource::Stack, wanted).map_err(|errno| LimitError { what: "the stack", errno })?;
    let unlimited = Rlimit { current: None, maximum: None };
    if setrlimit(Resource::Memlock, unlimited).is_err() {
        let maximum = getrlimit(Resource::Memlock).maximum;
        // Fails for nobody: it is what this process may have.
        let _ = setrlimit(Resource::Memlock, Rlimit { current: maximum, maximum });
    }
    Ok(())
}

/// Asks the process `pid` to end (`SIGTERM`). One that has ended already need not be asked.
///
/// Cost: one system call. Only for a child that has not been waited for: nobody else has its id.
pub fn ask_to_end(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}
