//! The port itself.

use core::fmt;

use super::actions::{Actions, Allowed, RegisterError};
use super::incoming::Incoming;
use crate::group::{Group, ProcessId, ProcessState};
use crate::message::{
    ActionName, Bed, CELLS, Dropped, Flight, Frame, Inbox, InboxError, Kind, MailboxFacts,
    NotEmpty, Payload, Post, Reason, ReplyToken, Requests, SendError, Sleep, TooManyRequests, Wake,
};

/// How often the kernel is asked whether the peers of requests in flight live. What the process
/// table knows is known at once.
const LIFE_NS: u64 = 1_000_000;

/// The message service of a worker that polls: `ACTIONS` actions, `FLIGHTS` requests in flight.
///
/// ```no_run
/// use phalanx_core::message::{ActionName, Allowed, Incoming, NobodySleeps, Port};
/// # fn worker(group: &phalanx_core::group::Group) -> Result<(), Box<dyn core::error::Error>> {
/// let mut port = Port::<8, 4>::open(group, &NobodySleeps)?;
/// port.register(&ActionName::new("ping")?, Allowed::Anyone)?;
/// loop {
///     while let Some(incoming) = port.next() {
///         if let Incoming::Request { payload, token, .. } = incoming {
///             token.answer(&payload)?;
///         }
///     }
///     // … and the worker's own work.
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Port<const ACTIONS: usize, const FLIGHTS: usize> {
    inbox: Inbox,
    post: Post,
    actions: Actions<ACTIONS>,
    requests: Requests<[Flight; FLIGHTS]>,
    asked_ns: u64,
    /// Frames handed out since it was looked for answers that are overdue.
    handed: usize,
}

/// Why a request was not made. Nobody was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// As many are in flight as there is room for.
    TooMany(TooManyRequests),
    /// The only peer could not be asked.
    Unsent(SendError),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany(error) => error.fmt(f),
            Self::Unsent(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RequestError {}

impl From<TooManyRequests> for RequestError {
    fn from(error: TooManyRequests) -> Self {
        Self::TooMany(error)
    }
}

impl<const ACTIONS: usize, const FLIGHTS: usize> Port<ACTIONS, FLIGHTS> {
    /// Opens this process's mailbox. Sleepers are called by `wake`.
    pub fn open(group: &Group, wake: &'static dyn Wake) -> Result<Self, InboxError> {
        Ok(Self {
            inbox: Inbox::open(group)?,
            post: Post::new(group, wake),
            actions: Actions::new(),
            requests: Requests::new(group.me(), [Flight::FREE; FLIGHTS]),
            asked_ns: 0,
            handed: 0,
        })
    }

    /// The way to send, for other threads of this process too.
    pub fn post(&self) -> Post {
        self.post
    }

    /// Registers an action. Errors: every variant of [`RegisterError`].
    #[doc(alias = "rte_mp_action_register")]
    pub fn register(&mut self, name: &ActionName, allowed: Allowed) -> Result<(), RegisterError> {
        self.actions.register(name, allowed)
    }

    /// Forgets an action; whether there was one. Nothing of it can be running: what comes is
    /// handed out by [`next`](Self::next) (W-34).
    #[doc(alias = "rte_mp_action_unregister")]
    pub fn unregister(&mut self, name: &ActionName) -> bool {
        self.actions.unregister(name)
    }

    /// Sends a message to one process. Cost and errors: [`Post::send`].
    #[doc(alias = "rte_mp_sendmsg")]
    pub fn send(
        &self,
        target: ProcessId,
        name: &ActionName,
        payload: &Payload,
    ) -> Result<(), SendError> {
        self.post.message(target, name, payload)
    }

    /// Sends a message to every other process of the group. Returns how many have got it.
    pub fn send_to_all(&self, name: &ActionName, payload: &Payload) -> usize {
        let sent = |id: &ProcessId| self.post.message(*id, name, payload).is_ok();
        self.post.peers().map(|facts| facts.id).filter(sent).count()
    }

    /// Asks one process; the answer is due in `timeout_ns`. Returns the request's number.
    ///
    /// [`next`](Self::next) will give one [`Incoming::Answer`] and one [`Incoming::Finished`].
    /// Never waits. Errors: every variant of [`RequestError`]; nothing comes of it then.
    #[doc(alias = "rte_mp_request_async")]
    pub fn request(
        &mut self,
        target: ProcessId,
        name: &ActionName,
        payload: &Payload,
        timeout_ns: u64,
    ) -> Result<u64, RequestError> {
        let request = self.begin(name, timeout_ns)?;
        match self.ask(request, target, name, payload) {
            Ok(()) => {
                self.requests.seal(request);
                Ok(request)
            }
            Err(error) => {
                self.requests.cancel(request);
                Err(RequestError::Unsent(error))
            }
        }
    }

    /// Asks every other process of the group at once, under one deadline. Who cannot be asked is
    /// not counted in `nb_sent`.
    ///
    /// [`next`](Self::next) will give one [`Incoming::Answer`] a peer and one
    /// [`Incoming::Finished`], also if there is nobody to ask (IPC-13, IPC-14, W-20).
    pub fn request_all(
        &mut self,
        name: &ActionName,
        payload: &Payload,
        timeout_ns: u64,
    ) -> Result<u64, RequestError> {
        let request = self.begin(name, timeout_ns)?;
        for peer in self.post.peers() {
            // Who cannot be asked is not counted; that is what the caller is told.
            let _ = self.ask(request, peer.id, name, payload);
        }
        self.requests.seal(request);
        Ok(request)
    }

    /// The next thing that has come, or `None`. Call it until there is none.
    ///
    /// Cost where nothing is there and no request is in flight: one load. With requests in flight
    /// also a look at the clock, and once a millisecond a system call for each peer whose answer is
    /// due: a peer that has died is known within that time (W-33).
    #[expect(clippy::should_implement_trait, reason = "a poll: there may be more after a `None`")]
    pub fn next(&mut self) -> Option<Incoming> {
        // Who floods the mailbox keeps no request from its deadline.
        if self.handed >= CELLS {
            if let Some(due) = self.due() {
                return Some(due);
            }
            self.handed = 0;
        }
        for _ in 0..CELLS {
            let Some(frame) = self.inbox.next() else { break };
            if let Some(incoming) = self.sort(frame) {
                self.handed += 1;
                return Some(incoming);
            }
        }
        self.due()
    }

    /// What comes of requests without a frame: answers that will not come, and the end.
    fn due(&mut self) -> Option<Incoming> {
        if self.requests.in_flight() == 0 {
            return None;
        }
        let now = self.post.group().platform().now_ns();
        if let Some(answer) = self.requests.overdue(now).or_else(|| self.gone(now)) {
            return Some(Incoming::Answer(answer));
        }
        self.requests.finished().map(Incoming::Finished)
    }

    /// Gives everything that has come to `handler`, at most `budget` things; how many it was. The
    /// handler has the port and may do with it what it likes.
    pub fn poll(&mut self, budget: usize, handler: &mut dyn FnMut(&mut Self, Incoming)) -> usize {
        for done in 0..budget {
            match self.next() {
                Some(incoming) => handler(self, incoming),
                None => return done,
            }
        }
        budget
    }

    /// As [`Inbox::prepare_to_sleep`]: sleep no longer than until [`next_deadline`](Self::next_deadline).
    /// Who is called, and finds nothing, has been asked to look whether its peers are there
    /// ([`call_everybody`](crate::message::call_everybody)); [`next`](Self::next) does.
    pub fn prepare_to_sleep(&mut self, bed: Bed) -> Result<Sleep<'_>, NotEmpty> {
        self.inbox.prepare_to_sleep(bed)
    }

    /// As [`Inbox::look_through`].
    pub fn look_through(&mut self) {
        self.inbox.look_through();
    }

    /// When the next answer is overdue, in nanoseconds of the platform's clock.
    pub fn next_deadline(&self) -> Option<u64> {
        self.requests.next_deadline()
    }

    /// What this process's mailbox has seen.
    pub fn facts(&self) -> MailboxFacts {
        self.inbox.facts()
    }

    fn begin(&mut self, name: &ActionName, timeout_ns: u64) -> Result<u64, TooManyRequests> {
        let now = self.post.group().platform().now_ns();
        self.requests.begin(name, now.saturating_add(timeout_ns))
    }

    fn ask(
        &mut self,
        request: u64,
        target: ProcessId,
        name: &ActionName,
        payload: &Payload,
    ) -> Result<(), SendError> {
        self.requests.expect(request, target);
        let frame = self.post.frame(target, Kind::Request, request, name, payload);
        let sent = self.post.send(&frame);
        if sent.is_err() {
            self.requests.unsent(request, target);
        }
        sent
    }

    /// What a frame is to this port; `None` if it was answered or dropped here.
    fn sort(&mut self, frame: Frame) -> Option<Incoming> {
        let Frame { kind, sender: from, name, payload, .. } = frame;
        match kind {
            Kind::Reply | Kind::Refusal(_) => match self.requests.accept(&frame) {
                Some(answer) => Some(Incoming::Answer(answer)),
                None => self.drop_frame(Dropped::Unexpected),
            },
            Kind::Message => match self.admit(&frame) {
                Ok(()) => Some(Incoming::Message { from, name, payload }),
                Err(Reason::NotAllowed) => self.drop_frame(Dropped::NotAllowed),
                Err(_) => self.drop_frame(Dropped::UnknownAction),
            },
            Kind::Request => {
                let token = ReplyToken::of(self.post, &frame)?;
                match self.admit(&frame) {
                    Ok(()) => Some(Incoming::Request { from, name, payload, token }),
                    Err(reason) => {
                        // A requester that cannot be told has no room for replies, or is gone.
                        let _ = token.refuse(reason);
                        None
                    }
                }
            }
        }
    }

    /// Whether an action of this port takes what `frame` brings.
    fn admit(&self, frame: &Frame) -> Result<(), Reason> {
        let Some(allowed) = self.actions.find(&frame.name) else {
            return Err(self.unknown());
        };
        if allowed == Allowed::Anyone {
            return Ok(());
        }
        let facts = self.post.group().region().process(frame.sender.slot());
        let role = facts.filter(|facts| facts.id == frame.sender).map(|facts| facts.role);
        match role.is_some_and(|role| allowed.takes(role)) {
            true => Ok(()),
            false => Err(Reason::NotAllowed),
        }
    }

    /// A process that is still starting may get the action yet (IPC-16).
    fn unknown(&self) -> Reason {
        let group = self.post.group();
        let me = group.region().process(group.me().slot());
        match me.is_some_and(|facts| facts.state == ProcessState::Joining) {
            true => Reason::Ignored,
            false => Reason::UnknownAction,
        }
    }

    fn gone(&mut self, now_ns: u64) -> Option<crate::message::Answer> {
        let group = *self.post.group();
        if let Some(answer) = self.requests.gone(|peer| !group.is_listed(peer)) {
            return Some(answer);
        }
        if now_ns.wrapping_sub(self.asked_ns) < LIFE_NS {
            return None;
        }
        let answer = self.requests.gone(|peer| !group.is_alive(peer));
        if answer.is_none() {
            self.asked_ns = now_ns;
        }
        answer
    }

    fn drop_frame(&self, reason: Dropped) -> Option<Incoming> {
        self.inbox.count_dropped(reason);
        None
    }
}
