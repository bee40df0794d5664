//! `Incoming`: what a handler is given; `ReplyToken`: the duty to answer a request.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use phalanx_core::group::ProcessId;
use phalanx_core::message::{ActionName, Kind, Payload, Reason};

use super::Messages;
use super::error::ReplyError;
use super::outgoing::Outgoing;
use super::service::Service;

/// A message or a request that has come.
#[derive(Debug)]
pub struct Incoming {
    sender: ProcessId,
    name: ActionName,
    payload: Payload,
    descriptors: Vec<OwnedFd>,
    token: Option<ReplyToken>,
    service: Arc<Service>,
}

impl Incoming {
    pub(super) fn new(
        service: &Arc<Service>,
        frame: &phalanx_core::message::Frame,
        descriptors: Vec<OwnedFd>,
    ) -> Self {
        let token = (frame.kind == Kind::Request).then(|| ReplyToken {
            service: Some(Arc::clone(service)),
            to: frame.sender,
            request: frame.request,
            name: frame.name,
        });
        Self {
            sender: frame.sender,
            name: frame.name,
            payload: frame.payload,
            descriptors,
            token,
            service: Arc::clone(service),
        }
    }

    /// Who sent it.
    pub fn sender(&self) -> ProcessId {
        self.sender
    }

    /// The action's name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Its bytes, at most 256. They are a copy: nobody changes them.
    pub fn payload(&self) -> &[u8] {
        self.payload.as_bytes()
    }

    /// The descriptors it brought: now this process's own, close-on-exec, closed with this value.
    pub fn descriptors(&self) -> &[OwnedFd] {
        &self.descriptors
    }

    /// The descriptors, to keep.
    pub fn take_descriptors(&mut self) -> Vec<OwnedFd> {
        core::mem::take(&mut self.descriptors)
    }

    /// Whether the sender waits for an answer that is still due here.
    pub fn is_request(&self) -> bool {
        self.token.is_some()
    }

    /// Answers the request with `payload` (at most 256 bytes). [`ReplyToken::reply`] sends
    /// descriptors too.
    ///
    /// # Errors
    /// [`ReplyError`]; after any but a fault of the payload the request is over.
    #[doc(alias = "rte_mp_reply")]
    pub fn reply(&mut self, payload: &[u8]) -> Result<(), ReplyError> {
        let token = self.token.take().ok_or(ReplyError::NothingToAnswer)?;
        token.reply(payload, &[]).map_err(|(error, token)| {
            self.token = token;
            error
        })
    }

    /// The duty to answer, to keep, give to another thread, and answer later (W-25).
    pub fn take_token(&mut self) -> Option<ReplyToken> {
        self.token.take()
    }

    /// This process's messages: what a handler asks others with.
    pub fn messages(&self) -> Messages {
        Messages::of(Arc::clone(&self.service))
    }

    /// Tells the requester why it gets no answer.
    pub(super) fn refuse(&mut self, reason: Reason) {
        if let Some(token) = self.token.take() {
            token.refuse(reason);
        }
    }
}

/// The duty to answer one request. It may be kept, moved to another thread, and used after the
/// handler has returned. Dropping it tells the requester at once that no answer will come.
#[doc(alias = "rte_mp_reply")]
#[derive(Debug)]
pub struct ReplyToken {
    service: Option<Arc<Service>>,
    to: ProcessId,
    request: u64,
    name: ActionName,
}

impl ReplyToken {
    /// Who waits.
    pub fn requester(&self) -> ProcessId {
        self.to
    }

    /// Answers with `payload` (at most 256 bytes) and copies of `descriptors` (at most eight).
    ///
    /// Never waits. Cost: no system call without descriptors, unless the requester sleeps; one with.
    ///
    /// # Errors
    /// [`ReplyError`]; with the token, if the answer itself was at fault and another may be given.
    /// Otherwise the requester is told that no answer comes, if it can be told.
    pub fn reply(
        mut self,
        payload: &[u8],
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), (ReplyError, Option<Self>)> {
        let name = self.name;
        let outgoing = Outgoing::new(name.as_str()).payload(payload).descriptors(descriptors);
        let checked = match outgoing.check() {
            Ok(checked) => checked,
            Err(error) => return Err((ReplyError::Outgoing(error), Some(self))),
        };
        let Some(service) = self.service.take() else {
            return Err((ReplyError::NothingToAnswer, None));
        };
        service.deliver(self.to, Kind::Reply, self.request, &checked).map_err(|why| {
            // Dropping it says so, by the other way.
            self.service = Some(service);
            (ReplyError::Undelivered { peer: self.to, why }, None)
        })
    }

    fn refuse(mut self, reason: Reason) {
        if let Some(service) = self.service.take() {
            service.refuse(self.to, self.request, &self.name, reason);
        }
    }
}

impl Drop for ReplyToken {
    fn drop(&mut self) {
        if let Some(service) = self.service.take() {
            service.refuse(self.to, self.request, &self.name, Reason::Dropped);
        }
    }
}
