//! Our service: a request to the built-in action that every process answers.

use core::time::Duration;
use std::io;

use phalanx_linux::eal::{EalBuilder, MessageService};
use phalanx_linux::message::{MessageOptions, Outgoing, PING, To};

use crate::pair::{ask_in_slices, serve_in_slices, timed};

/// Bytes of a request and of its answer.
pub(crate) const BYTES: usize = 64;

/// Asks or answers; `sleeps` at once when there is nothing to do, or spins as by default.
pub(crate) fn run(eal: &[String], asks: bool, sleeps: bool) -> io::Result<()> {
    let mut options = MessageOptions::default();
    if sleeps {
        options.spin = Duration::ZERO;
    }
    let builder = EalBuilder::new().messages(MessageService::On(options));
    let (eal, _) = builder.init(eal.iter().cloned()).map_err(other)?;
    let messages = eal.messages().map_err(other)?;
    let request = Outgoing::new(PING).payload(&[7; BYTES]);
    if !asks {
        // Its service answers.
        return serve_in_slices(|| ());
    }
    ask_in_slices(|limit| {
        timed(limit, || {
            let replies = messages.request(To::Primary, &request, Duration::from_secs(5));
            match replies.map_err(other)?.nb_received() {
                1 => Ok(()),
                _ => Err(io::Error::other("no answer")),
            }
        })
    })
}

pub(crate) fn other(error: impl core::error::Error) -> io::Error {
    io::Error::other(error.to_string())
}
