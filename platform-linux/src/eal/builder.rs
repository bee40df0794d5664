//! How an application starts: the argument list, and what the application itself allows.

use core::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use phalanx_core::group::{CpuSet, Group, GroupRegion, Phase};

use super::lcores::Lcores;
use super::notice::Notice;
use super::options::{LogLevel, Options, usage};
use super::role::{self, Setup, Started};
use super::watch::{Watcher, Watching};
use super::{Eal, EalError};
use crate::change::announce;
use crate::numa::Topology;
use crate::{affinity, cpu};

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

/// Settings of the application that are not the user's.
#[derive(Clone, Copy, Debug, Default)]
pub struct EalBuilder {
    fallback: Fallback,
    watching: Watching,
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
        let setup = Setup { options: &options, fallback: self.fallback, topology: &topology };
        let started = role::start(&setup, &mut notices)?;
        let finish = Finish { options, topology: &topology, watching: self.watching, available };
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

/// What the last steps of a start go by.
struct Finish<'a> {
    options: Box<Options>,
    topology: &'a Topology,
    watching: Watching,
    /// CPUs that this process may run on.
    available: CpuSet,
}

impl Finish<'_> {
    /// Claims lcores, pins the main thread, starts the watcher, and opens the door: for others if
    /// this process made the group, for itself in any case.
    fn open(
        self,
        started: Started,
        mut notices: Vec<Notice>,
        begun: Instant,
    ) -> Result<Eal, EalError> {
        let Started { mut session, created } = started;
        let group = session.group;
        let swept = group.sweep();
        if swept > 0 {
            announce(group.region());
            notices.push(Notice::Swept { processes: swept });
        }
        if self.options.skipped_cpus > 0 {
            notices.push(Notice::SkippedCpus { cpus: self.options.skipped_cpus });
        }
        if !created && wants_memory(&self.options) {
            notices.push(Notice::MemoryOptionsIgnored);
        }
        let wanted = self.options.lcores.iter().map(|lcore| (lcore.id, lcore.cpus));
        let lcores = Lcores::claim(&group, wanted, self.options.main_lcore, |cpu| {
            self.topology.node_of(cpu).unwrap_or(0)
        })?;
        if let Some(cpus) = self.options.lcores.cpus(self.options.main_lcore) {
            affinity::pin_thread(cpus)?;
        }
        let watcher = self.watch(group)?;
        session.become_live();
        if created {
            let region: &'static GroupRegion = group.region();
            region.set_phase(Phase::Ready);
        }
        announce(group.region());
        let took = begun.elapsed();
        Ok(Eal { watcher, lcores, session, options: self.options, created, notices, took })
    }

    /// Starts the watcher, on CPUs where no lcore of this process runs if there are any.
    fn watch(&self, group: Group) -> Result<Option<Watcher>, EalError> {
        if self.watching == Watching::Off {
            return Ok(None);
        }
        let busy = |cpu: &u16| self.options.lcores.iter().any(|lcore| lcore.cpus.contains(*cpu));
        let idle: CpuSet = self.available.iter().filter(|cpu| !busy(cpu)).collect();
        let cpus = if idle.first().is_some() { idle } else { self.available };
        Watcher::start(group, cpus).map(Some).map_err(|error| EalError::Watcher(error.to_string()))
    }
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
