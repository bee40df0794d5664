//! `hotplug_mp` as people know it, and what programs that forward make of it.

use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::forwarders::Forwarders;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

fn command(group: &TestGroup, id: u16) -> Command {
    let mut command = group.other_command(&app("hotplug_mp"));
    command.args(["--file-prefix", group.prefix(), "--proc-type", "auto", "--no-huge"]);
    command.args(lcore(id).split_whitespace());
    command
}

fn start(group: &TestGroup, id: u16) -> Process {
    let mut process = Process::start(command(group, id));
    process.await_line("EAL: ");
    process
}

/// What it lists: as many lines as there are ports.
fn list(process: &mut Process, ports: usize) -> Vec<String> {
    process.say("list");
    process.await_line("list all etherdev");
    (0..ports).map(|_| process.await_line("\t")).collect()
}

#[test]
fn it_says_what_the_sample_says_character_by_character() {
    let group = TestGroup::of(app("hotplug_mp"));
    let mut process = start(&group, 0);
    for line in [
        "help",
        "attach net_null0,size=64",
        "attach vdev:net_ring7",
        "list",
        "detach net_null0",
        "",
        "attach",
        "shout",
        "attach nothing",
        "detach net_null0",
        "attach net_ring7",
        "list",
        "quit",
    ] {
        process.say(line);
    }
    let ended = process.end();
    let wanted = "example> commands:\n- attach <devargs>\n- detach <devargs>\n- list\n\n\
        example> attached device net_null0\n\
        example> attached device net_ring7\n\
        example> list all etherdev\n0\tnet_null0\n1\tnet_ring7\n\
        example> detaching...\ndetached device net_null0\n\
        example> example> Bad arguments\n\
        example> Command not found\n\
        example> cannot parse devargs\n\
        example> detaching...\nfailed to detach device net_null0\n\
        example> failed to attached device net_ring7\n\
        example> list all etherdev\n1\tnet_ring7\n\
        example>";
    assert_eq!(ended.assert_success().stdout.trim_end(), wanted, "{ended}");
    for why in ["'nothing' names no device", "is not there", "the group has it already"] {
        let lines = ended.stderr.lines().filter(|line| line.contains(why));
        assert_eq!(lines.count(), 1, "{why}: {ended}");
    }
    group.assert_nothing_left();
}

#[test]
fn what_any_of_them_attaches_is_in_the_list_of_all() {
    let group = TestGroup::of(app("hotplug_mp"));
    let mut all: Vec<Process> = (0..3).map(|id| start(&group, id)).collect();
    for (place, process) in all.iter_mut().enumerate() {
        process.say(&format!("attach net_null{place}"));
        process.await_line(&format!("attached device net_null{place}"));
    }
    for process in &mut all {
        let lines = list(process, 3);
        assert!(lines[2].ends_with("2\tnet_null2"), "{lines:?}");
    }
    all[2].say("detach net_null0");
    all[2].await_line("detached device net_null0");
    for process in &mut all {
        let lines = list(process, 2);
        assert!(lines[0].ends_with("1\tnet_null1"), "{lines:?}");
    }
    for process in all {
        process.end().assert_success();
    }
    group.assert_nothing_left();
}

#[test]
fn one_that_is_killed_is_in_nobodys_way_and_a_port_outlives_it() {
    let group = TestGroup::of(app("hotplug_mp"));
    let mut first = start(&group, 0);
    let mut second = start(&group, 1);
    second.say("attach net_null0");
    second.await_line("attached device net_null0");
    first.say("list");
    first.await_line("net_null0");
    first.kill().assert_killed();
    second.say("detach net_null0");
    second.await_line("detached device net_null0");
    second.end().assert_success();
}

#[test]
fn a_forwarder_lets_a_port_go_that_is_detached_and_goes_on() {
    let group = Forwarders::new();
    let own = "-p f --num-procs 2";
    let vdevs =
        "--proc-type=auto --vdev net_null0 --vdev net_null1 --vdev net_null2 --vdev net_null3";
    let mut first = group.symmetric(0, vdevs, own);
    let mut second = group.symmetric(1, "--proc-type=secondary", own);
    let mut plug = start(&group.group, 5);
    plug.say("detach net_null1");
    plug.await_line("detached device net_null1");
    for forwarder in [&mut first, &mut second] {
        forwarder.await_line("APP: port 1 (net_null1) goes; nothing is forwarded by it");
    }
    plug.say("list");
    plug.await_line("net_null3");
    plug.end().assert_success();
    for forwarder in [second, first] {
        let ended = forwarder.terminate();
        assert!(ended.assert_success().stdout.contains("Port 3: RX - "), "{ended}");
    }
}

#[test]
fn a_server_and_its_clients_let_a_port_go_that_is_detached() {
    let group = Forwarders::new();
    let mut server = group.server("--vdev net_null0 --vdev net_null1", "-p 3 -n 1 --json");
    let mut client = group.client(0);
    let mut plug = start(&group.group, 5);
    plug.say("detach net_null0");
    plug.await_line("detached device net_null0");
    for process in [&mut server, &mut client] {
        process.await_line("APP: port 0 (net_null0) goes; nothing is forwarded by it");
    }
    plug.end().assert_success();
    client.terminate().assert_success();
    server.terminate().assert_success();
}

#[test]
fn a_forwarder_forwards_again_by_a_port_that_stays() {
    let group = Forwarders::new();
    let mut forwarder = group.symmetric(
        0,
        "--proc-type=auto --vdev net_null0 --vdev net_null1",
        "-p 3 --num-procs 2",
    );
    // It has a queue of the port, and lets nothing go.
    let mut keeper = group.group.other_command(env!("CARGO_BIN_EXE_phalanx-peer").as_ref());
    keeper.args(["serve", "--file-prefix", group.group.prefix(), "--proc-type=secondary"]);
    keeper.args(lcore(4).split_whitespace());
    let mut keeper = Process::start(keeper);
    keeper.await_line("joined ");
    keeper.ask("open-rx net_null1 1").expect("nobody has it");
    let why = keeper.ask("detach net_null1 100").expect_err("it has a queue itself");
    assert!(why.contains("has Rx queue 1 of net_null1"), "{why}");
    forwarder.await_line("APP: port 1 (net_null1) goes; nothing is forwarded by it");
    forwarder.await_line("APP: port 0 (net_null0) stays; it is forwarded by again");
    keeper.end().assert_success();
    forwarder.terminate().assert_success();
}
