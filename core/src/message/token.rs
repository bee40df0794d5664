//! `ReplyToken`: the duty to answer one request, owned.
//!
//! It may be kept, moved to another thread and used later (W-25). Whoever drops it unanswered, a
//! handler that panics among them, tells the requester so at once (W-33).

use core::fmt;

use super::post::{Post, SendError};
use super::{ActionName, Frame, Kind, Payload, Reason};
use crate::group::ProcessId;

/// The duty to answer one request.
#[must_use = "dropping it tells the requester that nobody will answer"]
#[derive(Debug)]
pub struct ReplyToken {
    post: Post,
    to: ProcessId,
    request: u64,
    name: ActionName,
    is_open: bool,
}

static_assertions::assert_impl_all!(ReplyToken: Send);
static_assertions::assert_not_impl_any!(ReplyToken: Clone);

/// A reply that was not sent; the token comes back, for another try.
#[derive(Debug)]
pub struct Unsent {
    /// What was to be answered.
    pub token: ReplyToken,
    /// Why it was not.
    pub error: SendError,
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a reply to {} was not sent: {}", self.token.name, self.error)
    }
}

impl core::error::Error for Unsent {}

impl ReplyToken {
    /// The duty to answer `request`, a frame of kind [`Kind::Request`]; `None` of another.
    pub fn of(post: Post, request: &Frame) -> Option<Self> {
        let Frame { kind, request: id, sender, name, .. } = *request;
        let token = Self { post, to: sender, request: id, name, is_open: true };
        if kind == Kind::Request {
            return Some(token);
        }
        token.forget();
        None
    }

    /// Who asks.
    pub fn requester(&self) -> ProcessId {
        self.to
    }

    /// What was asked for.
    pub fn name(&self) -> &ActionName {
        &self.name
    }

    /// Which of the requester's requests it is.
    pub fn request(&self) -> u64 {
        self.request
    }

    /// Answers. Cost as [`Post::send`]. If it cannot be sent now, the token comes back.
    #[doc(alias = "rte_mp_reply")]
    pub fn answer(self, payload: &Payload) -> Result<(), Unsent> {
        self.finish(Kind::Reply, payload)
    }

    /// Says that there will be no answer, and why.
    pub fn refuse(self, reason: Reason) -> Result<(), Unsent> {
        self.finish(Kind::Refusal(reason), &Payload::EMPTY)
    }

    /// Gives up the duty without a word: somebody else has answered, by another way.
    pub fn forget(mut self) {
        self.is_open = false;
    }

    fn finish(mut self, kind: Kind, payload: &Payload) -> Result<(), Unsent> {
        match self.say(kind, payload) {
            Ok(()) => {
                self.is_open = false;
                Ok(())
            }
            Err(error) => Err(Unsent { token: self, error }),
        }
    }

    fn say(&self, kind: Kind, payload: &Payload) -> Result<(), SendError> {
        self.post.send(&self.post.frame(self.to, kind, self.request, &self.name, payload))
    }
}

impl Drop for ReplyToken {
    fn drop(&mut self) {
        if self.is_open {
            // A requester that is gone or full is not told; its deadline tells it.
            let _ = self.say(Kind::Refusal(Reason::Dropped), &Payload::EMPTY);
        }
    }
}
