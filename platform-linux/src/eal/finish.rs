//! The last steps of a start: what was left behind, lcores, threads, and the open door.

use std::time::Instant;

use phalanx_core::group::{CpuSet, Group, GroupRegion, Phase, Role, flags};

use super::builder::{Logging, MessageService};
use super::lcores::Lcores;
use super::notice::Notice;
use super::options::Options;
use super::platform::PLATFORM;
use super::role::Started;
use super::session::Session;
use super::watch::{Watcher, Watching};
use super::{Eal, EalError};
use crate::affinity;
use crate::change::announce;
use crate::device;
use crate::hotplug::{NoPci, Plugging};
use crate::message::{Deaths, Mourner, NoMessages, Running, socket};
use crate::numa::Topology;
use crate::port::{self, Arrival};
use crate::vfio::Opening;

/// What the last steps of a start go by.
pub(super) struct Finish<'a> {
    pub(super) options: Box<Options>,
    pub(super) topology: &'a Topology,
    pub(super) watching: Watching,
    pub(super) messages: MessageService,
    /// Only a program with the feature `defmt` has anything to log.
    #[cfg_attr(not(feature = "defmt"), expect(dead_code, reason = "see above"))]
    pub(super) logging: Logging,
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
        // Its slot has a log mostly, and what it finds out of the dead is in it.
        #[cfg(feature = "defmt")]
        if self.logging == Logging::On {
            crate::log::open(&group);
        }
        let swept = group.sweep();
        if swept > 0 {
            announce(group.region());
            if let Some(dir) = &session.dir {
                socket::sweep(dir, &group);
            }
            notices.push(Notice::Swept { processes: swept });
        }
        #[cfg(feature = "defmt")]
        if self.logging == Logging::On {
            if let Err(error) = crate::log::prepare(&group) {
                notices.push(Notice::NoLog { why: error.to_string() });
            }
            crate::log::look_again();
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
        let attached = begun.elapsed();
        // Before this thread is pinned, whose CPUs its threads would inherit.
        let messages = self.start_messages(&group, &session)?;
        if let Some(cpus) = self.options.lcores.cpus(self.options.main_lcore) {
            affinity::pin_thread(cpus)?;
        }
        let mourner = messages.as_ref().ok().map(Running::mourner);
        let talk = messages.as_ref().map(Running::messages).map_err(|why| *why);
        let keeping = port::descriptors::Keeping::begin(group, talk);
        let no_pci = if self.options.no_pci { NoPci::Given } else { NoPci::NotGiven };
        let plugging = Plugging::begin(group, talk, no_pci);
        let opening = Opening::default().with_token(self.options.vf_token);
        let devices = device::Keeping::begin(group, talk, opening, self.options.vfio_intr);
        if let Some(mode) = self.options.iova_mode {
            device::choose_iova_mode(&group, mode)?;
        }
        let pci = port::pci::Keeping::begin();
        let watcher = self.watch(group, &session, mourner)?;
        if let Some(watcher) = &watcher {
            watcher.hub().call(Box::new(plugging.ear()));
        }
        let arrival = match PLATFORM.ask(|liveness| Ok(liveness.is_primary()))? {
            _ if created => Arrival::Creator,
            true => Arrival::Member(Role::Primary),
            false => Arrival::Member(Role::Secondary),
        };
        let furnished = port::furnish(&group, &self.options, arrival)?;
        if furnished.adopted > 0 {
            notices.push(Notice::AdoptedPorts { ports: furnished.adopted });
        }
        let left = furnished.left.iter();
        notices.extend(left.map(|error| Notice::PortLeft { why: error.to_string() }));
        notices.extend(furnished.cautions.iter().copied().map(Notice::Caution));
        session.become_live();
        if created {
            let region: &'static GroupRegion = group.region();
            region.set_phase(Phase::Ready);
        }
        announce(group.region());
        let took = begun.elapsed();
        #[cfg(feature = "defmt")]
        defmt::info!(
            "joined in slot {=u16}, main lcore {=u16}: attached in {=u64} us, started in {=u64} us",
            group.me().slot(),
            self.options.main_lcore,
            attached.as_micros() as u64,
            took.as_micros() as u64
        );
        Ok(Eal {
            messages,
            watcher,
            plugging,
            keeping,
            pci,
            devices,
            lcores,
            session,
            options: self.options,
            created,
            notices,
            attached,
            took,
        })
    }

    /// Starts the watcher, on CPUs where no lcore of this process runs if there are any.
    fn watch(
        &self,
        group: Group,
        session: &Session,
        mourner: Option<Mourner>,
    ) -> Result<Option<Watcher>, EalError> {
        if self.watching == Watching::Off {
            return Ok(None);
        }
        // Without it the sockets of the dead stay until their slots' next tenants come.
        let dir = session.dir.as_ref().and_then(|dir| dir.duplicate().ok());
        Watcher::start(group, dir, mourner, self.other_cpus())
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
                let deaths = match self.watching {
                    Watching::On => Deaths::Told,
                    Watching::Off => Deaths::Watched,
                };
                Ok(Running::start(group, dir, &how, deaths, Some(self.other_cpus()))?)
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
