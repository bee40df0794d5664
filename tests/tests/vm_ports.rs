//! Ports on PCI devices, on a real kernel: two cards of a kind on one wire, a process at each end. What one
//! sends the other receives, whole and in its order; both die in the middle of it, and the next go on. Through
//! VFIO behind an IOMMU, and through UIO. One guest serves all.
//!
//! The long forms (`--ignored`, optimised, a guest each) send a million packets each way, kill a secondary
//! 50 times and the primary five times, and have one sleep on its queue thousands of times.

use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::binaries::{app, optimised};
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, Told, WIRES};

const MODULES: &str = "vfio-pci vfio_iommu_type1 uio_pci_generic";

const SCRIPT: &str = r"
give vfio-pci 11.0 12.0 13.0 14.0
check e1000e wires e1000e 0 5000 11.0 12.0
check virtio wires virtio 0 5000 13.0 14.0
check e1000e_killed wires e1000e-killed 3 100 11.0 12.0
check virtio_killed wires virtio-killed 3 100 13.0 14.0
check e1000e_naps naps e1000e-naps 1 300 11.0 12.0
check virtio_naps naps virtio-naps 1 300 13.0 14.0
check size phalanx-wire 0 1 -a 0000:00:11.0,rx_size=16 -l 0 -m 24
check none phalanx-wire 0 1 -a 0000:00:10.0 -l 0 -m 24
give uio_pci_generic 11.0 12.0 13.0 14.0
check uio wires uio 1 2000 11.0 12.0
check uio_e1000e_naps naps uio-e1000e-naps 0 200 11.0 12.0
check uio_virtio_naps naps uio-virtio-naps 0 200 13.0 14.0
echo 0000:00:12.0 >/sys/bus/pci/drivers/uio_pci_generic/unbind
check unbound phalanx-wire 0 1 -a 0000:00:12.0 -l 0 -m 24
";

const NAPS: &str = r"
give vfio-pci 11.0 12.0 13.0 14.0
check e1000e_naps naps e1000e-naps 1 5000 11.0 12.0
check virtio_naps naps virtio-naps 1 5000 13.0 14.0
check msi_naps naps msi-naps 1 5000 11.0 12.0 --vfio-intr=msi
check line_naps naps line-naps 1 5000 13.0 14.0 --vfio-intr=legacy
check change_naps naps change-naps 1 5000 13.0 14.0 --vfio-intr=legacy --vfio-intr=msix
";

const CARDS: [&str; 4] = ["e1000e@a", "e1000e@a", "virtio@b", "virtio@b"];

/// A pair of cards on one wire, or two, and the program that uses them.
fn guest(cards: &[&str], wire: &Path, script: &str) -> Option<Told> {
    let mut guest = Guest::new(require::vm()?).iommu().edu().pages_2m(40).modules(MODULES);
    for card in cards {
        guest = guest.nic(card);
    }
    // What UIO hands over reaches memory by physical addresses.
    let guest = guest.with(&["--append", "iommu=pt", "--limit", "3000"]);
    Some(guest.file(wire).file(&app("phalanx")).run(&format!("{WIRES}{script}")))
}

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Option<Told>> = OnceLock::new();
    let wire = Path::new(env!("CARGO_BIN_EXE_phalanx-wire"));
    TOLD.get_or_init(|| guest(&CARDS, wire, SCRIPT)).as_ref()
}

/// What a way along a wire was: packets sent, come whole, lost; come behind a later one; wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    sent: u64,
    came: u64,
    lost: u64,
    late: u64,
    wrong: u64,
}

/// Both ways, as a check has said at its end.
#[track_caller]
fn ways(told: &Told, check: &str) -> [Way; 2] {
    let said = told.check(check).assert_success();
    let is_whole = said.contains("audited: ") && said.contains("done: port 1");
    assert!(is_whole && !said.contains("FAILED"), "{said}");
    let line = said.lines().find(|line| line.starts_with("there: ")).expect("sums");
    let numbers: Vec<u64> = line.split([' ', ';']).filter_map(|it| it.parse().ok()).collect();
    let way = |of: &[u64]| Way { sent: of[0], came: of[1], lost: of[2], late: of[3], wrong: of[4] };
    [way(&numbers[..5]), way(&numbers[5..])]
}

#[track_caller]
fn assert_nothing_lost(told: &Told, check: &str, count: u64) {
    for way in ways(told, check) {
        println!("{check}: {way:?}");
        let Way { sent, came, lost, late, wrong } = way;
        assert!(sent >= count && came == sent, "{check}: {way:?}");
        assert_eq!((lost, late, wrong), (0, 0, 0), "{check}");
    }
}

/// Some are lost with who dies: what it had in its hand, and what was on its way when a device was reset.
#[track_caller]
fn assert_went_on(told: &Told, check: &str, count: u64, deaths: u64) {
    for way in ways(told, check) {
        println!("{check}: {way:?}");
        let Way { sent, came, lost, late, wrong } = way;
        assert_eq!(
            (late, wrong, came + lost),
            (0, 0, sent),
            "{check}: {}",
            told.check(check).text()
        );
        assert!(sent >= count && lost <= deaths * 256, "{check}: {way:?}");
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
        let [sent, came, lost, late, wrong, ..] = sum[..] else { panic!("{sum:?}") };
        assert_eq!((came + lost, late, wrong), (sent, 0, 0), "{check}: {sum:?}");
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
        assert_went_on(told, check, 100, 5);
    }
}

#[test]
fn uio_gives_the_same_after_saying_what_it_means() {
    let Some(told) = told() else { return };
    assert_went_on(told, "uio", 2000, 3);
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

/// Two cards of a kind in a guest of their own: what one check of it has said.
fn long(card: &str, kills: u32, count: u64) -> Option<Told> {
    let _ = require::vm()?;
    let cards = [card; 2].map(|card| format!("{card}@a"));
    let script =
        format!("give vfio-pci 11.0 12.0\ncheck {card} wires {card} {kills} {count} 11.0 12.0");
    guest(&cards.each_ref().map(String::as_str), &optimised("phalanx-wire"), &script)
}

fn a_million(card: &str) {
    let Some(told) = long(card, 0, 1_000_000) else { return };
    assert_nothing_lost(&told, card, 1_000_000);
}

/// Each tenth time the primary dies, too, and the secondary once more.
fn fifty_kills(card: &str) {
    let Some(told) = long(card, 50, 1_000_000) else { return };
    assert_went_on(&told, card, 1_000_000, 60);
}

#[test]
#[ignore = "minutes, and an optimised build"]
fn a_million_packets_each_way_between_two_e1000e() {
    a_million("e1000e");
}

#[test]
#[ignore = "minutes, and an optimised build"]
fn a_million_packets_each_way_between_two_virtio() {
    a_million("virtio");
}

#[test]
#[ignore = "minutes, and an optimised build"]
fn fifty_secondaries_and_five_primaries_die_between_two_e1000e() {
    fifty_kills("e1000e");
}

#[test]
#[ignore = "minutes, and an optimised build"]
fn fifty_secondaries_and_five_primaries_die_between_two_virtio() {
    fifty_kills("virtio");
}

#[test]
#[ignore = "minutes, and an optimised build"]
fn a_secondary_sleeps_thousands_of_times_whichever_interrupt_wakes_it() {
    let Some(told) = guest(&CARDS, &optimised("phalanx-wire"), NAPS) else { return };
    for check in ["e1000e_naps", "virtio_naps", "msi_naps", "line_naps", "change_naps"] {
        assert_slept(&told, check);
        // The rest are of a time in which the device had no owner.
        for sum in numbers(&told, check, "slept: ") {
            assert!(sum[1] * 10 >= sum[0] * 9, "{check}: nine in ten are woken: {sum:?}");
        }
    }
}
