//! Machines that are not there, and what is said of them.

mod cores;
mod pages_and_places;
mod start;

use core::sync::atomic::{AtomicU32, Ordering};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use phalanx_linux::cpu::parse_cpu_list;
use phalanx_linux::doctor::{Answers, Host, Limit, Machine, Placement, Rights};
use phalanx_linux::runtime_dir::Room;

use super::check::{Check, State};
use super::{Report, Subject, checks, human};
use crate::cli::DoctorOptions;

/// Everything there is, of everything that is asked for: 4 CPUs, of which two are isolated.
const GOOD: &[(&str, &str)] = &[
    ("proc/sys/kernel/osrelease", "6.18.44\n"),
    ("proc/cmdline", "isolcpus=2-3 nohz_full=2-3 rcu_nocbs=2-3\n"),
    ("proc/cpuinfo", "flags : tsc constant_tsc nonstop_tsc\n"),
    ("proc/interrupts", "  CPU0\n 24: 1 0 0 0 PCI-MSI 1-edge eth0\n"),
    ("proc/irq/24/smp_affinity_list", "0-1\n"),
    ("proc/meminfo", "Hugepagesize: 2048 kB\n"),
    ("proc/self/maps", "1000-2000 rw-p 00000000 00:00 0 [heap]\n"),
    ("proc/swaps", "Filename Type Size Used Priority\n"),
    ("proc/sys/kernel/numa_balancing", "0\n"),
    ("proc/sys/kernel/sched_rt_runtime_us", "-1\n"),
    ("proc/sys/kernel/sched_rt_period_us", "1000000\n"),
    ("proc/sys/kernel/seccomp/actions_avail", "kill_process trap errno allow\n"),
    ("proc/sys/vm/max_map_count", "65530\n"),
    ("proc/sys/vm/overcommit_memory", "0\n"),
    ("sys/devices/system/cpu/online", "0-3\n"),
    ("sys/devices/system/cpu/isolated", "2-3\n"),
    ("sys/devices/system/cpu/nohz_full", "2-3\n"),
    ("sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2\n"),
    ("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ("sys/kernel/iommu_groups/0/x", ""),
    ("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "1024\n"),
    ("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "1000\n"),
    ("sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "0\n"),
    ("sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages", "0\n"),
    ("sys/kernel/mm/hugepages/hugepages-2048kB/surplus_hugepages", "0\n"),
    ("sys/module/uio_pci_generic/x", ""),
    ("dev/vfio/vfio", ""),
    ("dev/vfio/12", ""),
    ("dev/uio0", ""),
    ("dev/hpet", ""),
    ("dev/net/tun", ""),
    ("dev/shm/x", ""),
    ("run/x", ""),
];

const LIMITS: &str = "Max stack size  8388608  unlimited  bytes\nMax locked memory  unlimited  unlimited  bytes\n\
                      Max realtime priority  99  99\nMax open files  1024  65536  files\n\
                      Max address space  unlimited  unlimited  bytes\n";

const ANSWERS: Answers =
    Answers { populate: true, pidfd: true, ofd_locks: true, futex: true, landlock: Some(7) };

/// Trees of files, gone after the test.
struct Tree(PathBuf);

impl Tree {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("phalanx-doctor-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(name);
        fs::create_dir_all(&root).unwrap();
        Self(root)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn machine(&self) -> Machine {
        Machine::examine(&Host::described(&self.0, ANSWERS))
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The good machine, whose trees play file systems of memory.
fn good() -> (Tree, Machine) {
    let tree = Tree::new();
    GOOD.iter().for_each(|(name, text)| tree.write(name, text));
    let (root, uid) = (tree.0.display(), fs::metadata(&tree.0).unwrap().uid());
    tree.write("proc/mounts", &format!("x {root}/run hugetlbfs rw,pagesize=2M 0 0\n"));
    tree.write("proc/self/limits", LIMITS);
    tree.write(
        "proc/self/status",
        &format!("Uid:\t{uid}\t{uid}\nCapEff:\t0000000000807000\nCpus_allowed_list:\t0-3\n"),
    );
    let mut machine = tree.machine();
    let room = Room { free_bytes: 1 << 30, all_bytes: 1 << 30, free_files: 99, all_files: 100 };
    machine.shm.is_memory = true;
    machine.shm.room = room;
    let runtime = machine.runtime.as_mut().unwrap();
    runtime.is_memory = true;
    runtime.room = room;
    (tree, machine)
}

fn of(machine: &Machine, subject: Subject) -> Check {
    let all = checks::all(machine, None);
    all.into_iter().find(|check| check.subject == subject).unwrap()
}

/// How the subject stands, and what is said of it and to mend it.
#[track_caller]
fn says(machine: &Machine, subject: Subject, state: State, words: &[&str]) {
    let check = of(machine, subject);
    assert_eq!(check.state, state, "{check:?}");
    let text = format!("{}\n{}", check.found, check.mend.unwrap_or_default());
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
}

fn options(need: &[Subject]) -> DoctorOptions {
    DoctorOptions { need: need.to_vec(), cpus: None, verbose: false, json: false }
}

#[test]
fn of_a_good_machine_everything_is_good_and_nothing_is_to_mend() {
    let (_tree, machine) = good();
    for check in checks::all(&machine, None) {
        assert_eq!((check.state, check.mend.as_ref()), (State::Good, None), "{check:?}");
    }
    let report = Report::of(&machine, &options(&[Subject::Vfio, Subject::Isolated]));
    let text = human::Tables { report: &report, is_verbose: false }.to_string();
    assert!(text.contains("25 good") && text.contains("all that was asked for is good"), "{text}");
    assert!(!text.contains("to mend"), "{text}");
}

#[test]
fn of_a_bare_machine_each_thing_says_what_mends_it() {
    let tree = Tree::new();
    for (name, text) in [
        ("proc/meminfo", "MemTotal: 1 kB\n"),
        ("proc/mounts", ""),
        ("proc/interrupts", ""),
        ("proc/self/maps", ""),
        ("proc/self/limits", LIMITS),
        ("proc/self/status", "Uid:\t1000\t1000\nCapEff:\t0\nCpus_allowed_list:\t0-1\n"),
        ("proc/cpuinfo", "flags : tsc\n"),
        ("sys/devices/system/cpu/online", "0-1\n"),
    ] {
        tree.write(name, text);
    }
    let machine = tree.machine();
    for (subject, mend) in [
        (Subject::Hugepages, "CONFIG_HUGETLBFS"),
        (Subject::Shm, "size=4G"),
        (Subject::Rundir, "RUNTIME_DIRECTORY"),
        (Subject::Isolated, "isolcpus=managed_irq,domain,1 nohz_full=1 rcu_nocbs=1 irqaffinity=0"),
        (Subject::Nohz, "--cpus"),
        (Subject::Tsc, "invtsc"),
        (Subject::Hpet, "CONFIG_HPET"),
        (Subject::Sandbox, "CONFIG_SECCOMP_FILTER"),
        (Subject::Iommu, "intel_iommu=on"),
        (Subject::Vfio, "modprobe vfio-pci; without an IOMMU"),
        (Subject::Uio, "modprobe uio_pci_generic"),
        (Subject::Network, "setcap"),
    ] {
        says(&machine, subject, State::Missing, &[mend]);
    }
    let report = Report::of(&machine, &options(&[Subject::Stack, Subject::Vfio, Subject::Tsc]));
    assert_eq!(report.lacking, [Subject::Vfio, Subject::Tsc]);
}

#[test]
fn what_a_broken_machine_does_not_say_is_unknown_and_not_good_enough() {
    let (tree, _) = good();
    for (name, text) in [
        ("sys/devices/system/cpu/isolated", "many\n"),
        ("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "lots\n"),
        ("proc/self/limits", "nonsense\n"),
        ("proc/sys/kernel/sched_rt_runtime_us", "some\n"),
    ] {
        tree.write(name, text);
    }
    fs::remove_file(tree.0.join("proc/interrupts")).unwrap();
    let machine = tree.machine();
    for (subject, word) in [
        (Subject::Isolated, "many"),
        (Subject::Hugepages, "lots"),
        (Subject::Memlock, "limits"),
        (Subject::Stack, "limits"),
        (Subject::NoThrottle, "some"),
        (Subject::NoIrqs, "interrupts"),
    ] {
        says(&machine, subject, State::Unknown, &[word]);
    }
    let report = Report::of(&machine, &options(&[Subject::Hugepages, Subject::Tsc]));
    assert_eq!(report.lacking, [Subject::Hugepages]);
}

#[test]
fn json_has_the_same_as_the_table() {
    let (_tree, machine) = good();
    let report = Report::of(&machine, &options(&[Subject::NoIrqs]));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["needed"], serde_json::json!(["no-irqs"]));
    let check = &json["checks"][0];
    assert_eq!((&check["name"], &check["state"]), (&"kernel".into(), &"good".into()));
    assert_eq!(check["mend"], serde_json::Value::Null);
    assert!(check["needed_for"].as_str().is_some_and(|text| text.starts_with("Every process")));
}

#[test]
fn every_subject_is_judged_once_in_the_order_of_the_help() {
    use clap::ValueEnum;
    let (_tree, machine) = good();
    let judged: Vec<Subject> = checks::all(&machine, None).iter().map(|it| it.subject).collect();
    assert_eq!(judged, Subject::value_variants());
    assert!(judged.iter().all(|subject| !subject.needed_for().is_empty()));
}
