//! A filter of packets: a small program that any process may run on any packet.
//!
//! A capture's filter runs where the packet passes, in the process that forwards it. So it is no
//! code of anybody's: a list of at most [`STEPS_MAX`] tests, each of which leads *forward*, to a later
//! test, to "take" or to "leave". Whatever lies in the words, a run ends after as many steps, reads
//! nothing but the packet, and a word that is no test leaves the packet. What makes such a program of
//! a text stands in the platform.

mod headers;
mod program;
mod test;
#[cfg(test)]
mod tests;

pub use headers::{Headers, Network, kinds};
pub use program::{Program, STEP_WORDS, STEPS_MAX, Step, Target, TooLong};
pub use test::{Side, Test};

pub(crate) use program::run;
