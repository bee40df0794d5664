//! How an application starts: the argument list, and what the application itself allows.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::time::Instant;

use phalanx_core::group::{CpuSet, GroupRegion, Phase, flags};

use super::lcores::Lcores;
use super::notice::Notice;
use super::options::{LogLevel, Options, usage};
use super::role::{self, Setup, Started};
use super::session::Session;
use super::{Eal, EalError};
use crate::lockfile::StartLock;
use crate::message::{MessageOptions, NoMessages, Running, socket};
use crate::numa::Topology;
use crate::sys::deadline::Deadline;
use crate::{affinity, cpu};

/// How long a start waits for the start lock to remove dead processes' sockets.
const SWEEP_WAIT: Duration = Duration::from_millis(100);

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

/// Settings of the application that are not the user's.
#[derive(Clone, Copy, Debug, Default)]
pub struct EalBuilder {
    fallback: Fallback,
    messages: MessageService,
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

    /// Whether this process has the message service, and how.
    pub fn messages(mut self, messages: MessageService) -> Self {
        self.messages = messages;
        self
    }

    /// Starts: parses `args` (without the program's name), takes the role, maps the memory,
    /// claims the lcores, pins the calling thread to the main lcore. Returns what is left of
    /// the arguments after `--`.
    ///
    /// Cost of joining: some forty system calls, well under a millisecond for a gigabyte of
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
        let options = parsed.options;
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
        let setup = Setup { options: &options, fallback: self.fallback, topology: &topology };
        let started = role::start(&setup, &mut notices)?;
        let eal = finish(started, options, self.messages, &topology, notices, begun)?;
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

/// Claims lcores, pins the main thread, and opens the door: for others if this process made
/// the group, for itself in any case.
fn finish(
    started: Started,
    options: Options,
    messages: MessageService,
    topology: &Topology,
    mut notices: Vec<Notice>,
    begun: Instant,
) -> Result<Eal, EalError> {
    let Started { mut session, role, created } = started;
    let group = session.group;
    let swept = group.sweep();
    if swept > 0 {
        remove_dead_sockets(&session);
        notices.push(Notice::Swept { processes: swept });
    }
    if options.skipped_cpus > 0 {
        notices.push(Notice::SkippedCpus { cpus: options.skipped_cpus });
    }
    if !created && wants_memory(&options) {
        notices.push(Notice::MemoryOptionsIgnored);
    }
    let wanted = options.lcores.iter().map(|lcore| (lcore.id, lcore.cpus));
    let lcores = Lcores::claim(&group, wanted, options.main_lcore, |cpu| {
        topology.node_of(cpu).unwrap_or(0)
    })?;
    // Before this thread is pinned, whose CPUs its threads would inherit.
    let messages = match (messages, &session.dir) {
        (MessageService::Off, _) => Err(NoMessages::Off),
        (MessageService::On(_), _) if group.has(flags::PRIVATE) => Err(NoMessages::Private),
        (MessageService::On(_), None) => Err(NoMessages::Private),
        (MessageService::On(how), Some(dir)) => {
            Ok(Running::start(&group, dir, &how, other_cpus(&options))?)
        }
    };
    if let Some(cpus) = options.lcores.cpus(options.main_lcore) {
        affinity::pin_thread(cpus)?;
    }
    session.become_live();
    if created {
        let region: &'static GroupRegion = group.region();
        region.set_phase(Phase::Ready);
    }
    Ok(Eal { messages, lcores, session, options, role, created, notices, took: begun.elapsed() })
}

/// Where the service's threads run: on the CPUs of this process that are not its lcores', or on
/// all if every one is.
fn other_cpus(options: &Options) -> Option<CpuSet> {
    let is_lcores = |cpu: u16| options.lcores.iter().any(|lcore| lcore.cpus.contains(cpu));
    let available = cpu::allowed().ok()?;
    let others: CpuSet = available.iter().filter(|cpu| !is_lcores(*cpu)).collect();
    Some(if others.is_empty() { available } else { others })
}

/// Removes the sockets of processes that have died (W-15). Under the start lock, or a new tenant's
/// could go; whoever has that lock for long leaves them to the next sweep, or to the tenant.
fn remove_dead_sockets(session: &Session) {
    let Some(dir) = &session.dir else { return };
    let Ok(_lock) = StartLock::acquire_existing(dir.as_fd(), Deadline::after(SWEEP_WAIT)) else {
        return;
    };
    let is_dead = |slot| !session.group.platform().is_alive(slot);
    // What cannot be removed is stale, and in nobody's way.
    let _ = socket::remove_dead(dir, is_dead);
}

/// Whether an option about the amount or kind of memory was given.
fn wants_memory(options: &Options) -> bool {
    options.memory_mb.is_some()
        || options.socket_mem.is_some()
        || options.socket_limit.is_some()
        || !options.pagesz_mem.is_empty()
        || options.huge_dir.is_some()
        || options.no_huge
        || options.legacy_mem
        || options.match_allocations
        || options.base_virtaddr.is_some()
}
