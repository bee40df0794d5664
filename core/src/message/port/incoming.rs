//! What comes to a port.

use crate::group::ProcessId;
use crate::message::{ActionName, Answer, Finished, Payload, ReplyToken};

/// One thing that has come.
#[derive(Debug)]
pub enum Incoming {
    /// A message for an action of this port.
    Message {
        /// Who sent it; it may have left since.
        from: ProcessId,
        /// Which action.
        name: ActionName,
        /// What it carries.
        payload: Payload,
    },
    /// A request for an action of this port.
    Request {
        /// Who asks.
        from: ProcessId,
        /// Which action.
        name: ActionName,
        /// What it carries.
        payload: Payload,
        /// The duty to answer, now or later.
        token: ReplyToken,
    },
    /// What one peer made of a request of this port.
    Answer(Answer),
    /// A request of this port that is done: the last that is heard of it.
    Finished(Finished),
}
