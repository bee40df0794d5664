//! A card that is plugged into a running machine, attached to a running group of four processes, and
//! pulled while they use it; one of them dies in the middle. And cards whose links go and come: they interrupt their
//! owner, and all processes hear of it. Then with another card on its wire: what that sends a second process passes
//! back through the plugged one, an e1000e and then a virtio card; it dies while it does, a third goes on, and the card is
//! pulled from under it. Then the owner of a card dies in the middle of attaching and of detaching it; and `hotplug_mp`. Last, a
//! card is pulled that UIO has, where the kernel does not ask before it takes it away.

use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, Told};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

const CARD: &str = "e1000e,netdev=m,mac=52:54:00:00:00:42,bus=pcie.0,addr=0x14,romfile=";

const PLUGGED: &str = include_str!("vm_hotplug/plugged.sh");
const PASSING: &str = include_str!("vm_hotplug/passing.sh");
const DYING: &str = include_str!("vm_hotplug/dying.sh");
const SAMPLE: &str = include_str!("vm_hotplug/sample.sh");
const LOST: &str = include_str!("vm_hotplug/lost.sh");

/// What is plugged in, and passes packets.
const KINDS: [&str; 2] = ["e1000e", "virtio"];

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let vm = require::vm()?;
    let guest =
        Guest::new(vm).iommu().pages_2m(96).modules("vfio-pci vfio_iommu_type1 uio_pci_generic");
    let guest = guest.nic("e1000e@l").nic("virtio@l").nic("e1000@l");
    let guest = guest.file(&app("phalanx")).file(&app("hotplug_mp")).file(Path::new(PEER));
    // On the wire of what is plugged in.
    let there = ["-netdev", "hubport,id=m,hubid=7", "-device", CARD];
    let guest = there.iter().fold(guest, |guest, word| guest.with(&["--qemu", word]));
    // With that, what UIO drives reaches physical addresses.
    let guest = guest.with(&["--append", "iommu=pt"]);
    let guest = guest.with(&["--memory", "768", "--limit", "1500"]);
    Some(TOLD.get_or_init(|| guest.run(&format!("{PLUGGED}{PASSING}{DYING}{SAMPLE}{LOST}"))))
}

/// What a check's command answered, which was no error.
#[track_caller]
fn ok(told: &Told, check: &str) -> String {
    let text = told.check(check).assert_success().trim().to_owned();
    assert!(text.lines().all(|line| line.starts_with("ok")), "{check}: {text}\n{told:?}");
    text
}

#[track_caller]
fn error(told: &Told, check: &str) -> String {
    let text = told.check(check).assert_success().trim().to_owned();
    assert!(text.starts_with("error "), "{check}: {text}\n{told:?}");
    text
}

const SEEN: &str = "ok 0:0000:01:00.0";

#[test]
fn a_card_that_is_plugged_in_is_attached_in_all_processes() {
    let Some(told) = told() else { return };
    let why = error(told, "absent");
    assert!(why.contains("0000:01:00.0"), "{why}");
    told.check("plugged").assert_success();
    ok(told, "told_plugged");
    let why = error(told, "unbound");
    assert!(why.contains("bind"), "{why}");
    assert_eq!(ok(told, "attached"), "ok 0 theirs");
    assert_eq!(ok(told, "seen"), [SEEN; 3].join("\n"));
    let why = error(told, "again");
    assert!(why.contains("the group has it already"), "{why}");
    for check in ["up", "rx", "tx", "receive"] {
        ok(told, check);
    }
}

#[test]
fn a_virtual_device_comes_and_goes_beside_a_card_in_all_processes() {
    let Some(told) = told() else { return };
    assert_eq!(ok(told, "virtual"), "ok 1 theirs");
    assert_eq!(ok(told, "virtual_seen"), [format!("{SEEN} 1:net_null0").as_str(); 3].join("\n"));
    ok(told, "virtual_gone");
    assert_eq!(ok(told, "seen_after"), [SEEN; 3].join("\n"));
}

#[test]
fn a_link_that_goes_and_comes_interrupts_the_owner_and_three_processes_hear_of_it() {
    let Some(told) = told() else { return };
    for card in ["e1000e", "virtio", "line"] {
        for (way, says) in [("down", " is down"), ("up", " is up at ")] {
            let text = ok(told, &format!("{card}_{way}"));
            let lines: Vec<&str> = text.lines().collect();
            let [heard @ .., last] = &lines[..] else { panic!("{text}") };
            assert!(heard.len() == 3 && heard.iter().all(|line| line.contains(says)), "{text}");
            assert_eq!(*last, "ok it has interrupted", "{card} {way}");
        }
    }
}

#[test]
fn a_card_whose_queues_are_held_stays() {
    let Some(told) = told() else { return };
    let why = error(told, "busy");
    assert!(why.contains("has Rx queue 0 of 0000:01:00.0"), "{why}");
    assert_eq!(ok(told, "still"), [SEEN; 3].join("\n"));
}

#[test]
fn a_card_that_a_group_drives_is_not_given_away_before_it_is_detached() {
    let Some(told) = told() else { return };
    for (check, words) in [
        ("driven", " of group 'late' drives it, and 2 other processes do; "),
        ("driven_elsewhere", " of group 'late' drives it, and 2 other processes do; "),
        ("driven_by_uio", " of group 'bare' drives it; "),
    ] {
        let why = told.check(check).assert_refused();
        let who = "PCI device 0000:01:00.0 stays as it is: process ";
        assert!(why.contains(who) && why.contains("(phalanx-peer)"), "{check}: {why}");
        assert!(
            why.contains(words) && why.contains("`phalanx info --file-prefix "),
            "{check}: {why}"
        );
    }
    assert_eq!(told.check("driven_left").assert_success(), "vfio-pci\n");
    let table = told.check("driven_table").assert_success();
    let is_active = |card: &str| {
        table.lines().any(|line| line.trim_start().starts_with(card) && line.contains(" active "))
    };
    assert!(is_active("0000:01:00.0") && !is_active("0000:00:12.0"), "{table}");
    let undriven = told.check("driven_no_more").assert_success();
    assert_eq!(undriven, "0000:01:00.0: no driver, was uio_pci_generic\n");
}

#[test]
fn a_card_that_is_pulled_while_it_is_used_is_an_event_and_goes() {
    let Some(told) = told() else { return };
    for check in ["told_going", "let_go", "told_gone"] {
        ok(told, check);
    }
    assert_eq!(ok(told, "gone"), "ok\nok");
    told.check("pulled").assert_success();
    ok(told, "told_pulled");
}

#[test]
fn a_card_that_comes_again_is_attached_again() {
    let Some(told) = told() else { return };
    told.check("plugged_anew").assert_success();
    assert_eq!(ok(told, "attached_anew"), "ok 0 theirs");
    ok(told, "up_anew");
    ok(told, "rx_anew");
}

#[test]
fn a_card_goes_by_force_from_under_who_uses_it() {
    let Some(told) = told() else { return };
    ok(told, "by_force");
    assert_eq!(ok(told, "forced"), "ok\nok");
    assert_eq!(ok(told, "nothing"), "ok 0");
}

#[test]
fn a_card_whose_owner_died_is_detached_by_who_is_left() {
    let Some(told) = told() else { return };
    for check in ["attached_last", "orphaned", "detached_by_an_heir"] {
        ok(told, check);
    }
    assert_eq!(ok(told, "none"), "ok");
    told.check("audit").assert_success();
}

#[test]
fn who_has_a_card_attached_that_no_iommu_contains_is_told_so_whoever_owns_it() {
    let Some(told) = told() else { return };
    for (check, whose) in [("bare", "theirs"), ("bare_own", "mine")] {
        let text = ok(told, check);
        let caution =
            format!("ok 0 {whose}; device 0000:01:00.0 is opened by UIO, and no IOMMU contains it");
        assert!(text.starts_with(&caution), "{text}");
    }
}

#[test]
fn a_card_that_a_stranger_has_kept_from_memory_is_down_until_it_is_set_up_anew() {
    let Some(told) = told() else { return };
    for check in ["bus_first", "bus_lost", "bus_again"] {
        ok(told, check);
    }
}

/// Of so many bytes each, the first as many numbers in their order.
fn numbered(len: usize, count: usize) -> String {
    let all: Vec<String> = (0..count).map(|number| format!("{len}:{number}")).collect();
    all.join(" ")
}

#[test]
fn what_a_plugged_card_receives_goes_back_by_it() {
    let Some(told) = told() else { return };
    told.check("virtio_plugged").assert_success();
    for kind in KINDS {
        for step in [
            "run",
            "attached",
            "link_0000:00:14.0",
            "link_0000:01:00.0",
            "pass",
            "hold",
            "hold_tx",
            "quiet",
        ] {
            ok(told, &format!("{kind}_{step}"));
        }
        for (step, len) in [("there_and_back", 60), ("long_ones", 1514)] {
            let said = ok(told, &format!("{kind}_{step}"));
            assert_eq!(said, format!("ok 20\nok {}", numbered(len, 20)), "{kind} {step}");
        }
    }
}

#[test]
fn who_passes_on_what_a_plugged_card_receives_dies_and_the_next_goes_on() {
    let Some(told) = told() else { return };
    for kind in KINDS {
        ok(told, &format!("{kind}_heir"));
        // What was on its way then comes, but for what the dead one had in its hands.
        let left = ok(told, &format!("{kind}_left"));
        let count = left.strip_prefix("ok ").and_then(|count| count.parse::<u32>().ok());
        assert!(count.is_some_and(|count| (40 - 32..=80).contains(&count)), "{kind}: {left}");
        let after = ok(told, &format!("{kind}_after_the_death"));
        assert_eq!(after, format!("ok 20\nok {}", numbered(60, 20)), "{kind}");
    }
}

#[test]
fn a_card_that_is_pulled_while_it_forwards_is_an_event_and_no_end() {
    let Some(told) = told() else { return };
    for kind in KINDS {
        for step in ["round", "going", "went"] {
            ok(told, &format!("{kind}_{step}"));
        }
        // More than was given, by either card.
        for step in ["passed", "passed_there"] {
            let passed = ok(told, &format!("{kind}_{step}"));
            let counts = passed.split(' ').filter_map(|count| count.parse::<u64>().ok());
            assert!(counts.clone().count() == 2 && counts.min() > Some(100), "{kind}: {passed}");
        }
        let left = "ok 0:0000:00:14.0 1:net_ring0 2:net_ring1";
        assert_eq!(ok(told, &format!("{kind}_ports_left")), [left; 2].join("\n"));
        for step in ["pulled", "audit"] {
            told.check(&format!("{kind}_{step}")).assert_success();
        }
    }
}

#[test]
fn an_owner_that_dies_while_it_attaches_a_card_leaves_it_to_who_attaches_it_next() {
    let Some(told) = told() else { return };
    told.check("anew").assert_success();
    let why = error(told, "attach_ended");
    assert!(why.contains("(phalanx-peer)") || why.contains("phalanx-peer (pid "), "{why}");
    assert!(why.contains("it ended before it was done"), "{why}");
    assert_eq!(ok(told, "nobodys_ports"), "ok\nok");
    assert_eq!(told.check("nobodys_driver").assert_success(), "vfio-pci\n");
    assert_eq!(ok(told, "attached_by_an_heir"), "ok 0 mine");
    assert_eq!(ok(told, "heirs_ports"), [SEEN; 2].join("\n"));
    for check in ["heirs_card", "heirs_link"] {
        ok(told, check);
    }
}

#[test]
fn a_card_whose_owner_dies_while_it_detaches_it_stays_and_is_detached_by_another() {
    let Some(told) = told() else { return };
    for check in ["held", "detaching"] {
        ok(told, check);
    }
    let why = error(told, "detach_ended");
    assert!(why.contains("it ended before it was done"), "{why}");
    assert_eq!(ok(told, "kept_ports"), [SEEN; 2].join("\n"));
    ok(told, "detached_by_a_third");
    assert_eq!(ok(told, "dying_none"), "ok\nok");
    told.check("dying_audit").assert_success();
    let unbound = told.check("dying_unbound").assert_success();
    assert_eq!(unbound, "0000:01:00.0: no driver, was vfio-pci\n", "nobody drives it");
}

/// How often the sample lists a card or a virtual device in what a check has said.
#[track_caller]
fn listed(told: &Told, check: &str, name: &str) -> usize {
    let said = told.check(check).assert_success();
    said.lines().filter(|line| line.ends_with(&format!("\t{name}"))).count()
}

#[test]
fn the_sample_attaches_a_card_and_a_virtual_device_in_all_of_its_processes() {
    let Some(told) = told() else { return };
    for check in ["sample_virtual", "sample_card", "sample_detached", "sample_again"] {
        told.check(check).assert_success();
    }
    for (check, cards, virtual_ones) in [
        ("sample_listed", 3, 3),
        ("sample_still", 2, 2),
        ("sample_gone", 0, 1),
        ("sample_back", 2, 2),
    ] {
        assert_eq!(listed(told, check, "0000:01:00.0"), cards, "{check}");
        assert_eq!(listed(told, check, "net_null0"), virtual_ones, "{check}");
    }
    for check in ["sample_last", "sample_ends"] {
        told.check(check).assert_success();
    }
    assert_eq!(told.check("sample_left").text(), "", "no page");
}

#[test]
fn a_card_of_uio_that_is_pulled_while_it_forwards_is_an_event_and_no_end() {
    let Some(told) = told() else { return };
    told.check("lost_plugged").assert_success();
    for check in ["lost_round", "lost_going", "lost_went"] {
        ok(told, check);
    }
    for check in ["lost_passed", "lost_passed_there"] {
        let passed = ok(told, check);
        let counts = passed.split(' ').filter_map(|count| count.parse::<u64>().ok());
        assert!(counts.clone().count() == 2 && counts.min() > Some(100), "{check}: {passed}");
    }
    let left = "ok 0:0000:00:14.0 2:net_ring0 3:net_ring1";
    assert_eq!(ok(told, "lost_ports"), [left; 2].join("\n"));
    // What lay with either card went back, but for what was on its way.
    let free = ok(told, "lost_mbufs");
    let free = free.strip_prefix("ok ").and_then(|free| free.parse::<u32>().ok());
    assert!(free.is_some_and(|free| free >= 2047 - 128), "{free:?}");
    told.check("lost_pulled").assert_success();
    told.check("lost_audit").assert_success();
}
