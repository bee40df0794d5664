//! Ports on PCI devices, on a real kernel: two cards of a kind on one wire, a process at each end. What one
//! sends the other receives, whole and in its order; both die in the middle of it, and the next go on. Through
//! VFIO behind an IOMMU, and through UIO. One guest serves all.
//!
//! The long form (`--ignored`) kills a secondary 50 times while a million packets go each way.

use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, Told, WIRES};

const MODULES: &str = "vfio-pci vfio_iommu_type1 uio_pci_generic";

const SCRIPT: &str = r"
give vfio-pci 11.0 12.0 13.0 14.0
check e1000e wires e1000e 0 5000 11.0 12.0
check virtio wires virtio 0 5000 13.0 14.0
check e1000e_killed wires e1000e-killed 3 100 11.0 12.0
check virtio_killed wires virtio-killed 3 100 13.0 14.0
check e1000e_naps naps e1000e-naps 1 500 11.0 12.0
check virtio_naps naps virtio-naps 1 500 13.0 14.0
check size phalanx-wire 0 1 -a 0000:00:11.0,rx_size=16 -l 0 -m 24
check none phalanx-wire 0 1 -a 0000:00:10.0 -l 0 -m 24
give uio_pci_generic 11.0 12.0 13.0 14.0
check uio wires uio 1 2000 11.0 12.0
check uio_e1000e_naps naps uio-e1000e-naps 0 200 11.0 12.0
check uio_virtio_naps naps uio-virtio-naps 0 200 13.0 14.0
echo 0000:00:12.0 >/sys/bus/pci/drivers/uio_pci_generic/unbind
check unbound phalanx-wire 0 1 -a 0000:00:12.0 -l 0 -m 24
";

const LONG: &str = r"
give vfio-pci 11.0 12.0 13.0 14.0
check e1000e wires e1000e 0 1000000 11.0 12.0
check virtio wires virtio 0 1000000 13.0 14.0
check e1000e_killed wires e1000e-killed 50 1000000 11.0 12.0
check virtio_killed wires virtio-killed 50 1000000 13.0 14.0
check e1000e_naps naps e1000e-naps 1 5000 11.0 12.0
check virtio_naps naps virtio-naps 1 5000 13.0 14.0
check msi_naps naps msi-naps 1 5000 11.0 12.0 --vfio-intr=msi
";

fn guest(script: &str) -> Option<Told> {
    let mut guest = Guest::new(require::vm()?).iommu().edu().pages_2m(40).modules(MODULES);
    for card in ["e1000e@a", "e1000e@a", "virtio@b", "virtio@b"] {
        guest = guest.nic(card);
    }
    let wire = Path::new(env!("CARGO_BIN_EXE_phalanx-wire"));
    // What UIO hands over reaches memory by physical addresses.
    let guest = guest.with(&["--append", "iommu=pt", "--limit", "3000"]);
    Some(guest.file(wire).file(&app("phalanx")).run(&format!("{WIRES}{script}")))
}

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Option<Told>> = OnceLock::new();
    TOLD.get_or_init(|| guest(SCRIPT)).as_ref()
}

/// What a way along a wire was: packets sent, come whole, lost, wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    sent: u64,
    came: u64,
    lost: u64,
    wrong: u64,
}

/// Both ways, as a check has said at its end.
#[track_caller]
fn ways(told: &Told, check: &str) -> [Way; 2] {
    let said = told.check(check).assert_success();
    assert!(said.contains("audited: ") && said.contains("done: port 1"), "{said}");
    let line = said.lines().find(|line| line.starts_with("there: ")).expect("sums");
    let numbers: Vec<u64> = line.split([' ', ';']).filter_map(|it| it.parse().ok()).collect();
    let way = |of: &[u64]| Way { sent: of[0], came: of[1], lost: of[2], wrong: of[3] };
    [way(&numbers[..4]), way(&numbers[4..])]
}

#[track_caller]
fn assert_nothing_lost(told: &Told, check: &str, count: u64) {
    for way in ways(told, check) {
        let Way { sent, came, lost, wrong } = way;
        assert!(sent >= count && came == sent, "{check}: {way:?}");
        assert_eq!((lost, wrong), (0, 0), "{check}");
    }
}

/// Some are lost with who dies: what it had in its hand, and what was on its way when a device was reset.
#[track_caller]
fn assert_went_on(told: &Told, check: &str, deaths: u64) {
    for way in ways(told, check) {
        let Way { sent, came, lost, wrong } = way;
        assert_eq!((wrong, came + lost), (0, sent), "{check}: {way:?}");
        assert!(lost <= deaths * 256, "{check}: {way:?}");
    }
}

#[test]
fn a_primary_and_a_secondary_send_to_each_other_and_nothing_is_lost() {
    let Some(told) = told() else { return };
    for check in ["e1000e", "virtio"] {
        assert_nothing_lost(told, check, 5000);
    }
}

/// What a check of a sleeper has said: all its lines that begin so, as numbers.
#[track_caller]
fn numbers(told: &Told, check: &str, begin: &str) -> Vec<Vec<u64>> {
    let said = told.check(check).assert_success();
    let lines = said.lines().filter(|line| line.starts_with(begin));
    lines.map(|line| line.split([' ', ';']).filter_map(|it| it.parse().ok()).collect()).collect()
}

/// Of each check: no packet is lost while nobody dies, at most what a killed one had in its hands otherwise; and devices
/// wake the sleeper, before and after its owner was replaced.
#[track_caller]
fn assert_slept(told: &Told, check: &str) {
    let sums = numbers(told, check, "there: ");
    for (sum, most) in sums.iter().zip([0, 32]) {
        let [sent, came, lost, wrong, ..] = sum[..] else { panic!("{sum:?}") };
        assert_eq!((came + lost, wrong), (sent, 0), "{check}: {sum:?}");
        assert!(lost <= most, "{check}: {sum:?}");
    }
    let slept = numbers(told, check, "slept: ");
    for sum in &slept {
        let [slept, roused, ..] = sum[..] else { panic!("{sum:?}") };
        assert!(slept >= roused && roused >= 50, "{check}: {sum:?}");
    }
    assert_eq!(slept.len(), 1, "{check}");
    for idle in numbers(told, check, "idle: ") {
        let [ms, used] = idle[..] else { panic!("{idle:?}") };
        // One that was killed and begun anew has not been idle.
        assert!(
            ms < 1000 || used * 2 <= ms,
            "{check}: a sleeper uses no processor, {used} of {ms} ms"
        );
    }
    let text = told.check(check).text();
    let lines =
        text.lines().filter(|line| line.starts_with("slept: ") || line.starts_with("idle: "));
    lines.for_each(|line| println!("{check}: {line}"));
}

#[test]
fn a_secondary_sleeps_on_a_queue_and_each_packet_wakes_it_whoever_dies() {
    let Some(told) = told() else { return };
    for check in ["e1000e_naps", "virtio_naps"] {
        assert_slept(told, check);
    }
}

#[test]
fn a_line_that_all_queues_share_wakes_who_sleeps_on_one() {
    let Some(told) = told() else { return };
    for check in ["uio_e1000e_naps", "uio_virtio_naps"] {
        assert_slept(told, check);
    }
}

#[test]
fn secondaries_and_the_primary_die_in_the_middle_and_the_next_go_on() {
    let Some(told) = told() else { return };
    for check in ["e1000e_killed", "virtio_killed"] {
        assert_went_on(told, check, 4);
    }
}

#[test]
fn uio_gives_the_same_after_saying_what_it_means() {
    let Some(told) = told() else { return };
    assert_went_on(told, "uio", 2);
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let Some(told) = told() else { return };
    let said = |check: &str| {
        let check = told.check(check);
        assert_eq!(check.status(), 1, "{}", check.text());
        check.text().to_owned()
    };
    assert!(said("size").contains("give a power of two from 32 to 4096"), "{}", said("size"));
    let none = said("none");
    assert!(none.contains("which no driver here takes; there are net_e1000e"), "{none}");
    let unbound = said("unbound");
    assert!(unbound.contains("no driver has it; give it to user space: phalanx bind"), "{unbound}");
}

#[test]
#[ignore = "minutes: a million packets each way, and fifty kills"]
fn a_million_packets_and_fifty_kills() {
    let Some(told) = guest(LONG) else { return };
    for check in ["e1000e", "virtio"] {
        assert_nothing_lost(&told, check, 1_000_000);
        println!("{check}: {:?}", ways(&told, check));
    }
    for check in ["e1000e_naps", "virtio_naps", "msi_naps"] {
        assert_slept(&told, check);
    }
    for check in ["e1000e_killed", "virtio_killed"] {
        assert_went_on(&told, check, 51);
        println!("{check}: {:?}", ways(&told, check));
    }
}
