//! The bytes of what an owner answers. Nothing that comes is trusted.

use phalanx_core::group::ProcessId;
use phalanx_core::message::PAYLOAD_MAX;
use phalanx_core::port::Direction;

use crate::device::Unprotected;

/// A queue that somebody has, in an answer: ten bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Whether it is one of the port that the one asked about is joined with.
    pub(super) is_peers: bool,
    pub(super) direction: Direction,
    /// 0..64
    pub(super) queue: u8,
    pub(super) by: ProcessId,
}

/// What became of an errand. As bytes: a code, a process (8, packed, or 0), and what the code is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is done; what keeps no device that was attached from memory. As bytes: nothing, or 1 or 2.
    Done(Option<Unprotected>),
    /// There is such a port already.
    Exists(ProcessId),
    /// Somebody is attaching one.
    Coming(ProcessId),
    /// A process refused, and said why.
    Refused(ProcessId, String),
    /// A process did not answer.
    Silent(ProcessId, String),
    /// There is no such port; the sentence.
    NotFound(String),
    /// Somebody is detaching it.
    Going(ProcessId),
    /// Queues are held, these and others for which there is no room.
    Busy(Vec<Held>),
    /// Something else; the sentence.
    Failed(String),
}

/// How many held queues an answer has room for.
pub(super) const HELD_MAX: usize = (PAYLOAD_MAX - 9) / 10;

impl Answer {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let who = |by: &ProcessId| by.pack();
        let (code, by, text) = match self {
            Self::Done(None) => (0, 0, ""),
            Self::Done(Some(Unprotected::NoIommu)) => (0, 0, "\x01"),
            Self::Done(Some(Unprotected::Uio)) => (0, 0, "\x02"),
            Self::Exists(by) => (1, who(by), ""),
            Self::Coming(by) => (2, who(by), ""),
            Self::Refused(by, why) => (3, who(by), why.as_str()),
            Self::Silent(by, why) => (4, who(by), why.as_str()),
            Self::NotFound(why) => (5, 0, why.as_str()),
            Self::Going(by) => (6, who(by), ""),
            Self::Busy(_) => (7, 0, ""),
            Self::Failed(why) => (8, 0, why.as_str()),
        };
        let mut bytes = vec![code];
        bytes.extend_from_slice(&by.to_le_bytes());
        if let Self::Busy(held) = self {
            for Held { is_peers, direction, queue, by } in held.iter().take(HELD_MAX) {
                let is_tx = *direction == Direction::Tx;
                bytes.extend_from_slice(&[u8::from(*is_peers) << 1 | u8::from(is_tx), *queue]);
                bytes.extend_from_slice(&by.pack().to_le_bytes());
            }
        }
        bytes.extend_from_slice(cut(text, PAYLOAD_MAX - bytes.len()).as_bytes());
        bytes
    }

    /// `None` of bytes that are no answer.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (code, rest) = bytes.split_first()?;
        let (by, rest) = rest.split_first_chunk()?;
        let by = ProcessId::unpack(u64::from_le_bytes(*by));
        let text = || Some(core::str::from_utf8(rest).ok()?.to_owned());
        Some(match code {
            0 => Self::Done(match rest {
                [] => None,
                [1] => Some(Unprotected::NoIommu),
                [2] => Some(Unprotected::Uio),
                _ => return None,
            }),
            1 => Self::Exists(by?),
            2 => Self::Coming(by?),
            3 => Self::Refused(by?, text()?),
            4 => Self::Silent(by?, text()?),
            5 => Self::NotFound(text()?),
            6 => Self::Going(by?),
            7 => Self::Busy(rest.chunks(10).map(Held::from_bytes).collect::<Option<_>>()?),
            8 => Self::Failed(text()?),
            _ => return None,
        })
    }
}

impl Held {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([flags, queue], by) = bytes.split_first_chunk()?;
        if *flags > 3 || *queue > 63 {
            return None;
        }
        let direction = if flags & 1 == 0 { Direction::Rx } else { Direction::Tx };
        let by = ProcessId::unpack(u64::from_le_bytes(by.try_into().ok()?))?;
        Some(Self { is_peers: flags & 2 != 0, direction, queue: *queue, by })
    }
}

/// As much of a text as fits, cut between characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let fits = |end: &usize| text.is_char_boundary(*end);
    text.get(..(0..=most.min(text.len())).rev().find(fits).unwrap_or(0)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn somebody() -> ProcessId {
        ProcessId::unpack(ProcessId::new(3, 7).pack()).unwrap()
    }

    #[test]
    fn an_answer_comes_back_and_a_long_one_is_cut() {
        let by = somebody();
        let held = Held { is_peers: true, direction: Direction::Tx, queue: 63, by };
        let answers = [
            Answer::Done(None),
            Answer::Done(Some(Unprotected::NoIommu)),
            Answer::Done(Some(Unprotected::Uio)),
            Answer::Exists(by),
            Answer::Coming(by),
            Answer::Refused(by, "no".to_owned()),
            Answer::Silent(by, String::new()),
            Answer::NotFound("none".to_owned()),
            Answer::Going(by),
            Answer::Busy(vec![held, Held { is_peers: false, ..held }]),
            Answer::Failed("ä".to_owned()),
        ];
        for answer in answers {
            assert_eq!(Answer::from_bytes(&answer.to_bytes()), Some(answer));
        }
        let long = Answer::Failed(format!("a{}", "ä".repeat(500))).to_bytes();
        assert_eq!(long.len(), PAYLOAD_MAX);
        assert!(
            matches!(Answer::from_bytes(&long), Some(Answer::Failed(text)) if text.len() == 247)
        );
        assert_eq!(Answer::Busy(vec![held; 64]).to_bytes().len(), 9 + HELD_MAX * 10);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_an_answer_or_none(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            if let Some(answer) = Answer::from_bytes(&bytes) {
                prop_assert_eq!(Answer::from_bytes(&answer.to_bytes()), Some(answer));
            }
        }
    }
}
