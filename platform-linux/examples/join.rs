//! Joins a group (or makes one), says so, and stays until its standard input ends.
//!
//! ```text
//! cargo run -p phalanx-linux --example join -- --proc-type=auto --lcores '0@(0-1)'
//! ```

use std::io::Read;
use std::process::ExitCode;

use phalanx_linux::eal::{EalBuilder, Fallback};

fn main() -> ExitCode {
    match EalBuilder::new().fallback(Fallback::NoHuge).init(std::env::args().skip(1)) {
        Ok((eal, rest)) => {
            eal.notices().for_each(|notice| println!("{notice}"));
            println!("{}", eal.start_line());
            println!("left for the application: {rest:?}");
            // Whatever ends the input, an error included, ends the stay.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            ExitCode::SUCCESS
        }
        Err(error) if error.exit_code() == 0 => {
            println!("{error}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}
