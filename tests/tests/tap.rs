//! `net_tap`: what the machine that has the interface sees.

use std::net::UdpSocket;

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::require;
use phalanx_tests::rig::{Rig, secondary};

const FLOWS: u32 = 64;

fn count(peer: &mut Process) -> u32 {
    peer.ask("take-all").unwrap().parse().unwrap()
}

/// A host that has a tap, and another at the end of a wire; a group passes packets between both.
struct Taps(Rig);

impl core::ops::Deref for Taps {
    type Target = Rig;
    fn deref(&self) -> &Rig {
        &self.0
    }
}

impl Taps {
    fn new() -> Self {
        let rig = Rig::new(env!("CARGO_BIN_EXE_phalanx-peer"));
        rig.outside.address("wire0", "10.98.0.2/24");
        Self(rig)
    }

    fn owner(&self) -> Process {
        let mut owner = self.peer(&format!(
            "--no-huge -m 16 {} --vdev net_tap0,mac=02:00:00:00:00:98 --vdev net_af_packet0,iface=port0",
            lcore(0)
        ));
        // It is there, with its address, before any queue is opened.
        let shown = self.inside.must("ip", &["link", "show", "dtap0"]);
        assert!(shown.contains("02:00:00:00:00:98"), "{shown}");
        self.inside.address("dtap0", "10.98.0.1/24");
        owner.ask("port-up net_tap0 1 1").unwrap();
        owner.ask("port-up net_af_packet0 1 1").unwrap();
        owner
    }

    /// The owner of a tap alone, with so many queues, whose host reaches 10.98.0.9 through it.
    fn owner_of_tap(&self, rx: u16, tx: u16) -> Process {
        let mut owner = self.peer(&format!("--no-huge -m 16 {} --vdev net_tap0", lcore(0)));
        owner.ask(&format!("port-up net_tap0 {rx} {tx}")).unwrap();
        self.reach_neighbour();
        owner
    }

    fn reach_neighbour(&self) {
        self.inside.address("dtap0", "10.98.0.1/24");
        let neighbour = ["10.98.0.9", "lladdr", "02:00:00:00:00:09", "dev", "dtap0"];
        self.inside.must("ip", &[&["neighbour", "add"], &neighbour[..]].concat());
    }

    /// The host sends a packet of each of 64 flows by the tap.
    fn send_flows(&self) {
        self.inside.within(|| {
            for _ in 0..FLOWS {
                let socket = UdpSocket::bind(("10.98.0.1", 0)).unwrap();
                socket.send_to(b"a flow of its own", ("10.98.0.9", 9)).unwrap();
            }
        });
    }

    fn ping(&self) -> (u64, u64) {
        self.inside.ping("10.98.0.2", &["-c", "50", "-i", "0.002"])
    }
}

#[test]
fn what_a_host_sends_by_a_tap_comes_by_its_port_and_the_other_way_round() {
    let (Some(()), Some(())) = (require::tun(), require::ping()) else { return };
    let rig = Taps::new();
    let mut owner = rig.owner();
    owner.ask("pass net_tap0 0 net_af_packet0 0").unwrap();
    assert_eq!(rig.ping(), (50, 50));
}

#[test]
fn a_killed_claimants_successor_serves_the_same_tap() {
    let (Some(()), Some(())) = (require::tun(), require::ping()) else { return };
    let rig = Taps::new();
    let owner = rig.owner();
    for _ in 0..2 {
        let mut passing = rig.peer(&secondary(1));
        passing.ask("pass net_tap0 0 net_af_packet0 0").unwrap();
        assert_eq!(rig.ping(), (50, 50));
        passing.kill();
    }
    drop(owner);
}

#[test]
fn a_stream_through_a_tap_passes_whatever_its_sender_leaves_to_the_device() {
    let (Some(()), Some(())) = (require::tun(), require::iperf3()) else { return };
    let rig = Taps::new();
    let mut owner = rig.owner();
    owner.ask("pass net_tap0 0 net_af_packet0 0").unwrap();
    let server = rig.outside.iperf3_server();
    let report = rig.inside.iperf3("10.98.0.2", &["--time", "1"]);
    server.end();
    let received = report["end"]["sum_received"]["bytes"].as_u64().unwrap_or(0);
    assert!(received > 1 << 20, "only {received} bytes of a second's stream came: {report}");
}

#[test]
fn a_tap_that_is_deleted_is_gone_for_its_port_and_what_it_is_given_is_counted() {
    let Some(()) = require::tun() else { return };
    let rig = Taps::new();
    let mut owner = rig.owner();
    owner.ask("hold-rx net_tap0 0").unwrap();
    owner.ask("hold-tx net_tap0 0").unwrap();
    rig.inside.must("ip", &["link", "delete", "dtap0"]);
    owner.ask("await-link net_tap0 gone").unwrap();
    owner.ask("give 60 10").unwrap();
    let stats = owner.ask("port-stats net_tap0").unwrap();
    assert!(stats.ends_with("tx 10 dropped 10"), "{stats}");
    assert_eq!(owner.ask("take-all").unwrap(), "0");
}

#[test]
fn a_tap_goes_with_the_last_process_that_has_it() {
    let Some(()) = require::tun() else { return };
    let rig = Taps::new();
    let owner = rig.owner();
    owner.end();
    let shown = rig.inside.must("ip", &["-o", "link"]);
    assert!(!shown.contains("dtap0"), "{shown}");
}

#[test]
fn all_flows_come_by_the_only_rx_queue_however_many_tx_queues_there_are() {
    let Some(()) = require::tun() else { return };
    let rig = Taps::new();
    let mut owner = rig.owner_of_tap(1, 3);
    owner.ask("hold-rx net_tap0 0").unwrap();
    let mut sender = rig.peer(&secondary(1));
    sender.ask("hold-tx net_tap0 1").unwrap();
    sender.ask("give 60 4").unwrap();
    sender.ask("hold-tx net_tap0 2").unwrap();
    sender.ask("give 60 4").unwrap();
    rig.send_flows();
    assert_eq!(count(&mut owner), FLOWS);
}

#[test]
fn who_adopts_a_tap_reads_all_flows_while_a_sender_goes_on() {
    let Some(()) = require::tun() else { return };
    let rig = Taps::new();
    let owner = rig.owner_of_tap(1, 2);
    let mut sender = rig.peer(&secondary(1));
    sender.ask("hold-tx net_tap0 1").unwrap();
    owner.kill();
    let mut next = rig.peer(&format!("--proc-type=primary {}", lcore(0)));
    next.ask("hold-rx net_tap0 0").unwrap();
    sender.ask("give 60 4").unwrap();
    rig.send_flows();
    assert_eq!(count(&mut next), FLOWS);
    // And is its keeper: the sender's end does not end it.
    sender.kill();
    rig.send_flows();
    assert_eq!(count(&mut next), FLOWS);
}

#[test]
fn a_tap_that_is_anothers_is_refused_by_name() {
    let Some(()) = require::tun() else { return };
    let rig = Taps::new();
    let mut owner = rig.owner_of_tap(1, 1);
    let others = TestGroup::of(env!("CARGO_BIN_EXE_phalanx-peer"));
    let before = ["ip", "netns", "exec", rig.inside.name()].map(str::to_owned);
    let mut command = others.command_behind(&before);
    command.args(["join", "--file-prefix", others.prefix(), "--vdev", "net_tap0"]);
    command.args(format!("--no-huge -m 16 {}", lcore(1)).split_whitespace());
    let ended = Process::run(command);
    let said = ended.assert_refused();
    assert!(said.contains("there is an interface 'dtap0' already"), "{said}");
    owner.ask("hold-rx net_tap0 0").unwrap();
    rig.send_flows();
    assert_eq!(count(&mut owner), FLOWS);
}

#[test]
fn a_tap_with_fewer_queues_than_before_spreads_nothing_to_the_former_ones() {
    let Some(()) = require::tun() else { return };
    let rig = Taps::new();
    let mut owner = rig.owner_of_tap(4, 4);
    let mut other = rig.peer(&secondary(1));
    owner.ask("hold-rx net_tap0 3").unwrap();
    owner.ask("shut").unwrap();
    owner.ask("port-up net_tap0 2 2").unwrap();
    owner.ask("hold-rx net_tap0 0").unwrap();
    other.ask("hold-rx net_tap0 1").unwrap();
    rig.send_flows();
    assert_eq!(count(&mut owner) + count(&mut other), FLOWS);
}

#[test]
fn a_tap_that_was_deleted_comes_back_when_its_port_is_configured() {
    let Some(()) = require::tun() else { return };
    let rig = Taps::new();
    let mut owner = rig.owner_of_tap(2, 2);
    rig.inside.must("ip", &["link", "delete", "dtap0"]);
    owner.ask("await-link net_tap0 gone").unwrap();
    owner.ask("remake net_tap0 1 1 1400").unwrap();
    owner.ask("await-link net_tap0 up").unwrap();
    let shown = rig.inside.must("ip", &["link", "show", "dtap0"]);
    assert!(shown.contains("mtu 1400"), "{shown}");
    rig.reach_neighbour();
    owner.ask("hold-rx net_tap0 0").unwrap();
    rig.send_flows();
    assert_eq!(count(&mut owner), FLOWS);
}

#[test]
fn places_without_a_packet_are_passed_over_and_not_counted() {
    let Some(()) = require::tun() else { return };
    let rig = Taps::new();
    let mut owner = rig.owner_of_tap(1, 1);
    owner.ask("hold-tx net_tap0 0").unwrap();
    assert_eq!(owner.ask("give-between 5").unwrap(), "5");
    let stats = owner.ask("port-stats net_tap0").unwrap();
    assert!(stats.ends_with("tx 5 dropped 0"), "{stats}");
}
