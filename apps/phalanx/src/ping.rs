//! `phalanx ping`: asks the processes of a group, one after another, and times the answers.

use core::time::Duration;
use std::process::ExitCode;
use std::time::Instant;

use comfy_table::{CellAlignment, Table, presets};
use phalanx_core::group::{Group, ProcessFacts, ProcessState};
use phalanx_linux::console::say;
use phalanx_linux::message::{Messages, NoPeer, Outgoing, PING, RequestError, To};
use serde::Serialize;

use crate::cli::PingOptions;
use crate::{Failure, member};

/// What came of asking one process.
#[derive(Serialize)]
struct Pinged {
    slot: u16,
    pid: u32,
    role: String,
    name: String,
    asked: u32,
    answered: u32,
    /// Microseconds; absent if nothing was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip_us: Option<Times>,
    /// Why the last request that was not answered was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Clone, Copy, Serialize)]
struct Times {
    p50: f64,
    p99: f64,
    #[serde(rename = "p99.9")]
    p999: f64,
    max: f64,
}

/// Runs the command.
pub(crate) fn run(options: &PingOptions) -> Result<ExitCode, Failure> {
    let eal = member::join(&options.group.file_prefix)?;
    let messages = eal.messages()?;
    let mut all = Vec::new();
    for peer in peers(eal.group(), options)? {
        // One that has left meanwhile is not there to be asked.
        all.extend(ping(messages, &peer, options)?);
    }
    if all.is_empty() {
        return Err(Failure::new(format!(
            "somebody was to be asked and nobody else is in group '{}'; start a process first",
            options.group.file_prefix
        )));
    }
    if options.group.json {
        say(serde_json::to_string_pretty(&all)?)?;
    } else {
        say(table(&all))?;
        for one in &all {
            if let Some(why) = &one.why {
                say(format_args!("slot {} {why}", one.slot))?;
            }
        }
    }
    let is_whole = all.iter().all(|one| one.answered == one.asked);
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn peers(group: &Group, options: &PingOptions) -> Result<Vec<ProcessFacts>, Failure> {
    let is_other = |it: &ProcessFacts| {
        it.id != group.me() && it.state == ProcessState::Live && group.is_alive(it.id)
    };
    let mut all: Vec<ProcessFacts> = group.processes().filter(is_other).collect();
    if let Some(slot) = options.slot {
        all.retain(|it| it.id.slot() == slot);
        if all.is_empty() {
            return Err(Failure::new(format!(
                "slot {slot} was to be asked and no process lives there; `phalanx info` shows who does"
            )));
        }
    }
    Ok(all)
}

/// Asks one process; `None` if it has left before it was asked at all.
fn ping(
    messages: &Messages,
    peer: &ProcessFacts,
    options: &PingOptions,
) -> Result<Option<Pinged>, Failure> {
    let payload = vec![0x5a; usize::from(options.size)];
    let request = Outgoing::new(PING).payload(&payload);
    let limit = Duration::from_millis(options.timeout);
    let (mut times, mut why, mut asked) = (Vec::new(), None, 0);
    for _ in 0..options.count {
        let begin = Instant::now();
        let replies = match messages.request(To::One(peer.id.slot()), &request, limit) {
            Err(RequestError::NoPeer(NoPeer::NotThere { .. })) => break,
            result => result?,
        };
        let took = begin.elapsed();
        asked += 1;
        let is_right =
            replies.answers().any(|(who, reply)| who == peer.id && reply.payload() == payload);
        if is_right {
            times.push(took);
        } else {
            why = replies.results().first().map(|result| result.outcome.to_string());
        }
    }
    Ok((asked > 0).then(|| Pinged {
        slot: peer.id.slot(),
        pid: peer.pid,
        role: peer.role.to_string(),
        name: peer.name.to_string(),
        asked,
        // No more than were asked.
        answered: times.len() as u32,
        round_trip_us: spread(times),
        why,
    }))
}

fn spread(mut times: Vec<Duration>) -> Option<Times> {
    times.sort_unstable();
    let at = |per_mille: usize| {
        let place = (times.len() * per_mille).div_ceil(1000).saturating_sub(1);
        times.get(place).map(|time| time.as_secs_f64() * 1e6)
    };
    Some(Times { p50: at(500)?, p99: at(990)?, p999: at(999)?, max: at(1000)? })
}

fn table(all: &[Pinged]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header([
        "slot",
        "pid",
        "role",
        "name",
        "answered",
        "p50 µs",
        "p99 µs",
        "p99.9 µs",
        "max µs",
    ]);
    for one in all {
        let time = |pick: fn(Times) -> f64| {
            one.round_trip_us.map_or("-".to_owned(), |times| format!("{:.1}", pick(times)))
        };
        table.add_row([
            one.slot.to_string(),
            one.pid.to_string(),
            one.role.clone(),
            one.name.clone(),
            format!("{}/{}", one.answered, one.asked),
            time(|times| times.p50),
            time(|times| times.p99),
            time(|times| times.p999),
            time(|times| times.max),
        ]);
    }
    for column in [0, 1, 4, 5, 6, 7, 8] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
