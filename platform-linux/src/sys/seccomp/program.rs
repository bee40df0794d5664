//! The program of a filter: a search among the numbers that are allowed.
//!
//! The kernel compiles it, and runs it once for each system call that there is (and for each of the other
//! architecture's), step by step, to know which it need not run it for later. That is most of the time
//! that a filter takes, all of it while the process starts. So numbers are not compared one after the other:
//! each test halves those that are left.

use linux_raw_sys::ptrace::{
    BPF_ABS, BPF_JEQ, BPF_JGT, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW,
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP, sock_filter,
};

use super::{RULES_MAX, Rule};

/// Most instructions: five to begin with, four a rule, one between any two, two to end.
const MOST: usize = 5 + 4 * RULES_MAX + RULES_MAX - 1 + 2;
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

/// Instructions in the making. There is room for what `RULES_MAX` rules need.
pub(super) type Program = heapless::Vec<sock_filter, MOST>;

/// The program that allows what `rules` do, which are in the order of their numbers.
pub(super) fn of(rules: &[Rule]) -> Program {
    let mut program = Program::new();
    let highest = rules.last().map_or(0, |rule| rule.number);
    add(&mut program, load(ARCHITECTURE_AT));
    add(&mut program, test(BPF_JEQ, ARCHITECTURE, 1, 0));
    add(&mut program, answer(SECCOMP_RET_KILL_PROCESS));
    add(&mut program, load(NUMBER_AT));
    add(&mut program, test(BPF_JGT, highest, REFUSE, 0));
    search(&mut program, rules);
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

/// Decides about the numbers of `rules`; all others are refused.
fn search(program: &mut Program, rules: &[Rule]) {
    let [first, _, .., last] = rules else { return compare(program, rules) };
    if first.number == last.number {
        return compare(program, rules);
    }
    let middle = first.number.midpoint(last.number);
    let below = rules.iter().filter(|rule| rule.number <= middle).count();
    let (below, above) = rules.split_at(below);
    let at = program.len();
    add(program, test(BPF_JGT, middle, 0, 0));
    search(program, below);
    let skipped = program.len() - at - 1;
    if let Some(instruction) = program.get_mut(at) {
        instruction.jt = skipped as u8;
    }
    search(program, above);
}

/// Decides about a few numbers, one after the other.
fn compare(program: &mut Program, rules: &[Rule]) {
    for (rule, left) in rules.iter().zip((0..rules.len()).rev()) {
        let or = |more| if left == 0 { REFUSE } else { more };
        let Some((index, value)) = rule.argument else {
            add(program, test(BPF_JEQ, rule.number, ALLOW, or(0)));
            continue;
        };
        add(program, test(BPF_JEQ, rule.number, 0, or(3)));
        add(program, load(ARGUMENTS_AT + 8 * u32::from(index)));
        add(program, test(BPF_JEQ, value, ALLOW, or(0)));
        if left > 0 {
            add(program, load(NUMBER_AT));
        }
    }
    if rules.is_empty() {
        add(program, answer(SECCOMP_RET_TRAP));
    }
}

fn add(program: &mut Program, instruction: sock_filter) {
    let _ = program.push(instruction);
}

fn load(at: u32) -> sock_filter {
    sock_filter { code: (BPF_LD | BPF_W | BPF_ABS) as u16, jt: 0, jf: 0, k: at }
}

/// Skips `yes` instructions if what was loaded is equal to (`how`: `BPF_JEQ`) or greater than (`BPF_JGT`) `value`, else `no`.
fn test(how: u32, value: u32, yes: u8, no: u8) -> sock_filter {
    sock_filter { code: (BPF_JMP | how | BPF_K) as u16, jt: yes, jf: no, k: value }
}

fn answer(verdict: u32) -> sock_filter {
    sock_filter { code: (BPF_RET | BPF_K) as u16, jt: 0, jf: 0, k: verdict }
}

#[cfg(test)]
mod tests;
