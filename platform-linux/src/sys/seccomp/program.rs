//! The program of a filter: one number after the other.
//!
//! The kernel compiles it, which takes the longer the longer it is, all of it while the process starts. From
//! Linux 5.11 on it also runs it once for each system call that there is (and for each of the other
//! architecture's), step by step, to know which it need not run it for later; that takes as long again. A
//! program that calls little does not win that back in its life: so the first instruction is one that the
//! kernel does not follow there. A call is then some 20 ns longer, for the program is run each time.

use linux_raw_sys::ptrace::{
    BPF_ABS, BPF_IMM, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW,
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP, sock_filter,
};

use super::{RULES_MAX, Rule};

/// Most instructions: five to begin with, three a rule, two to end.
const MOST: usize = 5 + 3 * RULES_MAX + 2;
const _: () = assert!(MOST <= REFUSE as usize, "whatever is skipped is fewer than the marks");

/// Skips to the last instruction but one, and to the last: marks, until it is known how far that is.
const REFUSE: u8 = 0xfe;
const ALLOW: u8 = 0xff;

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

/// Loads a number that nobody looks at; the kernel follows only what looks at number and architecture.
const BEGIN: sock_filter = sock_filter { code: (BPF_LD | BPF_IMM) as u16, jt: 0, jf: 0, k: 0 };

/// Instructions in the making. There is room for what `RULES_MAX` rules need.
pub(super) type Program = heapless::Vec<sock_filter, MOST>;

/// The program that allows what `rules` do, which are in the order of their numbers.
pub(super) fn of(rules: &[Rule]) -> Program {
    let mut program = Program::new();
    add(&mut program, BEGIN);
    add(&mut program, load(ARCHITECTURE_AT));
    add(&mut program, test(ARCHITECTURE, 1, 0));
    add(&mut program, answer(SECCOMP_RET_KILL_PROCESS));
    add(&mut program, load(NUMBER_AT));
    for rules in rules.chunk_by(|one, next| one.number == next.number) {
        decide(&mut program, rules);
    }
    let refuse = program.len();
    for (instruction, at) in program.iter_mut().zip(1..) {
        for skip in [&mut instruction.jt, &mut instruction.jf] {
            match *skip {
                REFUSE => *skip = (refuse - at) as u8,
                ALLOW => *skip = (refuse + 1 - at) as u8,
                _ => {}
            }
        }
    }
    add(&mut program, answer(SECCOMP_RET_TRAP));
    add(&mut program, answer(SECCOMP_RET_ALLOW));
    program
}

/// Decides about the one number of `rules`, and leaves all others to what comes next.
fn decide(program: &mut Program, rules: &[Rule]) {
    let Some(number) = rules.first().map(|rule| rule.number) else { return };
    if rules.iter().any(|rule| rule.argument.is_none()) {
        return add(program, test(number, ALLOW, 0));
    }
    let at = program.len();
    let (mut loaded, mut left) = (None, rules.len());
    add(program, test(number, 0, 0));
    for (index, value) in rules.iter().filter_map(|rule| rule.argument) {
        if loaded.replace(index) != Some(index) {
            add(program, load(ARGUMENTS_AT + 8 * u32::from(index)));
        }
        left -= 1;
        add(program, test(value, ALLOW, if left == 0 { REFUSE } else { 0 }));
    }
    let skipped = program.len() - at - 1;
    if let Some(instruction) = program.get_mut(at) {
        instruction.jf = skipped as u8;
    }
}

fn add(program: &mut Program, instruction: sock_filter) {
    let _ = program.push(instruction);
}

fn load(at: u32) -> sock_filter {
    sock_filter { code: (BPF_LD | BPF_W | BPF_ABS) as u16, jt: 0, jf: 0, k: at }
}

/// Skips `yes` instructions if what was loaded is `value`, else `no`.
fn test(value: u32, yes: u8, no: u8) -> sock_filter {
    sock_filter { code: (BPF_JMP | BPF_JEQ | BPF_K) as u16, jt: yes, jf: no, k: value }
}

fn answer(verdict: u32) -> sock_filter {
    sock_filter { code: (BPF_RET | BPF_K) as u16, jt: 0, jf: 0, k: verdict }
}

#[cfg(test)]
mod tests;
