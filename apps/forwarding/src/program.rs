//! What is the same in each program's `main`: the words behind `--` are understood before anything is
//! touched, then the EAL starts, and whatever is wrong ends in a sentence and exit code 1. Signals are heard from
//! before the start on: one that comes in the middle of it leaves nothing.

use core::error::Error;
use std::process::ExitCode;

use phalanx_linux::console::{complain, say, show};
use phalanx_linux::eal::{Eal, EalBuilder, EalError, Fallback, process_arguments};
use phalanx_linux::program::{failed, greet, refused};

use crate::options::Known;
use crate::stop::Stop;

/// What a program does with a started EAL.
pub type Run<O> = fn(&Eal, &O, &Stop) -> Result<(), Box<dyn Error>>;

/// What a program is.
#[derive(Clone, Copy, Debug)]
pub struct Program<O> {
    /// Its name.
    pub name: &'static str,
    /// How it is called, as its help shows.
    pub usage: &'static str,
    /// Its own options.
    pub known: Known,
    /// Understands the words behind `--`; what is wrong comes back as the text to show.
    pub parse: fn(&[String]) -> Result<O, String>,
    /// Does its work.
    pub run: Run<O>,
}

impl<O> Program<O> {
    /// Runs it with the arguments of this process.
    pub fn main(&self) -> ExitCode {
        phalanx_linux::log::log_panics();
        let arguments = match process_arguments() {
            Ok(arguments) => arguments,
            Err(error) => return refused(self.name, &error),
        };
        let own = own_words(&arguments);
        if own.iter().any(|word| word == "--help" || word == "-h") {
            return show(self.usage).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
        let options = match (self.parse)(own) {
            Ok(options) => options,
            // Who asks for the EAL's help gets it, whatever else is missing.
            Err(_) if asks_eal(&arguments) => return self.help(arguments),
            Err(text) => {
                complain(self.without_dashes(&arguments).unwrap_or(text));
                return ExitCode::FAILURE;
            }
        };
        let stop = match Stop::on_signals() {
            Ok(stop) => stop,
            Err(error) => return failed(self.name, &error),
        };
        stop.is_of_start();
        let builder = EalBuilder::new().fallback(Fallback::NoHuge).unless(Stop::start_is_unwanted);
        match builder.init(arguments) {
            Ok((eal, _)) => self.work(&eal, &options, &stop),
            Err(EalError::Asked(text)) => self.answer(&text),
            Err(error) => refused(self.name, &error),
        }
    }

    /// What is wrong where own options were given and no `--` before them.
    fn without_dashes(&self, arguments: &[String]) -> Option<String> {
        if arguments.iter().any(|word| word == "--") {
            return None;
        }
        let mut own: Vec<&str> = Vec::new();
        for word in arguments {
            own.extend(self.known.name_of(word).filter(|name| !own.contains(name)));
        }
        let (name, own) = (self.name, own.join(", "));
        let text = format!(
            "{name}: `--` is missing: the EAL's options stand before it, and {own} behind it\n{}",
            self.usage.trim_end()
        );
        (!own.is_empty()).then_some(text)
    }

    fn work(&self, eal: &Eal, options: &O, stop: &Stop) -> ExitCode {
        if let Some(signal) = stop.signal() {
            let why = format_args!("signal {signal} has come while it started");
            return failed(self.name, &why);
        }
        greet(eal);
        match (self.run)(eal, options, stop) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(self.name, &*error),
        }
    }

    /// The EAL has a text to show, or an error.
    fn help(&self, arguments: Vec<String>) -> ExitCode {
        match EalBuilder::new().init(arguments) {
            Err(EalError::Asked(text)) => self.answer(&text),
            Err(error) => refused(self.name, &error),
            Ok(_) => ExitCode::FAILURE,
        }
    }

    fn answer(&self, text: &str) -> ExitCode {
        let shown = say(text).and_then(|()| show(self.usage));
        shown.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
    }
}

/// The words behind the first `--`.
fn own_words(arguments: &[String]) -> &[String] {
    let end = arguments.iter().position(|word| word == "--");
    end.and_then(|end| arguments.get(end + 1..)).unwrap_or_default()
}

/// Whether the EAL is asked for a text instead of a start.
fn asks_eal(arguments: &[String]) -> bool {
    let end = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
    let eal = arguments.get(..end).unwrap_or_default();
    eal.iter().any(|word| matches!(word.as_str(), "-h" | "--help" | "--log-level=help"))
}
