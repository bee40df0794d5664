//! `TapArgs`: what `--vdev net_tap0,iface=tap0,…` says, under DPDK's names.

use core::fmt;

use crate::sys::netdevice::{InterfaceName, Stays};

/// The most queues of a port.
#[doc(alias = "RTE_PMD_TAP_MAX_QUEUES")]
pub const TAP_QUEUES_MAX: u16 = 16;

/// The arguments that there are.
const KEYS: [&str; 3] = ["iface", "mac", "persist"];

/// The first three bytes of a `mac=fixed` (`00:d` in ASCII), as in the reference.
const FIXED_START: [u8; 6] = [0x00, b'd', b't', b'a', b'p', 0];

/// The arguments of a port.
///
/// ```
/// use phalanx_linux::port::tap::{TapArgs, TapMac};
/// let args = TapArgs::parse("iface=tap7,mac=02:00:00:00:00:07", 0)?;
/// assert_eq!(args.interface.as_str(), "tap7");
/// assert_eq!(args.mac, TapMac::Given([2, 0, 0, 0, 0, 7]));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapArgs {
    /// `iface`: the interface that is made; `dtap` and the device's number by default.
    pub interface: InterfaceName,
    /// `mac`: its address.
    pub mac: TapMac,
    /// `persist`: whether the interface stays when nobody has it open any more.
    pub stays: Stays,
}

/// Which address an interface has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapMac {
    /// What the kernel gives it.
    Kernels,
    /// This one.
    Given([u8; 6]),
}

/// What is wrong with the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapArgsError<'a> {
    /// An argument that there is not.
    Unknown(&'a str),
    /// One that was given twice.
    Twice(&'a str),
    /// The value of `iface` is no name of an interface.
    Interface(&'a str),
    /// The value of `mac` is no address that an interface can have.
    Mac(&'a str),
    /// The value of `persist` is neither 0 nor 1.
    Persist(&'a str),
}

impl fmt::Display for TapArgsError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(key) => {
                write!(f, "net_tap has no argument '{key}'; it has iface, mac and persist")
            }
            Self::Twice(key) => write!(f, "'{key}' is given twice; give it once"),
            Self::Interface(value) => write!(
                f,
                "iface={value} is no name for an interface; give 1 to 15 letters or digits"
            ),
            Self::Mac(value) => write!(
                f,
                "mac={value} is no address of an interface; give `fixed`, or one such as 02:00:00:00:00:01"
            ),
            Self::Persist(value) => {
                write!(f, "persist={value} is neither 0 nor 1; give one of these, or leave it out")
            }
        }
    }
}

impl core::error::Error for TapArgsError<'_> {}

impl TapArgs {
    /// Reads `key=value,key=value…` of device `number`. No allocation.
    ///
    /// # Errors
    /// [`TapArgsError`], which borrows from `text`.
    pub fn parse(text: &str, number: u16) -> Result<Self, TapArgsError<'_>> {
        let mut values: [Option<&str>; KEYS.len()] = [None; KEYS.len()];
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let at = KEYS.iter().position(|known| *known == key);
            let place = at.and_then(|at| values.get_mut(at)).ok_or(TapArgsError::Unknown(key))?;
            if place.replace(value).is_some() {
                return Err(TapArgsError::Twice(key));
            }
        }
        let [interface, mac, persist] = values;
        let interface = match interface {
            Some(name) => InterfaceName::new(name).ok_or(TapArgsError::Interface(name))?,
            None => named(number).ok_or(TapArgsError::Interface(""))?,
        };
        let mac = match mac {
            None => TapMac::Kernels,
            Some("fixed") => TapMac::Given(fixed(number)),
            Some(text) => TapMac::Given(parsed(text).ok_or(TapArgsError::Mac(text))?),
        };
        let stays = match persist {
            None => Stays::WhileOpen,
            Some("" | "1") => Stays::Always,
            Some("0") => Stays::WhileOpen,
            Some(value) => return Err(TapArgsError::Persist(value)),
        };
        Ok(Self { interface, mac, stays })
    }
}

/// The name of device `number`'s interface if none is given.
fn named(number: u16) -> Option<InterfaceName> {
    let mut name: heapless::String<15> = heapless::String::new();
    fmt::write(&mut name, format_args!("dtap{number}")).ok()?;
    InterfaceName::new(&name)
}

/// Its address with `mac=fixed`.
fn fixed(number: u16) -> [u8; 6] {
    let mut mac = FIXED_START;
    if let Some(last) = mac.last_mut() {
        *last = number as u8;
    }
    mac
}

/// An address in six pairs of digits; `None` for one of a group, or of nobody.
fn parsed(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut mac {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    let [first, ..] = mac;
    (parts.next().is_none() && first & 1 == 0 && mac != [0; 6]).then_some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_as_the_reference_has_it() {
        let args = TapArgs::parse("", 3).unwrap();
        assert_eq!(args.interface.as_str(), "dtap3");
        assert_eq!((args.mac, args.stays), (TapMac::Kernels, Stays::WhileOpen));
    }

    #[test]
    fn a_fixed_address_ends_with_the_devices_number() {
        let args = TapArgs::parse("mac=fixed,persist", 1).unwrap();
        assert_eq!(args.mac, TapMac::Given([0x00, 0x64, 0x74, 0x61, 0x70, 0x01]));
        assert_eq!(args.stays, Stays::Always);
    }

    #[test]
    fn whatever_is_wrong_is_said_in_one_sentence() {
        for (text, part) in [
            ("iface=sixteen_bytes_00", "no name for an interface"),
            ("mac=01:00:00:00:00:01", "no address of an interface"),
            ("mac=02:00:00:00:00", "no address"),
            ("mac=02:00:00:00:00:+1:0", "no address"),
            ("mac=00:00:00:00:00:00", "no address"),
            ("remote=eth0", "has iface, mac and persist"),
            ("persist=x", "persist=x is neither 0 nor 1"),
            ("mac=fixed,mac=fixed", "given twice"),
        ] {
            let error = TapArgs::parse(text, 0).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
