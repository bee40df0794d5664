//! What a packet's headers say of its flow: read from any bytes, trusted in nothing.

use super::rss::kinds;

/// Bytes that are hashed at most: two IPv6 addresses and two ports.
pub(super) const INPUT_MAX: usize = 36;

/// VLAN tags that are looked behind.
const TAGS_MAX: usize = 4;

/// IPv6 extension headers that are looked behind.
const EXTENSIONS_MAX: usize = 8;

/// What a packet is, as far as hashing is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Other,
    Ipv4,
    Ipv6,
}

/// What follows the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    Other,
    Tcp,
    Udp,
}

/// Addresses and ports of a packet, source before destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    sort: Sort,
    above: Above,
    bytes: [u8; INPUT_MAX],
}

impl Flow {
    const NONE: Self = Self { sort: Sort::Other, above: Above::Other, bytes: [0; INPUT_MAX] };

    /// The flow of the frame `data`.
    pub(super) fn of(data: &[u8]) -> Self {
        Self::read(data).unwrap_or(Self::NONE)
    }

    fn read(data: &[u8]) -> Option<Self> {
        let mut rest = data.get(12..)?;
        for _ in 0..=TAGS_MAX {
            match (number(rest, 0)?, rest.get(2..)?) {
                (0x0800, packet) => return Self::ipv4(packet),
                (0x86dd, packet) => return Self::ipv6(packet),
                (0x8100 | 0x88a8 | 0x9100, tag) => rest = tag.get(2..)?,
                _ => return None,
            }
        }
        None
    }

    fn ipv4(packet: &[u8]) -> Option<Self> {
        let first = *packet.first()?;
        let header = usize::from(first & 15) * 4;
        if first >> 4 != 4 || header < 20 {
            return None;
        }
        let is_fragment = number(packet, 6)? & 0x3fff != 0;
        let protocol = *packet.get(9)?;
        let flow = Self::with(Sort::Ipv4, packet.get(12..20)?);
        let above = if is_fragment { None } else { packet.get(header..) };
        Some(flow.ports(8, protocol, above))
    }

    fn ipv6(packet: &[u8]) -> Option<Self> {
        if packet.first()? >> 4 != 6 {
            return None;
        }
        let flow = Self::with(Sort::Ipv6, packet.get(8..40)?);
        let (mut next, mut above) = (*packet.get(6)?, packet.get(40..));
        for _ in 0..EXTENSIONS_MAX {
            match next {
                // Hop-by-hop options, routing, destination options: `{next, length / 8 - 1}`.
                0 | 43 | 60 => {
                    let header = above.and_then(|it| it.get(..2));
                    let Some(&[after, eights]) = header else { return Some(flow) };
                    next = after;
                    above = above.and_then(|it| it.get(usize::from(eights) * 8 + 8..));
                }
                _ => break,
            }
        }
        Some(flow.ports(32, next, above))
    }

    fn with(sort: Sort, addresses: &[u8]) -> Self {
        let mut flow = Self { sort, ..Self::NONE };
        flow.bytes.iter_mut().zip(addresses).for_each(|(to, from)| *to = *from);
        flow
    }

    /// The same, with the ports at the beginning of `above` put behind `at` bytes.
    fn ports(mut self, at: usize, protocol: u8, above: Option<&[u8]>) -> Self {
        let kind = match protocol {
            6 => Above::Tcp,
            17 => Above::Udp,
            _ => return self,
        };
        if let Some(ports) = above.and_then(|it| it.get(..4)) {
            self.above = kind;
            self.bytes.iter_mut().skip(at).zip(ports).for_each(|(to, from)| *to = *from);
        }
        self
    }

    /// The bytes to hash, if `wanted` says which; none for none.
    pub(super) fn input(&self, wanted: u32) -> &[u8] {
        let (addresses, plain, tcp, udp) = match self.sort {
            Sort::Other => return &[],
            Sort::Ipv4 => (8, kinds::IPV4, kinds::IPV4_TCP, kinds::IPV4_UDP),
            Sort::Ipv6 => (32, kinds::IPV6, kinds::IPV6_TCP, kinds::IPV6_UDP),
        };
        let with_ports = match self.above {
            Above::Other => 0,
            Above::Tcp => tcp,
            Above::Udp => udp,
        };
        let len = if wanted & with_ports != 0 {
            addresses + 4
        } else if wanted & plain != 0 {
            addresses
        } else {
            0
        };
        self.bytes.get(..len).unwrap_or_default()
    }
}

/// The number in network byte order at `at`.
fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}
