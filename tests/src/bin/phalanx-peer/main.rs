//! A process of a group, for the cross-process tests: joins as it is told on the command line,
//! then does what it is told on standard input.
//!
//! ```text
//! phalanx-peer join   EAL-ARGUMENTS         join, say so, leave
//! phalanx-peer serve  EAL-ARGUMENTS         join, say so, obey until the input ends
//! phalanx-peer poll   EAL-ARGUMENTS         as serve, without the message service
//! phalanx-peer race   EAL-ARGUMENTS         wait for a line, then as serve
//! phalanx-peer blind  EAL-ARGUMENTS         as serve, without threads: no watcher, no message service
//! phalanx-peer unwatched EAL-ARGUMENTS      as serve, without a watcher
//! phalanx-peer leave  EAL-ARGUMENTS         join, leave, say what threads and descriptors are left
//! phalanx-peer leave-asking EAL-ARGUMENTS   join, leave while it asks, say what became of that
//! phalanx-peer leave-in-handler EAL-ARGUMENTS   join, leave in a handler, say what became of that
//! phalanx-peer crowded FILE EAL-ARGUMENTS   map FILE into the window, then as join
//! ```
//!
//! A refused start is one line on standard error and exit code 1, as every app has it. The line
//! of a start that went well begins with `joined`. Each command is answered with one line that
//! begins with `ok` or `error`.

mod bridge;
mod crowd;
mod events;
mod flows;
mod leaving;
mod lies;
mod machine;
mod memory;
mod messages;
mod mover;
mod nodes;
mod obey;
mod plug;
mod ports;
mod rings;
mod service;
mod traffic;

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use phalanx_linux::eal::watch::Watching;
use phalanx_linux::eal::{Eal, EalBuilder, MessageService};
use rustix::process::{Signal, set_parent_process_death_signal};

fn main() -> ExitCode {
    // The test's thread is the parent: no peer outlives it. A kernel without this is no harm,
    // for the end of the input says the same.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    phalanx_linux::log::log_panics();
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mode = if arguments.is_empty() { String::new() } else { arguments.remove(0) };
    match mode.as_str() {
        "join" => start(arguments, |_| ()),
        "serve" => start(arguments, obey::until_the_end),
        "blind" => {
            let builder = EalBuilder::new().watching(Watching::Off).messages(MessageService::Off);
            start_as(builder, arguments, obey::until_the_end)
        }
        "unwatched" => {
            let builder = EalBuilder::new().watching(Watching::Off);
            start_as(builder, arguments, obey::until_the_end)
        }
        "leave" => {
            say(&format!("before {}", events::belongings()));
            let left = start(arguments, |_| ());
            say(&format!("after {}", events::belongings()));
            left
        }
        "leave-asking" => start_and_give(arguments, leaving::while_asking),
        "leave-in-handler" => start_and_give(arguments, leaving::in_a_handler),
        "poll" => {
            let builder = EalBuilder::new().messages(MessageService::Off);
            start_as(builder, arguments, obey::until_the_end)
        }
        "race" => {
            say("waiting");
            let mut line = String::new();
            // An input that ends is as good a signal as a line.
            let _ = io::stdin().lock().read_line(&mut line);
            start(arguments, obey::until_the_end)
        }
        "crowded" => crowd::take_place(&arguments.remove(0))
            .map_or_else(|error| refuse(&error), |()| start(arguments, |_| ())),
        other => refuse(&format!(
            "unknown mode '{other}'; give join, serve, poll, race, blind, unwatched, leave, leave-asking, \
             leave-in-handler or crowded"
        )),
    }
}

/// Starts the EAL, says so, and lets `then` use it.
fn start(arguments: Vec<String>, then: impl FnOnce(&Eal)) -> ExitCode {
    start_as(EalBuilder::new(), arguments, then)
}

/// The same with other settings.
fn start_as(builder: EalBuilder, arguments: Vec<String>, then: impl FnOnce(&Eal)) -> ExitCode {
    give(builder, arguments, |eal| then(&eal))
}

/// The same, and `then` has it for itself.
fn start_and_give(arguments: Vec<String>, then: impl FnOnce(Eal)) -> ExitCode {
    give(EalBuilder::new(), arguments, then)
}

fn give(builder: EalBuilder, arguments: Vec<String>, then: impl FnOnce(Eal)) -> ExitCode {
    match builder.init(arguments) {
        Ok((eal, _rest)) => {
            for notice in eal.notices() {
                eprintln!("notice: {notice}");
            }
            say(&format!("joined {}", eal.start_line()));
            then(eal);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("phalanx-peer: {why}");
    ExitCode::from(2)
}

/// Writes a line that a test waits for.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    // A test that no longer listens is told nothing.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
