//! Machines that are not there: a good one, a bare one, a broken one.

use super::*;
use crate::sys::test_support::TempDir;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Everything that is asked for, on four CPUs of which two are isolated.
const GOOD: &[(&str, &str)] = &[
    ("proc/sys/kernel/osrelease", "6.18.44-example\n"),
    ("proc/cmdline", "quiet isolcpus=2-3 rcu_nocbs=2-N\n"),
    ("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu tsc constant_tsc nonstop_tsc\n"),
    (
        "proc/interrupts",
        "   CPU0 CPU1 CPU2 CPU3\n 24:  1 0 0 0  PCI-MSI 1-edge  eth0\nLOC: 1 1 1 1 Local\n",
    ),
    ("proc/irq/24/smp_affinity_list", "0-1\n"),
    ("proc/irq/24/effective_affinity_list", "1\n"),
    ("proc/mounts", ""),
    ("proc/meminfo", "Hugepagesize:       2048 kB\n"),
    (
        "proc/self/limits",
        "Limit  Soft  Hard  Units\nMax stack size  8388608  unlimited  bytes\nMax locked memory  unlimited  unlimited  bytes\nMax realtime priority  99  99\nMax open files  1024  4096  files\nMax address space  unlimited  unlimited  bytes\n",
    ),
    ("proc/self/maps", "1000-2000 rw-p 00000000 00:00 0 [heap]\n"),
    (
        "proc/self/status",
        "Name:\tx\nUid:\t7\t8\t7\t7\nCapEff:\t0000000000804000\nCpus_allowed_list:\t0-3\n",
    ),
    ("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 2048 0 -2\n"),
    ("proc/sys/kernel/sched_rt_runtime_us", "-1\n"),
    ("proc/sys/vm/mmap_rnd_bits", "28\n"),
    ("sys/devices/system/cpu/online", "0-3\n"),
    ("sys/devices/system/cpu/isolated", "2\n"),
    ("sys/fs/cgroup/cpuset.cpus.isolated", "3\n"),
    ("sys/devices/system/cpu/nohz_full", "2-3\n"),
    ("sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "0,2\n"),
    ("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ("sys/class/iommu/dmar0/x", ""),
    ("sys/kernel/iommu_groups/0/x", ""),
    ("sys/kernel/iommu_groups/1/x", ""),
    ("sys/module/vfio_pci/x", ""),
    ("dev/vfio/vfio", ""),
    ("dev/vfio/12", ""),
    ("dev/vfio/devices/x", ""),
    ("dev/uio0", ""),
    ("dev/uio_other", ""),
    ("dev/hpet", ""),
    ("dev/shm/x", ""),
    ("run/phalanx/x", ""),
];

fn machine(label: &str, files: &[(&str, &str)]) -> (TempDir, Machine) {
    let temp = TempDir::new(label);
    for (name, text) in files {
        temp.write(name, text);
    }
    let machine = Machine::examine(&Host::described(temp.path(), Answers::default()));
    (temp, machine)
}

#[test]
fn a_good_machine_is_read_as_it_is() {
    let (_temp, machine) = machine("doctor-good", GOOD);
    assert_eq!(machine.release.unwrap(), "6.18.44-example");
    let cores = &machine.cores;
    assert_eq!(cores.isolated.clone().unwrap().to_string(), "2-3");
    assert_eq!(cores.rcu_nocbs.clone().unwrap().to_string(), "2-3");
    assert_eq!(cores.other_half(2).to_string(), "0");
    assert_eq!(cores.governors, [(2, "performance".to_owned())]);
    let interrupts = machine.interrupts.unwrap();
    let [one] = interrupts.as_slice() else { panic!("{interrupts:?}") };
    assert_eq!((one.number, one.name.as_str()), (24, "eth0"));
    assert_eq!((one.allowed.to_string(), one.effective.to_string()), ("0-1".into(), "1".into()));
    let limits = machine.limits.unwrap();
    assert_eq!(limits.stack, Limit { soft: Some(8 << 20), hard: None });
    assert_eq!(limits.realtime.soft, Some(99));
    let rights = machine.rights.unwrap();
    assert_eq!(rights.uid, 8);
    assert!(rights.has(Capability::IpcLock) && rights.has(Capability::SysNice));
    assert!(!rights.has(Capability::NetAdmin));
    assert_eq!(machine.settings.swap_bytes, Ok(Some(2 << 20)));
    assert_eq!(machine.settings.realtime_us, Ok(Some(-1)));
    assert_eq!(machine.space.in_the_way, Ok(None));
    assert_eq!(machine.clock.is_nonstop, Ok(true));
}

#[test]
fn devices_are_told_from_what_lies_beside_them() {
    let (temp, machine) = machine("doctor-devices", GOOD);
    let devices = &machine.devices;
    assert_eq!((devices.iommus.as_slice(), devices.iommu_groups), (&["dmar0".to_owned()][..], 2));
    assert_eq!(devices.vfio_groups.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["12"]);
    let uio: Vec<_> = devices.uio.iter().map(|it| it.path.clone()).collect();
    assert_eq!(uio, [temp.path().join("dev/uio0")]);
    assert!(devices.has_module("vfio_pci") && !devices.has_module("igb_uio"));
    assert!(devices.vfio.as_ref().is_some_and(Entry::is_usable));
    assert_eq!(devices.tun, None);
}

#[test]
fn a_directory_has_room_and_permissions() {
    let (temp, machine) = machine("doctor-places", GOOD);
    assert!(machine.shm.is_usable() && machine.shm.room.all_bytes > 0);
    let runtime = machine.runtime.unwrap();
    assert_eq!(runtime.path, temp.path().join("run"));
    assert!(runtime.own.is_some());
    fs::set_permissions(temp.path().join("run"), fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(Entry::at(&temp.path().join("run")).unwrap().mode, 0o750);
}

#[test]
fn a_hugetlbfs_that_is_mounted_read_only_is_of_no_use() {
    let temp = TempDir::new("doctor-mounts");
    let dir = temp.path_str();
    temp.write(
        "proc/mounts",
        &format!("x {dir} hugetlbfs ro 0 0\nx {dir} hugetlbfs rw,pagesize=1G 0 0\n"),
    );
    temp.write("proc/meminfo", "Hugepagesize:       2048 kB\n");
    let machine = Machine::examine(&Host::described(temp.path(), Answers::default()));
    let pages = machine.pages.unwrap();
    let usable = |size| pages.mounts_of(size).map(|it| it.is_usable).collect::<Vec<_>>();
    assert_eq!((usable(2 << 20), usable(1 << 30)), (vec![false], vec![true]));
}

#[test]
fn of_a_bare_machine_nothing_is_an_error_that_has_a_meaning() {
    let bare = [
        ("proc/mounts", ""),
        ("proc/meminfo", "MemTotal: 1 kB\n"),
        ("proc/interrupts", ""),
        ("proc/self/maps", ""),
        ("sys/devices/system/cpu/online", "0\n"),
        ("sys/devices/system/cpu/nohz_full", "(null)\n"),
    ];
    let (_temp, machine) = machine("doctor-bare", &bare);
    assert!(machine.pages.unwrap().info.sizes.is_empty());
    assert!(machine.cores.isolated.unwrap().is_empty());
    assert!(machine.cores.nohz_full.unwrap().is_empty());
    assert!(machine.cores.governors.is_empty());
    assert_eq!(machine.settings.swap_bytes, Ok(None));
    assert_eq!(machine.settings.realtime_us, Ok(None));
    assert_eq!(machine.clock.source, Ok(None));
    assert_eq!((machine.devices.vfio, machine.devices.iommu_groups), (None, 0));
    assert_eq!((machine.shm.entry, machine.interrupts.unwrap()), (None, Vec::new()));
    assert!(machine.limits.unwrap_err().is_absent());
}

#[test]
fn what_a_broken_machine_says_is_quoted_and_the_rest_is_read() {
    let broken = [
        ("sys/devices/system/cpu/online", "0-3\n"),
        ("sys/devices/system/cpu/isolated", "many\n"),
        ("proc/cmdline", "rcu_nocbs=1:2:3\n"),
        ("proc/self/limits", "Max stack size  lots  unlimited  bytes\n"),
        ("proc/self/status", "Uid:\tme\n"),
        ("proc/sys/kernel/sched_rt_runtime_us", "-x\n"),
        ("proc/sys/vm/overcommit_memory", "1\n"),
        ("proc/interrupts", "24: 1 x\nnonsense\n: :\n"),
        ("proc/irq/24/smp_affinity_list", "?\n"),
    ];
    let (_temp, machine) = machine("doctor-broken", &broken);
    for (error, quoted) in [
        (machine.cores.isolated.unwrap_err(), "many"),
        (machine.cores.rcu_nocbs.unwrap_err(), "1:2:3"),
        (machine.limits.unwrap_err(), "lots"),
        (machine.rights.unwrap_err(), "me"),
        (machine.settings.realtime_us.unwrap_err(), "-x"),
    ] {
        assert!(error.to_string().contains(quoted), "{error}");
    }
    assert_eq!(machine.settings.overcommit, Ok(Some(1)));
    assert_eq!(machine.interrupts, Ok(Vec::new()));
    assert_eq!(machine.cores.online.unwrap().len(), 4);
}

#[test]
fn this_machine_can_be_looked_at() {
    let machine = Machine::examine(&Host::real());
    assert!(machine.answers.futex);
    assert!(machine.limits.is_ok() && machine.rights.is_ok());
    assert_eq!(machine.space.in_the_way, Ok(None));
}
