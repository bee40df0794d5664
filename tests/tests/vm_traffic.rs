//! Linux hosts on real cards, whose only way to each other leads through the forwarding programs on two
//! cards of VFIO's: `ping` and `iperf3` through either model. A guest for each kind of card; of virtio's each has two
//! pairs of queues, and what they have for a wire is a bridge of this machine's (`netns::Taps`).
//!
//! ```text
//! left (10.99.0.1) ═ e1000e ═ e1000e ═ [ 2 × symmetric_mp | mp_server, 2 × mp_client ] ═ e1000e ═ e1000e ═ right
//! left (10.99.0.1) ═ virtio ═ virtio ═ [ 2 × symmetric_mp | mp_server, 2 × mp_client ] ═ virtio ═ virtio ═ right
//! ```

use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::netns::Taps;
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
    # What virtio_net has lies a level below.
    host_device=/sys/bus/pci/devices/0000:00:$2.0
    host_card=$(basename "$(ls -d $host_device/net/* $host_device/virtio*/net/* 2>/dev/null)")
    ip.host netns add "$1"
    ip.host link set "$host_card" netns "$1"
    on "$1" ip link set lo up
    on "$1" ip addr add "$3/24" dev "$host_card"
    on "$1" ip link set "$host_card" up
}
host left 13 10.99.0.1
left_card=$host_card
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
# A ping each from many addresses: flows, for the cards to spread over their queues.
flows() {
    for flow in $(seq 30 49); do
        on left ip addr add "10.99.0.$flow/24" dev "$left_card"
        on left ping -I "10.99.0.$flow" -c 1 -W 5 10.99.0.2 || return 1
    done
}
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
check flows flows
check audit phalanx audit
check faults faults
check secondary_ends end symmetric1
check secondary_passed cat /tmp/symmetric1.out
check primary_ends end symmetric0
check primary_passed cat /tmp/symmetric0.out

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

/// What the cards are: those that the programs have, and those of the hosts, `left` before `right`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Card {
    E1000e,
    Virtio,
}

const CARDS: [Card; 2] = [Card::E1000e, Card::Virtio];

/// The guest of these cards; `None` where there is none.
fn told(of: Card) -> Option<&'static Told> {
    static TOLD: [OnceLock<Told>; 2] = [OnceLock::new(), OnceLock::new()];
    let vm = require::vm()?;
    require::netns()?;
    require::iperf3()?;
    if of == Card::Virtio {
        require::bridge()?;
    }
    let mut guest = Guest::new(vm)
        .iommu()
        .pages_2m(128)
        .with(&["--memory", "1024", "--cpus", "4", "--limit", "1500"]);
    let modules = "e1000e virtio_pci virtio_net vfio-pci vfio_iommu_type1";
    guest = guest.modules(modules).installed("iperf3", "iperf3").installed("ip", "ip.host");
    for program in ["phalanx", "symmetric_mp", "mp_server", "mp_client"] {
        guest = guest.file(&app(program));
    }
    let cards = match of {
        Card::E1000e => ["e1000e@left", "e1000e@right", "e1000e@left", "e1000e@right"],
        Card::Virtio => [
            "virtio,mq=on@tap:left.many,queues=2",
            "virtio,mq=on@tap:right.many,queues=2",
            "virtio@tap:left.far",
            "virtio@tap:right.far",
        ],
    };
    for card in cards {
        guest = guest.nic(card);
    }
    Some(TOLD[of as usize].get_or_init(|| match of {
        Card::E1000e => guest.run(SCRIPT),
        Card::Virtio => {
            let taps = Taps::new(&["left", "right"]);
            guest.within(taps.namespace()).run(SCRIPT)
        }
    }))
}

/// Asserts of each kind of card that these ended with 0, each after the one before.
#[track_caller]
fn went_well(names: &[&str]) {
    for told in CARDS.into_iter().filter_map(told) {
        for name in names {
            told.check(name).assert_success();
        }
    }
}

#[track_caller]
fn assert_no_ping_lost(name: &str) {
    for told in CARDS.into_iter().filter_map(told) {
        let said = told.check(name).assert_success();
        let all = "20 packets transmitted, 20 packets received, 0% packet loss";
        assert!(said.contains(all), "{said}");
    }
}

#[track_caller]
fn assert_bytes_passed(name: &str) {
    for card in CARDS {
        let Some(told) = told(card) else { continue };
        let said = told.check(name).assert_success();
        let sum = said.lines().find(|line| line.contains("receiver"));
        let words: Vec<_> = sum.map(|line| line.split_whitespace().collect()).unwrap_or_default();
        let at = words.iter().position(|word| *word == "Kbits/sec");
        let rate = at.and_then(|at| words.get(at - 1));
        println!("{card:?} {name}: {rate:?} kbit/s");
        let is_more = rate.is_some_and(|it| it.parse::<f64>().is_ok_and(|rate| rate > 0.0));
        assert!(is_more, "{said}");
    }
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
fn a_card_spreads_flows_over_the_queues_of_both_processes() {
    went_well(&["flows"]);
    for card in CARDS {
        let Some(told) = told(card) else { continue };
        for check in ["primary_passed", "secondary_passed"] {
            let said = told.check(check).assert_success();
            // Its own come first, and then those of all.
            let own = said.lines().find_map(|line| line.strip_prefix("Port 0: RX - "));
            let own = own.and_then(|line| line.split(',').next()?.parse::<u64>().ok());
            println!("{card:?} {check}: {own:?}");
            assert!(own.is_some_and(|own| own > 0), "{said}");
        }
    }
}

#[test]
fn hosts_reach_each_other_through_a_server_and_its_clients() {
    went_well(&["server", "client0", "client1", "served"]);
    assert_no_ping_lost("served_pings");
    assert_bytes_passed("served_tcp");
}

#[test]
fn the_cards_reach_for_nothing_that_they_must_not() {
    for told in CARDS.into_iter().filter_map(told) {
        for check in ["faults", "served_faults"] {
            assert_eq!(told.check(check).assert_success(), "", "{check}");
        }
    }
}

#[test]
fn programs_end_and_leave_the_cards_to_vfio() {
    went_well(&["client0_ends", "client1_ends", "server_ends"]);
    for told in CARDS.into_iter().filter_map(told) {
        assert_eq!(told.check("drivers").assert_success(), "vfio-pci\nvfio-pci\n");
    }
}
