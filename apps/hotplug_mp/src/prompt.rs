//! The prompt: `attach`, `detach`, `list`, `help`, `quit`.

use std::io::{self, BufRead};

use phalanx_linux::console::{say, show};
use phalanx_linux::eal::Eal;

use crate::commands::{attach, detach, list};

/// What `help` prints.
const HELP: &str = "commands:\n- attach <devargs>\n- detach <devargs>\n- list\n\n";

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command<'a> {
    Nothing,
    Attach(&'a str),
    Detach(&'a str),
    List,
    Help,
    Quit,
    BadArguments,
    Unknown,
}

fn parse(line: &str) -> Command<'_> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [] => Command::Nothing,
        ["attach", devargs] => Command::Attach(devargs),
        ["detach", devargs] => Command::Detach(devargs),
        ["list"] => Command::List,
        ["help"] => Command::Help,
        ["quit"] => Command::Quit,
        ["attach" | "detach" | "list" | "help" | "quit", ..] => Command::BadArguments,
        _ => Command::Unknown,
    }
}

/// Reads commands until `quit` or the end of the input. What is not text in a line is replaced.
pub(crate) fn run(eal: &Eal) -> Result<(), Box<dyn core::error::Error>> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        show("example> ")?;
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        match parse(&String::from_utf8_lossy(&line)) {
            Command::Nothing => {}
            Command::Attach(devargs) => attach(eal, devargs)?,
            Command::Detach(devargs) => detach(eal, devargs)?,
            Command::List => list(eal)?,
            Command::Help => show(HELP)?,
            Command::Quit => return Ok(()),
            Command::BadArguments => say("Bad arguments")?,
            Command::Unknown => say("Command not found")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_and_its_one_word() {
        assert_eq!(parse("attach net_null0,size=64\n"), Command::Attach("net_null0,size=64"));
        assert_eq!(parse(" detach  net_null0 "), Command::Detach("net_null0"));
        assert_eq!(parse("list"), Command::List);
        assert_eq!(parse(""), Command::Nothing);
    }

    #[test]
    fn what_is_no_command_is_said_to_be_none() {
        assert_eq!(parse("attach"), Command::BadArguments);
        assert_eq!(parse("attach a b"), Command::BadArguments);
        assert_eq!(parse("list all"), Command::BadArguments);
        assert_eq!(parse("attached net_null0"), Command::Unknown);
    }
}
