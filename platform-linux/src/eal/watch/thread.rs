//! What the watch thread does, round by round: look, obey, reap, tell, [sleep](super::sleep).

use core::time::Duration;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use phalanx_core::group::Group;
use phalanx_core::message::{attend, call_everybody};
use phalanx_core::recovery::{self, EventKind, Heard as Logged};

use super::bell::Bell;
use super::events::{GroupEvent, Heard, Hub};
use super::orphans::{Adoption, Orphans};
use super::peers::Peers;
use crate::change::announce;
use crate::device::follow_memory;
use crate::eal::promote::{begin_to_obey, obey};
use crate::message::{Everybody, Mourner, socket};
use crate::port::descriptors::{LinkEar, link_ear};
use crate::port::pci;
use crate::process::End;
use crate::runtime_dir::OwnedDir;

/// The first and the longest pause before another try to reap whom somebody else reaps, or what a
/// stopped process holds.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long others are waited for who may know how a process ended.
const OTHERS_WAIT: Duration = Duration::from_millis(50);

/// The thread's state.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) group: Group,
    /// Where the processes' sockets lie.
    dir: Option<OwnedDir>,
    /// Who ends the wait for answers of the dead.
    mourner: Option<Mourner>,
    pub(super) bell: Arc<Bell>,
    hub: Arc<Hub>,
    /// Hears of interfaces that ports of this process's stand for; none while it has no such ports.
    pub(super) ear: Option<LinkEar>,
    pub(super) peers: Peers,
    log: recovery::Events,
    pause: Duration,
    told: Told,
    orphans: Orphans,
    /// Threads that do what this process was told to.
    obeying: Vec<JoinHandle<()>>,
}

/// Which deaths were told of: the log has each of them at least once.
#[derive(Debug, Default)]
struct Told(Vec<(EventKind, u64)>);

/// How many are remembered; a death is not logged again once its slot has another tenant.
const TOLD_KEPT: usize = 256;

/// The shorter of two times to sleep at most.
fn sooner(longest: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    longest.into_iter().chain(other).min()
}

impl Told {
    /// Whether this is the first event of its kind about a death.
    fn is_new(&mut self, event: &recovery::Event) -> bool {
        if !matches!(event.kind, EventKind::Died | EventKind::Reaped) {
            return true;
        }
        let this = (event.kind, event.who.pack());
        let is_new = !self.0.contains(&this);
        if is_new {
            self.0.drain(..(self.0.len() + 1).saturating_sub(TOLD_KEPT));
            self.0.push(this);
        }
        is_new
    }
}

impl Watch {
    pub(super) fn new(
        group: Group,
        dir: Option<OwnedDir>,
        mourner: Option<Mourner>,
        bell: Arc<Bell>,
        hub: Arc<Hub>,
    ) -> Self {
        // Before this process is up, and whoever dies after that is known how.
        let mut peers = Peers::default();
        peers.update(&group);
        Self {
            group,
            dir,
            mourner,
            bell,
            hub,
            ear: None,
            peers,
            log: group.events(),
            pause: SHORTEST_PAUSE,
            told: Told::default(),
            orphans: Orphans::default(),
            obeying: Vec::new(),
        }
    }

    /// Watches until the bell is stopped, or this process is no member any more.
    pub(super) fn run(mut self) {
        self.watch();
        for thread in self.obeying {
            // One that panicked has said so on standard error.
            let _ = thread.join();
        }
    }

    fn watch(&mut self) {
        loop {
            // Before the look: what changes after it rings again. Before the question too, or the
            // ring that says "stop" could be taken away unheard, and nobody rings after it.
            self.bell.hush();
            if self.bell.is_stopped() {
                return;
            }
            let is_one_dead = self.peers.update(&self.group);
            if let Some(mourner) = &self.mourner {
                mourner.look();
            }
            self.obey();
            let longest = if is_one_dead { self.reap() } else { self.calm() };
            self.tell();
            follow_memory();
            let longest = self.adopt(longest);
            let longest = sooner(longest, pci::look_after());
            #[cfg(feature = "defmt")]
            crate::log::prepare_more(&self.group);
            if !self.group.is_member() {
                return;
            }
            self.listen();
            self.sleep(longest);
        }
    }

    /// Begins to hear of interfaces, once ports of this process's stand for some.
    fn listen(&mut self) {
        if self.ear.is_none() {
            self.ear = link_ear();
            if let Some(ear) = &self.ear {
                // What has changed before it heard.
                ear.look();
            }
        }
    }

    /// Does what this process was told to, if anything: on another thread, for deaths happen
    /// meanwhile.
    fn obey(&mut self) {
        let Some(order) = begin_to_obey(&self.group) else { return };
        let group = self.group;
        let thread = thread::Builder::new().name("phalanx-obey".to_owned());
        self.obeying.retain(|earlier| !earlier.is_finished());
        match thread.spawn(move || obey(&group, order)) {
            Ok(thread) => self.obeying.push(thread),
            Err(_) => obey(&self.group, order),
        }
    }

    /// Reaps everyone who is dead. How long to sleep at most.
    fn reap(&mut self) -> Option<Duration> {
        loop {
            match recovery::reap(&self.group) {
                Ok(Some(_)) => {
                    self.pause = SHORTEST_PAUSE;
                    if let Some(dir) = &self.dir {
                        socket::sweep(dir, &self.group);
                    }
                    let everybody = Everybody(self.group.window());
                    attend(&self.group, &everybody);
                    call_everybody(&self.group, &everybody);
                    announce(self.group.region());
                }
                Ok(None) => return self.calm(),
                // Another process reaps, or a stopped one holds what must be mended first.
                Err(_) => {
                    let pause = self.pause;
                    self.pause = (pause * 2).min(LONGEST_PAUSE);
                    return Some(pause);
                }
            }
        }
    }

    fn calm(&mut self) -> Option<Duration> {
        self.pause = SHORTEST_PAUSE;
        self.peers.has_unwatched().then_some(LONGEST_PAUSE)
    }

    /// Tells everyone in this process what the log says.
    fn tell(&mut self) {
        for logged in self.log.by_ref() {
            if let Logged::Event(event) = &logged {
                self.orphans.heed(&self.group, event);
            }
            let heard = match logged {
                Logged::Missed(count) => {
                    self.orphans.heed_missed(&self.group);
                    Heard::Missed(count)
                }
                Logged::Event(event) if self.told.is_new(&event) && !self.hub.is_empty() => {
                    let end = |patience| Some(self.peers.end(&self.group, event.who, patience));
                    let end = match event.kind {
                        EventKind::Died => end(OTHERS_WAIT),
                        EventKind::Reaped => end(Duration::ZERO),
                        _ => None,
                    };
                    Heard::Event(GroupEvent { event, end: end.filter(|end| *end != End::Unknown) })
                }
                Logged::Event(_) => continue,
            };
            self.hub.tell(&heard);
        }
    }

    /// Adopts ports, if this process is the primary. How long to sleep at most, if `longest` is otherwise.
    fn adopt(&mut self, longest: Option<Duration>) -> Option<Duration> {
        match self.orphans.adopt(&self.group) {
            Adoption::Done => longest,
            Adoption::PutOff => sooner(longest, Some(LONGEST_PAUSE)),
        }
    }
}
