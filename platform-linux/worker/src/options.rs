//! The runtime's own arguments. They stand among the EAL's, in front of `--`.
//!
//! | argument | what |
//! |---|---|
//! | `--sched fifo:N` | the real-time class, priority N of 1 to 99 |
//! | `--sandbox` | a start without the sandbox is refused |
//! | `--no-sandbox` | no sandbox |

use core::fmt;

use crate::start::words::Arguments;

/// The help text of these arguments.
pub(crate) const USAGE: &str = "\
Static worker:
      --sched fifo:N          Real-time class, priority N of 1 to 99
      --sandbox               Do not start without the sandbox
      --no-sandbox            Start without the sandbox

";

/// Whether a worker gives up what it does not need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SandboxChoice {
    /// As far as the kernel can.
    #[default]
    IfPossible,
    /// All of it, or no start.
    Required,
    /// Not at all.
    Off,
}

/// What the runtime was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RuntimeOptions {
    /// Priority in the real-time class.
    pub(crate) fifo: Option<u8>,
    /// The sandbox.
    pub(crate) sandbox: SandboxChoice,
}

/// A value of `--sched` that it does not take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BadSched {
    found: &'static str,
}

impl fmt::Display for BadSched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "--sched was given '{}'; it takes fifo:N with a priority N from 1 to 99, e.g. --sched fifo:50",
            self.found.escape_debug()
        )
    }
}

impl core::error::Error for BadSched {}

/// The arguments in front of `--`, one after the other, without the program's name.
fn before_the_gap(mut words: Arguments) -> impl Iterator<Item = &'static str> + Clone {
    words.next();
    words.take_while(|word| *word != "--")
}

impl RuntimeOptions {
    /// Reads the runtime's own arguments of a command line.
    pub(crate) fn parse(command_line: Arguments) -> Result<Self, BadSched> {
        let mut options = Self::default();
        let mut words = before_the_gap(command_line);
        while let Some(word) = words.next() {
            match kind(word) {
                Own::Sandbox(choice) => options.sandbox = choice,
                Own::Sched(attached) => {
                    let found = attached.or_else(|| words.next()).unwrap_or_default();
                    options.fifo = Some(priority(found).ok_or(BadSched { found })?);
                }
                Own::Not => {}
            }
        }
        Ok(options)
    }
}

/// The EAL's arguments of a command line: those in front of `--` that are not the runtime's.
pub(crate) fn for_the_eal(command_line: Arguments) -> impl Iterator<Item = &'static str> + Clone {
    let mut is_value = false;
    before_the_gap(command_line).filter(move |word| {
        let own = kind(word);
        let is_own = is_value || own != Own::Not;
        is_value = !is_value && own == Own::Sched(None);
        !is_own
    })
}

/// The program's arguments: those behind `--`.
pub(crate) fn for_the_program(command_line: Arguments) -> Arguments {
    let mut words = command_line;
    let _ = words.find(|word| *word == "--");
    words
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Not,
    Sandbox(SandboxChoice),
    /// With its value, if that is attached.
    Sched(Option<&'static str>),
}

fn kind(word: &'static str) -> Own {
    match word {
        "--sandbox" => Own::Sandbox(SandboxChoice::Required),
        "--no-sandbox" => Own::Sandbox(SandboxChoice::Off),
        "--sched" => Own::Sched(None),
        _ => word.strip_prefix("--sched=").map_or(Own::Not, |value| Own::Sched(Some(value))),
    }
}

fn priority(text: &str) -> Option<u8> {
    text.strip_prefix("fifo:")?.parse().ok().filter(|priority| (1..=99).contains(priority))
}
