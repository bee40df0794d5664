//! Cores that are left alone.

use phalanx_core::count::Count;
use phalanx_core::group::CpuSet;
use phalanx_linux::doctor::{Interrupt, Machine};

use crate::doctor::Subject;
use crate::doctor::check::Check;

/// The CPUs that workers shall have.
pub(super) struct Chosen {
    cpus: CpuSet,
    /// Whether somebody named them.
    is_named: bool,
}

impl Chosen {
    pub(super) fn of(machine: &Machine, named: Option<&CpuSet>) -> Self {
        let isolated = || machine.cores.isolated.clone().unwrap_or_default();
        Self { cpus: named.copied().unwrap_or_else(isolated), is_named: named.is_some() }
    }
}

/// Of `cpus`, those that `is_it` says.
fn those(cpus: &CpuSet, is_it: impl Fn(u16) -> bool) -> CpuSet {
    cpus.iter().filter(|cpu| is_it(*cpu)).collect()
}

/// `CPU 3`, `CPUs 2-3`.
fn named(cpus: &CpuSet) -> String {
    if cpus.len() == 1 { format!("CPU {cpus}") } else { format!("CPUs {cpus}") }
}

/// What a subject says of CPUs that were named and that the machine does not have, or has switched off.
fn not_there(machine: &Machine, chosen: &Chosen, subject: Subject) -> Option<Check> {
    // Where the machine does not say, none is missing.
    let online = machine.cores.online.as_ref().ok()?;
    let absent = those(&chosen.cpus, |cpu| !online.contains(cpu));
    let found = format!("{} of those named: not switched on", named(&absent));
    (!absent.is_empty()).then(|| Check::missing(subject, found, format!("name some of {online}")))
}

/// What a subject says where no core is left alone.
fn none_chosen(subject: Subject) -> Check {
    Check::missing(subject, "no CPU is isolated", "isolate some first, or name them: --cpus LIST")
}

/// The words of the boot that leave `cpus` alone. Without any, all but the first core is proposed.
fn boot_words(machine: &Machine, cpus: &CpuSet) -> String {
    let cores = &machine.cores;
    let online = cores.online.clone().unwrap_or_default();
    let first = online.first().unwrap_or(0);
    let own = those(&online, |cpu| cpu == first || cores.other_half(first).contains(cpu));
    let others = those(&online, |cpu| !own.contains(cpu));
    let isolate = if cpus.is_empty() { others } else { *cpus };
    let rest = those(&online, |cpu| !isolate.contains(cpu));
    if isolate.is_empty() || rest.is_empty() {
        return "a machine with a second core: one is left to everybody else".to_owned();
    }
    format!(
        "boot with: isolcpus=managed_irq,domain,{isolate} nohz_full={isolate} rcu_nocbs={isolate} irqaffinity={rest}"
    )
}

pub(super) fn isolated(machine: &Machine, chosen: &Chosen) -> Check {
    let subject = Subject::Isolated;
    let isolated = match &machine.cores.isolated {
        Ok(isolated) => isolated,
        Err(why) => return Check::unknown(subject, why),
    };
    let online = machine.cores.online.clone().unwrap_or_default();
    if chosen.cpus.is_empty() {
        let found = format!("none of {} is isolated", named(&online));
        return Check::missing(subject, found, boot_words(machine, &chosen.cpus));
    }
    if let Some(check) = not_there(machine, chosen, subject) {
        return check;
    }
    let shared = those(&chosen.cpus, |cpu| !isolated.contains(cpu));
    if !shared.is_empty() {
        let found = format!("of those named, {} not isolated", are(&shared));
        return Check::missing(subject, found, boot_words(machine, &chosen.cpus));
    }
    let allowed = machine.cores.allowed.clone().unwrap_or(online);
    let closed = those(&chosen.cpus, |cpu| !allowed.contains(cpu));
    if !closed.is_empty() {
        let found =
            format!("{} isolated, and this process may not use {closed}", are(&chosen.cpus));
        // What starts on other CPUs stays there, and no lcore may be elsewhere.
        let all = allowed.union(&closed);
        return Check::poor(subject, found, format!("start programs with: taskset -c {all}"));
    }
    Check::good(subject, named(&chosen.cpus))
}

/// `CPU 3 is`, `CPUs 2-3 are`.
fn are(cpus: &CpuSet) -> String {
    format!("{} {}", named(cpus), if cpus.len() == 1 { "is" } else { "are" })
}

pub(super) fn nohz(machine: &Machine, chosen: &Chosen) -> Check {
    let subject = Subject::Nohz;
    let (nohz, rcu) = match (&machine.cores.nohz_full, &machine.cores.rcu_nocbs) {
        (Ok(nohz), Ok(rcu)) => (nohz, rcu),
        (Err(why), _) | (_, Err(why)) => return Check::unknown(subject, why),
    };
    if chosen.cpus.is_empty() {
        return none_chosen(subject);
    }
    if let Some(check) = not_there(machine, chosen, subject) {
        return check;
    }
    let ticking = those(&chosen.cpus, |cpu| !nohz.contains(cpu));
    let calling = those(&chosen.cpus, |cpu| !rcu.contains(cpu));
    let details = vec![format!("nohz_full: {nohz}"), format!("rcu_nocbs: {rcu}")];
    if ticking.is_empty() {
        return Check::good(subject, format!("no tick on {}", named(&chosen.cpus))).with(details);
    }
    let mut found = format!("the timer ticks on {}", named(&ticking));
    if !calling.is_empty() {
        found.push_str(", and RCU calls back there");
    }
    Check::missing(subject, found, boot_words(machine, &chosen.cpus)).with(details)
}

pub(super) fn own_cores(machine: &Machine, chosen: &Chosen) -> Check {
    let subject = Subject::OwnCores;
    if chosen.cpus.is_empty() {
        return none_chosen(subject);
    }
    if let Some(check) = not_there(machine, chosen, subject) {
        return check;
    }
    let halves = |cpu| machine.cores.other_half(cpu);
    let with_others = |cpu| halves(cpu).first_outside(&chosen.cpus).is_some();
    let with_each_other = |cpu| !halves(cpu).is_empty();
    let mend = "echo off > /sys/devices/system/cpu/smt/control, or isolate both halves and use one";
    let shared = those(&chosen.cpus, with_others);
    let pairs = those(&chosen.cpus, with_each_other);
    let line = |cpu| format!("CPU {cpu} shares its core with {}", named(&halves(cpu)));
    let details = pairs.iter().map(line).collect();
    if let Some(cpu) = shared.first() {
        return Check::missing(subject, line(cpu), mend).with(details);
    }
    match pairs.is_empty() {
        true => Check::good(subject, format!("{} with nobody", shares(&chosen.cpus))),
        false => Check::poor(subject, format!("{} with each other", shares(&pairs)), mend),
    }
    .with(details)
}

/// `CPU 3 shares its core`, `CPUs 2-3 share their cores`.
fn shares(cpus: &CpuSet) -> String {
    let words = if cpus.len() == 1 { "shares its core" } else { "share their cores" };
    format!("{} {words}", named(cpus))
}

pub(super) fn no_irqs(machine: &Machine, chosen: &Chosen) -> Check {
    let subject = Subject::NoIrqs;
    let interrupts = match &machine.interrupts {
        Ok(interrupts) => interrupts,
        Err(why) => return Check::unknown(subject, why),
    };
    if chosen.cpus.is_empty() {
        return none_chosen(subject);
    }
    if let Some(check) = not_there(machine, chosen, subject) {
        return check;
    }
    let is_on = |set: &CpuSet| chosen.cpus.iter().any(|cpu| set.contains(cpu));
    let here: Vec<&Interrupt> = interrupts.iter().filter(|it| is_on(&it.effective)).collect();
    let could: Vec<&Interrupt> = interrupts.iter().filter(|it| is_on(&it.allowed)).collect();
    let line = |it: &&Interrupt| {
        format!("{} ({}) goes to {}, may go to {}", it.number, it.name, it.effective, it.allowed)
    };
    let details = could.iter().map(line).collect();
    let online = machine.cores.online.clone().unwrap_or_default();
    let rest = those(&online, |cpu| !chosen.cpus.contains(cpu));
    let numbers = |all: &[&Interrupt]| {
        all.iter().map(|it| it.number.to_string()).collect::<Vec<_>>().join(" ")
    };
    let mend = |all: &[&Interrupt]| {
        format!(
            "systemctl stop irqbalance; for irq in {}; do echo {rest} > /proc/irq/$irq/smp_affinity_list; done",
            numbers(all)
        )
    };
    let cpus = named(&chosen.cpus);
    let check = match (here.as_slice(), could.as_slice()) {
        ([], []) => Check::good(subject, format!("no device interrupts {cpus}")),
        ([], all) => {
            let count = Count::of(all.len(), "interrupt", "interrupts");
            Check::poor(subject, format!("{count} may be moved to {cpus}"), mend(all))
        }
        (all, _) => {
            let count = Count::of(all.len(), "interrupt goes", "interrupts go");
            Check::missing(subject, format!("{count} to {cpus}"), mend(all))
        }
    };
    check.with(details)
}

pub(super) fn governor(machine: &Machine, chosen: &Chosen) -> Check {
    let subject = Subject::Governor;
    let governors = &machine.cores.governors;
    let is_asked =
        |cpu: u16| (chosen.cpus.is_empty() && !chosen.is_named) || chosen.cpus.contains(cpu);
    let slow: Vec<&(u16, String)> = governors
        .iter()
        .filter(|(cpu, governor)| is_asked(*cpu) && governor != "performance")
        .collect();
    let details =
        governors.iter().map(|(cpu, governor)| format!("CPU {cpu}: {governor}")).collect();
    let Some((_, first)) = slow.first() else {
        let found =
            if governors.is_empty() { "nothing changes the frequency" } else { "performance" };
        return Check::good(subject, found).with(details);
    };
    let cpus: CpuSet = slow.iter().map(|(cpu, _)| *cpu).collect();
    let numbers = cpus.iter().map(|cpu| cpu.to_string()).collect::<Vec<_>>().join(" ");
    let mend = format!(
        "for cpu in {numbers}; do echo performance > /sys/devices/system/cpu/cpu$cpu/cpufreq/scaling_governor; done"
    );
    Check::missing(subject, format!("{first} on {}", named(&cpus)), mend).with(details)
}
