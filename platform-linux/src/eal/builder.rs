//! How an application starts: the argument list, and what the application itself allows.

use core::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::finish::Finish;
use super::notice::Notice;
use super::options::{LogLevel, Options, usage};
use super::role::{self, Setup};
use super::watch::Watching;
use super::{Eal, EalError};
use crate::cpu;
use crate::message::MessageOptions;
use crate::numa::Topology;

/// Set from the first start on, and reset by one that fails.
static STARTED: AtomicBool = AtomicBool::new(false);

/// What to do when no hugepage can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fallback {
    /// The start fails, saying how to get some.
    #[default]
    Refuse,
    /// The group is made of 4 KB pages, and a notice says so.
    NoHuge,
}

/// Whether this process has the message service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageService {
    /// It has, with these options.
    On(MessageOptions),
    /// It has not, and no threads: it polls its mailbox itself (a
    /// [`Port`](phalanx_core::message::Port)), or has no messages at all.
    Off,
}

impl Default for MessageService {
    fn default() -> Self {
        Self::On(MessageOptions::default())
    }
}

/// Whether a process has a log in the group's memory. Only one whose program has the feature
/// `defmt` of this crate has anything to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Logging {
    /// What it says through `defmt` goes to the log of its slot.
    #[default]
    On,
    /// It is dropped: for tools that come and go.
    Off,
}

/// Settings of the application that are not the user's.
#[derive(Clone, Copy, Debug, Default)]
pub struct EalBuilder {
    fallback: Fallback,
    watching: Watching,
    messages: MessageService,
    logging: Logging,
    is_unwanted: Option<fn() -> bool>,
}

/// Resets the run-once mark unless the start succeeds.
struct OnceGuard;

impl Drop for OnceGuard {
    fn drop(&mut self) {
        STARTED.store(false, Ordering::Release);
    }
}

impl EalBuilder {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What to do when no hugepage can be had and `--no-huge` was not given.
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = fallback;
        self
    }

    /// Whether this process watches the others of its group; it does unless told otherwise.
    pub fn watching(mut self, watching: Watching) -> Self {
        self.watching = watching;
        self
    }

    /// Whether this process has the message service, and how.
    pub fn messages(mut self, messages: MessageService) -> Self {
        self.messages = messages;
        self
    }

    /// Whether this process has a log; it has unless told otherwise.
    pub fn logging(mut self, logging: Logging) -> Self {
        self.logging = logging;
        self
    }

    /// Has a start that waits (for its group, or for another start) ask whether it is still wanted, every
    /// half a millisecond: for programs that hear signals, whose default would end them.
    pub fn unless(mut self, is_unwanted: fn() -> bool) -> Self {
        self.is_unwanted = Some(is_unwanted);
        self
    }

    /// Starts: parses `args` (without the program's name), takes the role, maps the memory,
    /// claims the lcores, pins the calling thread to the main lcore. Returns what is left of
    /// the arguments after `--`.
    ///
    /// Cost of joining: some eighty system calls, well under a millisecond for a gigabyte of
    /// hugepages. Answers PT-4, PT-5, PT-8, PT-9.
    ///
    /// # Errors
    /// [`EalError`]. Everything begun is undone.
    pub fn init<S: Into<String>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<(Eal, Vec<String>), EalError> {
        let begun = Instant::now();
        let args: Vec<String> = args.into_iter().map(Into::into).collect();
        let available = cpu::allowed()?;
        let parsed = Options::parse(args.iter().map(String::as_str), &available)?;
        asked(&parsed.options)?;
        // Behind a pointer, for it is 36 KB, and is handed on several times.
        let options = Box::new(parsed.options);
        let topology = Topology::discover()?;
        options.check_nodes(topology.node_count())?;
        if STARTED.swap(true, Ordering::AcqRel) {
            return Err(EalError::AlreadyStarted);
        }
        let once = OnceGuard;
        let mut notices = Vec::new();
        if options.version {
            notices.push(Notice::Version);
        }
        let is_unwanted = self.is_unwanted.unwrap_or(|| false);
        let setup =
            Setup { options: &options, fallback: self.fallback, topology: &topology, is_unwanted };
        let started = role::start(&setup, &mut notices)?;
        let finish = Finish {
            options,
            topology: &topology,
            watching: self.watching,
            messages: self.messages,
            logging: self.logging,
            available,
        };
        let eal = finish.open(started, notices, begun)?;
        core::mem::forget(once);
        let rest = args.get(parsed.consumed..).unwrap_or_default().to_vec();
        Ok((eal, rest))
    }
}

/// The texts that a user may ask for instead of a start.
fn asked(options: &Options) -> Result<(), EalError> {
    if options.help {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = usage(&mut text);
        return Err(EalError::Asked(text));
    }
    if options.log_help {
        let names: Vec<&str> = LogLevel::ALL.iter().map(|level| level.name()).collect();
        return Err(EalError::Asked(format!(
            "log levels, the most important first: {}",
            names.join(" ")
        )));
    }
    Ok(())
}
