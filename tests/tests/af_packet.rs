//! `net_af_packet` between network namespaces: what hosts see of a group that passes their packets on.

use core::time::Duration;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use phalanx_tests::netns::Between;
use phalanx_tests::process::Process;
use phalanx_tests::require;
use phalanx_tests::rig::{GIVEN, PASS, Rig, bridged, frame, peer_in, secondary};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

#[test]
fn two_hosts_ping_each_other_through_a_secondary() {
    let (Some(()), Some(())) = (require::netns(), require::ping()) else { return };
    let (group, hosts, owner) = bridged(PEER, "", 1);
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
    let (_group, hosts, mut owner) = bridged(PEER, ",framesz=65536,framecnt=64", 1);
    owner.ask(PASS).unwrap();
    assert_stream(&hosts);
    let stats = owner.ask("port-stats net_af_packet0").unwrap();
    assert!(stats.contains(" bad 0 "), "{stats}");
}

#[test]
fn a_stream_of_senders_that_cut_themselves_passes_in_short_frames() {
    let (Some(()), Some(())) = (require::netns(), require::iperf3()) else { return };
    let Some(()) = require::ethtool() else { return };
    let (_group, hosts, mut owner) = bridged(PEER, "", 1);
    hosts.no_offloads();
    owner.ask(PASS).unwrap();
    assert_stream(&hosts);
}

#[test]
fn the_bytes_of_a_stream_arrive_as_they_were_sent_however_late_they_are_read() {
    let Some(()) = require::netns() else { return };
    let (_group, hosts, mut owner) = bridged(PEER, ",framesz=65536,framecnt=32", 1);
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
    let rig = Rig::new(PEER);
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
    let rig = Rig::new(PEER);
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
    let rig = Rig::new(PEER);
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
fn a_flow_stays_on_its_queue_and_its_process() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
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
fn places_without_a_packet_are_passed_over_and_not_counted() {
    let Some(()) = require::netns() else { return };
    let rig = Rig::new(PEER);
    let mut owner = rig.owner("", 1);
    owner.ask("hold-tx net_af_packet0 0").unwrap();
    assert_eq!(owner.ask("give-between 5").unwrap(), "5");
    let stats = owner.ask("port-stats net_af_packet0").unwrap();
    assert!(stats.ends_with("tx 5 dropped 0"), "{stats}");
}
