//! What the command line accepts and refuses, option by option.
//!
//! The cases are those of DPDK's own flag tests (`eal_flags_*`) and of rows `OP-*` and `LC-*`; what
//! Phalanx refuses beyond them is marked by `W-50`.

mod cores;
mod devices;
mod lcore_list;
mod memory;
mod process;
mod shape;

use super::{CpuSet, OptionError, Options, Parsed};

/// CPUs 0 to 15.
fn sixteen() -> CpuSet {
    (0..16).collect()
}

fn parse(arguments: &[&str]) -> Result<Parsed, OptionError> {
    Options::parse(arguments.iter().copied(), &sixteen())
}

#[track_caller]
fn accepted(arguments: &[&str]) -> Options {
    match parse(arguments) {
        Ok(parsed) => parsed.options,
        Err(error) => panic!("{arguments:?}: {error}"),
    }
}

/// The sentence with which these arguments are refused.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    sentence(arguments, &parse(arguments).expect_err(&format!("{arguments:?} was accepted")))
}

/// Every error is one line of printable ASCII, of a length that can be read.
#[track_caller]
fn sentence(arguments: &[&str], error: &OptionError) -> String {
    let sentence = error.to_string();
    assert!(sentence.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{sentence:?}");
    assert!(sentence.len() <= 300, "{sentence}");
    let named = arguments.is_empty() || sentence.contains('\'');
    assert!(named, "{arguments:?}: the sentence names nothing: {sentence}");
    sentence
}

/// Asserts that the sentence of the refusal has all of these parts.
#[track_caller]
fn refused_with(arguments: &[&str], parts: &[&str]) {
    let sentence = refused(arguments);
    for part in parts {
        assert!(sentence.contains(part), "{arguments:?}: no {part:?} in: {sentence}");
    }
}
