//! `hotplug_mp`: attaches and detaches devices, in all processes of a group at once.
//!
//! ```text
//! hotplug_mp -l 0 --proc-type=auto      # one terminal
//! hotplug_mp -l 1 --proc-type=auto      # another, and as many as there are lcores
//! example> attach net_null0,size=64
//! attached device net_null0
//! ```
//!
//! What is attached in any of them is in the `list` of all, and what is detached in that of none. Why
//! something failed is one sentence on standard error.
//!
//! | file | concept |
//! |---|---|
//! | `prompt.rs` | the lines that are read |
//! | `commands.rs` | what they do |

mod commands;
mod prompt;

use std::process::ExitCode;

use phalanx_linux::console::{complain, say};
use phalanx_linux::eal::{Eal, EalBuilder, EalError, Fallback, process_arguments};

fn main() -> ExitCode {
    phalanx_linux::log::log_panics();
    match process_arguments()
        .and_then(|arguments| EalBuilder::new().fallback(Fallback::NoHuge).init(arguments))
    {
        Ok((eal, _)) => match run(&eal) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(format_args!("hotplug_mp: {error}"));
                ExitCode::FAILURE
            }
        },
        Err(EalError::Asked(text)) => say(text).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        Err(error) => {
            complain(format_args!("hotplug_mp: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(eal: &Eal) -> Result<(), Box<dyn core::error::Error>> {
    eal.notices().for_each(|notice| complain(format_args!("EAL: {notice}")));
    complain(format_args!("EAL: {}", eal.start_line()));
    prompt::run(eal)
}
