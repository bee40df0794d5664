//! The bytes of what an owner is asked to do. Nothing that comes is trusted.

use phalanx_core::message::PAYLOAD_MAX;
use phalanx_core::name::Name;

use super::detach::Force;
use super::devargs::Devargs;

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
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
