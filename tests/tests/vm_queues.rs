//! Cards with several queues, a process to each: the card says by its own steering who has a packet, each receives by its
//! own queue and sends by its own, and one that dies is in nobody's way. Two e1000e on a hub, which spread flows by
//! their hash; two virtio cards, of which one has two pairs of queues, on a bridge of this machine's, whose tap spreads
//! flows by their hash and has what comes back follow the queue that it was sent by. One guest serves both.
//!
//! ```text
//! primary:   queue 0 ╗
//!                    ╠ card ═ card ═ third process
//! secondary: queue 1 ╝
//! ```

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::netns::Taps;
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, SERVING, Told};

const SCRIPT: &str = include_str!("vm_queues/shared.sh");

/// Flows that a third process sends.
const FLOWS: u16 = 200;

fn guest() -> Option<Guest> {
    let guest = Guest::new(require::vm()?).iommu().pages_2m(64);
    let guest = guest.modules("vfio-pci vfio_iommu_type1").nic("e1000e@a").nic("e1000e@a");
    Some(guest.file(&app("phalanx")).file(Path::new(env!("CARGO_BIN_EXE_phalanx-peer"))))
}

/// Without the virtio cards, where they cannot have a wire.
fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let guest = guest()?;
    let is_whole = require::bridge().is_some();
    Some(TOLD.get_or_init(|| {
        let script = format!("{SERVING}{SCRIPT}");
        if !is_whole {
            return guest.run(&script);
        }
        let taps = Taps::new(&["wire"]);
        let guest = guest.nic("virtio,mq=on@tap:wire.many,queues=2").nic("virtio@tap:wire.far");
        guest.within(taps.namespace()).run(&script)
    }))
}

/// The guest, and the kinds of cards that it has.
fn kinds() -> impl Iterator<Item = (&'static Told, &'static str)> {
    let virtio = require::bridge().map(|()| "virtio");
    let kinds = ["e1000e"].into_iter().chain(virtio);
    told().into_iter().flat_map(move |told| kinds.clone().map(move |kind| (told, kind)))
}

/// The flows that each of a check's answers names, which are no errors.
#[track_caller]
fn flows(told: &Told, check: &str) -> Vec<Vec<u16>> {
    let said = told.check(check).assert_success();
    let answer = |line: &str| {
        let Some(rest) = line.strip_prefix("ok") else { panic!("{check}: {line}") };
        rest.split_whitespace().map(|word| word.parse().expect("a number")).collect()
    };
    said.lines().map(answer).collect()
}

/// What both have got, each in the order in which it was sent; together it is all, nothing twice, and nobody has none.
#[track_caller]
fn shared_out(told: &Told, check: &str, count: u16) -> [Vec<u16>; 2] {
    let Ok([one, other]) = <[_; 2]>::try_from(flows(told, check)) else { panic!("{check}") };
    println!("{check}: {} and {}", one.len(), other.len());
    assert!(!one.is_empty() && !other.is_empty(), "{check}: {one:?} {other:?}");
    assert!(one.is_sorted() && other.is_sorted(), "{check}: {one:?} {other:?}");
    let all: BTreeSet<u16> = one.iter().chain(&other).copied().collect();
    assert_eq!(one.len() + other.len(), usize::from(count), "{check}: {one:?} {other:?}");
    assert!(all.into_iter().eq(0..count), "{check}: {one:?} {other:?}");
    [one, other]
}

#[test]
fn each_process_receives_by_its_own_queue_what_the_card_gives_it() {
    for (told, kind) in kinds() {
        shared_out(told, &format!("{kind}_there"), FLOWS);
    }
}

#[test]
fn each_process_sends_by_its_own_queue() {
    for (told, kind) in kinds() {
        let came = flows(told, &format!("{kind}_sent"));
        assert_eq!(came, [(0..50).collect::<Vec<_>>(), (50..100).collect()], "{kind}");
    }
}

#[test]
fn what_answers_a_flow_comes_to_who_sends_it_where_the_card_follows_flows() {
    for (told, kind) in kinds() {
        let back = shared_out(told, &format!("{kind}_back"), 100);
        // The other kind has a hash for each way.
        if kind == "virtio" {
            assert_eq!(back, [(0..50).collect::<Vec<_>>(), (50..100).collect()]);
        }
    }
}

#[test]
fn what_a_dead_secondarys_queue_has_the_next_receives_and_the_primary_goes_on() {
    for (told, kind) in kinds() {
        shared_out(told, &format!("{kind}_secondary_dead"), FLOWS);
    }
}

#[test]
fn what_a_dead_primarys_queue_has_the_next_receives_and_the_secondary_goes_on() {
    for (told, kind) in kinds() {
        shared_out(told, &format!("{kind}_primary_dead"), FLOWS);
        for check in ["audit", "ends"] {
            told.check(&format!("{kind}_{check}")).assert_success();
        }
    }
}
