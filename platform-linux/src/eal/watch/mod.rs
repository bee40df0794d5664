//! The watcher: notices at once that a process of the group has died, has it reaped, and tells
//! everyone in this process who asked.
//!
//! Two threads, both asleep unless something happens:
//!
//! ```text
//!   change word ──futex──► bell thread ──eventfd──┐
//!   (somebody came, went, was told something)     ├─poll─► watch thread: look at the table, tell
//!   a pidfd for every other process ──────────────┤        who awaits answers, obey orders, reap, tell
//!   rtnetlink: an interface has changed ──────────┤        call who listens to a device
//!   a device of this process interrupts ──────────┘    look every second after devices of own ports
//! ```
//!
//! A futex and a pidfd cannot be waited for in one call, hence two. The pidfd says *when* to look;
//! whether somebody is dead is still the kernel's lock on its slot. So a stopped process is never
//! reaped, and a pid that belongs to a stranger by now is no harm.
//!
//! Every watcher of the group wakes when a process dies; the core lets one of them reap, and the
//! others read in the log what it did. A watcher may die at any instruction: it holds nothing that
//! the core does not recover. An order may take seconds (a living primary is waited for), and is
//! obeyed on a thread of its own.
//!
//! | file | concept |
//! |---|---|
//! | `orphans.rs` | ports whose owner is gone, which the primary adopts |
//! | `peers.rs` | a pidfd for every other process of the group |
//! | `bell.rs` | the change word, as a descriptor |
//! | `thread.rs` `sleep.rs` | what the watch thread does, round by round; what it sleeps on |
//! | `events.rs` | who asked, and what they hear |

mod bell;
mod events;
mod orphans;
mod peers;
mod sleep;
mod thread;

pub use events::{Events, GroupEvent, Heard, NoWatcher};

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use phalanx_core::group::{CpuSet, Group};

use crate::affinity;
use crate::message::Mourner;
use crate::runtime_dir::OwnedDir;
use bell::Bell;
use events::Hub;
use thread::Watch;

/// Whether a process watches the others of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Watching {
    /// By two threads that sleep until something happens.
    #[default]
    On,
    /// Not at all: the dead are reaped by others, or when this process needs what they held; it
    /// hears no events and obeys no `phalanx promote`.
    Off,
}

/// The two threads of this process's watcher. Dropping it ends them and waits for them.
#[derive(Debug)]
pub(super) struct Watcher {
    group: Group,
    bell: Arc<Bell>,
    hub: Arc<Hub>,
    threads: Vec<JoinHandle<()>>,
}

impl Watcher {
    /// Starts watching. The threads may run on `cpus`; if the kernel does not let them, where
    /// the caller runs. In `dir` lie the processes' sockets; `mourner` is told whenever somebody may
    /// be gone.
    pub(super) fn start(
        group: Group,
        dir: Option<OwnedDir>,
        mourner: Option<Mourner>,
        cpus: CpuSet,
    ) -> io::Result<Self> {
        let bell = Arc::new(Bell::new(group)?);
        let hub = Arc::new(Hub::default());
        // From here on a drop ends what was started.
        let mut watcher =
            Self { group, bell: Arc::clone(&bell), hub: Arc::clone(&hub), threads: Vec::new() };
        let ringing = Arc::clone(&bell);
        watcher.spawn("phalanx-bell", cpus, move || ringing.ring_on_changes())?;
        let watch = Watch::new(group, dir, mourner, bell, hub);
        watcher.spawn("phalanx-watch", cpus, move || watch.run())?;
        Ok(watcher)
    }

    fn spawn(
        &mut self,
        name: &str,
        cpus: CpuSet,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let pinned = move || {
            // A matter of manners only: threads that mostly sleep keep off the lcores' CPUs.
            let _ = affinity::pin_thread(&cpus);
            body();
        };
        self.threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(pinned)?);
        Ok(())
    }

    /// Who in this process hears what happens.
    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.bell.stop();
        crate::change::announce(self.group.region());
        let me = std::thread::current().id();
        for thread in self.threads.drain(..).filter(|thread| thread.thread().id() != me) {
            // A watcher that panicked has said so on standard error.
            let _ = thread.join();
        }
    }
}
