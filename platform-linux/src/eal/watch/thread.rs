//! What the watch thread does, round by round: look, obey, reap, tell, sleep.

use core::time::Duration;
use std::sync::Arc;

use phalanx_core::group::Group;
use phalanx_core::message::attend;
use phalanx_core::recovery::{self, EventKind, Heard as Logged};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;

use super::bell::Bell;
use super::events::{GroupEvent, Heard, Hub};
use super::peers::Peers;
use crate::change::announce;
use crate::eal::promote::obey;
use crate::message::{Everybody, socket};
use crate::process::End;
use crate::runtime_dir::OwnedDir;

/// The first and the longest pause before another try to reap whom somebody else reaps, or what a
/// stopped process holds.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The thread's state.
#[derive(Debug)]
pub(super) struct Watch {
    group: Group,
    /// Where the processes' sockets lie.
    dir: Option<OwnedDir>,
    bell: Arc<Bell>,
    hub: Arc<Hub>,
    peers: Peers,
    log: recovery::Events,
    pause: Duration,
    told: Told,
}

/// Which deaths were told of: the log has each of them at least once.
#[derive(Debug, Default)]
struct Told(Vec<(EventKind, u64)>);

/// How many are remembered; a death is not logged again once its slot has another tenant.
const TOLD_KEPT: usize = 256;

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
    pub(super) fn new(group: Group, dir: Option<OwnedDir>, bell: Arc<Bell>, hub: Arc<Hub>) -> Self {
        Self {
            group,
            dir,
            bell,
            hub,
            peers: Peers::default(),
            log: group.events(),
            pause: SHORTEST_PAUSE,
            told: Told::default(),
        }
    }

    /// Watches until the bell is stopped, or this process is no member any more.
    pub(super) fn run(mut self) {
        loop {
            // Before the look: what changes after it rings again. Before the question too, or the
            // ring that says "stop" could be taken away unheard, and nobody rings after it.
            self.bell.hush();
            if self.bell.is_stopped() {
                return;
            }
            obey(&self.group);
            let longest = if self.peers.update(&self.group) { self.reap() } else { self.calm() };
            self.tell();
            #[cfg(feature = "defmt")]
            crate::log::prepare_more(&self.group);
            if !self.group.is_member() {
                return;
            }
            self.sleep(longest);
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
                    attend(&self.group, &Everybody(self.group.window()));
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
            let heard = match logged {
                Logged::Missed(count) => Heard::Missed(count),
                Logged::Event(event) if self.told.is_new(&event) => {
                    let end = match event.kind {
                        EventKind::Died | EventKind::Reaped => Some(self.peers.end(event.who)),
                        _ => None,
                    };
                    Heard::Event(GroupEvent { event, end: end.filter(|end| *end != End::Unknown) })
                }
                Logged::Event(_) => continue,
            };
            self.hub.tell(&heard);
        }
    }

    /// Sleeps until the bell rings, somebody dies, or `longest` is over.
    fn sleep(&mut self, longest: Option<Duration>) {
        let timeout = longest.map(|longest| Timespec {
            tv_sec: longest.as_secs().cast_signed(),
            tv_nsec: longest.subsec_nanos().into(),
        });
        let bell = PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN);
        let mut polled: Vec<PollFd<'_>> = [bell].into_iter().chain(self.peers.polled()).collect();
        if poll(&mut polled, timeout.as_ref()).is_err() {
            // A signal, or no memory for the moment: look again.
            return;
        }
        let fired: Vec<bool> =
            polled.iter().skip(1).map(|polled| !polled.revents().is_empty()).collect();
        self.peers.note(fired.into_iter());
    }
}
