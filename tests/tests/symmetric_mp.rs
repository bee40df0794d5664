//! `symmetric_mp` as people know it, and the faults that the sample has and this one has not.

use phalanx_tests::forwarders::{Forwarders, counts};
use phalanx_tests::process::{Ended, Process};
use rustix::process::Signal;

/// Two ports that give and swallow empty packets.
const PORTS: &str = "--vdev net_null0 --vdev net_null1";

/// What the sample prints for a wrong command line.
const USAGE: &str = "\n\
symmetric_mp [EAL options] -- -p <port mask> --num-procs <n> --proc-id <id> [--sleep]\n\
-p         : a hex bitmask indicating what ports are to be used\n\
--num-procs: the number of processes which will be used\n\
--proc-id  : the id of the current process (id < num-procs)\n\
--sleep    : sleep while nothing comes, until a device wakes this process; ports without one are looked at each ms\n";

fn primary(group: &Forwarders, id: u16, own: &str) -> Process {
    group.symmetric(id, &format!("--proc-type=auto {PORTS}"), own)
}

fn secondary(group: &Forwarders, id: u16, own: &str) -> Process {
    group.symmetric(id, "--proc-type=secondary", own)
}

fn run(group: &Forwarders, eal: &str, own: &str) -> Ended {
    Process::run(group.command("symmetric_mp", 9, eal, own))
}

#[test]
fn a_wrong_command_line_is_answered_in_the_samples_words() {
    let group = Forwarders::new();
    for (own, why) in [
        ("-p 3 --num-procs 2", "Invalid or missing proc-id parameter"),
        ("--num-procs 2 --proc-id 0", "Invalid or missing port mask"),
        ("-p 0 --proc-id 0", "Invalid or missing port mask ('0')"),
        ("-p 3 --num-procs 4 --proc-id 4", "proc-id 4 is not below num-procs, 4"),
        ("-p 3 --num-procs 65 --proc-id 0", "num-procs 65 is more than a port has queues, 64"),
    ] {
        let ended = run(&group, PORTS, own);
        assert_eq!(ended.status.code(), Some(1), "{ended}");
        assert_eq!(ended.stderr, format!("\nError: {why}\n{USAGE}\n"), "{ended}");
    }
    // Nothing was touched.
    assert!(!group.group.dir().exists());
}

#[test]
fn a_primary_must_know_how_many_processes_there_are() {
    let ended = run(&Forwarders::new(), PORTS, "-p 3 --proc-id 0");
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    let why = "symmetric_mp: Invalid or missing num-procs parameter; see symmetric_mp -- --help\n";
    assert!(ended.stderr.ends_with(why), "{ended}");
}

#[test]
fn no_ports_and_an_odd_number_of_them_are_refused() {
    let own = "-p 3 --num-procs 1 --proc-id 0";
    for (eal, own, why) in [
        ("", own, "No Ethernet ports - bye"),
        ("--vdev net_null0", own, "Application must use an even number of ports"),
        (PORTS, "-p c --num-procs 1 --proc-id 0", "the mask 0xc names no port that is there"),
    ] {
        let ended = run(&Forwarders::new(), eal, own);
        assert_eq!(ended.status.code(), Some(1), "{ended}");
        assert!(ended.stderr.contains(why), "{why}: {ended}");
    }
}

#[test]
fn a_forwarder_says_what_the_sample_says_and_ends_on_a_signal() {
    let group = Forwarders::new();
    let process = primary(&group, 0, "-p 10003 --num-procs 1");
    // The first round is over.
    let sent = |info: serde_json::Value| info["ports"][0]["tx_queues"][0]["packets"].as_u64();
    while sent(group.info()) == Some(0) {}
    process.signal(Signal::INT);
    let ended = process.end();
    let said = &ended.assert_success().stdout;
    for line in [
        "# Initialising port 0... done",
        "# Initialising port 1... done",
        "\nChecking link statusdone\nPort 0 Link up at 10 Gbps FDX\nPort 1 Link up at 10 Gbps FDX\n",
        "Lcore 0 using ports 0 1\nlcore 0 using queue 0 of each port\n",
        "\nExiting on signal 2\n\nPort 0: RX - ",
    ] {
        assert!(said.contains(line), "'{line}' is missing: {ended}");
    }
    assert!(ended.stderr.contains("WARNING: leftover ports in mask 0x10000 - ignoring"), "{ended}");
    let [own_0, own_1, all_0, all_1] = counts(said)[..] else { panic!("{ended}") };
    assert_eq!((own_0, own_1), (all_0, all_1), "{ended}");
    // What came by one left by the other.
    assert_eq!((own_0[0], own_1[0]), (own_1[1], own_0[1]), "{ended}");
    assert!(own_0[0] > 0 && own_1[0] > 0, "{ended}");
}

#[test]
fn one_that_sleeps_on_ports_that_wake_nobody_says_so_and_looks_now_and_then() {
    let group = Forwarders::new();
    let quiet = "--vdev net_null0,no-rx=1 --vdev net_null1,no-rx=1";
    let eal = format!("--proc-type=auto {quiet}");
    let mut process = group.symmetric(0, &eal, "-p 3 --num-procs 1 --sleep");
    let said = process.await_line("does not wake who sleeps");
    assert!(said.contains("Port 0 (net_null0)") && said.contains("every millisecond"), "{said}");
    process.signal(Signal::INT);
    process.end().assert_success();
}

#[test]
fn an_id_that_is_taken_is_refused_by_the_name_of_who_has_it() {
    let group = Forwarders::new();
    let first = primary(&group, 0, "-p 3 --num-procs 2");
    let ended = run(&group, "--proc-type=secondary", "-p 3 --num-procs 2 --proc-id 0");
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    let why = ended.stderr.lines().last().unwrap_or_default();
    assert!(why.contains("--proc-id 0 cannot be had"), "{ended}");
    assert!(why.contains(&first.id().to_string()), "{ended}");
    // The first is none the worse for it.
    first.terminate().assert_success();
}

#[test]
fn what_the_processes_of_a_group_disagree_on_is_refused() {
    let group = Forwarders::new();
    let _first = primary(&group, 0, "-p 3 --num-procs 2");
    for (own, why) in [
        (
            "-p 3 --num-procs 3 --proc-id 1",
            "num-procs 3 was given, and the processes of this group are 2",
        ),
        (
            "-p 1 --proc-id 1",
            "the port mask 0x1 was given, and the processes of this group use 0x3",
        ),
        ("-p 3 --proc-id 2", "proc-id 2 is not below num-procs, 2"),
    ] {
        let ended = run(&group, "--proc-type=secondary", own);
        assert_eq!(ended.status.code(), Some(1), "{ended}");
        assert!(ended.stderr.contains(why), "{why}: {ended}");
    }
}

#[test]
fn the_last_words_have_the_totals_of_all_processes() {
    let group = Forwarders::new();
    let first = primary(&group, 0, "-p 3 --num-procs 64");
    let last = secondary(&group, 63, "-p 3");
    let first = first.terminate();
    let last = last.terminate();
    let ([a, b, ..], [c, d, all_0, all_1]) =
        (&counts(&first.assert_success().stdout)[..], &counts(&last.assert_success().stdout)[..])
    else {
        panic!("{first}\n{last}")
    };
    for (sum, parts) in [(all_0, [a, c]), (all_1, [b, d])] {
        let add = |which: usize| parts[0][which] + parts[1][which];
        assert_eq!(*sum, [add(0), add(1), add(2)], "{first}\n{last}");
    }
    assert!(last.stdout.contains("All 64 processes"), "{last}");
}

#[test]
fn a_killed_process_is_started_anew_with_its_id() {
    let group = Forwarders::new();
    let first = primary(&group, 0, "-p 3 --num-procs 2");
    for _ in 0..3 {
        secondary(&group, 1, "-p 3").kill().assert_killed();
    }
    let ended = secondary(&group, 1, "-p 3").terminate();
    let [own_0, _, all_0, _] = counts(&ended.assert_success().stdout)[..] else {
        panic!("{ended}")
    };
    assert!(all_0[0] > own_0[0], "what the dead have counted is in the totals: {ended}");
    group.assert_sound();
    first.terminate().assert_success();
}

#[test]
fn a_killed_primary_is_replaced_while_others_forward() {
    let group = Forwarders::new();
    let first = primary(&group, 0, "-p 3 --num-procs 2");
    let other = secondary(&group, 1, "-p 3");
    first.kill().assert_killed();
    let next = primary(&group, 0, "-p 3 --num-procs 2");
    group.assert_sound();
    let said = next.terminate();
    assert!(
        said.assert_success().stdout.contains("# Initialising port 0... it runs already"),
        "{said}"
    );
    other.terminate().assert_success();
}
