//! `Messages`: what programs use.

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::sync::Arc;

use phalanx_core::group::{ProcessFacts, ProcessId, ProcessState, Role};
use phalanx_core::message::{ActionName, Allowed, Frame, Kind, MailboxFacts};

use super::callbacks::Callback;
use super::drops::{DropNotice, DropReason};
use super::error::{NoPeer, RegisterError, RequestError, SendError, Undelivered, UnregisterError};
use super::flights::Plan;
use super::incoming::Incoming;
use super::outgoing::{Checked, Outgoing, To};
use super::replies::{Outcome, Replies};
use super::service::Service;
use crate::sys::deadline::Deadline;

/// This process's messages. Copies are handles to the same; they work from any thread, in
/// handlers too, and are of no use once this process has left its group.
#[derive(Clone, Debug)]
pub struct Messages {
    service: Arc<Service>,
}

/// To whom a message went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Who has it in its queue.
    pub delivered: Vec<ProcessId>,
    /// Who has not, and why.
    pub failed: Vec<(ProcessId, Undelivered)>,
}

impl Messages {
    pub(super) fn of(service: Arc<Service>) -> Self {
        Self { service }
    }

    /// From now on `handler` is called for each message and request of `name`, in a thread of the
    /// service.
    ///
    /// Requests of one action may run side by side, in several threads; messages of one action run
    /// one after another, in the order of each sender. A handler may send, ask and wait (W-25),
    /// allocate and free memory of the group, and take its time: others are not held up (W-61), until
    /// sixteen run at once. One that panics, or returns without an answer, tells the requester that none will come. Cost: no
    /// system call.
    ///
    /// # Errors
    /// [`RegisterError`], as IPC-10 has them.
    ///
    /// ```no_run
    /// # fn start(eal: &phalanx_linux::eal::Eal) -> Result<(), Box<dyn core::error::Error>> {
    /// use phalanx_linux::message::Incoming;
    /// eal.messages()?.register("app/double", |incoming: &mut Incoming| {
    ///     let doubled = incoming.payload().repeat(2);
    ///     // A requester that is gone meanwhile needs no answer.
    ///     let _ = incoming.reply(&doubled);
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "rte_mp_action_register")]
    pub fn register(
        &self,
        name: &str,
        handler: impl Fn(&mut Incoming) + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        self.register_for(Allowed::Anyone, name, handler)
    }

    /// As [`register`](Self::register), for processes of one role only (W-29). Such a message must
    /// come by socket, where the kernel says who sends ([`Outgoing::proved`]); a request finds
    /// that out by itself. Others are refused.
    ///
    /// # Errors
    /// As [`register`](Self::register).
    pub fn register_for(
        &self,
        allowed: Allowed,
        name: &str,
        handler: impl Fn(&mut Incoming) + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        let name = ActionName::new(name).map_err(RegisterError::Name)?;
        self.service.actions.register(name, allowed, Box::new(handler))
    }

    /// Unregisters an action, and waits for the end of its handlers that run, 30 s at most. After
    /// this none of them runs, nor will (W-34). A handler may unregister itself or another action;
    /// where it would wait for itself, also by way of others, it is told so at once instead.
    ///
    /// # Errors
    /// [`UnregisterError`]; after any but the first two nothing new begins, but one runs still.
    #[doc(alias = "rte_mp_action_unregister")]
    pub fn unregister(&self, name: &str) -> Result<(), UnregisterError> {
        let name = ActionName::new(name).map_err(UnregisterError::Name)?;
        self.service.actions.unregister(name)
    }

    /// Sends a message that needs no answer: best effort, never waits. A stopped or slow peer has a
    /// full queue, and that is said.
    ///
    /// Cost: one system call for each peer (does it live?), one more if it sleeps, and one for a
    /// message with descriptors or a proof. Answers IPC-12, W-19, W-24.
    ///
    /// # Errors
    /// [`SendError`]; for [`To::All`] what is wrong with one peer is in [`Sent::failed`] instead.
    ///
    /// ```no_run
    /// # fn tell(messages: &phalanx_linux::message::Messages) -> Result<(), Box<dyn core::error::Error>> {
    /// use phalanx_linux::message::{Outgoing, To};
    /// let sent = messages.send(To::All, &Outgoing::new("app/news").payload(b"rain"))?;
    /// println!("{} have it", sent.delivered.len());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "rte_mp_sendmsg")]
    pub fn send(&self, to: To, outgoing: &Outgoing<'_>) -> Result<Sent, SendError> {
        let checked = outgoing.check().map_err(SendError::Outgoing)?;
        let peers = self.peers(to).map_err(SendError::NoPeer)?;
        let mut sent = Sent::default();
        for peer in peers {
            let delivered = match self.service.group.is_alive(peer) {
                true => self.service.deliver(peer, Kind::Message, 0, &checked),
                false => Err(Undelivered::Gone),
            };
            match delivered {
                Ok(()) => sent.delivered.push(peer),
                Err(why) if to == To::All => sent.failed.push((peer, why)),
                Err(why) => return Err(SendError::Undelivered { peer, why }),
            }
        }
        Ok(sent)
    }

    /// Asks, and waits for the answers: of all peers at once, under one deadline on the monotonic
    /// clock. A peer that dies is known at once, one that is stopped costs the deadline.
    ///
    /// The thread spins a little (see [`MessageOptions`](super::MessageOptions)) and then sleeps.
    /// Cost: no system call if the answer comes meanwhile. May be called in a handler. Answers
    /// IPC-13, W-20, W-21, W-22.
    ///
    /// # Errors
    /// [`RequestError`]; then nobody was asked. What became of it, each peer's outcome says.
    ///
    /// ```no_run
    /// # fn ask(messages: &phalanx_linux::message::Messages) -> Result<(), Box<dyn core::error::Error>> {
    /// use core::time::Duration;
    /// use phalanx_linux::message::{Outgoing, To};
    /// let request = Outgoing::new("app/double").payload(b"ab");
    /// let replies = messages.request(To::Primary, &request, Duration::from_secs(1))?;
    /// for result in replies.results() {
    ///     println!("slot {} {}", result.peer.slot(), result.outcome);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "rte_mp_request_sync")]
    pub fn request(
        &self,
        to: To,
        outgoing: &Outgoing<'_>,
        timeout: Duration,
    ) -> Result<Replies, RequestError> {
        let (checked, peers) = self.prepare(to, outgoing)?;
        let number = self.service.number(true);
        let plan = Plan {
            peers: &peers,
            deadline: Deadline::after(timeout),
            callback: None,
            template: self.template(number, &checked),
        };
        let flight = self.service.flights.start(number, plan).ok_or(RequestError::Left)?;
        self.ask(number, &peers, &checked);
        if !peers.is_empty() && !flight.has_ended() {
            self.service.await_flight(number, &flight);
        }
        self.service.flights.end(number);
        Ok(flight.replies())
    }

    /// As [`request`](Self::request), without waiting: `callback` is called when it has ended,
    /// exactly once whatever happens, always on the same thread, which is made by the first
    /// such request (W-26). A slow callback delays other callbacks and nothing else. When this
    /// process leaves, what is in flight ends, its callbacks run, and the leaver waits for them.
    ///
    /// # Errors
    /// [`RequestError`]; then the callback is not called, and only then.
    #[doc(alias = "rte_mp_request_async")]
    pub fn request_async(
        &self,
        to: To,
        outgoing: &Outgoing<'_>,
        timeout: Duration,
        callback: impl FnOnce(Replies) + Send + 'static,
    ) -> Result<(), RequestError> {
        let (checked, peers) = self.prepare(to, outgoing)?;
        self.service.promise_callback()?;
        let number = self.service.number(false);
        let plan = Plan {
            peers: &peers,
            // Nobody to ask: it has ended as it begins.
            deadline: Deadline::after(if peers.is_empty() { Duration::ZERO } else { timeout }),
            callback: Some(Callback(Box::new(callback))),
            template: self.template(number, &checked),
        };
        if self.service.flights.start(number, plan).is_none() {
            self.service.callbacks.settle();
            return Err(RequestError::Left);
        }
        self.ask(number, &peers, &checked);
        self.service.callbacks.tell(None);
        self.service.watch(peers.iter().map(|peer| (number, *peer)));
        self.service.kick.kick();
        Ok(())
    }

    /// `listener` is told when something that came was dropped, or when the kernel does not hand over
    /// what has come ([`DropReason::NotHandedOver`]), at most once a second, in the thread
    /// that takes datagrams in: let it be short. There is one listener; a later one replaces it.
    pub fn on_drop(&self, listener: impl Fn(&DropNotice) + Send + Sync + 'static) {
        self.service.drops.listen(Arc::new(listener));
    }

    /// How many datagrams and frames were dropped because of `reason`.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.service.drops.of(reason)
    }

    /// What this process's mailbox has seen; `None` once it has left.
    pub fn mailbox(&self) -> Option<MailboxFacts> {
        self.service.receiver.lock().facts()
    }

    fn prepare<'a>(
        &self,
        to: To,
        outgoing: &Outgoing<'a>,
    ) -> Result<(Checked<'a>, Vec<ProcessId>), RequestError> {
        let checked = outgoing.check().map_err(RequestError::Outgoing)?;
        if self.service.is_closed.load(Ordering::Acquire) {
            return Err(RequestError::Left);
        }
        let peers = self.peers(to).map_err(RequestError::NoPeer)?;
        Ok((checked, peers))
    }

    /// What a peer is sent by socket that wants a proof; nothing if the request is one.
    fn template(&self, number: u64, checked: &Checked<'_>) -> Option<Frame> {
        let me = self.service.group.me();
        (!checked.by_socket).then_some(Frame {
            kind: Kind::Request,
            request: number,
            sender: me,
            target: me,
            name: checked.name,
            payload: checked.payload,
            descriptors: 0,
        })
    }

    fn ask(&self, number: u64, peers: &[ProcessId], checked: &Checked<'_>) {
        for peer in peers {
            if let Err(why) = self.service.deliver(*peer, Kind::Request, number, checked) {
                let outcome = match why {
                    Undelivered::Gone => Outcome::Gone,
                    why => Outcome::Undelivered(why),
                };
                self.service.land(number, *peer, Some(outcome));
            }
        }
    }

    /// Who `to` means now. Who is still starting is not in `All` (IPC-16).
    fn peers(&self, to: To) -> Result<Vec<ProcessId>, NoPeer> {
        let group = &self.service.group;
        let me = group.me();
        match to {
            To::All => {
                let is_up = |it: &ProcessFacts| it.id != me && it.state == ProcessState::Live;
                Ok(group.processes().filter(is_up).map(|it| it.id).collect())
            }
            To::Primary => {
                let mut all = group.processes().filter(|it| it.role == Role::Primary);
                let first = all.next().ok_or(NoPeer::NoPrimary)?.id;
                // Where only one is listed, whether it lives is found out by who needs to know.
                let found = match all.next() {
                    None => Some(first),
                    Some(second) => core::iter::once(first)
                        .chain([second.id])
                        .chain(all.map(|it| it.id))
                        .find(|id| group.is_alive(*id)),
                };
                match found.ok_or(NoPeer::NoPrimary)? {
                    primary if primary == me => Err(NoPeer::IAmPrimary),
                    primary => Ok(vec![primary]),
                }
            }
            To::One(slot) if slot == me.slot() => Err(NoPeer::Myself { slot }),
            To::One(slot) => match group.region().process(slot) {
                Some(facts) => Ok(vec![facts.id]),
                None => Err(NoPeer::NotThere { slot }),
            },
        }
    }
}
