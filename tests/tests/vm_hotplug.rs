//! A card that is plugged into a running machine, attached to a running group of four processes, and
//! pulled while they use it; one of them dies in the middle. And cards whose links go and come: they interrupt their
//! owner, and all processes hear of it.

use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, Told};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Four peers, each with a pipe for its commands. `ask N COMMAND` prints what it answers, and fails if that is an
/// error.
const SCRIPT: &str = r#"
cd /tmp
peer() {
    mkfifo "in$1"; : > "out$1"
    phalanx-peer serve --file-prefix $prefix --proc-type=$2 --lcores "$1@0" $3 < "in$1" >> "out$1" 2>&1 &
    eval "pid$1=$!"
    sleep 600 > "in$1" &
    until grep -q ^joined "out$1"; do sleep 0.1; done
}
answers() { grep -c '^ok\|^error' "out$1"; }
say() { n=$1; shift; echo "$*" > "in$n"; }
hear() {
    for i in $(seq 600); do [ "$(answers "$1")" -gt "$2" ] && break; sleep 0.1; done
    grep '^ok\|^error' "out$1" | tail -n 1
}
ask() { n=$1; before=$(answers "$n"); say "$@"; hear "$n" "$before"; }
there() { [ -e /sys/bus/pci/devices/0000:01:00.0 ]; }
plug() { monitor device_add e1000e,id=x,bus=late,netdev=n; for i in $(seq 60); do there && break; sleep 1; done; there; }
unplugged() { for i in $(seq 60); do there || break; sleep 0.5; done; ! there; }
ports() { for n in $*; do ask "$n" ports; done; }
hear_all() { for n in $1; do ask "$n" await-port "$2" "$3"; done; }
fired() { awk -v card="(0000:00:$1)" 'index($0, "vfio") && index($0, card) { n += $2 + $3 } END { print n + 0 }' /proc/interrupts; }
link() {
    fired_before=$(fired "$1")
    monitor set_link "$2" "$3" >/dev/null
    hear_all "0 1 2" "$4" "0000:00:$1"
    [ "$(fired "$1")" -gt "$fired_before" ] && echo ok it has interrupted
}

prefix=late
peer 0 primary "-m 16"
peer 1 secondary
peer 2 secondary
peer 3 secondary
for n in 0 1 2 3; do ask $n port-news; done
ask 0 device-news

phalanx bind vfio-pci 00:11.0 00:12.0 00:13.0
ask 0 pool-of-packets peer.packets 1023
for card in 11.0 12.0 13.0; do
    ask 1 attach 0000:00:$card
    ask 0 port-up 0000:00:$card 1 1
done
check e1000e_down link 11.0 nic0 off is-down
check e1000e_up link 11.0 nic0 on is-up-at-1-Gbps-FDX
check virtio_down link 12.0 nic1 off is-down
check virtio_up link 12.0 nic1 on is-up-at-unknown-speed-FDX
check line_down link 13.0 nic2 off is-down
check line_up link 13.0 nic2 on is-up-at-1-Gbps-FDX
for card in 11.0 12.0 13.0; do ask 0 detach 0000:00:$card; done
check absent ask 1 attach 01:00.0
monitor netdev_add hubport,id=n,hubid=7
check plugged plug
check told_plugged ask 0 await-device pci device 0000:01:00.0 is there
check unbound ask 1 attach 01:00.0
check bind phalanx bind vfio-pci 01:00.0
check attached ask 1 attach 01:00.0,rx_size=256
check seen ports 0 1 2
check again ask 2 attach pci:0000:01:00.0
check up ask 0 port-up 0000:01:00.0 1 1
check rx ask 1 open-rx 0000:01:00.0 0
check tx ask 2 open-tx 0000:01:00.0 0
check receive ask 1 port-receive
check busy ask 2 detach 01:00.0 100
check still ports 0 1 2
ask 2 await-port is-going 0000:01:00.0
ask 2 await-port stays 0000:01:00.0

kill -9 $pid1
monitor device_del x
check told_going hear_all "0 2 3" is-going 0000:01:00.0
check let_go ask 2 drop-queues
check told_gone hear_all "0 2 3" is-gone 0000:01:00.0
check gone ports 0 2
check pulled unplugged
check told_pulled ask 0 await-device pci device 0000:01:00.0 is gone

check plugged_anew plug
phalanx bind vfio-pci 01:00.0
check attached_anew ask 2 attach 01:00.0,rx_size=1024,tx_size=64
check up_anew ask 0 port-up 0000:01:00.0 1 1
check rx_anew ask 2 open-rx 0000:01:00.0 0
check by_force ask 0 detach 01:00.0 0 force
check forced ports 0 2
check nothing ask 2 port-receive
ask 2 drop-queues
check attached_last ask 2 attach 01:00.0,rx_size=256
kill -9 $pid0
check orphaned ask 2 await-port has-lost-its-owner 0000:01:00.0
check detached_by_an_heir ask 2 detach 01:00.0
check none ports 2
check audit phalanx audit --file-prefix late

prefix=bare
phalanx bind uio_pci_generic 01:00.0
peer 3 primary "-m 16 --iova-mode=pa"
peer 4 secondary
check bare ask 4 attach 01:00.0
ask 4 detach 01:00.0
check bare_own ask 3 attach 01:00.0
cat out0 out2 out3 out4
"#;

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let vm = require::vm()?;
    let guest =
        Guest::new(vm).iommu().pages_2m(64).modules("vfio-pci vfio_iommu_type1 uio_pci_generic");
    let guest = guest.nic("e1000e@l").nic("virtio@l").nic("e1000@l");
    let guest = guest.file(&app("phalanx")).file(Path::new(PEER));
    Some(TOLD.get_or_init(|| guest.run(SCRIPT)))
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
