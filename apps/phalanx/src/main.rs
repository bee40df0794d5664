//! `phalanx`: the tool beside every group.
//!
//! `doctor` looks at the machine, `clock` at its clocks, `devices` at its PCI devices, which `bind` and `unbind` give to
//! drivers; `demo` runs the main job on real packets, `run` starts workers;
//! `info`, `ps` and `audit` show a group, `inspect` a dead one; `logs` decodes what processes have
//! said; `capture` writes its packets down; `ping` and `send` talk to its processes; `promote` moves the role of primary; `clean`
//! removes what a dead group has left. Thin: everything it does stands in the libraries.

mod audit;
mod capture;
mod clean;
mod cli;
mod clock;
mod demo;
mod devices;
mod doctor;
mod info;
mod inspect;
mod logs;
mod member;
mod ping;
mod promote;
mod ps;
mod run;
mod send;
mod table;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use cli::{Cli, Command};
use phalanx_linux::console::{complain, show};

/// The most characters of what the command line's parser says of what was typed.
const SENTENCE_MAX: usize = 300;

fn main() -> ExitCode {
    phalanx_linux::log::log_panics();
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(asked) => return answer(&asked),
    };
    let result = match command {
        Command::Demo(options) => demo::run(&options),
        Command::DemoWorker(options) => demo::work(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::Clock(options) => clock::run(&options),
        Command::Devices(options) => devices::run(&options),
        Command::Bind(options) => devices::bind(&options),
        Command::Unbind(options) => devices::unbind(&options),
        Command::Run(options) => run::run(&options),
        Command::Info(options) => info::run(&options),
        Command::Ps(options) => ps::run(&options),
        Command::Audit(options) => audit::run(&options),
        Command::Inspect(options) => inspect::run(&options),
        Command::Logs(options) => logs::run(&options),
        Command::LogsDecoder(files) => logs::helper::run(&files),
        Command::Capture(options) => capture::run(&options),
        Command::Promote(options) => promote::run(&options),
        Command::Ping(options) => ping::run(&options),
        Command::Send(options) => send::run(&options),
        Command::Clean(options) => clean::run(&options),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            complain(format_args!("phalanx: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// What the command line's parser has to say: a help text, or one line about what is wrong.
fn answer(asked: &clap::Error) -> ExitCode {
    if !asked.use_stderr() {
        return show(asked).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let text = match asked.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "no command was given; name one, for example demo".to_owned()
        }
        ErrorKind::MissingRequiredArgument => {
            format!("{} must be given", words(asked, ContextKind::InvalidArg))
        }
        _ => asked.to_string(),
    };
    let why = shortened(text.lines().next().unwrap_or_default().trim_start_matches("error: "));
    let accepted = accepted(asked).map(|values| format!("; give one of {values}"));
    let help = help_of(std::env::args().nth(1).as_deref());
    complain(format_args!("phalanx: {why}{}; see `{help}`", accepted.unwrap_or_default()));
    ExitCode::FAILURE
}

/// Words of the parser's, to be read one behind the other.
fn words(asked: &clap::Error, of: ContextKind) -> String {
    match asked.get(of) {
        Some(ContextValue::Strings(words)) => words.join(" and "),
        Some(ContextValue::String(word)) => word.clone(),
        _ => "something".to_owned(),
    }
}

/// A sentence that may have whatever was typed in it, cut if that was long.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SENTENCE_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The words that an option takes, where it takes only some.
fn accepted(asked: &clap::Error) -> Option<String> {
    match asked.get(ContextKind::ValidValue)? {
        ContextValue::Strings(words) if !words.is_empty() => Some(words.join(", ")),
        _ => None,
    }
}

/// The command that explains what `word`, the first of the command line, takes.
fn help_of(word: Option<&str>) -> String {
    let tool = Cli::command();
    let known = word.and_then(|word| tool.find_subcommand(word)).filter(|it| !it.is_hide_set());
    known.map_or("phalanx --help".to_owned(), |it| format!("phalanx {} --help", it.get_name()))
}

/// What ends a command early: one sentence for the user.
#[derive(Debug)]
pub struct Failure(String);

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: core::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Failure {
    /// A sentence of the program's own.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
