//! Real hosts whose only way to each other leads through the forwarding programs, while one of these is
//! killed again and again.
//!
//! ```text
//! left (10.99.0.1) ═ left0 ═ [ mp_server, 2 × mp_client | 2 × symmetric_mp ] ═ right0 ═ right (10.99.0.2)
//! ```

use core::time::Duration;
use std::sync::atomic::{AtomicBool, Ordering};

use phalanx_tests::forwarders::{Forwarders, counts};
use phalanx_tests::frames::Numbered;
use phalanx_tests::netns::Between;
use phalanx_tests::process::Process;
use phalanx_tests::require;

/// The two ports, on the interfaces in between.
const PORTS: &str =
    "--vdev net_af_packet0,iface=left0,qpairs=2 --vdev net_af_packet1,iface=right0,qpairs=2";

/// How often the victim is killed.
const KILL_EVERY: Duration = Duration::from_secs(1);

/// What the machine has to have.
fn machine() -> Option<()> {
    require::root()?;
    require::netns()?;
    require::ethtool()?;
    require::ping()
}

fn between(hosts: &Between) -> Forwarders {
    let words = ["ip", "netns", "exec", hosts.middle.name()];
    Forwarders::behind(words.map(str::to_owned).to_vec())
}

/// Does `work` while what `start` starts is killed and started anew every second; returns how often it
/// was.
fn while_killing<R: Send>(
    start: impl Fn() -> Process,
    work: impl FnOnce() -> R + Send,
) -> (R, u64) {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let result = work();
            is_done.store(true, Ordering::Release);
            result
        });
        let (mut victim, mut kills) = (start(), 0);
        while !work.is_finished() {
            std::thread::park_timeout(KILL_EVERY);
            if !is_done.load(Ordering::Acquire) {
                victim.kill().assert_killed();
                kills += 1;
                victim = start();
            }
        }
        match work.join() {
            Ok(result) => (result, kills),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Pings, and asserts that nothing is lost. A packet that was in the hands of a killed process at that
/// moment is (there is one on its way at a time): so there are three tries, and in each no more may be
/// lost than processes were killed.
fn assert_all_answered(hosts: &Between, start: impl Fn() -> Process, count: &str) {
    for _ in 0..3 {
        let ping = || hosts.left.ping(Between::RIGHT, &["-f", "-c", count]);
        let ((sent, back), kills) = while_killing(&start, ping);
        println!("{back} of {sent} pings were answered, {kills} processes were killed");
        if back == sent {
            return;
        }
        assert!(sent - back <= kills, "{sent} were sent and {back} came back; {kills} were killed");
    }
    panic!("in each of three tries a packet was lost");
}

/// Ten seconds of TCP, and asserts that it stood still in no one of them.
fn assert_no_stall(hosts: &Between, start: impl Fn() -> Process) {
    let server = hosts.right.iperf3_server();
    let stream = || hosts.left.iperf3(Between::RIGHT, &["-t", "10"]);
    let (report, kills) = while_killing(start, stream);
    let intervals = report["intervals"].as_array().cloned().unwrap_or_default();
    assert!(intervals.len() >= 10, "{report}");
    let bytes: Vec<u64> = intervals.iter().filter_map(|it| it["sum"]["bytes"].as_u64()).collect();
    println!("{bytes:?} bytes a second, {kills} processes were killed");
    assert!(bytes.iter().take(10).all(|bytes| *bytes > 0), "it stood still: {bytes:?}");
    server.end().assert_success();
}

fn through_server(work: impl FnOnce(&Between, &dyn Fn() -> Process)) {
    let hosts = Between::new();
    hosts.no_offloads();
    let group = between(&hosts);
    let server = group.server(PORTS, "-p 3 -n 2 --no-screen");
    let _stays = group.client(0);
    work(&hosts, &|| group.client(1));
    group.assert_sound();
    server.terminate().assert_success();
}

fn through_symmetric(work: impl FnOnce(&Between, &dyn Fn() -> Process)) {
    let hosts = Between::new();
    hosts.no_offloads();
    let group = between(&hosts);
    let eal = format!("--proc-type=primary {PORTS}");
    let first = group.symmetric(0, &eal, "-p 3 --num-procs 2");
    work(&hosts, &|| group.symmetric(1, "--proc-type=secondary", "-p 3"));
    group.assert_sound();
    first.terminate().assert_success();
}

#[test]
fn pings_pass_server_and_clients_while_one_is_killed() {
    let Some(()) = machine() else { return };
    through_server(|hosts, victim| assert_all_answered(hosts, victim, "1000"));
}

#[test]
fn pings_pass_two_symmetric_processes_while_one_is_killed() {
    let Some(()) = machine() else { return };
    through_symmetric(|hosts, victim| assert_all_answered(hosts, victim, "1000"));
}

#[test]
fn a_flow_stays_with_its_symmetric_process() {
    const FLOWS: u16 = 16;
    const EACH: u32 = 50;
    let Some(()) = machine() else { return };
    let hosts = Between::new();
    let group = between(&hosts);
    let eal = format!("--proc-type=primary {PORTS}");
    let both = [
        group.symmetric(0, &eal, "-p 3 --num-procs 2"),
        group.symmetric(1, "--proc-type=secondary", "-p 3"),
    ];
    let (left, right) = (hosts.left.wire("eth0"), hosts.right.wire("eth0"));
    let mut next = [0; FLOWS as usize];
    for index in 0..EACH * u32::from(FLOWS) {
        let packet = Numbered::of(index, FLOWS);
        left.send(&packet.frame()).expect("the frame is sent");
        // One at a time, so that no queue overflows; each flow comes in its order.
        let Some(came) = Numbered::read(&right.next_with(&packet.frame()[..12])) else {
            panic!("a frame came that was not sent")
        };
        assert_eq!(came.number, next[usize::from(came.flow)]);
        next[usize::from(came.flow)] += 1;
    }
    let received = both.map(|process| counts(&process.terminate().assert_success().stdout)[0][0]);
    println!("of {FLOWS} flows of {EACH} packets, the processes had {received:?} packets");
    assert_eq!(received.iter().sum::<u64>(), u64::from(EACH) * u64::from(FLOWS));
    assert!(
        received.iter().all(|count| count % u64::from(EACH) == 0 && *count > 0),
        "{received:?}"
    );
}

#[test]
#[ignore = "long: cargo test --release -p phalanx-tests --test traffic -- --ignored --test-threads 1 --nocapture"]
fn ten_thousand_pings_and_ten_seconds_of_tcp_pass_server_and_clients() {
    let (Some(()), Some(())) = (machine(), require::iperf3()) else { return };
    through_server(|hosts, victim| {
        assert_all_answered(hosts, victim, "10000");
        assert_no_stall(hosts, victim);
    });
}

#[test]
#[ignore = "long: cargo test --release -p phalanx-tests --test traffic -- --ignored --test-threads 1 --nocapture"]
fn ten_thousand_pings_and_ten_seconds_of_tcp_pass_two_symmetric_processes() {
    let (Some(()), Some(())) = (machine(), require::iperf3()) else { return };
    through_symmetric(|hosts, victim| {
        assert_all_answered(hosts, victim, "10000");
        assert_no_stall(hosts, victim);
    });
}
