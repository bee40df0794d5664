//! Joins a group (or makes one), says so, and stays until its standard input ends.
//!
//! ```text
//! cargo run -p phalanx-linux --example join -- --proc-type=auto --lcores '0@(0-1)'
//! ```

use std::io::Read;
use std::process::ExitCode;

use phalanx_linux::console::{complain, say};
use phalanx_linux::eal::{EalBuilder, Fallback, process_arguments};

fn main() -> ExitCode {
    let started = process_arguments()
        .and_then(|arguments| EalBuilder::new().fallback(Fallback::NoHuge).init(arguments));
    match started {
        Ok((eal, rest)) => {
            eal.notices().for_each(complain);
            let said = say(eal.start_line())
                .and_then(|()| say(format_args!("left for the application: {rest:?}")));
            if let Err(error) = said {
                complain(error);
            }
            // Whatever ends the input, an error included, ends the stay.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            ExitCode::SUCCESS
        }
        Err(error) if error.exit_code() == 0 => {
            let said = say(&error);
            said.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
