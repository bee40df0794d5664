//! A system call filter: a list of what may be called, made into the kernel's small program.
//!
//! rustix can ask for the mode but not install a filter. What the list does not allow raises
//! `SIGSYS`, whose handler can say what was called before the process ends.
#![expect(unsafe_code, reason = "seccomp with a pointer to a filter program")]

use super::syscall::syscall;
use linux_raw_sys::general::__NR_seccomp;
use linux_raw_sys::ptrace::{
    BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW,
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP, SECCOMP_SET_MODE_FILTER, sock_filter, sock_fprog,
};
use rustix::io::Errno;

/// Most rules of a list.
pub const RULES_MAX: usize = 48;

/// Instructions: four to begin with, at most five a rule, one to end.
const PROGRAM_MAX: usize = 4 + 5 * RULES_MAX + 1;

/// Where the kernel shows a filter the call's number, its architecture and its arguments.
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
const ARGUMENTS_AT: u32 = 16;

/// The kernel's name of the architecture: its ELF machine, 64 bits, little endian.
const ARCHITECTURE: u32 = 0xc000_0000 | MACHINE;
#[cfg(target_arch = "x86_64")]
const MACHINE: u32 = 62;
#[cfg(target_arch = "aarch64")]
const MACHINE: u32 = 183;

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
        rules.iter().try_for_each(|rule| self.rules.push(*rule).map_err(|_| TooManyRules))
    }

    /// Lets the calling thread call nothing else from now on, for ever; anything else raises
    /// `SIGSYS`, and a call under another architecture's numbers ends the process.
    ///
    /// Wants "no new privileges" to be set. Cost: one system call, and some hundred instructions
    /// in each later one.
    ///
    /// # Errors
    /// `EACCES` without "no new privileges", `ENOSYS` or `EINVAL` on a kernel without filters.
    pub fn enforce(&self) -> Result<(), Errno> {
        let mut program = self.program();
        let description =
            sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr().cast() };
        let at = (&raw const description).expose_provenance();
        let arguments = [SECCOMP_SET_MODE_FILTER as usize, 0, at, 0, 0, 0];
        // SAFETY: the kernel copies `len` instructions from `filter`, which outlive the call.
        unsafe { syscall(__NR_seccomp, arguments) }.map(|_| ())
    }

    fn program(&self) -> heapless::Vec<sock_filter, PROGRAM_MAX> {
        let mut program = heapless::Vec::new();
        // There is room for what `RULES_MAX` rules need.
        let mut add = |instruction| {
            let _ = program.push(instruction);
        };
        add(load(ARCHITECTURE_AT));
        add(skip_if(ARCHITECTURE, 1));
        add(answer(SECCOMP_RET_KILL_PROCESS));
        add(load(NUMBER_AT));
        for rule in &self.rules {
            match rule.argument {
                None => add(skip_unless(rule.number, 1)),
                Some((index, value)) => {
                    add(skip_unless(rule.number, 4));
                    add(load(ARGUMENTS_AT + 8 * u32::from(index)));
                    add(skip_unless(value, 1));
                }
            }
            add(answer(SECCOMP_RET_ALLOW));
            if rule.argument.is_some() {
                add(load(NUMBER_AT));
            }
        }
        add(answer(SECCOMP_RET_TRAP));
        program
    }
}

fn load(at: u32) -> sock_filter {
    sock_filter { code: (BPF_LD | BPF_W | BPF_ABS) as u16, jt: 0, jf: 0, k: at }
}

fn skip_unless(value: u32, instructions: u8) -> sock_filter {
    sock_filter { code: (BPF_JMP | BPF_JEQ | BPF_K) as u16, jt: 0, jf: instructions, k: value }
}

fn skip_if(value: u32, instructions: u8) -> sock_filter {
    sock_filter { code: (BPF_JMP | BPF_JEQ | BPF_K) as u16, jt: instructions, jf: 0, k: value }
}

fn answer(verdict: u32) -> sock_filter {
    sock_filter { code: (BPF_RET | BPF_K) as u16, jt: 0, jf: 0, k: verdict }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel's part, as far as these programs use it.
    fn run(list: &AllowList, number: u32, arguments: [u64; 6]) -> u32 {
        let program = list.program();
        let (mut at, mut loaded) = (0, 0);
        loop {
            let step = program[at];
            let code = u32::from(step.code);
            at += 1;
            if code == BPF_RET | BPF_K {
                return step.k;
            } else if code == BPF_JMP | BPF_JEQ | BPF_K {
                at += usize::from(if loaded == step.k { step.jt } else { step.jf });
            } else {
                loaded = match step.k {
                    NUMBER_AT => number,
                    ARCHITECTURE_AT => ARCHITECTURE,
                    offset => arguments[((offset - ARGUMENTS_AT) / 8) as usize] as u32,
                };
            }
        }
    }

    fn list(rules: &[Rule]) -> AllowList {
        let mut list = AllowList::default();
        list.allow(rules).unwrap();
        list
    }

    #[test]
    fn what_is_listed_is_allowed_and_nothing_else_is() {
        let list = list(&[Rule::any(7), Rule::only(1, 0, 2), Rule::any(9)]);
        for number in [7, 9] {
            assert_eq!(run(&list, number, [0; 6]), SECCOMP_RET_ALLOW);
        }
        assert_eq!(run(&list, 8, [0; 6]), SECCOMP_RET_TRAP);
    }

    #[test]
    fn an_argument_decides_and_a_later_rule_may_allow_another() {
        let list = list(&[Rule::only(1, 0, 2), Rule::only(1, 1, 5)]);
        assert_eq!(run(&list, 1, [2, 0, 0, 0, 0, 0]), SECCOMP_RET_ALLOW);
        assert_eq!(run(&list, 1, [3, 5, 0, 0, 0, 0]), SECCOMP_RET_ALLOW);
        assert_eq!(run(&list, 1, [3, 0, 0, 0, 0, 0]), SECCOMP_RET_TRAP);
    }

    #[test]
    fn the_longest_list_fits() {
        let list = list(&[Rule::only(1, 5, 0); RULES_MAX]);
        assert_eq!(list.program().len(), PROGRAM_MAX);
        assert_eq!(list.clone().allow(&[Rule::any(0)]), Err(TooManyRules));
    }
}
