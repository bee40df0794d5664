//! The prompt: `send`, `help`, `quit`.

use std::io::{self, BufRead};

use phalanx_core::group::Lcore;
use phalanx_core::ring::PutError;
use phalanx_linux::console::{ConsoleError, say, show};

use crate::objects::Objects;

/// What `help` prints.
const HELP: &str = "Simple demo example of multi-process in RTE\n\n\
This is a readline-like interface that can be used to\n\
send commands to the simple app. Commands supported are:\n\n\
- send [string]\n- help\n- quit\n\n";

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command<'a> {
    Nothing,
    Send(&'a str),
    Help,
    Quit,
    BadArguments,
    Unknown,
}

fn parse(line: &str) -> Command<'_> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match (word, rest.trim_start()) {
        ("", _) => Command::Nothing,
        ("send", "") => Command::BadArguments,
        ("send", text) => Command::Send(text),
        ("help", "") => Command::Help,
        ("quit", "") => Command::Quit,
        ("help" | "quit", _) => Command::BadArguments,
        _ => Command::Unknown,
    }
}

/// Reads commands until `quit` or the end of the input. What is not text in a line is replaced.
pub(crate) fn run(lcore: &Lcore, objects: &Objects) -> Result<(), Box<dyn core::error::Error>> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        show("\nsimple_mp > ")?;
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        match parse(&String::from_utf8_lossy(&line)) {
            Command::Nothing => {}
            Command::Send(text) => send(lcore, objects, text)?,
            Command::Help => show(HELP)?,
            Command::Quit => return Ok(()),
            Command::BadArguments => say("Bad arguments")?,
            Command::Unknown => say("Command not found")?,
        }
    }
}

fn send(lcore: &Lcore, objects: &Objects, text: &str) -> Result<(), ConsoleError> {
    let sent = || -> Result<(), String> {
        let cache = objects.pool.cache(lcore).map_err(|error| error.to_string())?;
        let mut ring = objects.send.producer().map_err(|error| error.to_string())?;
        let mut message = cache.get().ok_or("Failed to get message buffer")?;
        message.set(text);
        let place = message.into_offset();
        let Err(error) = ring.enqueue(place) else { return Ok(()) };
        // Taken back, and dropped into the pool.
        drop(cache.adopt(place));
        Err(match error {
            PutError::Full { .. } => "Failed to send message - message discarded".to_owned(),
            PutError::Held(held) => held.to_string(),
        })
    };
    sent().or_else(say)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_words_is_sent_whole() {
        assert_eq!(parse("send hello over there \n"), Command::Send("hello over there"));
        assert_eq!(parse("  send  x"), Command::Send("x"));
    }

    #[test]
    fn what_is_no_command_is_said_to_be_none() {
        assert_eq!(parse("sendx"), Command::Unknown);
        assert_eq!(parse("send"), Command::BadArguments);
        assert_eq!(parse("quit now"), Command::BadArguments);
        assert_eq!(parse("   "), Command::Nothing);
    }

    #[test]
    fn the_help_text_is_the_samples_own() {
        assert!(HELP.starts_with("Simple demo example of multi-process in RTE\n\nThis is"));
        assert!(HELP.ends_with("- send [string]\n- help\n- quit\n\n"));
    }
}
