//! Linux hosts on real cards, whose only way to each other leads through the forwarding programs on two
//! e1000e of VFIO's: `ping` and `iperf3` through either model. One guest serves all.
//!
//! ```text
//! left (10.99.0.1) ═ e1000e ═ e1000e ═ [ 2 × symmetric_mp | mp_server, 2 × mp_client ] ═ e1000e ═ e1000e ═ right
//! ```

use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, Told};

const SCRIPT: &str = r#"
export XDG_RUNTIME_DIR=/tmp
mkdir -p /run/netns
phalanx bind vfio-pci 00:11.0 >/dev/null
phalanx bind vfio-pci 00:12.0 >/dev/null
CARDS="-a 0000:00:11.0 -a 0000:00:12.0"

on() {
    on_host=$1
    shift
    ip.host netns exec "$on_host" "$@"
}
# host NAME CARD ADDRESS: the card's interface in a network namespace.
host() {
    host_card=$(ls "/sys/bus/pci/devices/0000:00:$2.0/net")
    ip.host netns add "$1"
    ip.host link set "$host_card" netns "$1"
    on "$1" ip link set lo up
    on "$1" ip addr add "$3/24" dev "$host_card"
    on "$1" ip link set "$host_card" up
}
host left 13 10.99.0.1
host right 14 10.99.0.2

start() {
    start_name=$1
    shift
    "$@" >"/tmp/$start_name.out" 2>&1 &
    echo $! >"/tmp/$start_name.pid"
}
# await NAME WORDS: until it has said that; fails if it has ended before.
await() {
    for await_try in $(seq 600); do
        grep -q "$2" "/tmp/$1.out" && return 0
        [ -d "/proc/$(cat "/tmp/$1.pid")" ] || break
        sleep 0.1
    done
    cat "/tmp/$1.out"
    return 1
}
# A card takes some seconds to have a link.
reached() {
    for reached_try in $(seq 60); do on left ping -c 1 -W 1 10.99.0.2 >/dev/null && return 0; done
    return 1
}
pings() { on left ping -c 20 -i 0.05 -W 5 10.99.0.2; }
tcp() {
    on right iperf3 -s -1 >/tmp/iperf3.out 2>&1 &
    tcp_server=$!
    for tcp_try in $(seq 100); do grep -q listening /tmp/iperf3.out && break; sleep 0.1; done
    on left iperf3 -c 10.99.0.2 -t 1 -f k || return 1
    wait $tcp_server
}
# What the IOMMU has kept from the cards.
faults() { dmesg | grep 'DMAR: .*00:1[12].0'; true; }
# end NAME: as Ctrl-C does.
end() {
    kill -INT "$(cat "/tmp/$1.pid")"
    wait "$(cat "/tmp/$1.pid")" || { end_status=$?; cat "/tmp/$1.out"; return $end_status; }
}

symmetric() {
    start "symmetric$1" symmetric_mp -l "$1" --proc-type=auto -m 192 $CARDS -- -p 3 --num-procs=2 --proc-id="$1"
    await "symmetric$1" "using queue $1 of each port"
}
check primary symmetric 0
check secondary symmetric 1
check reached reached
check pings pings
check tcp tcp
check killed kill -9 "$(cat /tmp/symmetric1.pid)"
check restarted symmetric 1
check reached_again reached
check pings_again pings
check audit phalanx audit
check faults faults
check secondary_ends end symmetric1
check primary_ends end symmetric0

start server mp_server -l 0 -m 64 $CARDS -- -p 3 -n 2
check server await server "APP: Finished Process Init."
for id in 0 1; do
    start client$id mp_client -l $((id + 1)) --proc-type=secondary -- -n $id
    check client$id await client$id "Press Ctrl-C to quit"
done
check served reached
check served_pings pings
check served_tcp tcp
check served_faults faults
for id in 0 1; do check client${id}_ends end client$id; done
check server_ends end server
drivers() { driver 0000:00:11.0; driver 0000:00:12.0; find /dev/hugepages -type f; }
check drivers drivers
"#;

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let vm = require::vm()?;
    require::netns()?;
    require::iperf3()?;
    let mut guest = Guest::new(vm).iommu().pages_2m(128).with(&["--memory", "1024", "--cpus", "4"]);
    for card in ["e1000e@left", "e1000e@right", "e1000e@left", "e1000e@right"] {
        guest = guest.nic(card);
    }
    guest = guest.modules("e1000e vfio-pci vfio_iommu_type1").installed("iperf3", "iperf3");
    guest = guest.installed("ip", "ip.host");
    for program in ["phalanx", "symmetric_mp", "mp_server", "mp_client"] {
        guest = guest.file(&app(program));
    }
    Some(TOLD.get_or_init(|| guest.run(SCRIPT)))
}

/// Asserts that these ended with 0, each after the one before.
#[track_caller]
fn went_well(names: &[&str]) {
    let Some(told) = told() else { return };
    for name in names {
        told.check(name).assert_success();
    }
}

#[track_caller]
fn assert_no_ping_lost(name: &str) {
    let Some(told) = told() else { return };
    let said = told.check(name).assert_success();
    assert!(said.contains("20 packets transmitted, 20 packets received, 0% packet loss"), "{said}");
}

#[track_caller]
fn assert_bytes_passed(name: &str) {
    let Some(told) = told() else { return };
    let said = told.check(name).assert_success();
    let sum = said.lines().find(|line| line.contains("receiver"));
    let words: Vec<_> = sum.map(|line| line.split_whitespace().collect()).unwrap_or_default();
    let rate = words.iter().position(|word| *word == "Kbits/sec").and_then(|at| words.get(at - 1));
    println!("{name}: {rate:?} kbit/s");
    assert!(rate.is_some_and(|rate| rate.parse::<f64>().is_ok_and(|rate| rate > 0.0)), "{said}");
}

#[test]
fn hosts_reach_each_other_through_two_symmetric_processes() {
    went_well(&["primary", "secondary", "reached"]);
    assert_no_ping_lost("pings");
    assert_bytes_passed("tcp");
}

#[test]
fn a_symmetric_process_that_was_killed_is_started_anew_and_forwards() {
    went_well(&["killed", "restarted", "reached_again"]);
    assert_no_ping_lost("pings_again");
    went_well(&["audit", "secondary_ends", "primary_ends"]);
}

#[test]
fn hosts_reach_each_other_through_a_server_and_its_clients() {
    went_well(&["server", "client0", "client1", "served"]);
    assert_no_ping_lost("served_pings");
    assert_bytes_passed("served_tcp");
}

#[test]
fn the_cards_reach_for_nothing_that_they_must_not() {
    let Some(told) = told() else { return };
    for check in ["faults", "served_faults"] {
        assert_eq!(told.check(check).assert_success(), "", "{check}");
    }
}

#[test]
fn programs_end_and_leave_the_cards_to_vfio() {
    went_well(&["client0_ends", "client1_ends", "server_ends"]);
    let Some(told) = told() else { return };
    assert_eq!(told.check("drivers").assert_success(), "vfio-pci\nvfio-pci\n");
}
