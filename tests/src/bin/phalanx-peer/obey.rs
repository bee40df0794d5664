//! The commands of a peer that serves: a line each, words separated by blanks.

use std::io::{self, BufRead};

use phalanx_core::group::{CpuSet, Lcore, LcoreRole};
use phalanx_core::ring::Consumer;
use phalanx_linux::clock::Timer;
use phalanx_linux::eal::Eal;
use rustix::process::{Signal, getpid, kill_process};

use crate::bridge::Bridge;
use crate::events::Ear;
use crate::mover::Mover;
use crate::{
    bridge, events, flows, lies, machine, memory, messages, mover, nodes, plug, ports, rings, say,
    service, traffic,
};

/// Why a command failed: a sentence.
pub(crate) type Answer = Result<String, String>;

/// Reads commands from standard input until it ends, and answers each.
pub(crate) fn until_the_end(eal: &Eal) {
    let mut held = Held::default();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let words: Vec<&str> = line.split_whitespace().collect();
        match answer(eal, &mut held, &words) {
            Ok(text) => say(format!("ok {text}").trim_end()),
            Err(why) => say(&format!("error {why}")),
        }
    }
}

/// What commands have taken, to be kept until the peer leaves.
#[derive(Default)]
struct Held {
    lcores: Vec<Lcore>,
    consumers: Vec<Consumer<u64>>,
    ear: Ear,
    mover: Option<Mover>,
    heard: service::Heard,
    port: Option<messages::PeerPort>,
    queues: ports::Queues,
    plugs: plug::Ear,
    bridge: Bridge,
    timer: Option<Timer>,
}

/// | command | does | answers |
/// |---|---|---|
/// | `die` | kills itself, as nothing can catch it | nothing |
/// | `slot` | | its slot and generation |
/// | `members` | | how many living members the table has |
/// | `log N` | logs a line about that number | |
/// | `log-flood N` | logs so many lines at once | |
/// | `panic` | panics | nothing |
/// | `claim ID` | claims a further lcore and keeps it | |
/// | `hold RING` | claims a ring's consuming end and keeps it | |
/// | others | see `lies.rs`, `rings.rs`, `mover.rs`, `ports.rs`, `plug.rs`, `bridge.rs`, `flows.rs`, `traffic.rs`, `events.rs`, `memory.rs`, `machine.rs`, `nodes.rs` and `service.rs`; of a peer that polls, `messages.rs` | |
fn answer(eal: &Eal, held: &mut Held, words: &[&str]) -> Answer {
    let group = eal.group();
    match words {
        ["die"] => {
            // Cannot fail: it is this process's own.
            let _ = kill_process(getpid(), Signal::KILL);
            Ok(String::new())
        }
        ["slot"] => Ok(format!("{} {}", group.me().slot(), group.me().generation())),
        ["members"] => {
            let living = group.processes().filter(|facts| group.is_alive(facts.id));
            Ok(living.count().to_string())
        }
        ["log", about] => {
            let about: u32 = number(about)?;
            defmt::warn!("the peer speaks of {=u32}", about);
            Ok(String::new())
        }
        ["log-flood", lines] => {
            let lines: u32 = number(lines)?;
            for line in 0..lines {
                defmt::info!("flood, line {=u32}", line);
            }
            Ok(String::new())
        }
        ["log-as", ..] => lies::answer(group, words),
        ["panic"] => panic!("as it was told"),
        ["claim", id] => {
            let cpus: CpuSet = [0].into_iter().collect();
            let claimed = group.claim_lcore(number(id)?, &cpus, 0, LcoreRole::NonEal);
            held.lcores.push(claimed.map_err(sentence)?);
            Ok(String::new())
        }
        ["hold", ring] => {
            held.consumers.push(rings::find(group, ring)?.consumer().map_err(sentence)?);
            Ok(String::new())
        }
        [
            "ring"
            | "waitable-ring"
            | "find-ring"
            | "find-ring-of-halves"
            | "destroy-ring"
            | "produce"
            | "put"
            | "consume",
            ..,
        ] => rings::answer(group, words),
        ["move" | "moved" | "stop-moving" | "drain", ..] => {
            mover::answer(group, &mut held.mover, words)
        }
        [
            "subscribe" | "await" | "count" | "role" | "promote" | "primaries" | "threads"
            | "descriptors",
            ..,
        ] => events::answer(eal, &mut held.ear, words),
        ["pool-of-packets" | "run-ports" | "forward" | "port-sums", ..] => {
            traffic::answer(eal, words)
        }
        [
            "ports" | "port-facts" | "port-make" | "port-peer" | "port-up" | "port-stop"
            | "port-close" | "open-rx" | "open-tx" | "port-send" | "port-receive" | "drop-queues",
            ..,
        ] => ports::answer(eal, &mut held.queues, words),
        [
            "attach" | "detach" | "guard" | "guard-go" | "port-news" | "await-port" | "device-news"
            | "await-device",
            ..,
        ] => plug::answer(eal, &mut held.plugs, words),
        ["mix", times, to] => service::mix(eal, number(times)?, to),
        [
            "send" | "hear" | "ask" | "ask-all" | "echo" | "ignore" | "flood" | "take-frames"
            | "take-all-frames",
            ..,
        ] if held.port.is_some() => messages::answer(group, &mut held.port, words),
        ["listen" | "attend"] => messages::answer(group, &mut held.port, words),
        [
            "action" | "forget" | "tell" | "ask" | "ask-many" | "ask-async" | "heard" | "kept"
            | "answer-kept" | "dropped" | "resident",
            ..,
        ] => service::answer(eal, &held.heard, words),
        [
            "pass" | "stop-passing" | "hold-rx" | "hold-tx" | "shut" | "take" | "take-all"
            | "remake" | "await-link" | "give" | "give-between" | "port-stats" | "port-mac"
            | "port-mtu" | "free-mbufs",
            ..,
        ] => bridge::answer(eal, &mut held.bridge, words),
        ["give-flows" | "take-flows", ..] => flows::answer(group, &mut held.bridge, words),
        ["timer" | "drop-timer" | "tsc"] => machine::answer(eal, &mut held.timer, words),
        ["zone-on" | "ring-on" | "pool-on" | "use-pool" | "pages-of", ..] => {
            nodes::answer(eal, words)
        }
        _ => memory::answer(group, words),
    }
}

/// What a word says, if it is a number.
pub(crate) fn number<N: core::str::FromStr>(word: &str) -> Result<N, String> {
    word.parse().map_err(|_| format!("'{word}' is no number that fits"))
}

/// An error as the test sees it.
pub(crate) fn sentence(error: impl core::fmt::Display) -> String {
    error.to_string()
}
