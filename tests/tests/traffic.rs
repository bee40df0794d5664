//! Real hosts whose only way to each other leads through the forwarding programs, while one of these is
//! killed again and again.
//!
//! ```text
//! left (10.99.0.1) ═ left0 ═ [ mp_server, 2 × mp_client | 2 × symmetric_mp ] ═ right0 ═ right (10.99.0.2)
//! ```

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use phalanx_tests::forwarders::{Balance, Forwarders, counts, last_json};
use phalanx_tests::frames::Numbered;
use phalanx_tests::netns::Between;
use phalanx_tests::process::Process;
use phalanx_tests::require;

/// The two ports, on the interfaces in between.
const PORTS: &str =
    "--vdev net_af_packet0,iface=left0,qpairs=2 --vdev net_af_packet1,iface=right0,qpairs=2";

/// How much is asked of a run.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// How often the victim is killed.
    kill_every: Duration,
    /// How often it is at least.
    kills: u64,
    /// How many pings are sent, again and again until it was.
    pings: u64,
}

const SHORT: Extent = Extent { kill_every: Duration::from_millis(50), kills: 3, pings: 500 };

const LONG: Extent = Extent { kill_every: Duration::from_secs(1), kills: 10, pings: 10_000 };

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

/// Does `work` while what `start` starts is killed, and started anew; returns how often it was. `work` is
/// told meanwhile.
fn while_killing<R: Send>(
    start: impl Fn() -> Process,
    every: Duration,
    work: impl FnOnce(&AtomicU64) -> R + Send,
) -> (R, u64) {
    let (is_done, kills) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let result = work(&kills);
            is_done.store(true, Ordering::Release);
            result
        });
        let mut victim = start();
        while !work.is_finished() {
            std::thread::park_timeout(every);
            if !is_done.load(Ordering::Acquire) {
                victim.kill().assert_killed();
                kills.fetch_add(1, Ordering::Relaxed);
                victim = start();
            }
        }
        victim.terminate().assert_success();
        match work.join() {
            Ok(result) => (result, kills.load(Ordering::Relaxed)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Pings while processes are killed; returns how many pings were not answered.
fn lost_pings(hosts: &Between, start: impl Fn() -> Process, extent: Extent) -> u64 {
    let ping = |kills: &AtomicU64| {
        let (mut sent, mut back) = (0, 0);
        while kills.load(Ordering::Relaxed) < extent.kills || sent == 0 {
            let (more, answered) = hosts.left.flood(Between::RIGHT, extent.pings);
            (sent, back) = (sent + more, back + answered);
        }
        (sent, back)
    };
    let ((sent, back), kills) = while_killing(start, extent.kill_every, ping);
    println!("{back} of {sent} pings were answered, {kills} processes were killed");
    assert!(kills >= extent.kills);
    sent - back
}

/// Asserts that no ping was lost but what killed processes had in their hands.
fn assert_explained(lost: u64, hands: u64) {
    println!("{lost} were lost; {hands} packets were in the hands of killed processes");
    assert!(lost <= hands, "{lost} were lost, and killed processes had {hands} in their hands");
}

/// Ten seconds of TCP, and asserts that it stood still in no one of them.
fn assert_no_stall(hosts: &Between, start: impl Fn() -> Process) {
    let server = hosts.right.iperf3_server();
    let stream = |_: &AtomicU64| hosts.left.iperf3(Between::RIGHT, &["-t", "10"]);
    let (report, kills) = while_killing(start, LONG.kill_every, stream);
    let intervals = report["intervals"].as_array().cloned().unwrap_or_default();
    assert!(intervals.len() >= 10, "{report}");
    let bytes: Vec<u64> = intervals.iter().filter_map(|it| it["sum"]["bytes"].as_u64()).collect();
    println!("{bytes:?} bytes a second, {kills} processes were killed");
    assert!(bytes.iter().take(10).all(|bytes| *bytes > 0), "it stood still: {bytes:?}");
    server.end().assert_success();
}

fn pings_through_server(extent: Extent) {
    let hosts = Between::new();
    let group = between(&hosts);
    let server = group.server(PORTS, "-p 3 -n 2 --json");
    let stays = group.client(0);
    let lost = lost_pings(&hosts, || group.client(1), extent);
    group.await_empty_rings();
    group.assert_sound();
    stays.terminate().assert_success();
    let balance = Balance::of_clients(&last_json(&server.terminate()));
    assert_eq!(balance.dropped, 0, "{balance:?}");
    assert_explained(lost, balance.in_dead_hands());
}

fn pings_through_symmetric(extent: Extent) {
    let hosts = Between::new();
    let group = between(&hosts);
    let first = group.symmetric(0, &format!("--proc-type=primary {PORTS}"), "-p 3 --num-procs 2");
    let second = || group.symmetric(1, "--proc-type=secondary", "-p 3");
    let lost = lost_pings(&hosts, second, extent);
    group.assert_sound();
    let balance = Balance::of_ports(&group.info());
    first.terminate().assert_success();
    assert_eq!(balance.dropped, 0, "{balance:?}");
    // A queue's packet is counted when its frame has gone back: a kill may fall between the two, once
    // in thousands.
    assert_explained(lost, balance.in_dead_hands() + 1);
}

#[test]
fn pings_pass_server_and_clients_while_one_is_killed() {
    let Some(()) = machine() else { return };
    pings_through_server(SHORT);
}

#[test]
fn pings_pass_two_symmetric_processes_while_one_is_killed() {
    let Some(()) = machine() else { return };
    pings_through_symmetric(SHORT);
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
fn ten_thousand_pings_pass_server_and_clients() {
    let Some(()) = machine() else { return };
    pings_through_server(LONG);
}

#[test]
#[ignore = "long: cargo test --release -p phalanx-tests --test traffic -- --ignored --test-threads 1 --nocapture"]
fn ten_thousand_pings_pass_two_symmetric_processes() {
    let Some(()) = machine() else { return };
    pings_through_symmetric(LONG);
}

#[test]
#[ignore = "long: cargo test --release -p phalanx-tests --test traffic -- --ignored --test-threads 1 --nocapture"]
fn ten_seconds_of_tcp_pass_server_and_clients() {
    let (Some(()), Some(())) = (machine(), require::iperf3()) else { return };
    let hosts = Between::new();
    hosts.no_offloads();
    let group = between(&hosts);
    let server = group.server(PORTS, "-p 3 -n 2 --no-screen");
    let _stays = group.client(0);
    assert_no_stall(&hosts, || group.client(1));
    group.assert_sound();
    server.terminate().assert_success();
}

#[test]
#[ignore = "long: cargo test --release -p phalanx-tests --test traffic -- --ignored --test-threads 1 --nocapture"]
fn ten_seconds_of_tcp_pass_two_symmetric_processes() {
    let (Some(()), Some(())) = (machine(), require::iperf3()) else { return };
    let hosts = Between::new();
    hosts.no_offloads();
    let group = between(&hosts);
    let first = group.symmetric(0, &format!("--proc-type=primary {PORTS}"), "-p 3 --num-procs 2");
    assert_no_stall(&hosts, || group.symmetric(1, "--proc-type=secondary", "-p 3"));
    group.assert_sound();
    first.terminate().assert_success();
}
