//! `net_af_packet` as a port: its link and interface, its owner and claimants, and what becomes of it
//! when they die.

use phalanx_tests::cpu::lcore;
use phalanx_tests::netns::Between;
use phalanx_tests::process::Process;
use phalanx_tests::require;
use phalanx_tests::rig::{GIVEN, MEMORY, PASS, Rig, bridged, frame, numbers, peer_in, secondary};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

#[test]
fn what_lies_in_the_ring_of_a_killed_claimant_is_its_successors() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
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
    let rig = Rig::new(PEER);
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
    let rig = Rig::new(PEER);
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
    let (group, hosts, owner) = bridged(PEER, ",qpairs=2", 2);
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
    let (_group, hosts, mut owner) = bridged(PEER, "", 1);
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
    let rig = Rig::new(PEER);
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
fn an_interface_that_is_not_there_is_refused_in_one_line() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
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
    let rig = Rig::new(PEER);
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
    let rig = Rig::new(PEER);
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
fn an_interface_that_takes_less_than_before_is_noticed() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
    let mut owner = rig.owner("", 1);
    owner.ask("hold-tx net_af_packet0 0").unwrap();
    owner.ask("give 1514 1").unwrap();
    rig.inside.must("ip", &["link", "set", "port0", "mtu", "1000"]);
    owner.ask("give 1514 1500").unwrap();
    let stats = owner.ask("port-stats net_af_packet0").unwrap();
    assert!(stats.contains("tx 1501 ") && !stats.ends_with("dropped 0"), "{stats}");
}

#[test]
fn a_claimant_that_is_stopped_keeps_its_queue_while_the_port_is_adopted() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
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

#[test]
fn an_mtu_that_the_kernel_refuses_is_said_and_is_not_the_ports() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
    let mut owner = rig.owner("", 1);
    let why = owner.ask("remake net_af_packet0 1 1 999999").unwrap_err();
    assert!(why.contains("'port0' does not take an MTU of 999999 bytes"), "{why}");
    assert_eq!(owner.ask("port-mtu net_af_packet0").unwrap(), "1500");
    owner.ask("remake net_af_packet0 1 1 1400").unwrap();
    assert_eq!(owner.ask("port-mtu net_af_packet0").unwrap(), "1400");
}

#[test]
fn a_port_whose_interface_is_gone_is_not_configured_silently() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
    let mut owner = rig.owner("", 1);
    rig.inside.must("ip", &["link", "delete", "port0"]);
    owner.ask("await-link net_af_packet0 gone").unwrap();
    let why = owner.ask("port-up net_af_packet0 1 1").unwrap_err();
    assert!(why.contains("there is no interface 'port0'"), "{why}");
}

#[test]
fn the_address_that_a_port_is_given_is_its_interfaces() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
    let mut owner = rig.owner("", 1);
    let given = owner.ask("port-mac net_af_packet0 02:00:5e:00:00:07").unwrap();
    assert_eq!(given, "02:00:5E:00:00:07");
    let shown = || rig.inside.must("ip", &["link", "show", "port0"]);
    assert!(shown().contains("02:00:5e:00:00:07"), "{}", shown());
    // One of a group is no interface's.
    let why = owner.ask("port-mac net_af_packet0 01:00:5e:00:00:07").unwrap_err();
    assert!(why.contains("'port0' does not take the address 01:00:5E:00:00:07"), "{why}");
    assert!(shown().contains("02:00:5e:00:00:07"), "{}", shown());
    let mut other = rig.peer(&secondary(1));
    let why = other.ask("port-mac net_af_packet0 02:00:5e:00:00:08").unwrap_err();
    assert!(why.contains("given another MAC address"), "{why}");
    assert!(shown().contains("02:00:5e:00:00:07"), "{}", shown());
}
