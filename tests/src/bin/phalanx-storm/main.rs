//! A process of the storm: moves buffers between a pool and two rings until it is killed, or told
//! to stop.
//!
//! ```text
//! phalanx-storm EAL-ARGUMENTS
//! ```
//!
//! | line on standard input | what it does | answers |
//! |---|---|---|
//! | `stop` | gives back all that it holds | |
//! | `books` | empties the rings, looks where every buffer is | `free F lost L` |
//! | `sums` | | how many operations, and the longest of each kind |
//!
//! It leaves when its input ends.

mod books;
mod sums;
mod turns;
mod worker;

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};

use phalanx_linux::eal::Eal;
use rustix::process::{Signal, set_parent_process_death_signal};

fn main() -> ExitCode {
    // No process outlives its test. A kernel without this is no harm: the input ends too.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let eal = match Eal::init(std::env::args().skip(1)) {
        Ok((eal, _rest)) => eal,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(error.exit_code());
        }
    };
    println!("joined");
    let lines = lines();
    if let Err(why) = worker::work(&eal, &lines).and_then(|()| obey(&eal, &lines)) {
        eprintln!("{why}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// After the work: `stop` is answered, then what is asked.
fn obey(eal: &Eal, lines: &Receiver<String>) -> Result<(), String> {
    let mut out = io::stdout();
    let mut say = |answer: &str| writeln!(out, "{answer}").map_err(|error| error.to_string());
    say("ok stopped")?;
    for line in lines {
        match line.as_str() {
            "books" => say(&format!("ok {}", books::close(eal)?))?,
            "sums" => say(&format!("ok {}", sums::Sums::of(eal.group())?.told()))?,
            other => return Err(format!("there is no command '{other}'")),
        }
    }
    Ok(())
}

/// What comes in on standard input.
fn lines() -> Receiver<String> {
    let (to, from) = channel();
    std::thread::spawn(move || {
        let lines = io::stdin().lock().lines().map_while(Result::ok);
        lines.map(|line| to.send(line)).find(Result::is_err)
    });
    from
}
