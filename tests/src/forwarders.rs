//! The forwarding programs in a group of a test's own: `symmetric_mp`, `mp_server`, `mp_client`.

use std::process::Command;

use serde_json::Value;

use crate::binaries::app;
use crate::cpu::lcore_in_turn;
use crate::group::TestGroup;
use crate::process::{Ended, Process};

/// Memory that needs nothing of the machine.
const MEMORY: &str = "--no-huge";

/// A group in which programs forward.
#[derive(Debug)]
pub struct Forwarders {
    /// The group.
    pub group: TestGroup,
    /// Words that stand before each program, such as `ip netns exec NAME`.
    pub behind: Vec<String>,
}

impl Default for Forwarders {
    fn default() -> Self {
        Self::new()
    }
}

impl Forwarders {
    /// One in which nobody is yet.
    pub fn new() -> Self {
        Self::behind(Vec::new())
    }

    /// The same, with each program behind `words`.
    pub fn behind(words: Vec<String>) -> Self {
        Self { group: TestGroup::of(app("phalanx")), behind: words }
    }

    /// A program of the group on lcore `lcore`, unless `eal`, the EAL's words, name others; `own` are the
    /// program's words.
    pub fn command(&self, program: &str, lcore: u16, eal: &str, own: &str) -> Command {
        let program = app(program);
        let mut words = self.behind.iter().map(AsRef::as_ref).chain([program.as_os_str()]);
        let first = words.next().unwrap_or(program.as_os_str());
        let mut command = self.group.other_command(first.as_ref());
        command.args(words).args(["--file-prefix", self.group.prefix(), MEMORY]);
        if !eal.contains("--lcores") {
            command.args(lcore_in_turn(lcore).split_whitespace());
        }
        command.args(eal.split_whitespace());
        command.arg("--").args(own.split_whitespace());
        command
    }

    /// A forwarder on lcore `id`, once it forwards.
    ///
    /// # Panics
    /// If it does not start.
    pub fn symmetric(&self, id: u16, eal: &str, own: &str) -> Process {
        let own = format!("{own} --proc-id {id}");
        let mut process = Process::start(self.command("symmetric_mp", id, eal, &own));
        process.await_line(&format!("using queue {id} of each port"));
        process
    }

    /// A server on lcore 0, with statistics as JSON on lcore 1, once it serves.
    ///
    /// # Panics
    /// If it does not start.
    pub fn server(&self, eal: &str, own: &str) -> Process {
        let cpu = crate::cpu::first_allowed();
        let eal = format!("--proc-type=primary --lcores (0,1)@({cpu}) {eal}");
        let mut process = Process::start(self.command("mp_server", 0, &eal, own));
        process.await_line("APP: Finished Process Init.");
        process
    }

    /// Client `id` on lcore `id` + 2, once it is one.
    ///
    /// # Panics
    /// If it does not start.
    pub fn client(&self, id: u16) -> Process {
        let own = format!("-n {id}");
        let mut process =
            Process::start(self.command("mp_client", id + 2, "--proc-type=secondary", &own));
        process.await_line("[Press Ctrl-C to quit ...]");
        process
    }

    /// What `phalanx info` says of the group.
    ///
    /// # Panics
    /// If it fails.
    pub fn info(&self) -> Value {
        let ended = self.tool(&["info", "--json"]);
        match serde_json::from_str(&ended.assert_success().stdout) {
            Ok(facts) => facts,
            Err(error) => panic!("it is no JSON ({error}): {ended}"),
        }
    }

    /// Waits until no packet lies in any ring.
    ///
    /// # Panics
    /// If the group cannot be looked at.
    pub fn await_empty_rings(&self) {
        let is_empty = |ring: &Value| ring["used"] == 0;
        while !self.info()["rings"].as_array().is_some_and(|rings| rings.iter().all(is_empty)) {
            std::thread::yield_now();
        }
    }

    /// Asserts that every buffer and every claim is where it belongs.
    ///
    /// # Panics
    /// If one is not.
    #[track_caller]
    pub fn assert_sound(&self) {
        self.tool(&["audit"]).assert_success();
    }

    fn tool(&self, words: &[&str]) -> Ended {
        let mut command = self.group.bare_command();
        command.args(words).args(["--file-prefix", self.group.prefix()]);
        Process::run(command)
    }
}

/// What has passed a forwarder, all ports and clients together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Packets that it received.
    pub received: u64,
    /// Packets that it sent.
    pub sent: u64,
    /// Packets that it dropped, and says so.
    pub dropped: u64,
}

impl Balance {
    /// Packets that are in nobody's count: they were in the hands of processes that were killed. (One that
    /// was killed between sending a packet and counting it is among these too.)
    pub fn in_dead_hands(self) -> u64 {
        self.received.saturating_sub(self.sent + self.dropped)
    }

    /// That of the ports' queues, as `phalanx info` says it.
    pub fn of_ports(info: &Value) -> Self {
        let ports = info["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sum = |which: &str, what: &str| -> u64 {
            let queues = ports.iter().filter_map(|port| port[which].as_array()).flatten();
            queues.filter_map(|queue| queue[what].as_u64()).sum()
        };
        Self {
            received: sum("rx_queues", "packets"),
            sent: sum("tx_queues", "packets"),
            dropped: sum("tx_queues", "lost"),
        }
    }

    /// That of a server's clients, as its JSON says it.
    pub fn of_clients(json: &Value) -> Self {
        let clients = json["clients"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sum = |what: &str| -> u64 { clients.iter().filter_map(|it| it[what].as_u64()).sum() };
        let dropped = sum("rx_drop") + sum("tx_drop");
        Self { received: sum("rx") + sum("rx_drop"), sent: sum("tx"), dropped }
    }
}

/// `RX`, `TX` and `Drop` of each port's line that a `symmetric_mp` has said, in their order.
pub fn counts(text: &str) -> Vec<[u64; 3]> {
    let of = |line: &str| {
        let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        match words[..] {
            ["Port", _, "RX", "-", rx, "TX", "-", tx, "Drop", "-", drop] => {
                Some([rx, tx, drop].map(|word| word.parse().unwrap_or(u64::MAX)))
            }
            _ => None,
        }
    };
    text.lines().filter_map(of).collect()
}

/// A server's next line of JSON.
///
/// # Panics
/// If none comes.
pub fn next_json(server: &mut Process) -> Value {
    let line = server.await_line("{\"ports\"");
    match serde_json::from_str(&line) {
        Ok(value) => value,
        Err(error) => panic!("it is no JSON ({error}): {line}"),
    }
}

/// Waits until a line of a server's JSON is as wanted.
///
/// # Panics
/// If no further line comes.
pub fn await_json(server: &mut Process, wanted: impl Fn(&Value) -> bool) {
    while !wanted(&next_json(server)) {}
}

/// The last line of JSON that a server has said.
///
/// # Panics
/// If it has said none.
#[track_caller]
pub fn last_json(ended: &Ended) -> Value {
    let lines = ended.stdout.lines().rev();
    match lines.filter_map(|line| serde_json::from_str(line).ok()).next() {
        Some(value) => value,
        None => panic!("there is no JSON: {ended}"),
    }
}

/// The number at `path` of a JSON value, e.g. `/ports/0/rx`.
///
/// # Panics
/// If there is none.
#[track_caller]
pub fn number(value: &Value, path: &str) -> u64 {
    match value.pointer(path).and_then(Value::as_u64) {
        Some(number) => number,
        None => panic!("no number at {path}: {value}"),
    }
}
