//! A process of a group that is killed, or survives and looks what is left.
//!
//! ```text
//! phalanx-step EAL-ARGUMENTS
//! ```
//!
//! Joins, and does what it is told on standard input, a line at a time: each is answered with
//! `ok` or a sentence.
//!
//! | command | does |
//! |---|---|
//! | `prepare OPERATION` | makes what it works on |
//! | `operate OPERATION` | does it between two marks; the process must be traced |
//! | `recover` | recovers between two marks |
//! | `held VERB PID` | wants process PID, stopped, to hold the ring's end up, or (`lock`) the group's lock |
//! | `reap-nobody` | wants nobody to be dead |
//! | `judge OPERATION` | recovers, audits, counts, uses |
//! | `use OPERATION` | uses, audits |

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use phalanx_linux::eal::watch::Watching;
use phalanx_linux::eal::{Eal, EalBuilder, MessageService};
use phalanx_tests::step::operation::{Marks, Member, Operation, Outcome, same};
use phalanx_tests::step::{ops, recovery};
use rustix::process::{Signal, set_parent_process_death_signal};

fn main() -> ExitCode {
    // No process outlives its test. A kernel without this is no harm: the input ends too.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    // Nobody recovers but who is told to, so that memory can be put back behind its users.
    let builder = EalBuilder::new().watching(Watching::Off).messages(MessageService::Off);
    let eal = match builder.init(std::env::args().skip(1)) {
        Ok((eal, _rest)) => eal,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(error.exit_code());
        }
    };
    let group_file = group_file(&eal);
    let member = Member { group: eal.group(), lcore: eal.main_lcore(), group_file: &group_file };
    let all = ops::all();
    say(&Ok(()));
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        say(&obey(&member, &all, &line));
    }
    ExitCode::SUCCESS
}

fn obey(member: &Member<'_>, all: &[Box<dyn Operation>], line: &str) -> Outcome {
    let (command, name) = line.split_once(' ').unwrap_or((line, ""));
    if command == "recover" {
        return Marks::of_a_traced_process().around(|| recovery::recover(member.group));
    }
    if let ("held", Some((verb, pid))) = (command, name.split_once(' ')) {
        let pid = pid.parse().unwrap_or(0);
        return match verb {
            "lock" => ops::lock::is_held(member, pid),
            _ => ops::ring::is_held_up(member, verb, pid),
        };
    }
    if command == "reap-nobody" {
        return same("who is reaped", phalanx_core::recovery::reap(member.group), Ok(None));
    }
    let op = all.iter().find(|op| op.name() == name);
    let op = op.ok_or_else(|| format!("there is no operation '{name}'"))?;
    match command {
        "prepare" => op.prepare(member),
        "operate" => op.operate(member, Marks::of_a_traced_process()),
        "judge" => {
            recovery::recover(member.group)?;
            recovery::audit(member.group).map_err(|why| format!("after the recovery, {why}"))?;
            op.judge(member)
        }
        "use" => {
            op.use_again(member).map_err(|why| format!("in the second survivor, {why}"))?;
            recovery::audit(member.group).map_err(|why| format!("at the end, {why}"))
        }
        other => Err(format!("there is no command '{other}'")),
    }
}

fn group_file(eal: &Eal) -> String {
    let base = std::env::var("RUNTIME_DIRECTORY").unwrap_or_default();
    format!("{base}/phalanx/{}/group", eal.options().file_prefix)
}

fn say(outcome: &Outcome) {
    let mut out = io::stdout().lock();
    // A test that no longer listens is told nothing.
    let _ = match outcome {
        Ok(()) => writeln!(out, "ok"),
        Err(why) => writeln!(out, "error: {}", why.replace('\n', " ")),
    };
    let _ = out.flush();
}
