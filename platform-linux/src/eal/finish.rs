//! The last steps of a start: what was left behind, lcores, threads, and the open door.

use core::time::Duration;
use std::time::Instant;

use phalanx_core::group::{CpuSet, Group, GroupRegion, Phase, flags};

use super::builder::MessageService;
use super::lcores::Lcores;
use super::notice::Notice;
use super::options::Options;
use super::role::Started;
use super::session::Session;
use super::watch::{Watcher, Watching};
use super::{Eal, EalError};
use crate::affinity;
use crate::change::announce;
use crate::lockfile::StartLock;
use crate::message::{NoMessages, Running, socket};
use crate::numa::Topology;
use crate::sys::deadline::Deadline;

/// How long a start waits for the start lock to remove dead processes' sockets.
const SWEEP_WAIT: Duration = Duration::from_millis(100);

/// What the last steps of a start go by.
pub(super) struct Finish<'a> {
    pub(super) options: Box<Options>,
    pub(super) topology: &'a Topology,
    pub(super) watching: Watching,
    pub(super) messages: MessageService,
    /// CPUs that this process may run on.
    pub(super) available: CpuSet,
}

impl Finish<'_> {
    /// Claims lcores, pins the main thread, starts the watcher, and opens the door: for others if
    /// this process made the group, for itself in any case.
    pub(super) fn open(
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
            remove_dead_sockets(&session);
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
        // Before this thread is pinned, whose CPUs its threads would inherit.
        let messages = self.start_messages(&group, &session)?;
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
        Ok(Eal {
            messages,
            watcher,
            lcores,
            session,
            options: self.options,
            created,
            notices,
            took,
        })
    }

    /// Starts the watcher, on CPUs where no lcore of this process runs if there are any.
    fn watch(&self, group: Group) -> Result<Option<Watcher>, EalError> {
        if self.watching == Watching::Off {
            return Ok(None);
        }
        Watcher::start(group, self.other_cpus())
            .map(Some)
            .map_err(|error| EalError::Watcher(error.to_string()))
    }

    /// Starts the message service, if this process wants it and the group can have it.
    fn start_messages(
        &self,
        group: &Group,
        session: &Session,
    ) -> Result<Result<Running, NoMessages>, EalError> {
        Ok(match (self.messages, &session.dir) {
            (MessageService::Off, _) => Err(NoMessages::Off),
            (MessageService::On(_), _) if group.has(flags::PRIVATE) => Err(NoMessages::Private),
            (MessageService::On(_), None) => Err(NoMessages::Private),
            (MessageService::On(how), Some(dir)) => {
                Ok(Running::start(group, dir, &how, Some(self.other_cpus()))?)
            }
        })
    }

    /// Where this process's own threads run: on its CPUs that are no lcore's, or on all if every
    /// one is.
    fn other_cpus(&self) -> CpuSet {
        let is_lcores = |cpu: u16| self.options.lcores.iter().any(|lcore| lcore.cpus.contains(cpu));
        let others: CpuSet = self.available.iter().filter(|cpu| !is_lcores(*cpu)).collect();
        if others.is_empty() { self.available } else { others }
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
