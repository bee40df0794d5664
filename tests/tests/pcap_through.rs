//! A capture goes in by one port and comes out by the other, through either model: the same packets,
//! those of a flow in their order, and counters that say so.

use core::time::Duration;
use std::fs;
use std::path::Path;
use std::time::Instant;

use phalanx_tests::forwarders::{Forwarders, await_json, last_json, number};
use phalanx_tests::frames::{assert_same, capture, frames_of};
use phalanx_tests::scratch::Scratch;

/// Flows in a capture.
const FLOWS: u16 = 97;

/// How long the packets are waited for: longer than any disk takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// The two ports: one reads the capture, the other writes what is sent by it.
fn ports(dir: &Path) -> String {
    let (from, to) = (dir.join("in.pcap"), dir.join("out.pcap"));
    format!("--vdev net_pcap0,rx_pcap={} --vdev net_pcap1,tx_pcap={}", from.display(), to.display())
}

fn write_capture(dir: &Path, count: u32) {
    fs::write(dir.join("in.pcap"), capture(count, FLOWS)).expect("the capture is written");
}

fn assert_through(dir: &Path, count: u32) {
    let bytes = fs::read(dir.join("out.pcap")).expect("there is a capture");
    assert_same(frames_of(&bytes), count, FLOWS);
}

/// Through a server that deals as `deal` says, and so many clients.
fn through_server(count: u32, clients: u16, deal: &str) {
    let dir = Scratch::new();
    write_capture(dir.path(), count);
    let group = Forwarders::new();
    let how = format!("-p 3 -n {clients} {deal} --no-drop --json");
    let mut server = group.server(&ports(dir.path()), &how);
    let clients: Vec<_> = (0..clients).map(|id| group.client(id)).collect();
    let sent = |json: &serde_json::Value| number(json, "/ports/1/tx") == u64::from(count);
    await_json(&mut server, sent);
    for client in clients {
        client.terminate().assert_success();
    }
    let json = last_json(&server.terminate());
    assert_eq!(number(&json, "/ports/0/rx"), u64::from(count), "{json}");
    for client in json["clients"].as_array().expect("there are clients") {
        assert_eq!(client["rx"], client["taken"], "{json}");
        assert_eq!(client["taken"], client["tx"], "{json}");
        assert_eq!((&client["rx_drop"], &client["tx_drop"]), (&0.into(), &0.into()), "{json}");
        assert!(client["tx"].as_u64() > Some(0), "each client has some flows: {json}");
    }
    assert_through(dir.path(), count);
}

fn through_symmetric(count: u32) {
    let dir = Scratch::new();
    write_capture(dir.path(), count);
    let group = Forwarders::new();
    let eal = format!("--proc-type=primary {}", ports(dir.path()));
    let first = group.symmetric(0, &eal, "-p 3 --num-procs 2");
    let second = group.symmetric(1, "--proc-type=secondary", "-p 3");
    let sent = |port: &serde_json::Value| {
        let queues = port["tx_queues"].as_array().map(Vec::as_slice).unwrap_or_default();
        queues.iter().filter_map(|queue| queue["packets"].as_u64()).sum::<u64>()
    };
    let begun = Instant::now();
    while sent(&group.info()["ports"][1]) < u64::from(count) {
        assert!(begun.elapsed() < PATIENCE, "not all were sent: {}", group.info());
    }
    first.terminate().assert_success();
    let said = second.terminate();
    let line =
        format!("Port 0: RX - {count}, TX - 0, Drop - 0\nPort 1: RX - 0, TX - {count}, Drop - 0\n");
    assert!(said.assert_success().stdout.ends_with(&line), "{said}");
    assert_through(dir.path(), count);
}

#[test]
fn a_capture_passes_server_and_clients_whole() {
    through_server(10_000, 2, "--flows");
}

#[test]
fn a_server_receives_no_more_than_its_only_client_has_room_for() {
    through_server(10_000, 1, "");
}

#[test]
fn a_capture_passes_two_symmetric_processes_whole() {
    through_symmetric(10_000);
}

#[test]
fn a_capture_that_breaks_off_is_told_of_when_it_does_and_at_the_end() {
    let dir = Scratch::new();
    let whole = capture(100, FLOWS);
    fs::write(dir.path().join("in.pcap"), &whole[..whole.len() - 7]).expect("it is written");
    let group = Forwarders::new();
    let eal = format!("--proc-type=primary {}", ports(dir.path()));
    let mut process = group.symmetric(0, &eal, "-p 3 --num-procs 1");
    process.await_line("APP: port net_pcap0, Rx: ");
    let ended = process.terminate();
    let said = &ended.assert_success().stderr;
    assert!(said.contains("Port net_pcap0, Rx, had a fault: "), "{ended}");
    // What came before it went its way.
    assert_through(dir.path(), 99);
}

#[test]
#[ignore = "long: cargo test --release -p phalanx-tests --test pcap_through -- --ignored"]
fn a_million_packets_pass_server_and_clients_whole() {
    through_server(1_000_000, 2, "--flows");
}

#[test]
#[ignore = "long: cargo test --release -p phalanx-tests --test pcap_through -- --ignored"]
fn a_million_packets_pass_two_symmetric_processes_whole() {
    through_symmetric(1_000_000);
}
