//! `Test`: one question about a packet, and its words in shared memory.

use super::headers::{Headers, Network, kinds};

/// Which of two ends a test is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The source.
    Source,
    /// The destination.
    Destination,
    /// One of them, or both.
    Either,
    /// Both.
    Both,
}

impl Side {
    /// All of them, by their numbers.
    pub const ALL: [Self; 4] = [Self::Source, Self::Destination, Self::Either, Self::Both];

    const fn number(self) -> u64 {
        self as u64
    }

    fn holds<T: Copy>(self, [source, destination]: [T; 2], fits: impl Fn(T) -> bool) -> bool {
        match self {
            Self::Source => fits(source),
            Self::Destination => fits(destination),
            Self::Either => fits(source) || fits(destination),
            Self::Both => fits(source) && fits(destination),
        }
    }
}

/// One question about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// It has so many bytes, both bounds with it.
    Len {
        /// At least.
        min: u32,
        /// At most.
        max: u32,
    },
    /// It is one of these: bits of [`kinds`].
    Kind(u32),
    /// One of its VLAN tags has this id.
    Vlan(u16),
    /// Behind Ethernet and VLAN tags lies this.
    EtherType(u16),
    /// An Ethernet address.
    Ether {
        /// Whose.
        side: Side,
        /// The address, in the low 48 bits.
        address: u64,
    },
    /// A network of IPv4 or ARP addresses.
    Net4 {
        /// Whose.
        side: Side,
        /// The network.
        address: u32,
        /// Bits that count.
        mask: u32,
    },
    /// A network of IPv6 addresses.
    Net6 {
        /// Whose.
        side: Side,
        /// The network.
        address: u128,
        /// How many bits count, 0 to 128.
        bits: u8,
    },
    /// What IP carries.
    Protocol(u8),
    /// A range of ports of TCP or UDP, both bounds with it.
    Port {
        /// Whose.
        side: Side,
        /// The lowest.
        low: u16,
        /// The highest.
        high: u16,
    },
}

fn mask6(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0)
}

impl Test {
    /// Whether a packet with these headers passes it.
    pub fn holds(&self, packet: &Headers) -> bool {
        match *self {
            Self::Len { min, max } => (min..=max).contains(&packet.len),
            Self::Kind(any) => packet.kinds & any != 0,
            Self::Vlan(id) => packet.vlans.contains(&Some(id)),
            Self::EtherType(kind) => packet.ether_type == Some(kind),
            Self::Ether { side, address } => {
                packet.ether.is_some_and(|ends| side.holds(ends, |end| end == address))
            }
            Self::Net4 { side, address, mask } => match packet.network {
                Network::V4(ends) => side.holds(ends, |end| end & mask == address & mask),
                _ => false,
            },
            Self::Net6 { side, address, bits } => match packet.network {
                Network::V6(ends) => {
                    side.holds(ends, |end| end & mask6(bits) == address & mask6(bits))
                }
                _ => false,
            },
            Self::Protocol(number) => packet.protocol == Some(number),
            Self::Port { side, low, high } => {
                packet.ports.is_some_and(|ends| side.holds(ends, |end| (low..=high).contains(&end)))
            }
        }
    }

    /// Number, side and small operand (40 bits from bit 0), and two large operands.
    pub(super) const fn words(&self) -> (u64, Side, u32, [u64; 2]) {
        let none = Side::Source;
        match *self {
            Self::Len { min, max } => (1, none, 0, [min as u64, max as u64]),
            Self::Kind(any) => (2, none, any, [0; 2]),
            Self::Vlan(id) => (3, none, id as u32, [0; 2]),
            Self::EtherType(kind) => (4, none, kind as u32, [0; 2]),
            Self::Ether { side, address } => (5, side, 0, [address, 0]),
            Self::Net4 { side, address, mask } => (6, side, 0, [address as u64, mask as u64]),
            Self::Net6 { side, address, bits } => {
                (7, side, bits as u32, [(address >> 64) as u64, address as u64])
            }
            Self::Protocol(number) => (8, none, number as u32, [0; 2]),
            Self::Port { side, low, high } => (9, side, 0, [low as u64, high as u64]),
        }
    }

    /// What the words say; `None` if they say nothing.
    pub(super) fn from_words(number: u64, side: u64, small: u32, [a, b]: [u64; 2]) -> Option<Self> {
        let side = *Side::ALL.get(usize::try_from(side).ok()?)?;
        Some(match number {
            1 => Self::Len { min: u32::try_from(a).ok()?, max: u32::try_from(b).ok()? },
            2 if small & !kinds::ALL == 0 => Self::Kind(small),
            3 => Self::Vlan(u16::try_from(small).ok()?),
            4 => Self::EtherType(u16::try_from(small).ok()?),
            5 => Self::Ether { side, address: a },
            6 => Self::Net4 { side, address: u32::try_from(a).ok()?, mask: u32::try_from(b).ok()? },
            7 => {
                let bits = u8::try_from(small).ok().filter(|bits| *bits <= 128)?;
                Self::Net6 { side, address: u128::from(a) << 64 | u128::from(b), bits }
            }
            8 => Self::Protocol(u8::try_from(small).ok()?),
            9 => Self::Port { side, low: u16::try_from(a).ok()?, high: u16::try_from(b).ok()? },
            _ => return None,
        })
    }

    pub(super) const fn side_number(side: Side) -> u64 {
        side.number()
    }
}
