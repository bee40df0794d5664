//! What is the same in each program's `main`: the words behind `--` are understood before anything is
//! touched, then the EAL starts, and whatever is wrong ends in a sentence and exit code 1.

use core::error::Error;
use std::process::ExitCode;

use phalanx_linux::console::{complain, say, show};
use phalanx_linux::eal::{Eal, EalBuilder, EalError, Fallback, process_arguments};

/// What a program does with a started EAL.
pub type Run<O> = fn(&Eal, &O) -> Result<(), Box<dyn Error>>;

/// What a program is.
#[derive(Clone, Copy, Debug)]
pub struct Program<O> {
    /// Its name.
    pub name: &'static str,
    /// How it is called, as its help shows.
    pub usage: &'static str,
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
            Err(error) => return self.refused(&error),
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
                complain(text);
                return ExitCode::FAILURE;
            }
        };
        match EalBuilder::new().fallback(Fallback::NoHuge).init(arguments) {
            Ok((eal, _)) => self.work(&eal, &options),
            Err(EalError::Asked(text)) => self.answer(&text),
            Err(error) => self.refused(&error),
        }
    }

    fn work(&self, eal: &Eal, options: &O) -> ExitCode {
        eal.notices().for_each(|notice| complain(format_args!("EAL: {notice}")));
        complain(format_args!("EAL: {}", eal.start_line()));
        match (self.run)(eal, options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(format_args!("{}: {error}", self.name));
                ExitCode::FAILURE
            }
        }
    }

    /// The EAL has a text to show, or an error.
    fn help(&self, arguments: Vec<String>) -> ExitCode {
        match EalBuilder::new().init(arguments) {
            Err(EalError::Asked(text)) => self.answer(&text),
            Err(error) => self.refused(&error),
            Ok(_) => ExitCode::FAILURE,
        }
    }

    fn answer(&self, text: &str) -> ExitCode {
        let shown = say(text).and_then(|()| show(self.usage));
        shown.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
    }

    fn refused(&self, error: &EalError) -> ExitCode {
        complain(format_args!("{}: {error}", self.name));
        ExitCode::from(error.exit_code())
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
