//! `Service`: what the threads of one process share, and what becomes of a frame.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;

use phalanx_core::group::{CpuSet, Group, ProcessId, ProcessState, Role};
use phalanx_core::message::{
    ActionName, Frame, Kind, Payload, Post, Reason, SendError as PostError,
};

use super::actions::Actions;
use super::callbacks::Callbacks;
use super::descriptor;
use super::drops::{DropReason, Drops};
use super::error::{RequestError, Undelivered};
use super::flights::{Flights, Landed};
use super::futex::{self, Bit, SleepWord};
use super::incoming::Incoming;
use super::outgoing::Checked;
use super::reactor::{Deaths, Kick};
use super::receiver::{Job, Receiver, State};
use super::replies::{Outcome, Reply};
use super::socket::{DESCRIPTORS_MAX, MessageSocket, SendFailed};
use crate::affinity;

/// Everything of one process's messages.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) group: Group,
    pub(super) word: SleepWord,
    pub(super) spin: Duration,
    pub(super) receiver: Receiver,
    pub(super) actions: Actions,
    pub(super) flights: Flights,
    pub(super) callbacks: Callbacks,
    pub(super) drops: Drops,
    pub(super) kick: Kick,
    pub(super) deaths: Deaths,
    /// None once this process leaves.
    pub(super) socket: RwLock<Option<Arc<MessageSocket>>>,
    pub(super) threads: Mutex<Vec<JoinHandle<()>>>,
    pub(super) is_closed: AtomicBool,
    /// Where the service's threads run: not on this process's lcores, if there is another CPU.
    pub(super) cpus: Option<CpuSet>,
    pub(super) numbers: AtomicU64,
    /// Itself, for what outlives a call.
    pub(super) itself: Weak<Self>,
}

impl Service {
    /// Runs `body` in a thread of its own, on the service's CPUs.
    pub(super) fn spawn(
        &self,
        name: &str,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<JoinHandle<()>, String> {
        let cpus = self.cpus;
        let pinned = move || {
            if let Some(cpus) = cpus {
                // A thread that may not run there runs where its maker did.
                let _ = affinity::pin_thread(&cpus);
            }
            body();
        };
        let builder = std::thread::Builder::new().name(name.to_owned());
        builder.spawn(pinned).map_err(|error| error.to_string())
    }

    /// Promises that a callback will run, unless this process leaves.
    pub(super) fn promise_callback(&self) -> Result<(), RequestError> {
        self.callbacks.promise(|| {
            let service = self.itself.upgrade().ok_or("the message service has ended")?;
            self.spawn("phalanx-msg-cb", move || service.callbacks.run(&service.flights))
        })
    }

    /// The socket, unless this process has left.
    pub(super) fn socket(&self) -> Option<Arc<MessageSocket>> {
        self.socket.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A request's number; `is_awaited` by its own thread, which is then called itself.
    pub(super) fn number(&self, is_awaited: bool) -> u64 {
        self.numbers.fetch_add(2, Ordering::Relaxed) | u64::from(is_awaited)
    }

    /// Sends one frame. Never waits.
    pub(super) fn deliver(
        &self,
        target: ProcessId,
        kind: Kind,
        request: u64,
        what: &Checked<'_>,
    ) -> Result<(), Undelivered> {
        let frame = Frame {
            kind,
            request,
            sender: self.group.me(),
            target,
            name: what.name,
            payload: what.payload,
            // At most eight.
            descriptors: what.descriptors.len() as u8,
        };
        if what.by_socket {
            self.send_by_socket(&frame, &what.descriptors)
        } else {
            self.post(&frame)
        }
    }

    /// Sends a frame without descriptors through the target's mailbox.
    pub(super) fn post(&self, frame: &Frame) -> Result<(), Undelivered> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Undelivered::Left);
        }
        Post::new(&self.group, futex::waker(frame)).send(frame).map_err(|error| match error {
            PostError::Full { .. } => Undelivered::Full,
            PostError::Gone { .. } => Undelivered::Gone,
            PostError::NotListening { .. } | PostError::Descriptors { .. } => Undelivered::Deaf,
            PostError::Observer | PostError::TakenForDead => Undelivered::Left,
        })
    }

    pub(super) fn send_by_socket(
        &self,
        frame: &Frame,
        descriptors: &[rustix::fd::BorrowedFd<'_>],
    ) -> Result<(), Undelivered> {
        if !self.group.is_listed(frame.target) {
            return Err(Undelivered::Gone);
        }
        // Held, not cloned: the last clone removes the socket's file, and who leaves while this
        // thread sends would leave that to it, when the slot may have its next tenant.
        let socket = self.socket.read().unwrap_or_else(PoisonError::into_inner);
        let socket = socket.as_ref().ok_or(Undelivered::Left)?;
        socket.send(frame.target.slot(), &frame.encode(), descriptors).map_err(
            |error| match error {
                SendFailed::Full => Undelivered::Full,
                SendFailed::Gone if self.group.is_alive(frame.target) => Undelivered::Deaf,
                SendFailed::Gone => Undelivered::Gone,
                SendFailed::Refused(errno) => Undelivered::Refused(errno),
            },
        )
    }

    /// Tells a requester why it gets no answer. One that cannot be told is gone or has no room for
    /// replies; its deadline tells it.
    pub(super) fn refuse(&self, to: ProcessId, request: u64, name: &ActionName, reason: Reason) {
        let _ = self.post(&Frame {
            kind: Kind::Refusal(reason),
            request,
            sender: self.group.me(),
            target: to,
            name: *name,
            payload: Payload::EMPTY,
            descriptors: 0,
        });
    }

    /// What becomes of a frame that has come and is known to be its sender's: `proved` by the
    /// kernel, or by the mailbox. No handler runs in here.
    pub(super) fn dispatch(
        &self,
        state: &mut State,
        frame: &Frame,
        descriptors: heapless::Vec<rustix::fd::OwnedFd, DESCRIPTORS_MAX>,
        proved: Proved,
    ) {
        let descriptors = descriptors.into_iter().map(descriptor::owned).collect();
        let outcome = match frame.kind {
            Kind::Message | Kind::Request => {
                return self.take_up(state, frame, descriptors, proved);
            }
            Kind::Reply => Some(Outcome::Answered(Reply::new(frame.payload, descriptors))),
            Kind::Refusal(Reason::Ignored) => None,
            Kind::Refusal(Reason::UnknownAction) => Some(Outcome::NoSuchAction),
            Kind::Refusal(Reason::NotAllowed) => Some(Outcome::NotAllowed),
            Kind::Refusal(Reason::Dropped) => Some(Outcome::Dropped),
            Kind::Refusal(Reason::TooBusy) => Some(Outcome::TooBusy),
        };
        if !self.land(frame.request, frame.sender, outcome) {
            self.drop_frame(DropReason::Unexpected, frame);
        }
    }

    /// Notes what became of a request to one peer, and sees to whom that concerns. `false` if
    /// nobody waits for it.
    pub(super) fn land(&self, request: u64, peer: ProcessId, outcome: Option<Outcome>) -> bool {
        match self.flights.land(request, peer, outcome) {
            Landed::Unexpected => return false,
            Landed::Waiting => {}
            Landed::Last(flight) if flight.has_callback() => self.callbacks.tell(Some(flight)),
            Landed::Last(flight) if flight.is_asleep() => self.word.call(Bit::of_request(request)),
            Landed::Last(_) => {}
            Landed::Prove(frame) => {
                if let Err(why) = self.send_by_socket(&frame, &[]) {
                    return self.land(request, peer, Some(Outcome::Undelivered(why)));
                }
            }
        }
        true
    }

    /// A message or a request: a job, or a reason why not.
    fn take_up(
        &self,
        state: &mut State,
        frame: &Frame,
        descriptors: Vec<std::os::fd::OwnedFd>,
        proved: Proved,
    ) {
        let (reason, drop_reason) = match self.actions.find(&frame.name) {
            None if self.actions.is_leaving() => (Reason::Dropped, DropReason::UnknownAction),
            None if self.is_starting() => (Reason::Ignored, DropReason::UnknownAction),
            None => (Reason::UnknownAction, DropReason::UnknownAction),
            Some(action) if !action.admits(self.role_of(frame.sender, proved)) => {
                (Reason::NotAllowed, DropReason::NotAllowed)
            }
            Some(_) if state.is_overfull() => (Reason::TooBusy, DropReason::TooMany),
            Some(action) => {
                let Some(service) = self.itself.upgrade() else { return };
                let incoming = Incoming::new(&service, frame, descriptors);
                if frame.kind == Kind::Request {
                    state.add(Job::Request(action, Box::new(incoming)));
                } else if action.queue(incoming) {
                    state.add(Job::Lane(action));
                } else {
                    state.add_to_lane();
                }
                return;
            }
        };
        if frame.kind == Kind::Request {
            self.refuse(frame.sender, frame.request, &frame.name, reason);
        } else {
            self.drop_frame(drop_reason, frame);
        }
    }

    /// The sender's role, if the kernel has said who it is.
    fn role_of(&self, sender: ProcessId, proved: Proved) -> Option<Role> {
        let facts = self.group.region().process(sender.slot())?;
        (proved == Proved::ByKernel && facts.id == sender).then_some(facts.role)
    }

    fn is_starting(&self) -> bool {
        let me = self.group.region().process(self.group.me().slot());
        me.is_some_and(|facts| facts.state == ProcessState::Joining)
    }

    fn drop_frame(&self, reason: DropReason, frame: &Frame) {
        self.count_drop(reason, self.group.pid_of(frame.sender));
    }

    /// Counts what was dropped; the reactor tells the listener, without a lock.
    pub(super) fn count_drop(&self, reason: DropReason, pid: u32) {
        if self.drops.count(reason, pid) {
            self.kick.kick();
        }
    }
}

/// Who says that a frame is from whom it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proved {
    /// The mailbox: any member could have written it.
    ByMailbox,
    /// The kernel, by the credentials of the datagram.
    ByKernel,
}
