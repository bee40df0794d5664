//! Hosts of a test's own: network namespaces, joined by `veth` pairs.
//!
//! Nothing that the machine has is touched. A namespace carries the process id of its test in its name
//! (`phx1234-0-left`), is deleted with its value, and if the test was killed, by the next test that makes
//! one.
//!
//! ```no_run
//! use phalanx_tests::{netns::Between, require};
//! # fn main() {
//! let Some(()) = require::netns() else { return };
//! // left (10.99.0.1) ═ left0 ═ middle ═ right0 ═ right (10.99.0.2)
//! let hosts = Between::new();
//! let bridge = hosts.middle.command("phalanx-peer");
//! # drop(bridge);
//! # }
//! ```

mod taps;
mod wire;

pub use taps::Taps;
pub use wire::Wire;

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::fd::AsFd;
use rustix::fs::{Mode, OFlags, open};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::process::{Ended, Process};

/// Where `ip netns` keeps the names.
const NAMES: &str = "/run/netns";

/// How many namespaces this process has made.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A network namespace; deleted, with what is in it, on drop.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// A fresh one: its loopback interface is up, it has no IPv6, and nothing else.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new(role: &str) -> Self {
        remove_left_over();
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("phx{}-{number}-{role}", std::process::id());
        must_run(ip(&["netns", "add", &name]));
        let made = Self { name };
        // What nobody has asked for would be counted with what was.
        made.must("sh", &["-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; true"]);
        made.must("ip", &["link", "set", "lo", "up"]);
        made
    }

    /// Its name, as `ip netns` has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command that runs `program` in it; arguments are appended.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = ip(&["netns", "exec", &self.name]);
        command.arg(program);
        command
    }

    /// Runs a command in it that must succeed, and returns what it wrote.
    ///
    /// # Panics
    /// If it fails.
    pub fn must(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = self.command(program);
        command.args(arguments);
        must_run(command)
    }

    /// Runs `work` on a thread that is in it: sockets that are made there belong to it.
    ///
    /// # Panics
    /// If the thread cannot go there, or `work` panics.
    pub fn within<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let path = format!("{NAMES}/{}", self.name);
        std::thread::scope(|scope| {
            let there = scope.spawn(move || {
                let flags = OFlags::RDONLY | OFlags::CLOEXEC;
                let Ok(namespace) = open(path.as_str(), flags, Mode::empty()) else {
                    panic!("{path} is not there")
                };
                let kind = Some(LinkNameSpaceType::Network);
                let moved = move_into_link_name_space(namespace.as_fd(), kind);
                assert!(moved.is_ok(), "a thread cannot enter {path}: {moved:?}");
                work()
            });
            match there.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// An interface's end that is heard and spoken to frame by frame.
    ///
    /// # Panics
    /// If there is no such interface.
    pub fn wire(&self, interface: &str) -> Wire {
        self.within(|| Wire::open(interface))
    }

    /// Gives `interface` an address, with its network's length, and brings it up.
    ///
    /// # Panics
    /// If it does not take it.
    pub fn address(&self, interface: &str, address: &str) {
        self.must("ip", &["address", "add", address, "dev", interface]);
        self.must("ip", &["link", "set", interface, "up"]);
    }

    /// Has senders in it do themselves what they would leave to a device: checksums, and the cutting of
    /// long segments.
    ///
    /// # Panics
    /// If `ethtool` fails.
    pub fn no_offloads(&self, interface: &str) {
        self.must("ethtool", &["-K", interface, "tx", "off", "tso", "off", "gso", "off"]);
    }

    /// Pings `address` with `arguments`, and returns how many were sent, and how many came back.
    ///
    /// # Panics
    /// If `ping` says nothing that has these numbers.
    pub fn ping(&self, address: &str, arguments: &[&str]) -> (u64, u64) {
        let mut command = self.command("ping");
        command.args(["-n", "-q"]).args(arguments).arg(address);
        let ended = Process::run(command);
        ping_counts(&ended).unwrap_or_else(|| panic!("ping told no numbers: {ended}"))
    }

    /// Floods `address` with `count` pings, and returns how many were sent, and how many came back, late ones
    /// too: `ping` leaves some 10 ms after its last, and the answer may wait until a killed process has a
    /// successor. So it is the kernel's count of answers that is looked at, for two seconds more at most.
    ///
    /// # Panics
    /// As [`ping`](Self::ping); if the kernel tells no such count.
    pub fn flood(&self, address: &str, count: u64) -> (u64, u64) {
        let before = self.answers();
        let mut command = self.command("ping");
        command.args(["-n", "-q", "-f", "-c", &count.to_string(), address]);
        let ended = Process::run(command);
        let counts = ping_counts(&ended).zip(ping_duplicates(&ended));
        let ((sent, _), twice) = counts.unwrap_or_else(|| panic!("ping told no numbers: {ended}"));
        let deadline = Instant::now() + Duration::from_secs(2);
        loop {
            let back = (self.answers() - before).saturating_sub(twice).min(sent);
            if back == sent || Instant::now() > deadline {
                return (sent, back);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// How many answers to pings it has got, ever.
    fn answers(&self) -> u64 {
        let text = self.must("cat", &["/proc/net/snmp"]);
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("Icmp: "));
        let (names, numbers) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
        let mut pairs = names.split_whitespace().zip(numbers.split_whitespace());
        let number = pairs.find(|(name, _)| *name == "InEchoReps").map(|(_, number)| number);
        number.and_then(|it| it.parse().ok()).expect("the kernel counts answers to pings")
    }

    /// Starts an `iperf3` server in it that serves one client and ends.
    ///
    /// # Panics
    /// If it does not start.
    pub fn iperf3_server(&self) -> Process {
        let mut command = self.command("iperf3");
        command.args(["--server", "--one-off", "--forceflush"]);
        let mut server = Process::start(command);
        server.await_line("Server listening");
        server
    }

    /// Runs an `iperf3` client in it, and returns what it reports in JSON.
    ///
    /// # Panics
    /// If it fails, or reports no JSON.
    pub fn iperf3(&self, server: &str, arguments: &[&str]) -> serde_json::Value {
        let mut command = self.command("iperf3");
        command.args(["--client", server, "--json", "--connect-timeout", "10000"]);
        let ended = Process::run({
            command.args(arguments);
            command
        });
        match serde_json::from_str(&ended.stdout) {
            Ok(report) => report,
            Err(error) => panic!("iperf3 reports no JSON ({error}): {ended}"),
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // One that is gone already is no failure.
        let _ = quietly(ip(&["netns", "delete", &self.name])).status();
    }
}

/// Two hosts whose only way to each other leads through a third, which forwards nothing by itself.
#[derive(Debug)]
pub struct Between {
    /// 10.99.0.1 on `eth0`.
    pub left: Namespace,
    /// In between: interfaces `left0` and `right0`, without addresses.
    pub middle: Namespace,
    /// 10.99.0.2 on `eth0`.
    pub right: Namespace,
}

impl Between {
    /// The left host's address.
    pub const LEFT: &str = "10.99.0.1";
    /// The right host's.
    pub const RIGHT: &str = "10.99.0.2";

    /// Makes them.
    ///
    /// # Panics
    /// If one cannot be made.
    pub fn new() -> Self {
        let [left, middle, right] = ["left", "middle", "right"].map(Namespace::new);
        join((&left, "eth0"), (&middle, "left0"));
        join((&right, "eth0"), (&middle, "right0"));
        for (host, address) in [(&left, Self::LEFT), (&right, Self::RIGHT)] {
            host.address("eth0", &format!("{address}/24"));
        }
        for end in ["left0", "right0"] {
            middle.must("ip", &["link", "set", end, "up"]);
        }
        Self { left, middle, right }
    }

    /// Has both hosts' senders leave nothing to a device.
    ///
    /// # Panics
    /// If `ethtool` fails.
    pub fn no_offloads(&self) {
        self.left.no_offloads("eth0");
        self.right.no_offloads("eth0");
    }
}

impl Default for Between {
    fn default() -> Self {
        Self::new()
    }
}

/// Joins two namespaces by a `veth` pair, one interface in each. Both are down.
///
/// # Panics
/// If there can be no such pair.
pub fn join((one, one_end): (&Namespace, &str), (other, other_end): (&Namespace, &str)) {
    let (one, other) = (&one.name, &other.name);
    let words = ["link", "add", one_end, "netns", one, "type", "veth"];
    let mut command = ip(&words);
    command.args(["peer", "name", other_end, "netns", other]);
    must_run(command);
}

/// How many pings were sent, and how many came back, of `ping -q`'s last lines.
fn ping_counts(ended: &Ended) -> Option<(u64, u64)> {
    let line = ended.stdout.lines().find(|line| line.contains(" packets transmitted"))?;
    let mut numbers = line.split(',').map(|part| part.split_whitespace().next()?.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// How many came back more than once, of the same.
fn ping_duplicates(ended: &Ended) -> Option<u64> {
    let line = ended.stdout.lines().find(|line| line.contains(" packets transmitted"))?;
    let part = line.split(", ").find_map(|part| part.strip_suffix(" duplicates"));
    part.map_or(Some(0), |part| part.trim_start_matches('+').parse().ok())
}

/// Deletes namespaces of tests that are no more.
fn remove_left_over() {
    let Ok(names) = fs::read_dir(NAMES) else { return };
    for name in names.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let pid = name.strip_prefix("phx").and_then(|rest| rest.split('-').next());
        let is_dead = |pid: &str| !fs::exists(format!("/proc/{pid}")).unwrap_or(true);
        if pid.is_some_and(|pid| pid.parse::<u32>().is_ok() && is_dead(pid)) {
            // Another test may be quicker.
            let _ = quietly(ip(&["netns", "delete", &name])).status();
        }
    }
}

fn ip(arguments: &[&str]) -> Command {
    let mut command = Command::new("ip");
    command.args(arguments);
    command
}

fn quietly(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn must_run(mut command: Command) -> String {
    match command.output() {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).into_owned()
        }
        Ok(output) => {
            panic!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim_end())
        }
        Err(error) => panic!("{command:?} did not start: {error}"),
    }
}
