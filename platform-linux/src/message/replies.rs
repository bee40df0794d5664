//! `Replies`: what became of a request, peer by peer.

use core::fmt;
use std::os::fd::OwnedFd;

use phalanx_core::group::ProcessId;
use phalanx_core::message::Payload;

use super::error::Undelivered;

/// What one peer answered.
#[derive(Debug)]
pub struct Reply {
    payload: Box<Payload>,
    descriptors: Vec<OwnedFd>,
}

impl Reply {
    pub(super) fn new(payload: Payload, descriptors: Vec<OwnedFd>) -> Self {
        Self { payload: Box::new(payload), descriptors }
    }

    /// Its bytes, at most 256.
    pub fn payload(&self) -> &[u8] {
        self.payload.as_bytes()
    }

    /// The descriptors it brought, now this process's own and close-on-exec.
    pub fn descriptors(&self) -> &[OwnedFd] {
        &self.descriptors
    }

    /// The descriptors, to keep.
    pub fn into_descriptors(self) -> Vec<OwnedFd> {
        self.descriptors
    }
}

/// What became of a request to one peer.
#[derive(Debug)]
pub enum Outcome {
    /// It answered.
    Answered(Reply),
    /// It did not in time.
    TimedOut,
    /// It ended or left first, which is known at once.
    Gone,
    /// The action is for another role only.
    NotAllowed,
    /// It has no such action (W-33).
    NoSuchAction,
    /// Its handler returned, panicked, or dropped the token without an answer.
    Dropped,
    /// It has more to do than it can keep.
    TooBusy,
    /// It never got the request.
    Undelivered(Undelivered),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(reply) => write!(f, "answered with {} bytes", reply.payload.len()),
            Self::TimedOut => f.write_str("did not answer in time; it may be stopped, or slow"),
            Self::Gone => f.write_str("ended before it answered"),
            Self::NotAllowed => f.write_str("allows the action to another role only"),
            Self::NoSuchAction => f.write_str("has no such action; register it there first"),
            Self::Dropped => f.write_str("let the request go unanswered"),
            Self::TooBusy => f.write_str("has more to do than it can keep; ask less, or later"),
            Self::Undelivered(why) => write!(f, "did not get the request: {why}"),
        }
    }
}

/// One peer of a request.
#[derive(Debug)]
pub struct PeerResult {
    /// Who was asked.
    pub peer: ProcessId,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a request: one result for each peer that was asked (W-20). A peer that is still
/// starting and has no such action yet is not among them (IPC-16).
#[doc(alias = "rte_mp_reply")]
#[derive(Debug, Default)]
pub struct Replies {
    results: Vec<PeerResult>,
}

impl Replies {
    pub(super) fn new(results: Vec<PeerResult>) -> Self {
        Self { results }
    }

    /// To how many peers the request went.
    pub fn nb_sent(&self) -> usize {
        let sent = |result: &&PeerResult| !matches!(result.outcome, Outcome::Undelivered(_));
        self.results.iter().filter(sent).count()
    }

    /// How many of them answered.
    pub fn nb_received(&self) -> usize {
        self.answers().count()
    }

    /// Every result, in the order of the peers' slots.
    pub fn results(&self) -> &[PeerResult] {
        &self.results
    }

    /// The results, to keep.
    pub fn into_results(self) -> Vec<PeerResult> {
        self.results
    }

    /// Who answered, and what.
    pub fn answers(&self) -> impl Iterator<Item = (ProcessId, &Reply)> {
        self.results.iter().filter_map(|result| match &result.outcome {
            Outcome::Answered(reply) => Some((result.peer, reply)),
            _ => None,
        })
    }
}
