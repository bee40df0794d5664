use linux_raw_sys::general::{__NR_fcntl, __NR_futex, __NR_write};

use super::super::{AllowList, TooManyRules};
use super::*;

/// The kernel's part, as far as these programs use it.
fn verdict(list: &AllowList, number: u32, arguments: [u64; 6]) -> u32 {
    let program = of(&list.rules);
    let (mut at, mut loaded) = (0, 0);
    loop {
        let step = program[at];
        let code = u32::from(step.code);
        at += 1;
        if code == BPF_RET | BPF_K {
            return step.k;
        } else if code == BPF_JMP | BPF_JEQ | BPF_K {
            at += usize::from(if loaded == step.k { step.jt } else { step.jf });
        } else if code == BPF_LD | BPF_IMM {
            loaded = step.k;
        } else {
            assert_eq!(code, BPF_LD | BPF_W | BPF_ABS);
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
        assert_eq!(verdict(&list, number, [0; 6]), SECCOMP_RET_ALLOW);
    }
    for number in [0, 2, 6, 8, 10, u32::MAX] {
        assert_eq!(verdict(&list, number, [2; 6]), SECCOMP_RET_TRAP);
    }
}

#[test]
fn an_empty_list_allows_nothing() {
    for number in [0, 1, u32::MAX] {
        assert_eq!(verdict(&AllowList::default(), number, [0; 6]), SECCOMP_RET_TRAP);
    }
}

#[test]
fn an_argument_decides_and_a_later_rule_may_allow_another() {
    let list = list(&[Rule::only(1, 0, 2), Rule::only(1, 1, 5), Rule::any(0), Rule::any(2)]);
    assert_eq!(verdict(&list, 1, [2, 0, 0, 0, 0, 0]), SECCOMP_RET_ALLOW);
    assert_eq!(verdict(&list, 1, [3, 5, 0, 0, 0, 0]), SECCOMP_RET_ALLOW);
    assert_eq!(verdict(&list, 1, [3, 0, 0, 0, 0, 0]), SECCOMP_RET_TRAP);
}

#[test]
fn the_order_in_which_rules_are_given_changes_nothing() {
    let rules = [3, 400, 17, 0, 60, 61, 62, 230, 9].map(Rule::any);
    for turn in 0..rules.len() {
        let mut turned = rules;
        turned.rotate_left(turn);
        let list = list(&turned);
        for number in 0..500 {
            let is_listed = rules.contains(&Rule::any(number));
            let allowed = verdict(&list, number, [0; 6]) == SECCOMP_RET_ALLOW;
            assert_eq!(allowed, is_listed, "{number}");
        }
    }
}

#[test]
fn a_number_with_and_without_an_argument_is_allowed_with_any() {
    for rules in [[Rule::only(1, 0, 2), Rule::any(1)], [Rule::any(1), Rule::only(1, 0, 2)]] {
        assert_eq!(verdict(&list(&rules), 1, [3; 6]), SECCOMP_RET_ALLOW);
    }
}

#[test]
fn the_kernel_has_little_to_compile_and_nothing_to_follow() {
    let numbers = [24, __NR_futex, 219, 39, 228, 60, 231, 15];
    let mut list = list(&numbers.map(Rule::any));
    list.allow(&[Rule::only(__NR_fcntl, 1, 36)]).unwrap();
    list.allow(&[Rule::only(__NR_write, 0, 1), Rule::only(__NR_write, 0, 2)]).unwrap();
    let program = of(&list.rules);
    assert_eq!(program.len(), 5 + numbers.len() + 3 + 4 + 2);
    // It follows what loads number and architecture, and what compares, skips and answers.
    assert_eq!(u32::from(program[0].code), BPF_LD | BPF_IMM);
}

#[test]
fn the_longest_list_fits() {
    let all = core::array::from_fn::<_, RULES_MAX, _>(|at| Rule::only(3 * at as u32, 5, 1));
    for rules in [all, [Rule::only(1, 5, 1); RULES_MAX]] {
        let list = list(&rules);
        assert_eq!(list.clone().allow(&[Rule::any(0)]), Err(TooManyRules));
        for number in 0..3 * RULES_MAX as u32 {
            let is_listed = rules.contains(&Rule::only(number, 5, 1));
            let allowed = verdict(&list, number, [1; 6]) == SECCOMP_RET_ALLOW;
            assert_eq!(allowed, is_listed, "{number}");
        }
    }
}
