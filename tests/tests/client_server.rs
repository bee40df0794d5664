//! `mp_server` and `mp_client` as people know them, and the faults that the samples have and these have
//! not.

use phalanx_tests::cpu::first_allowed;
use phalanx_tests::forwarders::{Forwarders, await_json, last_json, next_json, number};
use phalanx_tests::process::{Ended, Process};
use serde_json::Value;

/// Two ports that give and swallow empty packets.
const PORTS: &str = "--vdev net_null0 --vdev net_null1";

fn run(group: &Forwarders, program: &str, eal: &str, own: &str) -> Ended {
    Process::run(group.command(program, 9, eal, own))
}

/// The sum of a number of each client.
fn sum(json: &Value, what: &str) -> u64 {
    let clients = json["clients"].as_array().expect("there are clients");
    clients.iter().map(|client| client[what].as_u64().expect("it is a number")).sum()
}

#[test]
fn sixteen_clients_may_be_and_the_seventeenth_is_refused() {
    let group = Forwarders::new();
    let ended = run(&group, "mp_server", PORTS, "-p 3 -n 17");
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    let why =
        "ERROR: 17 clients were asked for and a server has 1 to 16; give -n with such a number\n";
    assert!(ended.stderr.starts_with(why), "{ended}");
    assert!(
        ended.stderr.contains("mp_server [EAL options] -- -p PORTMASK -n NUM_CLIENTS"),
        "{ended}"
    );
    assert!(!group.group.dir().exists());
    let server = group.server(PORTS, "-p 3 -n 16 --no-screen");
    group.client(15).terminate().assert_success();
    server.terminate().assert_success();
}

#[test]
fn what_is_wrong_with_the_servers_command_line_is_said() {
    let group = Forwarders::new();
    for (eal, own, why) in [
        (PORTS, "-p 3 -n 2 -x", "ERROR: Unknown option 'x'"),
        (PORTS, "-n 2", "ERROR: no ports were given"),
        ("", "-p 3 -n 1", "No Ethernet ports - bye"),
        (
            "--vdev net_null0",
            "-p 1 -n 1",
            "ERROR: application requires an even number of ports to use",
        ),
    ] {
        let ended = run(&group, "mp_server", eal, own);
        assert_eq!(ended.status.code(), Some(1), "{ended}");
        assert!(ended.stderr.contains(why), "{why}: {ended}");
    }
}

#[test]
fn a_server_says_what_the_sample_says() {
    let group = Forwarders::new();
    let lcores = format!("--proc-type=primary --lcores (0,1)@({}) {PORTS}", first_allowed());
    let mut server = Process::start(group.command("mp_server", 0, &lcores, "-p 10003 -n 2"));
    server.await_line("Core 1 displaying statistics");
    server.await_line("PORTS");
    server.await_line("CLIENTS");
    let ended = server.terminate();
    let said = &ended.assert_success().stdout;
    for line in [
        "Creating mbuf pool 'MProc_pktmbuf_pool' [7936 mbufs] ...\nPort 0 init ... done:\nPort 1 init ... done:\n",
        "\nChecking link statusdone\nPort 0 Link up at 10 Gbps FDX\n",
        "PORTS\n-----\nPort 0: '02:50:48:58:00:00'\tPort 1: '02:50:48:58:00:01'\n\nPort 0 - rx: ",
        "\nCLIENTS\n-------\nClient  0 - rx: ",
    ] {
        assert!(said.contains(line), "'{line}' is missing: {ended}");
    }
    // Where it is no terminal, nothing clears it.
    assert!(!said.contains('\x1b'), "{ended}");
    assert!(ended.stderr.contains("WARNING: leftover ports in mask 0x10000 - ignoring"), "{ended}");
}

#[test]
fn a_client_without_a_server_says_so() {
    let group = Forwarders::new();
    let ended = run(&group, "mp_client", "--proc-type=auto", "-n 0");
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    assert!(ended.stderr.contains("there is no server in this group"), "{ended}");
    // A group that has a primary which is no server: a symmetric forwarder.
    let other = group.symmetric(0, &format!("--proc-type=primary {PORTS}"), "-p 3 --num-procs 1");
    other.freeze();
    let ended = run(&group, "mp_client", "--proc-type=secondary", "-n 16");
    assert!(ended.stderr.contains("'16' is no client id; give -n with 0 to 15"), "{ended}");
    assert!(
        ended.stderr.starts_with("Usage: mp_client [EAL args] -- -n <client_id>\n\n"),
        "{ended}"
    );
}

#[test]
fn a_client_id_is_checked_and_a_second_client_of_an_id_is_refused_by_name() {
    let group = Forwarders::new();
    let _server = group.server(PORTS, "-p 3 -n 2 --no-screen");
    let first = group.client(1);
    let ended = run(&group, "mp_client", "--proc-type=secondary", "-n 1");
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    let why = ended.stderr.lines().last().unwrap_or_default();
    let taken =
        format!("client 1 was asked for and there is one, mp_client (pid {}, slot 1)", first.id());
    assert!(why.contains(&taken), "{ended}");
    let ended = run(&group, "mp_client", "--proc-type=secondary", "-n 2");
    let why = "client 2 was asked for and the server has 2 clients; give -n with 0 to 1";
    assert!(ended.stderr.contains(why), "{ended}");
    first.terminate().assert_success();
}

#[test]
fn a_client_may_be_killed_and_come_back() {
    let group = Forwarders::new();
    let mut server = group.server(PORTS, "-p 3 -n 2 --json");
    let other = group.client(0);
    server.await_line("client 0 is here");
    for _ in 0..3 {
        let client = group.client(1);
        server.await_line(&format!("client 1 is here (pid {})", client.id()));
        client.kill().assert_killed();
        server.await_line("client 1 is gone");
    }
    let client = group.client(1);
    server.await_line("client 1 is here");
    await_json(&mut server, |json| number(json, "/clients/1/lives") == 4);
    group.assert_sound();
    for process in [client, other] {
        process.terminate().assert_success();
    }
    server.terminate().assert_success();
}

#[test]
fn packets_of_a_client_that_is_gone_go_to_the_others_at_once() {
    let group = Forwarders::new();
    let mut server = group.server(PORTS, "-p 3 -n 2 --json");
    let _stays = group.client(0);
    let leaves = group.client(1);
    server.await_line("client 1 is here");
    leaves.kill().assert_killed();
    server.await_line("client 1 is gone");
    let mut before: Option<[u64; 2]> = None;
    loop {
        let json = next_json(&mut server);
        let now = [number(&json, "/clients/0/rx"), number(&json, "/clients/1/rx")];
        if before.is_some_and(|before| before[0] < now[0] && before[1] == now[1]) {
            break;
        }
        before = Some(now);
    }
}

#[test]
fn a_server_may_be_replaced_while_clients_run() {
    let group = Forwarders::new();
    let server = group.server(PORTS, "-p 3 -n 2 --no-screen");
    let mut clients = [0, 1].map(|id| group.client(id));
    server.kill().assert_killed();
    clients.iter_mut().for_each(|client| drop(client.await_line("the server is gone")));
    let ended = run(&group, "mp_server", "--proc-type=primary", "-p 3 -n 3");
    assert!(
        ended.stderr.contains("the last server of this group had ports [0, 1] and 2 clients"),
        "{ended}"
    );
    let mut next = group.server("", "-p 3 -n 2 --json");
    clients.iter_mut().for_each(|client| drop(client.await_line("there is a server (pid")));
    let mut before = None;
    loop {
        let now = sum(&next_json(&mut next), "tx");
        if before.is_some_and(|before| now > before) {
            break;
        }
        before = Some(now);
    }
    group.assert_sound();
    // One that ends in good order stops no port that clients use.
    next.terminate().assert_success();
    let mut last = group.server("", "-p 3 -n 2 --json");
    await_json(&mut last, |json| sum(json, "tx") > before.unwrap_or_default());
}

#[test]
fn a_second_server_is_refused_by_the_name_of_the_first() {
    let group = Forwarders::new();
    let server = group.server(PORTS, "-p 3 -n 1 --no-screen");
    let ended = run(&group, "mp_server", "--proc-type=auto", "-p 3 -n 1");
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    let why = format!("this group has one, mp_server (pid {}), already", server.id());
    assert!(ended.stderr.contains(&why), "{ended}");
}

#[test]
fn no_packet_is_lost_silently() {
    let group = Forwarders::new();
    let server = group.server(PORTS, "-p 3 -n 2 --json");
    let clients = [0, 1].map(|id| group.client(id));
    // One that is stopped takes nothing: what finds no room is counted.
    clients[1].freeze();
    let mut server = server;
    await_json(&mut server, |json| number(json, "/clients/1/rx_drop") > 0);
    clients[1].thaw();
    let ended = server.terminate();
    let json = last_json(&ended);
    let received = number(&json, "/ports/0/rx") + number(&json, "/ports/1/rx");
    assert_eq!(received, sum(&json, "rx") + sum(&json, "rx_drop"), "{json}");
    group.await_empty_rings();
    for (client, id) in clients.into_iter().zip(0..) {
        let said = client.terminate();
        let given = number(&json, &format!("/clients/{id}/rx"));
        let line = format!("Client {id:>2} - rx: {given:>9}, tx: {given:>9}, tx_drop: {:>9}", 0);
        assert!(said.assert_success().stdout.contains(&line), "{line}: {said}");
    }
}
