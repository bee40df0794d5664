//! What a filter knows of a packet: its headers, as far as they are whole.

/// What a packet is: bits of [`Headers::kinds`].
pub mod kinds {
    /// IPv4.
    pub const IP: u32 = 1;
    /// IPv6.
    pub const IP6: u32 = 1 << 1;
    /// ARP.
    pub const ARP: u32 = 1 << 2;
    /// TCP, over either.
    pub const TCP: u32 = 1 << 3;
    /// UDP, over either.
    pub const UDP: u32 = 1 << 4;
    /// ICMP, over IPv4.
    pub const ICMP: u32 = 1 << 5;
    /// ICMPv6, over IPv6.
    pub const ICMP6: u32 = 1 << 6;
    /// It has a VLAN tag.
    pub const VLAN: u32 = 1 << 7;
    /// All of them.
    pub const ALL: u32 = (1 << 8) - 1;
}

/// VLAN tags that are looked through.
const TAGS_MAX: usize = 2;
/// IPv6 extension headers that are looked through.
const EXTENSIONS_MAX: usize = 8;

/// Addresses of the network layer, source first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Neither of these.
    None,
    /// IPv4's, or ARP's sender and target.
    V4([u32; 2]),
    /// IPv6's.
    V6([u128; 2]),
}

/// The headers of one Ethernet frame. What is cut off is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    /// Bytes of the frame, as it was.
    pub len: u32,
    /// Bits of [`kinds`].
    pub kinds: u32,
    /// Ethernet addresses, source first, in the low 48 bits.
    pub ether: Option<[u64; 2]>,
    /// What lies behind Ethernet and VLAN tags.
    pub ether_type: Option<u16>,
    /// VLAN ids, the outer first.
    pub vlans: [Option<u16>; TAGS_MAX],
    /// Network addresses.
    pub network: Network,
    /// What IP carries.
    pub protocol: Option<u8>,
    /// TCP's or UDP's ports, source first; not of later fragments.
    pub ports: Option<[u16; 2]>,
}

fn word16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word128(bytes: &[u8], at: usize) -> Option<u128> {
    Some(u128::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn mac(bytes: &[u8], at: usize) -> Option<u64> {
    let [high, low] = [word16(bytes, at)?, word16(bytes, at + 2)?];
    let last = word16(bytes, at + 4)?;
    Some(u64::from(high) << 32 | u64::from(low) << 16 | u64::from(last))
}

impl Headers {
    /// Reads the headers of a frame of `len` bytes, the first of which are `bytes`. Any bytes will do.
    pub fn of(bytes: &[u8], len: u32) -> Self {
        let mut headers = Self {
            len,
            kinds: 0,
            ether: None,
            ether_type: None,
            vlans: [None; TAGS_MAX],
            network: Network::None,
            protocol: None,
            ports: None,
        };
        // What is read until something is missing stays.
        let _ = headers.read_ether(bytes);
        headers
    }

    fn read_ether(&mut self, bytes: &[u8]) -> Option<()> {
        self.ether = Some([mac(bytes, 6)?, mac(bytes, 0)?]);
        let mut at = 12;
        let mut kind = word16(bytes, at)?;
        for tag in &mut self.vlans {
            if !matches!(kind, 0x8100 | 0x88a8 | 0x9100) {
                break;
            }
            self.kinds |= kinds::VLAN;
            *tag = Some(word16(bytes, at + 2)? & 0xfff);
            at += 4;
            kind = word16(bytes, at)?;
        }
        self.ether_type = Some(kind);
        let rest = bytes.get(at + 2..)?;
        match kind {
            0x0800 => self.read_ip(rest),
            0x86dd => self.read_ip6(rest),
            0x0806 => self.read_arp(rest),
            _ => None,
        }
    }

    fn read_arp(&mut self, bytes: &[u8]) -> Option<()> {
        self.kinds |= kinds::ARP;
        // Ethernet and IPv4, 6 and 4 bytes an address.
        if word16(bytes, 2)? == 0x0800 && word16(bytes, 4)? == 0x0604 {
            self.network = Network::V4([word32(bytes, 14)?, word32(bytes, 24)?]);
        }
        Some(())
    }

    fn read_ip(&mut self, bytes: &[u8]) -> Option<()> {
        self.kinds |= kinds::IP;
        let header = usize::from(bytes.first()? & 0xf) * 4;
        if bytes.first()? >> 4 != 4 || header < 20 {
            return None;
        }
        self.network = Network::V4([word32(bytes, 12)?, word32(bytes, 16)?]);
        let protocol = *bytes.get(9)?;
        let is_first = word16(bytes, 6)? & 0x1fff == 0;
        if protocol == 1 {
            self.kinds |= kinds::ICMP;
        }
        self.read_transport(protocol, bytes.get(header..).filter(|_| is_first))
    }

    fn read_ip6(&mut self, bytes: &[u8]) -> Option<()> {
        self.kinds |= kinds::IP6;
        if bytes.first()? >> 4 != 6 {
            return None;
        }
        self.network = Network::V6([word128(bytes, 8)?, word128(bytes, 24)?]);
        let (mut next, mut at, mut is_first) = (*bytes.get(6)?, 40, true);
        for _ in 0..EXTENSIONS_MAX {
            let len = match next {
                0 | 43 | 60 => 8 + usize::from(*bytes.get(at + 1)?) * 8,
                44 => {
                    is_first &= word16(bytes, at + 2)? & 0xfff8 == 0;
                    8
                }
                51 => 8 + usize::from(*bytes.get(at + 1)?) * 4,
                _ => break,
            };
            next = *bytes.get(at)?;
            at += len;
            if !is_first {
                break;
            }
        }
        if next == 58 {
            self.kinds |= kinds::ICMP6;
        }
        self.read_transport(next, bytes.get(at..).filter(|_| is_first))
    }

    fn read_transport(&mut self, protocol: u8, bytes: Option<&[u8]>) -> Option<()> {
        self.protocol = Some(protocol);
        self.kinds |= match protocol {
            6 => kinds::TCP,
            17 => kinds::UDP,
            _ => return None,
        };
        let bytes = bytes?;
        self.ports = Some([word16(bytes, 0)?, word16(bytes, 2)?]);
        Some(())
    }
}
