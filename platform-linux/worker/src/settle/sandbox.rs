//! The sandbox: no file can be opened, and no system call made but those that are declared.
//!
//! Two walls. Landlock with an empty rule set forbids every file; it holds even where the filter
//! was made too wide. The seccomp filter lets pass [`ALWAYS`] and what the program declares with
//! [`worker!`](crate::worker!). What is not declared ends the process, with a line that names the
//! call; the kernel lets its locks go and the group goes on.

use core::fmt;

use linux_raw_sys::general::{
    __NR_clock_gettime, __NR_exit, __NR_exit_group, __NR_fcntl, __NR_futex, __NR_getpid,
    __NR_restart_syscall, __NR_rt_sigreturn, __NR_sched_yield, __NR_write, F_OFD_GETLK,
};
use phalanx_linux::sys::errno::Named;
use phalanx_linux::sys::landlock;
use phalanx_linux::sys::seccomp::{AllowList, RULES_MAX, Rule, TooManyRules};
use rustix::io::Errno;
use rustix::thread::set_no_new_privs;

/// What every worker may call: what waiting, ending and saying so take.
///
/// | call | what for |
/// |---|---|
/// | `futex`, `sched_yield`, `restart_syscall` | waiting |
/// | `fcntl(F_OFD_GETLK)` | asking whether a peer lives |
/// | `write` to descriptors 1 and 2, `getpid` | lines to whoever started it |
/// | `clock_gettime` | where the clock is not readable without a call |
/// | `exit`, `exit_group`, `rt_sigreturn` | ending, and coming back from a signal |
pub const ALWAYS: [Rule; 11] = [
    Rule::any(__NR_futex),
    Rule::any(__NR_sched_yield),
    Rule::any(__NR_restart_syscall),
    Rule::only(__NR_fcntl, 1, F_OFD_GETLK),
    Rule::only(__NR_write, 0, 1),
    Rule::only(__NR_write, 0, 2),
    Rule::any(__NR_getpid),
    Rule::any(__NR_clock_gettime),
    Rule::any(__NR_exit),
    Rule::any(__NR_exit_group),
    Rule::any(__NR_rt_sigreturn),
];

/// Most rules that a program may declare.
pub const DECLARED_MAX: usize = RULES_MAX - ALWAYS.len();

/// Why there is no sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SandboxError {
    /// A step was refused.
    Refused {
        /// Which.
        step: &'static str,
        /// The kernel's answer.
        errno: Errno,
    },
    /// The program declares more than fits.
    Rules(TooManyRules),
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { step, errno } => {
                write!(f, "the sandbox is not to be had: {step}: {}", Named(*errno))
            }
            Self::Rules(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SandboxError {}

/// Goes in, for ever. A kernel without Landlock does with the filter alone, which forbids opening
/// files as well.
///
/// Cost: six system calls.
#[inline(never)]
pub(crate) fn enter(declared: &[Rule]) -> Result<(), SandboxError> {
    let refused = |step| move |errno| SandboxError::Refused { step, errno };
    let mut list = AllowList::default();
    list.allow(&ALWAYS).map_err(SandboxError::Rules)?;
    list.allow(declared).map_err(SandboxError::Rules)?;
    set_no_new_privs(true).map_err(refused("no new privileges"))?;
    match landlock::forbid_files() {
        Ok(()) | Err(Errno::NOSYS | Errno::OPNOTSUPP) => {}
        Err(errno) => return Err(refused("Landlock")(errno)),
    }
    list.enforce().map_err(refused("the system call filter"))
}
