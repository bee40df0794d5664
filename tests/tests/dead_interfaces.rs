//! Interfaces that go down, and go, under forwarding programs: it is said once, and what is lost is not counted
//! as sent.

use phalanx_tests::forwarders::{Forwarders, counts, last_json, number};
use phalanx_tests::netns::Between;
use phalanx_tests::process::Process;
use phalanx_tests::require;
use phalanx_tests::rig::frame;
use serde_json::Value;

const PORTS: &str =
    "--vdev net_af_packet0,iface=left0,qpairs=1 --vdev net_af_packet1,iface=right0,qpairs=1";

/// What is said of a port whose interface is gone.
const LOST: &str = "is gone; what is sent by it is lost";

/// Frames that are sent to an interface that is gone.
const FRAMES: u32 = 7;

fn between(hosts: &Between) -> Forwarders {
    let words = ["ip", "netns", "exec", hosts.middle.name()];
    Forwarders::behind(words.map(str::to_owned).to_vec())
}

/// Takes port 0 down and up, deletes its interface, and sends frames that should leave by it.
fn lose(group: &Forwarders, hosts: &Between, process: &mut Process) {
    let set = |state| hosts.middle.must("ip", &["link", "set", "left0", state]);
    set("down");
    process.await_line("APP: port 0 (net_af_packet0) is down; what is sent by it is lost");
    set("up");
    process.await_line("APP: port 0 (net_af_packet0) is up");
    hosts.middle.must("ip", &["link", "delete", "left0"]);
    process.await_line("APP: the interface of port 0 (net_af_packet0) is gone");
    let wire = hosts.right.wire("eth0");
    for number in 0..FRAMES {
        wire.send(&frame(60, number)).unwrap();
    }
    let lost = |info: &Value| number(info, "/ports/0/tx_queues/0/lost");
    while lost(&group.info()) < FRAMES.into() {
        std::thread::yield_now();
    }
}

#[test]
fn a_symmetric_forwarder_says_that_an_interface_is_gone_and_what_was_lost() {
    let Some(()) = require::netns() else { return };
    let hosts = Between::new();
    let group = between(&hosts);
    let mut process =
        group.symmetric(0, &format!("--proc-type=primary {PORTS}"), "-p 3 --num-procs 1");
    lose(&group, &hosts, &mut process);
    let ended = process.terminate();
    let [[_, sent, dropped], [received, ..], all_0, _] = counts(&ended.assert_success().stdout)[..]
    else {
        panic!("{ended}")
    };
    assert!(dropped >= FRAMES.into(), "{ended}");
    assert_eq!(sent + dropped, received, "{ended}");
    assert_eq!(all_0[1..], [sent, dropped], "{ended}");
    assert_eq!(ended.stderr.matches(LOST).count(), 1, "{ended}");
}

#[test]
fn a_server_and_its_client_say_that_an_interface_is_gone_and_what_was_lost() {
    let Some(()) = require::netns() else { return };
    let hosts = Between::new();
    let group = between(&hosts);
    let server = group.server(PORTS, "-p 3 -n 1 --json");
    let mut client = group.client(0);
    lose(&group, &hosts, &mut client);
    let said = client.terminate();
    assert_eq!(said.assert_success().stderr.matches(LOST).count(), 1, "{said}");
    let ended = server.terminate();
    assert_eq!(ended.stderr.matches(LOST).count(), 1, "{ended}");
    let json = last_json(&ended);
    let of_client = |what: &str| number(&json, &format!("/clients/0/{what}"));
    assert!(of_client("tx_drop") >= FRAMES.into(), "{json}");
    assert_eq!(of_client("tx") + of_client("tx_drop"), of_client("taken"), "{json}");
    let sent = number(&json, "/ports/0/tx") + number(&json, "/ports/1/tx");
    assert_eq!(sent, of_client("tx"), "{json}");
}
