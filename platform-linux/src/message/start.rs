//! Starting and ending the message service of a process.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use phalanx_core::group::{CpuSet, Group};
use phalanx_core::message::{Inbox, InboxError, Kind, PING, Reason};
use rustix::io::Errno;

use super::Messages;
use super::actions::Actions;
use super::callbacks::Callbacks;
use super::drops::Drops;
use super::flights::Flights;
use super::futex::SleepWord;
use super::incoming::Incoming;
use super::reactor::{Deaths, Kick, Mourner};
use super::receiver::Receiver;
use super::service::Service;
use super::socket::{MessageSocket, SocketError};
use crate::cpu;
use crate::runtime_dir::OwnedDir;
use crate::sys::errno::Named;

/// How long a thread looks for messages before it sleeps, unless said otherwise.
pub const SPIN: Duration = Duration::from_micros(50);

/// How long a leaver waits for its datagrams to be taken in; a stopped receiver takes none.
const LINGER: Duration = Duration::from_millis(100);

/// What a program may choose about its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageOptions {
    /// How long a thread that has nothing to do looks for more before it sleeps: for a request, and
    /// for the answer to one. Longer is faster for the peer and takes more of a CPU; 0 sleeps at
    /// once, as is always done on a machine with one CPU.
    pub spin: Duration,
}

impl Default for MessageOptions {
    fn default() -> Self {
        Self { spin: SPIN }
    }
}

/// Why the message service did not start (W-37: a start without it fails).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceError {
    /// There is no socket.
    Socket(SocketError),
    /// The mailbox is not to be had.
    Inbox(InboxError),
    /// The kernel refused a step.
    Refused {
        /// What was tried.
        doing: &'static str,
        /// Its answer.
        errno: Errno,
    },
    /// The system made no thread; what it said.
    NoThread(String),
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(error) => error.fmt(f),
            Self::Inbox(error) => error.fmt(f),
            Self::Refused { doing, errno } => write!(
                f,
                "the message service did not start: {doing} failed: {}; raise the limit of descriptors",
                Named(*errno)
            ),
            Self::NoThread(why) => write!(
                f,
                "the message service did not start: no thread could be made: {why}; raise the limit of threads"
            ),
        }
    }
}

impl core::error::Error for ServiceError {}

/// A running service; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Running {
    messages: Messages,
    service: Arc<Service>,
}

impl Running {
    /// Starts the service of a process that is in the group and not yet live: whoever sees it live
    /// can talk to it. Cost: two threads, some fifteen system calls.
    ///
    /// With [`Deaths::Told`] the caller gives the [`mourner`](Self::mourner) to its watcher.
    pub(crate) fn start(
        group: &Group,
        dir: &OwnedDir,
        options: &MessageOptions,
        deaths: Deaths,
        cpus: Option<CpuSet>,
    ) -> Result<Self, ServiceError> {
        let inbox = Inbox::open(group).map_err(ServiceError::Inbox)?;
        let word = inbox.sleep_word().and_then(|at| SleepWord::at(group.window(), at));
        let word = word.ok_or(ServiceError::Inbox(InboxError::Observer))?;
        let socket = MessageSocket::bind(dir, group.me().slot()).map_err(ServiceError::Socket)?;
        let refused = |errno| ServiceError::Refused { doing: "making an event descriptor", errno };
        let kick = Kick::new().map_err(refused)?;
        SleepWord::found_in(group.window());
        let service = Arc::new_cyclic(|itself| Service {
            group: *group,
            word,
            spin: time_to_spin(options),
            receiver: Receiver::new(inbox),
            actions: Actions::default(),
            flights: Flights::default(),
            callbacks: Callbacks::default(),
            drops: Drops::new(),
            kick,
            deaths,
            socket: RwLock::new(Some(Arc::new(socket))),
            threads: Mutex::default(),
            is_closed: AtomicBool::new(false),
            cpus,
            numbers: AtomicU64::new(2),
            itself: itself.clone(),
        });
        let running = Self { messages: Messages::of(Arc::clone(&service)), service };
        running.begin()?;
        Ok(running)
    }

    fn begin(&self) -> Result<(), ServiceError> {
        let service = &self.service;
        let echo = |incoming: &mut Incoming| {
            let payload = incoming.payload().to_vec();
            // A requester that is gone needs no answer.
            let _ = incoming.reply(&payload);
        };
        // The table is empty and the name is one.
        let _ = self.messages.register(PING, echo);
        service.add_thread(&mut service.receiver.lock());
        let mut threads = service.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if threads.is_empty() {
            return Err(ServiceError::NoThread(
                "the first handler's thread was refused".to_owned(),
            ));
        }
        let reactor = Arc::clone(service);
        let reactor = service.spawn("phalanx-msg-io", move || reactor.react());
        threads.push(reactor.map_err(ServiceError::NoThread)?);
        Ok(())
    }

    /// What a watcher tells.
    pub(crate) fn mourner(&self) -> Mourner {
        Mourner::of(&self.service)
    }

    /// What programs use.
    pub(crate) fn messages(&self) -> &Messages {
        &self.messages
    }
}

/// With one CPU, whoever spins keeps away the one it waits for.
fn time_to_spin(options: &MessageOptions) -> Duration {
    match cpu::allowed() {
        Ok(cpus) if cpus.len() == 1 => Duration::ZERO,
        _ => options.spin,
    }
}

impl Drop for Running {
    /// Refuses what has not begun, ends every request of this process (waiting threads return,
    /// callbacks run, no more are made), and waits for handlers that run. Nothing of the service is
    /// left then.
    fn drop(&mut self) {
        let service = &self.service;
        service.actions.leave();
        let (inbox, jobs) = service.receiver.lock().close();
        // Their requesters are told while the way is still open, and nobody asks any more.
        service.refuse_the_rest(inbox);
        drop(jobs);
        let socket = service.socket.write().unwrap_or_else(PoisonError::into_inner).take();
        service.kick.kick();
        service.word.call_all();
        service.end_flights();
        let threads =
            core::mem::take(&mut *service.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let me = std::thread::current().id();
        for thread in threads.into_iter().filter(|thread| thread.thread().id() != me) {
            // They run handlers under `catch_unwind`, so they do not panic.
            let _ = thread.join();
        }
        service.is_closed.store(true, Ordering::SeqCst);
        service.callbacks.close();
        if let Some(socket) = &socket {
            socket.linger(LINGER);
        }
        drop(socket);
    }
}

/// How many frames of a flooded mailbox are refused one by one.
const REFUSALS: usize = 1000;

impl Service {
    /// Refuses the requests that lie in the mailbox, and gives it back.
    fn refuse_the_rest(&self, inbox: Option<Inbox>) {
        let Some(mut inbox) = inbox else { return };
        for _ in 0..REFUSALS {
            let Some(frame) = inbox.next() else { return };
            if frame.kind == Kind::Request {
                self.refuse(frame.sender, frame.request, &frame.name, Reason::Dropped);
            }
        }
    }

    /// Ends every request of this process; it makes no more.
    pub(super) fn end_flights(&self) {
        for (request, flight) in self.flights.end_all() {
            if flight.has_callback() {
                self.callbacks.tell(Some(flight));
            } else {
                self.word.call(super::futex::Bit::of_request(request));
            }
        }
    }
}
