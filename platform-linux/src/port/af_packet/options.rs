//! `AfPacketArgs`: what `--vdev net_af_packet0,iface=eth0,…` says, under DPDK's names.

use core::fmt;

use super::geometry::{Geometry, GeometryError};
use crate::sys::netdevice::InterfaceName;

/// The most queues of a port.
#[doc(alias = "RTE_PMD_AF_PACKET_MAX_RINGS")]
pub const QPAIRS_MAX: u16 = 64;

/// Bytes of a frame by default, and how many frames.
const FRAME_SIZE: u32 = 2048;
const FRAME_COUNT: u32 = 512;

/// The arguments that there are.
const KEYS: [&str; 7] =
    ["iface", "qpairs", "blocksz", "framesz", "framecnt", "qdisc_bypass", "fanout_mode"];

/// How the Rx queues share what comes (`PACKET_FANOUT_*`), by name.
const FANOUT_MODES: [(&str, u16); 6] =
    [("hash", 0), ("lb", 1), ("cpu", 2), ("rollover", 3), ("rnd", 4), ("qm", 5)];

/// The arguments of a port.
///
/// ```
/// use phalanx_linux::port::af_packet::AfPacketArgs;
/// let args = AfPacketArgs::parse("iface=veth0,qpairs=2,framesz=4096")?;
/// assert_eq!((args.interface.as_str(), args.qpairs), ("veth0", 2));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfPacketArgs {
    /// `iface`: the interface. Must be given.
    pub interface: InterfaceName,
    /// `qpairs`: how many Rx and Tx queues there may be, 1..=64; 1 by default.
    pub qpairs: u16,
    /// `blocksz`, `framesz`, `framecnt`: how each queue's ring is cut; by default frames of 2,048 bytes,
    /// 512 of them, in the smallest blocks that they fill.
    pub geometry: Geometry,
    /// `qdisc_bypass`: whether packets go straight to the device, past traffic control; 1 by default.
    pub qdisc_bypass: bool,
    /// `fanout_mode`: how the Rx queues share what comes: `hash` (the default: all of a flow, both ways,
    /// to one queue), `lb`, `cpu`, `rollover`, `rnd`, `qm`.
    pub fanout_mode: u16,
}

/// What is wrong with the arguments. Texts are shortened to what an error has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgsError<'a> {
    /// An argument that there is not.
    Unknown(&'a str),
    /// One that was given twice.
    Twice(&'a str),
    /// `iface` is missing.
    NoInterface,
    /// The value of `iface` is no name of an interface.
    Interface(&'a str),
    /// A number that is none, or out of range.
    Number {
        /// The argument.
        key: &'static str,
        /// Its value.
        value: &'a str,
        /// The smallest there may be.
        least: u32,
        /// The largest.
        most: u32,
    },
    /// The value of `fanout_mode` is no mode.
    FanoutMode(&'a str),
    /// The ring does not add up.
    Ring(GeometryError),
}

impl fmt::Display for ArgsError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(key) => {
                write!(f, "net_af_packet has no argument '{key}'; it has ")?;
                list(f, KEYS.into_iter())
            }
            Self::Twice(key) => write!(f, "'{key}' is given twice; give it once"),
            Self::NoInterface => f.write_str("net_af_packet needs an interface; give iface=NAME"),
            Self::Interface(value) => write!(
                f,
                "iface={value} is no name of an interface; give one of 1 to 15 letters that `ip link` shows"
            ),
            Self::Number { key, value, least, most } => {
                write!(f, "{key}={value} is no number from {least} to {most}")
            }
            Self::FanoutMode(value) => {
                write!(f, "fanout_mode={value} is none; give one of ")?;
                list(f, FANOUT_MODES.iter().map(|(name, _)| *name))
            }
            Self::Ring(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ArgsError<'_> {}

fn list<'a>(f: &mut fmt::Formatter<'_>, names: impl Iterator<Item = &'a str>) -> fmt::Result {
    for (at, name) in names.enumerate() {
        write!(f, "{}{name}", if at == 0 { "" } else { ", " })?;
    }
    Ok(())
}

impl AfPacketArgs {
    /// Reads `key=value,key=value…`. No allocation.
    ///
    /// # Errors
    /// [`ArgsError`], which borrows from `text`.
    pub fn parse(text: &str) -> Result<Self, ArgsError<'_>> {
        let mut values: [Option<&str>; KEYS.len()] = [None; KEYS.len()];
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let at = KEYS.iter().position(|known| *known == key);
            let place = at.and_then(|at| values.get_mut(at)).ok_or(ArgsError::Unknown(key))?;
            if place.replace(value).is_some() {
                return Err(ArgsError::Twice(key));
            }
        }
        let [interface, qpairs, block, frame, count, bypass, mode] = values;
        let interface = interface.ok_or(ArgsError::NoInterface)?;
        let interface = InterfaceName::new(interface).ok_or(ArgsError::Interface(interface))?;
        let qpairs = number("qpairs", qpairs, 1..=u32::from(QPAIRS_MAX))?.unwrap_or(1);
        let block = number("blocksz", block, 1..=u32::MAX)?;
        let frame = number("framesz", frame, 1..=u32::MAX)?.unwrap_or(FRAME_SIZE);
        let count = number("framecnt", count, 1..=u32::MAX)?.unwrap_or(FRAME_COUNT);
        let geometry = Geometry::new(block, frame, count).map_err(ArgsError::Ring)?;
        let bypass = number("qdisc_bypass", bypass, 0..=1)?.unwrap_or(1);
        let mode = mode.unwrap_or("hash");
        let fanout_mode = FANOUT_MODES.iter().find(|(name, _)| *name == mode);
        let (_, fanout_mode) = *fanout_mode.ok_or(ArgsError::FanoutMode(mode))?;
        let (qpairs, qdisc_bypass) = (qpairs as u16, bypass == 1);
        Ok(Self { interface, qpairs, geometry, qdisc_bypass, fanout_mode })
    }
}

fn number<'a>(
    key: &'static str,
    value: Option<&'a str>,
    range: core::ops::RangeInclusive<u32>,
) -> Result<Option<u32>, ArgsError<'a>> {
    let Some(value) = value else { return Ok(None) };
    let (least, most) = (*range.start(), *range.end());
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.map(Some).ok_or(ArgsError::Number { key, value, least, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_as_the_reference_has_it() {
        let args = AfPacketArgs::parse("iface=veth0").unwrap();
        assert_eq!((args.qpairs, args.qdisc_bypass, args.fanout_mode), (1, true, 0));
        assert_eq!((args.geometry.frame_size(), args.geometry.frame_count()), (2048, 512));
    }

    #[test]
    fn every_argument_is_read() {
        let text =
            "iface=a,qpairs=4,blocksz=8192,framesz=4096,framecnt=64,qdisc_bypass=0,fanout_mode=lb";
        let args = AfPacketArgs::parse(text).unwrap();
        assert_eq!((args.qpairs, args.qdisc_bypass, args.fanout_mode), (4, false, 1));
        assert_eq!(args.geometry, Geometry::new(Some(8192), 4096, 64).unwrap());
    }

    #[test]
    fn whatever_is_wrong_is_said_in_one_sentence() {
        for (text, part) in [
            ("", "give iface=NAME"),
            ("iface=", "is no name of an interface"),
            ("iface=a,iface=b", "'iface' is given twice"),
            ("iface=a,ifcae=b", "no argument 'ifcae'"),
            ("iface=a,qpairs=0", "qpairs=0 is no number from 1 to 64"),
            ("iface=a,qpairs=x", "qpairs=x is no number"),
            ("iface=a,framesz=17", "framesz=17"),
            ("iface=a,framesz=65536,blocksz=4096", "is no multiple of framesz"),
            ("iface=a,fanout_mode=hsh", "give one of hash, lb, cpu"),
            ("iface=a,qdisc_bypass=2", "from 0 to 1"),
        ] {
            let error = AfPacketArgs::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
