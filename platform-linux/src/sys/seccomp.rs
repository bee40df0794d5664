//! A system call filter: a list of what may be called, made into the kernel's small program.
//!
//! rustix can ask for the mode but not install a filter. What the list does not allow raises
//! `SIGSYS`, whose handler can say what was called before the process ends.
#![expect(unsafe_code, reason = "seccomp with a pointer to a filter program")]

mod program;

use super::syscall::syscall;
use linux_raw_sys::general::__NR_seccomp;
use linux_raw_sys::ptrace::{SECCOMP_SET_MODE_FILTER, sock_fprog};
use rustix::io::Errno;

/// Most rules of a list.
pub const RULES_MAX: usize = 48;

/// A system call that is allowed, and with which argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    number: u32,
    argument: Option<(u8, u32)>,
}

impl Rule {
    /// System call `number`, with any arguments.
    pub const fn any(number: u32) -> Self {
        Self { number, argument: None }
    }

    /// System call `number`, if the low 32 bits of argument `index` (0 to 5) are `value`.
    pub const fn only(number: u32, index: u8, value: u32) -> Self {
        Self { number, argument: Some((index, value)) }
    }
}

/// What a process may call.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    /// By number; of one number in the order in which they were given.
    rules: heapless::Vec<Rule, RULES_MAX>,
}

/// A list is full: it holds [`RULES_MAX`] rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyRules;

impl core::fmt::Display for TooManyRules {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "more than {RULES_MAX} system calls were to be allowed; allow fewer")
    }
}

impl core::error::Error for TooManyRules {}

impl AllowList {
    /// Allows more.
    ///
    /// # Errors
    /// [`TooManyRules`]; those that fitted are allowed.
    pub fn allow(&mut self, rules: &[Rule]) -> Result<(), TooManyRules> {
        rules.iter().try_for_each(|rule| {
            let at = self.rules.iter().filter(|other| other.number <= rule.number).count();
            self.rules.insert(at, *rule).map_err(|_| TooManyRules)
        })
    }

    /// Lets the calling thread call nothing else from now on, for ever; anything else raises
    /// `SIGSYS`, and a call under another architecture's numbers ends the process.
    ///
    /// Wants "no new privileges" to be set. Cost: one system call of some 30 µs, in which the kernel compiles
    /// the program; each later call of the process costs some 20 ns more.
    ///
    /// # Errors
    /// `EACCES` without "no new privileges", `ENOSYS` or `EINVAL` on a kernel without filters.
    pub fn enforce(&self) -> Result<(), Errno> {
        let mut program = program::of(&self.rules);
        let description =
            sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr().cast() };
        let at = (&raw const description).expose_provenance();
        let arguments = [SECCOMP_SET_MODE_FILTER as usize, 0, at, 0, 0, 0];
        // SAFETY: the kernel copies `len` instructions from `filter`, which outlive the call.
        unsafe { syscall(__NR_seccomp, arguments) }.map(|_| ())
    }
}
