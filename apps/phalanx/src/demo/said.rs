//! What a worker says on standard error: kept until it serves, and passed on from then on.

use core::time::Duration;
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use phalanx_linux::console::complain;

/// How long the last words of one that has ended may take: somebody else may have its standard error.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Lines of a worker.
#[derive(Debug)]
pub(super) struct Said(Receiver<String>);

impl Said {
    /// Listens until it ends.
    pub(super) fn by(stream: impl Read + Send + 'static) -> Self {
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                // Nobody listens any more: it is read all the same, so that the worker is not held up.
                let _ = tell.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        Self(told)
    }

    /// Passes on what has come.
    pub(super) fn pass_on(&self) {
        self.0.try_iter().for_each(complain);
    }

    /// All that has not been passed on, of one that has ended.
    pub(super) fn last_words(&self) -> Vec<String> {
        let end = Instant::now() + LAST_WORDS;
        let left = || end.saturating_duration_since(Instant::now());
        core::iter::from_fn(|| self.0.recv_timeout(left()).ok()).collect()
    }
}
