//! Cores, and what takes their time.

use super::*;

#[test]
fn cores_that_are_not_left_alone_are_named_with_what_disturbs_them() {
    let (_tree, mut machine) = good();
    let list = |text: &str| parse_cpu_list(text).unwrap();
    machine.cores.nohz_full = Ok(list("3"));
    machine.cores.rcu_nocbs = Ok(list("3"));
    says(&machine, Subject::Nohz, State::Missing, &["ticks on CPU 2, and RCU", "nohz_full=2-3"]);
    machine.cores.siblings = vec![(2, list("1-2"))];
    says(&machine, Subject::OwnCores, State::Missing, &["CPU 2 shares its core with CPU 1", "smt"]);
    machine.cores.siblings = vec![(2, list("2-3")), (3, list("2-3"))];
    says(&machine, Subject::OwnCores, State::Poor, &["CPUs 2-3 share their cores with each other"]);
    let interrupt = &mut machine.interrupts.as_mut().unwrap()[0];
    interrupt.allowed = list("0-3");
    says(&machine, Subject::NoIrqs, State::Poor, &["1 interrupt may be moved"]);
    machine.interrupts.as_mut().unwrap()[0].effective = list("3");
    says(
        &machine,
        Subject::NoIrqs,
        State::Missing,
        &["1 interrupt goes to", "for irq in 24;", "0-1"],
    );
    machine.cores.governors[0].1 = "powersave".to_owned();
    says(&machine, Subject::Governor, State::Missing, &["powersave on CPU 2", "for cpu in 2;"]);
    machine.cores.allowed = Ok(list("0-1"));
    says(&machine, Subject::Isolated, State::Poor, &["may not use 2-3", "taskset -c 0-3"]);
}

#[test]
fn cpus_that_are_named_need_not_be_those_that_are_isolated() {
    let (_tree, machine) = good();
    for (named, found) in [("1-2", "of those named, CPU 1 is not isolated"), ("9", "CPU 9")] {
        let all = checks::all(&machine, parse_cpu_list(named).as_ref());
        let isolated = all.iter().find(|check| check.subject == Subject::Isolated).unwrap();
        assert_eq!(isolated.state, State::Missing);
        assert!(isolated.found.contains(found), "{}", isolated.found);
    }
}

#[test]
fn a_cpu_that_there_is_not_is_fit_for_nothing() {
    let (_tree, machine) = good();
    let all = checks::all(&machine, parse_cpu_list("2,9").as_ref());
    for subject in [Subject::Isolated, Subject::Nohz, Subject::OwnCores, Subject::NoIrqs] {
        let check = all.iter().find(|check| check.subject == subject).unwrap();
        assert_eq!(check.state, State::Missing, "{subject:?}");
        assert_eq!(check.found, "CPU 9 of those named: not switched on");
    }
}

#[test]
fn settings_that_cost_a_busy_core_time_are_named() {
    let (_tree, mut machine) = good();
    let settings = &mut machine.settings;
    settings.realtime_us = Ok(Some(950_000));
    settings.numa_balancing = Ok(Some(1));
    settings.swap_bytes = Ok(Some(2 << 30));
    settings.overcommit = Ok(Some(2));
    says(&machine, Subject::NoThrottle, State::Poor, &["950000 of each 1000000", "=-1"]);
    says(&machine, Subject::NoBalancing, State::Poor, &["kernel.numa_balancing=0"]);
    says(&machine, Subject::NoSwap, State::Poor, &["2 GB", "swapoff -a"]);
    says(&machine, Subject::Overcommit, State::Poor, &["CommitLimit"]);
}
