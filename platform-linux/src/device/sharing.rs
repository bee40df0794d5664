//! `device.open`: how a process has a device that another process owns.
//!
//! The answer brings the device's descriptors: container, group and device of VFIO; line, config space and
//! BARs of UIO. With them the device stays open when its owner dies, and whoever has them can become its
//! owner. It says also where the owner has mapped which BAR, for everybody maps it there.

use core::time::Duration;

use phalanx_core::group::ProcessId;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::open_error::OpenError;
use super::question::{Question, Wanted};
use crate::message::descriptor::{lent, taken};
use crate::message::{Incoming, Messages, Outcome, Outgoing, Reply, To};
use crate::pci::PciAddress;
use crate::vfio::{Container, IommuKind};

/// The action's name.
pub(super) const ACTION: &str = "device.open";

/// How long who has the device may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The first byte of an answer.
const REFUSED: u8 = 0;
const VFIO: u8 = 1;
const UIO: u8 = 2;
const VECTOR: u8 = 3;
const CONTAINER: u8 = 4;

/// How a device is handed over, besides its descriptors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By VFIO: the kind of its container, the number of its group.
    Vfio(IommuKind, u32),
    /// By UIO: its BARs and their bytes.
    Uio(Vec<(u8, u64)>),
}

/// What is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) way: Way,
    /// Where the owner has mapped which BAR.
    pub(super) mapped: Vec<(u8, u64)>,
}

impl Answer {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let pairs = |bytes: &mut Vec<u8>, pairs: &[(u8, u64)]| {
            bytes.push(pairs.len() as u8);
            for (bar, value) in pairs {
                bytes.push(*bar);
                bytes.extend_from_slice(&value.to_le_bytes());
            }
        };
        let mut bytes = Vec::new();
        match &self.way {
            Way::Vfio(kind, number) => {
                bytes.extend_from_slice(&[VFIO, number_of(*kind)]);
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            Way::Uio(lens) => {
                bytes.push(UIO);
                pairs(&mut bytes, lens);
            }
        }
        pairs(&mut bytes, &self.mapped);
        bytes
    }

    /// `None` of bytes that are no answer.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (way, rest) = match bytes {
            [VFIO, kind, a, b, c, d, rest @ ..] => {
                (Way::Vfio(kind_of(*kind)?, u32::from_le_bytes([*a, *b, *c, *d])), rest)
            }
            [UIO, rest @ ..] => {
                let (lens, rest) = read_pairs(rest)?;
                (Way::Uio(lens), rest)
            }
            _ => return None,
        };
        let (mapped, rest) = read_pairs(rest)?;
        rest.is_empty().then_some(Self { way, mapped })
    }
}

/// What stands for several BARs: which, and a number.
type Pairs = Vec<(u8, u64)>;

fn read_pairs(bytes: &[u8]) -> Option<(Pairs, &[u8])> {
    let (count, mut rest) = bytes.split_first()?;
    let mut pairs = Vec::new();
    for _ in 0..*count {
        let (bar, after) = rest.split_first()?;
        let (value, after) = after.split_first_chunk()?;
        pairs.push((*bar, u64::from_le_bytes(*value)));
        rest = after;
    }
    Some((pairs, rest))
}

const fn number_of(kind: IommuKind) -> u8 {
    match kind {
        IommuKind::Type1 => 1,
        IommuKind::Type1V2 => 3,
        IommuKind::NoIommu => 8,
    }
}

const fn kind_of(number: u8) -> Option<IommuKind> {
    match number {
        1 => Some(IommuKind::Type1),
        3 => Some(IommuKind::Type1V2),
        8 => Some(IommuKind::NoIommu),
        _ => None,
    }
}

/// Asks the process `whom` for a device.
///
/// # Errors
/// Why it cannot be asked, or what it said.
pub(super) fn ask(
    messages: &Messages,
    whom: ProcessId,
    device: PciAddress,
) -> Result<(Answer, Vec<OwnedFd>), OpenError> {
    let reply = request(messages, whom, Question { device, what: Wanted::Device })?;
    let refused = |why: String| OpenError::NotHad { device, whom, why };
    let answer = Answer::from_bytes(reply.payload())
        .ok_or_else(|| refused("it sent an answer that is none".to_owned()))?;
    Ok((answer, reply.into_descriptors().into_iter().map(taken).collect()))
}

/// Asks the process `whom` for the descriptor of a device's vector.
///
/// # Errors
/// As [`ask`].
pub(super) fn ask_for_vector(
    messages: &Messages,
    whom: ProcessId,
    device: PciAddress,
    vector: u16,
) -> Result<OwnedFd, OpenError> {
    let reply = request(messages, whom, Question { device, what: Wanted::Vector(vector) })?;
    let why = "it sent no descriptor".to_owned();
    let descriptor = reply.into_descriptors().pop().map(taken);
    descriptor.ok_or(OpenError::NotHad { device, whom, why })
}

/// Asks the process `whom` for the container that a device which is to be opened must share; `None` if it has none.
///
/// # Errors
/// As [`ask`].
pub(super) fn ask_for_container(
    messages: &Messages,
    whom: ProcessId,
    device: PciAddress,
) -> Result<Option<(IommuKind, OwnedFd)>, OpenError> {
    let reply = request(messages, whom, Question { device, what: Wanted::Container })?;
    let kind = match reply.payload() {
        [CONTAINER] => return Ok(None),
        [CONTAINER, kind] => kind_of(*kind),
        _ => None,
    };
    let descriptor = reply.into_descriptors().pop().map(taken);
    let why = "it sent a container that is none".to_owned();
    kind.zip(descriptor).map(Some).ok_or(OpenError::NotHad { device, whom, why })
}

fn request(messages: &Messages, whom: ProcessId, question: Question) -> Result<Reply, OpenError> {
    let device = question.device;
    let refused = |why: String| OpenError::NotHad { device, whom, why };
    let text = question.to_text();
    let request = Outgoing::new(ACTION).payload(text.as_bytes());
    let replies = messages
        .request(To::One(whom.slot()), &request, PATIENCE)
        .map_err(|why| refused(why.to_string()))?;
    let result = replies.into_results().into_iter().find(|result| result.peer == whom);
    let reply = match result.map(|result| result.outcome) {
        Some(Outcome::Answered(reply)) => reply,
        Some(outcome) => return Err(refused(outcome.to_string())),
        None => return Err(refused("it ended before it answered".to_owned())),
    };
    if let [REFUSED, said @ ..] = reply.payload() {
        return Err(refused(format!("it said: {}", String::from_utf8_lossy(said))));
    }
    Ok(reply)
}

/// Answers with a device, or why it is not had here.
pub(super) fn answer(incoming: &mut Incoming, found: Option<(Answer, Vec<BorrowedFd<'_>>)>) {
    let Some(token) = incoming.take_token() else { return };
    // A requester that is gone needs no answer.
    let _ = match found {
        Some((answer, descriptors)) => {
            let descriptors: Vec<_> = descriptors.iter().map(|it| lent(it.as_fd())).collect();
            token.reply(&answer.to_bytes(), &descriptors)
        }
        None => token.reply(&refusal("this process has no such device open"), &[]),
    };
}

/// Answers with a vector's descriptor, or that there is none.
pub(super) fn answer_vector(incoming: &mut Incoming, found: Option<BorrowedFd<'_>>) {
    let Some(token) = incoming.take_token() else { return };
    let _ = match found {
        Some(descriptor) => token.reply(&[VECTOR], &[lent(descriptor)]),
        None => token.reply(&refusal("this process has no such interrupt on"), &[]),
    };
}

/// Answers with the container that this process's devices share, or that they have none.
pub(super) fn answer_container(incoming: &mut Incoming, found: Option<&Container>) {
    let Some(token) = incoming.take_token() else { return };
    let _ = match found {
        Some(it) => token.reply(&[CONTAINER, number_of(it.kind())], &[lent(it.descriptor())]),
        None => token.reply(&[CONTAINER], &[]),
    };
}

fn refusal(why: &str) -> Vec<u8> {
    let mut bytes = vec![REFUSED];
    bytes.extend_from_slice(why.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_comes_back() {
        let mapped = vec![(0, 0x2100_0000_0000), (3, 0x2100_4000_0000)];
        let ways = [Way::Vfio(IommuKind::Type1V2, 513), Way::Uio(vec![(0, 0x2_0000), (5, 64)])];
        for way in ways {
            let answer = Answer { way, mapped: mapped.clone() };
            assert_eq!(Answer::from_bytes(&answer.to_bytes()), Some(answer));
        }
        for wrong in [&[][..], &[0], &[1, 2, 0, 0, 0, 0, 0], &[2, 1, 0], &[2, 0, 0, 0]] {
            assert_eq!(Answer::from_bytes(wrong), None);
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_an_answer_or_none(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(answer) = Answer::from_bytes(&bytes) {
                prop_assert_eq!(answer.to_bytes(), bytes);
            }
        }
    }
}
