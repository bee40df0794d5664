//! `net_tap`: what the machine that has the interface sees.

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::netns::{Namespace, join};
use phalanx_tests::process::Process;
use phalanx_tests::require;

/// A host that has a tap, and another at the end of a wire; a group passes packets between both.
struct Rig {
    group: TestGroup,
    inside: Namespace,
    outside: Namespace,
}

impl Rig {
    fn new() -> Self {
        let (inside, outside) = (Namespace::new("in"), Namespace::new("out"));
        join((&inside, "port0"), (&outside, "wire0"));
        inside.must("ip", &["link", "set", "port0", "up"]);
        outside.address("wire0", "10.98.0.2/24");
        Self { group: TestGroup::of(env!("CARGO_BIN_EXE_phalanx-peer")), inside, outside }
    }

    fn peer(&self, arguments: &str) -> Process {
        let before = ["ip", "netns", "exec", self.inside.name()].map(str::to_owned);
        let mut command = self.group.command_behind(&before);
        command.args(["serve", "--file-prefix", self.group.prefix()]);
        command.args(arguments.split_whitespace());
        let mut peer = Process::start(command);
        peer.await_line("joined ");
        peer
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

    fn ping(&self) -> (u64, u64) {
        self.inside.ping("10.98.0.2", &["-c", "50", "-i", "0.002"])
    }
}

fn secondary(id: u16) -> String {
    format!("--proc-type=secondary {}", lcore(id))
}

#[test]
fn what_a_host_sends_by_a_tap_comes_by_its_port_and_the_other_way_round() {
    let (Some(()), Some(())) = (require::tun(), require::ping()) else { return };
    let rig = Rig::new();
    let mut owner = rig.owner();
    owner.ask("pass net_tap0 0 net_af_packet0 0").unwrap();
    assert_eq!(rig.ping(), (50, 50));
}

#[test]
fn a_killed_claimants_successor_serves_the_same_tap() {
    let (Some(()), Some(())) = (require::tun(), require::ping()) else { return };
    let rig = Rig::new();
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
    let rig = Rig::new();
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
    let rig = Rig::new();
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
    let rig = Rig::new();
    let owner = rig.owner();
    owner.end();
    let shown = rig.inside.must("ip", &["-o", "link"]);
    assert!(!shown.contains("dtap0"), "{shown}");
}
