//! The process that decodes: `phalanx logs-decoder`, started by `phalanx logs`.
//!
//! It reads what peers bring: programs, and frames that claim to be theirs. What goes wrong with that ends
//! this process and no other; it takes no more memory than it may, and ends with who has started it.

use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;

use phalanx_linux::sys::errno::Named;
use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};

use super::decoder::{ANSWER_MAX, Answer};
use super::programs::Programs;
use super::regular::FILE_MAX;
use crate::Failure;
use crate::cli::ProgramFiles;

/// Bytes of addresses that it may have: a long program, as much again for what is found in it, and more.
const MEMORY_MAX: u64 = 4 * FILE_MAX;

/// Answers questions until there are no more.
pub(crate) fn run(files: &ProgramFiles) -> Result<ExitCode, Failure> {
    confine()?;
    let mut programs = Programs::new(files)?;
    for line in stdin().lock().lines() {
        let answer = programs.decode(&serde_json::from_str(&line?)?);
        let mut text = serde_json::to_string(&answer)?;
        if text.len() >= ANSWER_MAX {
            let long = format!("its text would have {ANSWER_MAX} bytes and more");
            text = serde_json::to_string(&Answer::Err(long))?;
        }
        text.push('\n');
        let mut out = stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn confine() -> Result<(), Failure> {
    let refused = |errno| Failure::new(format!("the decoder is not confined: {}", Named(errno)));
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(refused)?;
    let most = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    // Who started this may have less, and nobody but root may take more.
    let allowed = getrlimit(Resource::As).maximum.unwrap_or(MEMORY_MAX);
    setrlimit(Resource::As, most(MEMORY_MAX.min(allowed))).map_err(refused)?;
    // Its end is no news, and its memory nobody's.
    setrlimit(Resource::Core, most(0)).map_err(refused)
}
