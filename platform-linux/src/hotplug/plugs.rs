//! `Plugs`: the one place of a process where devices come and go.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use phalanx_core::directory::LookupError;
use phalanx_core::group::{Group, ProcessId, Role};
use phalanx_core::port::{Port, PortError};

use super::answer::Answer;
use super::consent;
use super::detach::Detaching;
use super::devargs::Devargs;
use super::errand;
use super::error::{AttachError, DetachError};
use super::wire::Errand;
use super::{AGREE, ERRAND, parcel};
use crate::device::Caution;
use crate::message::{Incoming, Messages, NoMessages, ReplyToken};
use crate::sys::deadline::Deadline;

/// Says whether this program wants a port.
type Guard = Arc<dyn Fn(&Port) -> Result<(), String> + Send + Sync>;

/// Whether this process was started with `--no-pci`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPci {
    /// It was.
    Given,
    /// It was not.
    NotGiven,
}

/// How many errands of others are run at a time.
const ERRANDS: usize = 8;

/// Devices that come and go, as one process takes part in it.
pub(crate) struct Plugs {
    pub(super) group: Group,
    pub(super) messages: Result<Messages, NoMessages>,
    pub(super) no_pci: NoPci,
    guards: RwLock<Vec<Guard>>,
    /// Threads that run errands of others.
    running: Mutex<Vec<JoinHandle<()>>>,
    is_leaving: AtomicBool,
    /// Held while a port is begun.
    beginning: Mutex<()>,
}

impl fmt::Debug for Plugs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugs").field("guards", &self.guards().len()).finish_non_exhaustive()
    }
}

/// That this process takes part; on drop it does no more, and what it had begun is undone.
#[derive(Debug)]
pub(crate) struct Plugging(pub(super) Arc<Plugs>);

impl Plugging {
    /// Begins. Others are answered from now on.
    pub(crate) fn begin(
        group: Group,
        messages: Result<&Messages, NoMessages>,
        no_pci: NoPci,
    ) -> Self {
        let plugs = Arc::new(Plugs {
            group,
            messages: messages.cloned(),
            no_pci,
            guards: RwLock::default(),
            running: Mutex::default(),
            is_leaving: AtomicBool::new(false),
            beginning: Mutex::default(),
        });
        if let Ok(messages) = messages {
            register(messages, consent::ACTION, &plugs, |plugs, incoming| {
                plugs.serve_consent(incoming);
            });
            register(messages, errand::ACTION, &plugs, |plugs, incoming| plugs.serve(incoming));
        }
        Self(plugs)
    }

    pub(crate) fn plugs(&self) -> &Plugs {
        &self.0
    }
}

fn register(
    messages: &Messages,
    action: &str,
    plugs: &Arc<Plugs>,
    serve: fn(&Arc<Plugs>, &mut Incoming),
) {
    // Handlers end before the service does, and may outlive this.
    let weak = Arc::downgrade(plugs);
    // The table has nothing of that name: nobody but this registers it.
    let _ = messages.register(action, move |incoming: &mut Incoming| {
        if let Some(plugs) = weak.upgrade() {
            serve(&plugs, incoming);
        }
    });
}

impl Drop for Plugging {
    fn drop(&mut self) {
        self.0.is_leaving.store(true, Ordering::Release);
        let running = core::mem::take(&mut *self.0.running());
        for thread in running {
            // One that panicked has said so on standard error.
            let _ = thread.join();
        }
    }
}

impl Plugs {
    /// See [`Eal::attach_with`](crate::eal::Eal::attach_with).
    ///
    /// # Errors
    /// [`AttachError`].
    pub(crate) fn attach(
        &self,
        devargs: &str,
        tell: &mut dyn FnMut(Caution),
    ) -> Result<Port, AttachError> {
        let devargs = Devargs::parse(devargs).map_err(AttachError::Devargs)?;
        let until = Deadline::after(AGREE + ERRAND);
        match self.primary() {
            Some(primary) => self.have_attached(primary, &devargs, until, tell),
            None => self.attach_here(&devargs, until, tell),
        }
    }

    /// See [`Eal::detach_as`](crate::eal::Eal::detach_as).
    ///
    /// # Errors
    /// [`DetachError`].
    pub(crate) fn detach(&self, device: &str, how: Detaching) -> Result<(), DetachError> {
        let name = Devargs::parse(device).map_err(DetachError::Devargs)?.name();
        let port = self.find(&name)?;
        // Who waits for itself is told in any case what became of it.
        let until = Deadline::after(Duration::MAX);
        if port.is_mine() {
            return self.detach_here(&port, how, until);
        }
        let owner = port.owner().filter(|owner| self.group.is_alive(*owner));
        match owner.or_else(|| self.primary()) {
            Some(owner) => self.have_detached(owner, &port, how),
            None => self.detach_here(&port, how, until),
        }
    }

    /// The port called `name`.
    pub(super) fn find(&self, name: &str) -> Result<Port, DetachError> {
        Port::lookup(&self.group, name).map_err(|error| match error {
            PortError::Lookup(LookupError::NotFound { near, .. }) => {
                let meant = near.map(|near| format!("; did you mean {near:?}?"));
                let why = format!("no port has that name{}", meant.unwrap_or_default());
                DetachError::NotFound { name: name.to_owned(), why }
            }
            PortError::Gone { .. } => {
                DetachError::NotFound { name: name.to_owned(), why: "it was closed".to_owned() }
            }
            error => DetachError::Port(error),
        })
    }

    /// The primary, if it is another process and lives.
    fn primary(&self) -> Option<ProcessId> {
        let mut all = self.group.processes().filter(|it| it.role == Role::Primary);
        let primary = all.find(|it| self.group.is_alive(it.id))?.id;
        (primary != self.group.me()).then_some(primary)
    }

    /// Asks `guard` before any port is attached, from now on: an error keeps it from all, with that
    /// sentence. It is called on threads of the message service, and should be short.
    pub(crate) fn guard(
        &self,
        guard: impl Fn(&Port) -> Result<(), String> + Send + Sync + 'static,
    ) {
        let mut guards = self.guards.write().unwrap_or_else(PoisonError::into_inner);
        guards.push(Arc::new(guard));
    }

    pub(super) fn guards(&self) -> Vec<Guard> {
        self.guards.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this process leaves its group: nothing is waited for then.
    pub(super) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Acquire)
    }

    pub(super) fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.beginning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn running(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins something on a thread of its own; `Err` if that cannot be had.
    pub(super) fn begin_thread(
        &self,
        running: &mut Vec<JoinHandle<()>>,
        run: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        running.retain(|earlier| !earlier.is_finished());
        running.push(thread::Builder::new().name("phalanx-plug".to_owned()).spawn(run)?);
        Ok(())
    }

    /// Runs an errand of another process on a thread of its own, which answers when it is done.
    fn serve(self: &Arc<Self>, incoming: &mut Incoming) {
        let parcel = || incoming.descriptors().first().and_then(parcel::unwrap);
        let errand = Errand::from_bytes(incoming.payload(), parcel);
        let Some(token) = incoming.take_token() else { return };
        let Some((errand, until_ns)) = errand else {
            return say(token, &Answer::Failed("this is no errand".to_owned()));
        };
        let mut running = self.running();
        running.retain(|earlier| !earlier.is_finished());
        if self.is_leaving() {
            let why = "it is leaving the group; try again when it is gone".to_owned();
            return say(token, &Answer::Failed(why));
        }
        if running.len() >= ERRANDS {
            let why = format!("{ERRANDS} devices are being attached and detached; ask later");
            return say(token, &Answer::Failed(why));
        }
        let plugs = Arc::clone(self);
        let run = move || {
            let answer = plugs.run(&errand, until(until_ns));
            say(token, &answer);
        };
        // Without a thread the token is dropped with the errand, and who asks is told so.
        let _ = self.begin_thread(&mut running, run);
    }
}

/// A moment that another process named, if it is one that is waited for; else the last that is.
fn until(ns: u64) -> Deadline {
    let longest = Duration::from_secs(60);
    Deadline::at_ns(ns).sooner(Deadline::after(longest))
}

fn say(token: ReplyToken, answer: &Answer) {
    // A requester that is gone needs no answer.
    let _ = token.reply(&answer.to_bytes(), &[]);
}
