//! `net_af_packet` between network namespaces: what hosts see of a group that passes their packets on.

use core::time::Duration;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::netns::{Between, Namespace, Wire, join};
use phalanx_tests::process::Process;
use phalanx_tests::require;

/// A frame from `from` to everybody with a number in it, as `take` shows it.
fn frame(len: usize, number: u32) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend([2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
    frame.extend(number.to_be_bytes());
    frame.resize(len, 0xa5);
    frame
}

/// What the beginning of a frame that a peer gives looks like.
const GIVEN: [u8; 14] =
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x88, 0xb5];

/// A namespace with a group in it whose port `net_af_packet0` is one end of a wire; the test has the
/// other.
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
        outside.must("ip", &["link", "set", "wire0", "up"]);
        Self { group: TestGroup::of(env!("CARGO_BIN_EXE_phalanx-peer")), inside, outside }
    }

    /// A peer in the namespace.
    fn peer(&self, arguments: &str) -> Process {
        peer_in(&self.group, &self.inside, arguments)
    }

    /// The owner of the port, which runs with so many queues.
    fn owner(&self, args: &str, queues: u16) -> Process {
        let mut owner =
            self.peer(&format!("{MEMORY} {} --vdev net_af_packet0,iface=port0{args}", lcore(0)));
        owner.ask(&format!("port-up net_af_packet0 {queues} {queues}")).unwrap();
        owner
    }

    fn wire(&self) -> Wire {
        self.outside.wire("wire0")
    }
}

const MEMORY: &str = "--no-huge -m 16";

fn secondary(id: u16) -> String {
    format!("--proc-type=secondary {}", lcore(id))
}

fn peer_in(group: &TestGroup, namespace: &Namespace, arguments: &str) -> Process {
    let before = ["ip", "netns", "exec", namespace.name()].map(str::to_owned);
    let mut command = group.command_behind(&before);
    command.args(["serve", "--file-prefix", group.prefix()]).args(arguments.split_whitespace());
    let mut peer = Process::start(command);
    peer.await_line("joined ");
    peer
}

/// Two hosts, and the owner of two ports between them.
fn bridged(args: &str, queues: u16) -> (TestGroup, Between, Process) {
    let hosts = Between::new();
    let group = TestGroup::of(env!("CARGO_BIN_EXE_phalanx-peer"));
    let mut owner = peer_in(
        &group,
        &hosts.middle,
        &format!(
            "{MEMORY} {} --vdev net_af_packet0,iface=left0{args} --vdev net_af_packet1,iface=right0{args}",
            lcore(0)
        ),
    );
    for port in ["net_af_packet0", "net_af_packet1"] {
        owner.ask(&format!("port-up {port} {queues} {queues}")).unwrap();
    }
    (group, hosts, owner)
}

const PASS: &str = "pass net_af_packet0 0 net_af_packet1 0";

fn numbers(taken: &str) -> Vec<u32> {
    let number = |word: &str| word.split_once(':').unwrap().1.parse().unwrap();
    taken.split_whitespace().map(number).collect()
}

#[test]
fn two_hosts_ping_each_other_through_a_secondary() {
    let (Some(()), Some(())) = (require::netns(), require::ping()) else { return };
    let (group, hosts, owner) = bridged("", 1);
    let mut passing = peer_in(&group, &hosts.middle, &secondary(1));
    passing.ask(PASS).unwrap();
    let (sent, back) = hosts.left.ping(Between::RIGHT, &["-c", "200", "-i", "0.002"]);
    assert_eq!((sent, back), (200, 200));
    passing.ask("stop-passing").unwrap();
    drop(owner);
}

#[test]
fn a_stream_of_senders_that_leave_all_to_their_device_passes_where_frames_are_long() {
    let (Some(()), Some(())) = (require::netns(), require::iperf3()) else { return };
    let (_group, hosts, mut owner) = bridged(",framesz=65536,framecnt=64", 1);
    owner.ask(PASS).unwrap();
    assert_stream(&hosts);
    let stats = owner.ask("port-stats net_af_packet0").unwrap();
    assert!(stats.contains(" bad 0 "), "{stats}");
}

#[test]
fn a_stream_of_senders_that_cut_themselves_passes_in_short_frames() {
    let (Some(()), Some(())) = (require::netns(), require::iperf3()) else { return };
    let Some(()) = require::ethtool() else { return };
    let (_group, hosts, mut owner) = bridged("", 1);
    hosts.no_offloads();
    owner.ask(PASS).unwrap();
    assert_stream(&hosts);
}

#[test]
fn the_bytes_of_a_stream_arrive_as_they_were_sent_however_late_they_are_read() {
    let Some(()) = require::netns() else { return };
    let (_group, hosts, mut owner) = bridged(",framesz=65536,framecnt=32", 1);
    owner.ask(PASS).unwrap();
    let listener = hosts.right.within(|| TcpListener::bind((Between::RIGHT, 7000)).unwrap());
    let mut stream = hosts.left.within(|| TcpStream::connect((Between::RIGHT, 7000)).unwrap());
    let sent: Vec<u8> = (0..4_000_000u32).map(|at| (at ^ at >> 8 ^ at >> 16) as u8).collect();
    let reader = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut came, mut bytes) = (Vec::new(), vec![0; 100_000]);
        // So late that the rings have come around while the bytes lay in the receiver's queue.
        while let Ok(len @ 1..) = stream.read(&mut bytes) {
            came.extend_from_slice(&bytes[..len]);
            std::thread::sleep(Duration::from_millis(2));
        }
        came
    });
    stream.write_all(&sent).unwrap();
    drop(stream);
    assert!(reader.join().unwrap() == sent, "the stream that came is not what was sent");
}

/// A TCP stream of a second passes from left to right.
fn assert_stream(hosts: &Between) {
    let server = hosts.right.iperf3_server();
    let report = hosts.left.iperf3(Between::RIGHT, &["--time", "1"]);
    server.end();
    let received = report["end"]["sum_received"]["bytes"].as_u64().unwrap_or(0);
    assert!(received > 1 << 20, "only {received} bytes of a second's stream came: {report}");
}

#[test]
fn frames_of_every_length_are_received_or_counted() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let mut owner = rig.owner("", 1);
    owner.ask("hold-rx net_af_packet0 0").unwrap();
    for end in [(&rig.inside, "port0"), (&rig.outside, "wire0")] {
        end.0.must("ip", &["link", "set", end.1, "mtu", "65535"]);
    }
    let wire = rig.wire();
    // The kernel itself sends nothing that has no Ethernet header.
    assert!(wire.send(&[]).is_err() && wire.send(&[0xff; 13]).is_err());
    for (number, len) in [(1, 18), (2, 1514), (3, 1972), (4, 1973), (5, 9018), (6, 65_535), (7, 60)]
    {
        wire.send(&frame(len, number)).unwrap();
    }
    assert_eq!(owner.ask("take 4").unwrap(), "18:1 1514:2 1972:3 60:7");
    let stats = owner.ask("port-stats net_af_packet0").unwrap();
    assert!(stats.contains("rx 4 bad 3 "), "{stats}");
}

#[test]
fn frames_of_every_length_are_sent_or_counted_and_freed() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let mut owner = rig.owner("", 1);
    let wire = rig.wire();
    owner.ask("hold-tx net_af_packet0 0").unwrap();
    owner.ask("give 60 1").unwrap();
    let free = owner.ask("free-mbufs").unwrap();
    for len in [0, 13, 14, 1514, 1515, 9018, 65_535] {
        assert_eq!(owner.ask(&format!("give {len} 1")).unwrap(), "1", "{len}");
    }
    let came = [60, 14, 1514].map(|_| wire.next_with(&GIVEN).len());
    assert_eq!(came, [60, 14, 1514]);
    let stats = owner.ask("port-stats net_af_packet0").unwrap();
    assert!(stats.contains("tx 8 dropped 5"), "{stats}");
    assert_eq!(owner.ask("free-mbufs").unwrap(), free);
}

#[test]
fn long_frames_come_and_go_in_several_segments() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    for end in [(&rig.inside, "port0"), (&rig.outside, "wire0")] {
        end.0.must("ip", &["link", "set", end.1, "mtu", "9100"]);
    }
    let mut owner = rig.owner(",framesz=16384,framecnt=64", 1);
    let wire = rig.wire();
    owner.ask("hold-rx net_af_packet0 0").unwrap();
    owner.ask("hold-tx net_af_packet0 0").unwrap();
    wire.send(&frame(9018, 5)).unwrap();
    assert_eq!(owner.ask("take 1").unwrap(), "9018:5");
    owner.ask("give 9018 2").unwrap();
    for _ in 0..2 {
        let came = wire.next_with(&GIVEN);
        assert_eq!(came.len(), 9018);
        assert!(came[18..].iter().all(|byte| *byte == 0x5a));
    }
}

#[test]
fn what_lies_in_the_ring_of_a_killed_claimant_is_its_successors() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let owner = rig.owner("", 1);
    let wire = rig.wire();
    let mut first = rig.peer(&secondary(1));
    first.ask("hold-rx net_af_packet0 0").unwrap();
    // Once around, and some more.
    for number in 0..500 {
        wire.send(&frame(60, number)).unwrap();
    }
    assert_eq!(numbers(&first.ask("take 480").unwrap()), (0..480).collect::<Vec<_>>());
    for number in 500..800 {
        wire.send(&frame(60, number)).unwrap();
    }
    first.kill();
    for number in 800..900 {
        wire.send(&frame(60, number)).unwrap();
    }
    let mut second = rig.peer(&secondary(1));
    second.ask("hold-rx net_af_packet0 0").unwrap();
    assert_eq!(numbers(&second.ask("take 420").unwrap()), (480..900).collect::<Vec<_>>());
    drop(owner);
}

#[test]
fn a_killed_senders_successor_sends_on() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let owner = rig.owner("", 1);
    let wire = rig.wire();
    for round in 0..3 {
        let mut sender = rig.peer(&secondary(1));
        sender.ask("hold-tx net_af_packet0 0").unwrap();
        sender.ask("give 60 200").unwrap();
        for number in 0..200u32 {
            let came = wire.next_with(&GIVEN);
            assert_eq!(came[14..18], number.to_be_bytes(), "of round {round}");
        }
        sender.kill();
    }
    drop(owner);
}

#[test]
fn a_second_claim_is_refused_by_name() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let mut owner = rig.owner("", 1);
    owner.ask("hold-rx net_af_packet0 0").unwrap();
    let mut other = rig.peer(&secondary(1));
    let refused = other.ask("hold-rx net_af_packet0 0").unwrap_err();
    assert!(refused.contains(&format!("pid {}", owner.id())), "{refused}");
    owner.ask("shut").unwrap();
    other.ask("hold-rx net_af_packet0 0").unwrap();
}

#[test]
fn an_owner_that_is_killed_is_replaced_and_claimants_go_on() {
    let (Some(()), Some(())) = (require::netns(), require::ping()) else { return };
    let (group, hosts, owner) = bridged(",qpairs=2", 2);
    let mut passing = peer_in(&group, &hosts.middle, &secondary(1));
    passing.ask(PASS).unwrap();
    let mut more = peer_in(&group, &hosts.middle, &secondary(2));
    more.ask("pass net_af_packet0 1 net_af_packet1 1").unwrap();
    owner.kill();
    let reaches = || hosts.left.ping(Between::RIGHT, &["-c", "20", "-i", "0.002"]);
    assert_eq!(reaches(), (20, 20));
    // Without an owner nobody new gets a queue, and is told why.
    more.ask("stop-passing").unwrap();
    let refused = more.ask("hold-rx net_af_packet0 1").unwrap_err();
    assert!(refused.contains("start a primary, which adopts the port"), "{refused}");
    let mut next = peer_in(&group, &hosts.middle, &format!("--proc-type=primary {}", lcore(3)));
    more.ask("pass net_af_packet0 1 net_af_packet1 1").unwrap();
    assert_eq!(reaches(), (20, 20));
    // The new owner keeps what the first claimant has, so that its successor goes on.
    passing.kill();
    next.ask(PASS).unwrap();
    assert_eq!(reaches(), (20, 20));
}

#[test]
fn an_interface_that_is_deleted_is_gone_for_its_port_and_for_no_other() {
    let Some(()) = require::netns() else { return };
    let (_group, hosts, mut owner) = bridged("", 1);
    for port in ["net_af_packet0", "net_af_packet1"] {
        owner.ask(&format!("hold-rx {port} 0")).unwrap();
        owner.ask(&format!("hold-tx {port} 0")).unwrap();
    }
    hosts.middle.must("ip", &["link", "delete", "right0"]);
    owner.ask("await-link net_af_packet1 gone").unwrap();
    // Packets for it are dropped and counted; the loop goes on.
    owner.ask("give 60 600").unwrap();
    let stats = owner.ask("port-stats net_af_packet1").unwrap();
    assert!(stats.ends_with("tx 600 dropped 600"), "{stats}");
    // The kernel tells of a link that has come up up to a second later.
    owner.ask("await-link net_af_packet0 up").unwrap();
}

#[test]
fn a_link_that_goes_down_and_up_is_told_of() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let mut owner = rig.owner("", 1);
    owner.ask("hold-tx net_af_packet0 0").unwrap();
    owner.ask("await-link net_af_packet0 up").unwrap();
    rig.outside.must("ip", &["link", "set", "wire0", "down"]);
    owner.ask("await-link net_af_packet0 down").unwrap();
    owner.ask("give 60 600").unwrap();
    rig.outside.must("ip", &["link", "set", "wire0", "up"]);
    owner.ask("await-link net_af_packet0 up").unwrap();
    let wire = rig.wire();
    owner.ask("give 61 1").unwrap();
    while wire.next_with(&GIVEN).len() != 61 {}
}

#[test]
fn a_flow_stays_on_its_queue_and_its_process() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let mut owner = rig.owner(",qpairs=2", 2);
    let mut other = rig.peer(&secondary(1));
    owner.ask("hold-rx net_af_packet0 0").unwrap();
    other.ask("hold-rx net_af_packet0 1").unwrap();
    let wire = rig.wire();
    // Sixteen flows of ten packets each, one after the other; and who has how many of which.
    let udp = |flow: u8, number: u8| {
        let mut frame = vec![0xff; 12];
        frame.extend([
            8, 0, 0x45, 0, 0, 46, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 1, 0, flow, 10, 2, 0, 1,
        ]);
        frame.extend([flow, 0, 0, 80, 0, 26, 0, 0]);
        frame.resize(60, number);
        frame
    };
    for number in 0..10 {
        for flow in 0..16 {
            wire.send(&udp(flow, number)).unwrap();
        }
    }
    let count = |peer: &mut Process| peer.ask("take-all").unwrap().parse::<u32>().unwrap();
    let counts = [count(&mut owner), count(&mut other)];
    assert_eq!(counts[0] + counts[1], 160);
    assert!(counts.iter().all(|count| count % 10 == 0), "a flow was split: {counts:?}");
}

#[test]
fn an_interface_that_is_not_there_is_refused_in_one_line() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let before = ["ip", "netns", "exec", rig.inside.name()].map(str::to_owned);
    for (vdev, part) in [
        ("net_af_packet0,iface=nowhere0", "there is no interface 'nowhere0'"),
        ("net_af_packet0,iface=lo", "is no Ethernet interface"),
        ("net_af_packet0,iface=port0,framesz=100", "framesz=100 is no length of a frame"),
        ("net_af_packet0", "give iface=NAME"),
    ] {
        let mut command = rig.group.command_behind(&before);
        command.args(["join", "--file-prefix", rig.group.prefix(), "--vdev", vdev]);
        command.args(format!("{MEMORY} {}", lcore(0)).split_whitespace());
        let ended = Process::run(command);
        let said = ended.assert_refused();
        assert!(said.contains(part), "{vdev}: {said}");
    }
}

#[test]
fn a_port_has_a_link_before_any_queue_is_opened() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    // Whoever configures the port brings it up, several queues or one.
    for queues in [1, 2] {
        rig.inside.must("ip", &["link", "set", "port0", "down"]);
        let mut owner = rig.owner(",qpairs=2", queues);
        let mut other = rig.peer(&secondary(1));
        other.ask("await-link net_af_packet0 up").unwrap();
        rig.outside.must("ip", &["link", "set", "wire0", "down"]);
        other.ask("await-link net_af_packet0 down").unwrap();
        rig.outside.must("ip", &["link", "set", "wire0", "up"]);
        other.ask("await-link net_af_packet0 up").unwrap();
        other.end();
        owner.ask("port-close net_af_packet0").unwrap();
        owner.end();
    }
}

#[test]
fn the_mtu_that_a_port_is_given_is_its_interfaces() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let mut owner = rig.owner("", 1);
    let mtu = |expected: &str| {
        let shown = rig.inside.must("ip", &["link", "show", "port0"]);
        assert!(shown.contains(expected), "{shown}");
    };
    owner.ask("remake net_af_packet0 1 1 1800").unwrap();
    mtu("mtu 1800");
    // What somebody else has set is left alone by who asks for nothing else.
    for end in [(&rig.inside, "port0"), (&rig.outside, "wire0")] {
        end.0.must("ip", &["link", "set", end.1, "mtu", "1600"]);
    }
    owner.ask("port-up net_af_packet0 1 1").unwrap();
    mtu("mtu 1600");
    owner.ask("hold-tx net_af_packet0 0").unwrap();
    let wire = rig.wire();
    owner.ask("give 1614 1").unwrap();
    assert_eq!(wire.next_with(&GIVEN).len(), 1614);
}

#[test]
fn places_without_a_packet_are_passed_over_and_not_counted() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let mut owner = rig.owner("", 1);
    owner.ask("hold-tx net_af_packet0 0").unwrap();
    assert_eq!(owner.ask("give-between 5").unwrap(), "5");
    let stats = owner.ask("port-stats net_af_packet0").unwrap();
    assert!(stats.ends_with("tx 5 dropped 0"), "{stats}");
}

#[test]
fn a_claimant_that_is_stopped_keeps_its_queue_while_the_port_is_adopted() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new();
    let owner = rig.owner(",qpairs=2", 2);
    let mut stopped = rig.peer(&secondary(1));
    stopped.ask("hold-rx net_af_packet0 0").unwrap();
    stopped.ask("hold-tx net_af_packet0 0").unwrap();
    stopped.freeze();
    owner.kill();
    let mut next = rig.peer(&format!("--proc-type=primary {}", lcore(0)));
    next.ask("hold-rx net_af_packet0 1").unwrap();
    stopped.thaw();
    let wire = rig.wire();
    for number in 0..20 {
        wire.send(&frame(60, number)).unwrap();
    }
    // Of one flow: all came to one of both queues.
    let counts = [stopped.ask("take-all").unwrap(), next.ask("take-all").unwrap()];
    assert!(counts.contains(&"20".to_owned()), "{counts:?}");
}
