//! The bytes of what an owner is asked to do, and of what it answers. Nothing that comes is trusted.

use phalanx_core::group::ProcessId;
use phalanx_core::message::PAYLOAD_MAX;
use phalanx_core::name::Name;
use phalanx_core::port::Direction;

use super::detach::Force;
use super::devargs::Devargs;
use crate::device::Unprotected;

/// What an owner is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// To attach a device. As bytes: 1, the deadline, the text; or 4, the deadline, and the text in a file
    /// ([`parcel`](super::parcel)).
    Attach(Devargs),
    /// To detach one. As bytes: 2 or, by force, 3; the deadline; how long to wait, in ms; the name.
    Detach { port: Name, force: Force, patience_ms: u32 },
}

/// The most bytes of a device and its arguments that a message has room for.
const DEVARGS_MAX: usize = PAYLOAD_MAX - 9;

/// That the device is in a file that comes along.
const PARCEL: u8 = 4;

impl Errand {
    /// With the monotonic clock's nanoseconds after which nothing of it is to be done; and a text that is to come
    /// along, if it is too long for the message.
    pub(super) fn to_bytes(&self, until_ns: u64) -> (Vec<u8>, Option<String>) {
        let (code, text) = match self {
            Self::Attach(devargs) => match devargs.to_string() {
                long if long.len() > DEVARGS_MAX => {
                    return ([&[PARCEL], &until_ns.to_le_bytes()[..]].concat(), Some(long));
                }
                text => (1, text),
            },
            Self::Detach { port, force: Force::Never, .. } => (2, port.as_str().to_owned()),
            Self::Detach { port, force: Force::AfterAll, .. } => (3, port.as_str().to_owned()),
        };
        let mut bytes = vec![code];
        bytes.extend_from_slice(&until_ns.to_le_bytes());
        if let Self::Detach { patience_ms, .. } = self {
            bytes.extend_from_slice(&patience_ms.to_le_bytes());
        }
        bytes.extend_from_slice(text.as_bytes());
        (bytes, None)
    }

    /// What is to be done, and until when; `None` of bytes that are no errand. `parcel` is the text that has come
    /// along.
    pub(super) fn from_bytes(
        bytes: &[u8],
        parcel: impl FnOnce() -> Option<String>,
    ) -> Option<(Self, u64)> {
        let (code, rest) = bytes.split_first()?;
        let (until, rest) = rest.split_first_chunk()?;
        let until = u64::from_le_bytes(*until);
        let attach = |text: &str| Some((Self::Attach(Devargs::parse(text).ok()?), until));
        let force = match *code {
            1 => return attach(core::str::from_utf8(rest).ok()?),
            2 => Force::Never,
            3 => Force::AfterAll,
            PARCEL if rest.is_empty() => return attach(&parcel()?),
            _ => return None,
        };
        let (patience, name) = rest.split_first_chunk()?;
        let port = Name::new(core::str::from_utf8(name).ok()?).ok()?;
        let patience_ms = u32::from_le_bytes(*patience);
        Some((Self::Detach { port, force, patience_ms }, until))
    }
}

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
    fn an_errand_comes_back() {
        let port = Name::new("net_ring0").unwrap();
        let errands = [
            Errand::Attach(Devargs::parse("net_null1,size=64").unwrap()),
            Errand::Detach { port, force: Force::Never, patience_ms: 0 },
            Errand::Detach { port, force: Force::AfterAll, patience_ms: u32::MAX },
        ];
        for errand in errands {
            let (bytes, parcel) = errand.to_bytes(u64::MAX);
            assert_eq!(Errand::from_bytes(&bytes, || parcel), Some((errand, u64::MAX)));
        }
        for wrong in [&[][..], &[1], &[1; 9], &[2; 13], &[4; 20], &[2, 0, 0, 0, 0, 0, 0, 0, 0, 1]] {
            let parcel = || Some("net_null0".to_owned());
            assert_eq!(Errand::from_bytes(wrong, parcel), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_device_that_is_longer_than_a_message_comes_beside_it() {
        let text = |len: usize| format!("net_pcap0,tx_pcap=/{}", "x".repeat(len));
        let fits = DEVARGS_MAX - text(0).len();
        for (len, is_long) in [(fits, false), (fits + 1, true), (480, true)] {
            let errand = Errand::Attach(Devargs::parse(&text(len)).unwrap());
            let (bytes, parcel) = errand.to_bytes(7);
            assert_eq!((parcel.is_some(), bytes.len() <= PAYLOAD_MAX), (is_long, true));
            assert_eq!(Errand::from_bytes(&bytes, || parcel), Some((errand, 7)));
            let found = Errand::from_bytes(&bytes, || None);
            assert_eq!(found.is_none(), is_long, "nothing came along");
        }
        assert_eq!(Errand::from_bytes(&[PARCEL; 9], || Some("nothing".to_owned())), None);
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

        #[test]
        fn whatever_comes_is_an_errand_or_none(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            if let Some((errand, until)) = Errand::from_bytes(&bytes, || None) {
                let (bytes, parcel) = errand.to_bytes(until);
                prop_assert_eq!(Errand::from_bytes(&bytes, || parcel), Some((errand, until)));
            }
        }

        #[test]
        fn an_errand_with_wrong_bytes_is_one_or_none(
            at in 0_usize..40, byte: u8, text in "(vdev:)?net_(null|ring)[0-9](,size=[0-9]{1,6})?",
        ) {
            let Ok(devargs) = Devargs::parse(&text) else { return Ok(()) };
            let (mut bytes, _) = Errand::Attach(devargs).to_bytes(5);
            if let Some(it) = bytes.get_mut(at) {
                *it = byte;
            }
            if let Some((errand, until)) = Errand::from_bytes(&bytes, || None) {
                let (bytes, parcel) = errand.to_bytes(until);
                prop_assert_eq!(Errand::from_bytes(&bytes, || parcel), Some((errand, until)));
            }
        }
    }
}
