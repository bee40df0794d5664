//! `port.queue`: asking for a queue's descriptor, and answering.

use core::time::Duration;

use phalanx_core::group::ProcessId;
use phalanx_core::name::Name;
use phalanx_core::port::{Direction, Port};
use rustix::fd::{AsFd, OwnedFd};

use super::error::DescriptorError;
use crate::message::descriptor::{lent, taken};
use crate::message::{Incoming, Messages, Outcome, Outgoing, To};

/// The action's name.
pub const ACTION: &str = "port.queue";

/// How long an owner may take to answer.
pub(super) const OWNERS: Duration = Duration::from_secs(5);
/// How long a claimant may, whose descriptor is good to have and not needed.
pub(super) const CLAIMANTS: Duration = Duration::from_millis(500);

/// The first byte of an answer: a descriptor comes with it, or the sentence that follows says why not.
const HERE: u8 = 1;
const REFUSED: u8 = 0;

/// Which queue is asked for. As bytes: direction (0 for Rx, 1 for Tx), queue (little-endian), the port's
/// name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) port: Name,
    pub(super) direction: Direction,
    pub(super) queue: u16,
}

impl Question {
    fn to_bytes(self) -> Vec<u8> {
        let [low, high] = self.queue.to_le_bytes();
        let mut bytes = vec![u8::from(self.direction == Direction::Tx), low, high];
        bytes.extend_from_slice(self.port.as_str().as_bytes());
        bytes
    }

    /// `None` of bytes that are no question.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [direction, low, high, name @ ..] = bytes else { return None };
        let direction = match direction {
            0 => Direction::Rx,
            1 => Direction::Tx,
            _ => return None,
        };
        let port = Name::new(core::str::from_utf8(name).ok()?).ok()?;
        Some(Self { port, direction, queue: u16::from_le_bytes([*low, *high]) })
    }
}

/// Asks the process `whom` for a queue's descriptor.
///
/// # Errors
/// Why it cannot be asked, or what it said.
pub(super) fn ask(
    messages: &Messages,
    whom: ProcessId,
    port: &Port,
    question: Question,
    patience: Duration,
) -> Result<OwnedFd, DescriptorError> {
    let (name, owner) = (port.name(), port.facts().owner);
    let refused = |why: String| DescriptorError::Refused { port: name, owner, why };
    let silent = |why: String| DescriptorError::NoAnswer { port: name, owner, why };
    let bytes = question.to_bytes();
    let request = Outgoing::new(ACTION).payload(&bytes);
    let replies = messages
        .request(To::One(whom.slot()), &request, patience)
        .map_err(|why| DescriptorError::NotAsked { port: name, owner, why })?;
    let result = replies.into_results().into_iter().find(|result| result.peer == whom);
    let reply = match result.map(|result| result.outcome) {
        Some(Outcome::Answered(reply)) => reply,
        Some(outcome) => return Err(silent(outcome.to_string())),
        None => return Err(silent("ended before it answered".to_owned())),
    };
    let said = match reply.payload() {
        [REFUSED, said @ ..] => format!("said: {}", String::from_utf8_lossy(said)),
        _ => "sent an answer that is none".to_owned(),
    };
    let is_here = reply.payload() == [HERE];
    match reply.into_descriptors().pop() {
        Some(descriptor) if is_here => Ok(taken(descriptor)),
        _ => Err(refused(said)),
    }
}

/// Answers with a descriptor, or why there is none.
pub(super) fn answer(incoming: &mut Incoming, found: Result<OwnedFd, String>) {
    let Some(token) = incoming.take_token() else { return };
    // A requester that is gone needs no answer.
    let _ = match found {
        Ok(descriptor) => token.reply(&[HERE], &[lent(descriptor.as_fd())]),
        Err(why) => {
            let mut bytes = vec![REFUSED];
            bytes.extend_from_slice(why.as_bytes());
            bytes.truncate(SENTENCE_MAX);
            token.reply(&bytes, &[])
        }
    };
}

/// Bytes of an answer at most.
const SENTENCE_MAX: usize = phalanx_core::message::PAYLOAD_MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_comes_back_and_what_is_none_does_not() {
        let port = Name::new("net_af_packet0").unwrap();
        let question = Question { port, direction: Direction::Tx, queue: 513 };
        assert_eq!(Question::from_bytes(&question.to_bytes()), Some(question));
        for wrong in [&[][..], &[0, 0], &[0, 0, 0], &[2, 0, 0, b'a'], &[0, 0, 0, 0xff]] {
            assert_eq!(Question::from_bytes(wrong), None);
        }
    }
}
