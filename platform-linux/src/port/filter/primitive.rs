//! One primitive: qualifiers, and a value.

use core::net::{IpAddr, Ipv4Addr};
use core::ops::RangeInclusive;

use phalanx_core::port::filter::{Side, Test, kinds};

use super::Expr;
use super::error::FilterError;
use super::words::{Word, Words, is_joint};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Host,
    Net,
    Port,
    PortRange,
    EtherHost,
}

/// What stands before a value, and holds for the next one that stands alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Qualifiers {
    /// Bits of [`kinds`] of which one must be there; 0 for any.
    narrow: u32,
    side: Side,
    sort: Sort,
}

const ANY: Qualifiers = Qualifiers { narrow: 0, side: Side::Either, sort: Sort::Host };

/// What has addresses of hosts.
const HOSTS: u32 = kinds::IP | kinds::IP6 | kinds::ARP;

/// Words that begin a primitive.
const WORDS: [&str; 17] = [
    "ip",
    "ip6",
    "arp",
    "tcp",
    "udp",
    "icmp",
    "icmp6",
    "vlan",
    "host",
    "net",
    "port",
    "portrange",
    "ether",
    "src",
    "dst",
    "less",
    "greater",
];

fn kind_of(word: &str) -> Option<u32> {
    Some(match word {
        "ip" => kinds::IP,
        "ip6" => kinds::IP6,
        "arp" => kinds::ARP,
        "tcp" => kinds::TCP,
        "udp" => kinds::UDP,
        "icmp" => kinds::ICMP,
        "icmp6" => kinds::ICMP6,
        _ => return None,
    })
}

fn sort_of(word: &str) -> Option<Sort> {
    Some(match word {
        "host" => Sort::Host,
        "net" => Sort::Net,
        "port" => Sort::Port,
        "portrange" => Sort::PortRange,
        _ => return None,
    })
}

pub(super) fn primitive(
    words: &mut Words<'_>,
    last: &mut Option<Qualifiers>,
) -> Result<Expr, FilterError> {
    let first = words.peek();
    match first {
        "less" | "greater" => return len(words),
        "vlan" => return vlan(words),
        "ether" => return ether(words, last),
        "ip" | "ip6" if words.ahead(1) == "proto" => return protocol(words),
        _ => {}
    }
    let kind = kind_of(first);
    let kind_word = kind.map(|_| words.next());
    let side = side(words)?;
    let sort = sort_of(words.peek());
    let sort_word = sort.map(|_| words.next());
    if let (Some(kind), None, None) = (kind, side, sort) {
        let behind = words.peek();
        if behind.is_empty() || is_joint(behind) {
            return Ok(Expr::Test(Test::Kind(kind)));
        }
    }
    if sort.is_none() && kind.is_some_and(|kind| kind & HOSTS == 0) {
        let word = words.next();
        return Err(unknown(words, word, "`and`, `or`, `port` or `portrange`"));
    }
    let is_bare = kind.is_none() && side.is_none() && sort.is_none();
    let before = if is_bare { last.unwrap_or(ANY) } else { ANY };
    let qualifiers = Qualifiers {
        narrow: kind.unwrap_or(before.narrow),
        side: side.unwrap_or(before.side),
        sort: sort.unwrap_or(before.sort),
    };
    let at = kind_word.or(sort_word).unwrap_or(Word { at: 0, text: "" });
    check_narrow(words, &qualifiers, at)?;
    *last = Some(qualifiers);
    value(words, qualifiers)
}

/// `src`, `dst`, and both joined.
fn side(words: &mut Words<'_>) -> Result<Option<Side>, FilterError> {
    let side = match words.peek() {
        "src" => Side::Source,
        "dst" => Side::Destination,
        _ => return Ok(None),
    };
    let first = words.next();
    let joint = words.peek();
    if !matches!((joint, words.ahead(1)), ("or" | "and", "src" | "dst")) {
        return Ok(Some(side));
    }
    // `src A or dst B` has a value between; without one it is a direction.
    let (_joint, second) = (words.next(), words.next());
    if first.text == second.text {
        return Err(words.fault(second, "one of both is `src` and the other `dst`"));
    }
    Ok(Some(if joint == "or" { Side::Either } else { Side::Both }))
}

fn check_narrow(
    words: &Words<'_>,
    &Qualifiers { narrow, sort, .. }: &Qualifiers,
    at: Word<'_>,
) -> Result<(), FilterError> {
    let (allowed, what) = match sort {
        Sort::Host | Sort::Net => (HOSTS, "`ip`, `ip6` or `arp` goes before `host` and `net`"),
        Sort::Port | Sort::PortRange => {
            (kinds::TCP | kinds::UDP, "`tcp` or `udp` goes before `port` and `portrange`")
        }
        Sort::EtherHost => return Ok(()),
    };
    match narrow & !allowed {
        0 => Ok(()),
        _ => Err(words.fault(at, format!("it has no such thing: {what}"))),
    }
}

fn value(words: &mut Words<'_>, qualifiers: Qualifiers) -> Result<Expr, FilterError> {
    let Qualifiers { narrow, side, sort } = qualifiers;
    let word = words.next();
    let test = match sort {
        Sort::Host => host(words, word, side)?,
        Sort::Net => net(words, word, side)?,
        Sort::EtherHost => Test::Ether { side, address: mac(words, word)? },
        Sort::Port | Sort::PortRange => {
            let range = ports(words, word, sort)?;
            Test::Port { side, low: *range.start(), high: *range.end() }
        }
    };
    Ok(match narrow {
        0 => Expr::Test(test),
        kind => Expr::Test(Test::Kind(kind)).and(Expr::Test(test)),
    })
}

/// What is said of a word where a primitive was to begin, or a value.
fn unknown(words: &Words<'_>, word: Word<'_>, wanted: &str) -> FilterError {
    if word.text.is_empty() || is_joint(word.text) {
        return words.fault(word, format!("{wanted} was expected there"));
    }
    let near = WORDS.iter().find(|known| is_near(word.text, known));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    words.fault(word, format!("{wanted} was expected there{near}"))
}

/// One letter added, left out, changed, or two swapped.
fn is_near(word: &str, known: &str) -> bool {
    let (a, b) = (word.as_bytes(), known.as_bytes());
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = |bytes: &[u8], skip: usize| bytes.get(start + skip..).map(<[u8]>::to_vec);
    if a == b || b.len() < 3 {
        return false;
    }
    let swapped = matches!((a.get(start..), b.get(start..)),
        (Some([p, q, a @ ..]), Some([r, s, b @ ..])) if p == s && q == r && a == b);
    swapped
        || rest(a, 1).is_some_and(|left| {
            Some(&left) == rest(b, 0).as_ref() || Some(&left) == rest(b, 1).as_ref()
        })
        || rest(b, 1).is_some_and(|left| Some(&left) == rest(a, 0).as_ref())
}

fn host(words: &Words<'_>, word: Word<'_>, side: Side) -> Result<Test, FilterError> {
    match word.text.parse() {
        Ok(IpAddr::V4(address)) => {
            Ok(Test::Net4 { side, address: address.to_bits(), mask: u32::MAX })
        }
        Ok(IpAddr::V6(address)) => Ok(Test::Net6 { side, address: address.to_bits(), bits: 128 }),
        Err(_) => Err(unknown(words, word, "a primitive, or an IPv4 or IPv6 address,")),
    }
}

fn net(words: &mut Words<'_>, word: Word<'_>, side: Side) -> Result<Test, FilterError> {
    let (address, bits) = word.text.split_once('/').unwrap_or((word.text, ""));
    let Ok(address) = address.parse::<IpAddr>() else {
        return Err(unknown(words, word, "a network, as 10.0.0.0/8 or 2001:db8::/32,"));
    };
    if let (IpAddr::V4(address), true) = (address, words.peek() == "mask") {
        let _mask = words.next();
        let mask_word = words.next();
        let mask = mask_word.text.parse::<Ipv4Addr>();
        let mask = mask.map_err(|_| unknown(words, mask_word, "a mask, as 255.0.0.0,"))?;
        return net4(words, word, side, address, mask.to_bits());
    }
    let most = if address.is_ipv4() { 32 } else { 128 };
    let all = if word.text.contains('/') { bits.parse() } else { Ok(most) };
    let Some(bits) = all.ok().filter(|bits| *bits <= most) else {
        return Err(words.fault(word, format!("behind its `/` stands no number from 0 to {most}")));
    };
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            net4(words, word, side, address, mask)
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            let address = address.to_bits();
            match address & !mask {
                0 => Ok(Test::Net6 { side, address, bits }),
                _ => Err(beyond_mask(words, word)),
            }
        }
    }
}

fn net4(
    words: &Words<'_>,
    word: Word<'_>,
    side: Side,
    address: Ipv4Addr,
    mask: u32,
) -> Result<Test, FilterError> {
    let address = address.to_bits();
    match address & !mask {
        0 => Ok(Test::Net4 { side, address, mask }),
        _ => Err(beyond_mask(words, word)),
    }
}

fn beyond_mask(words: &Words<'_>, word: Word<'_>) -> FilterError {
    words.fault(word, "it has bits that its mask leaves out; write the network's first address")
}

fn ports(
    words: &Words<'_>,
    word: Word<'_>,
    sort: Sort,
) -> Result<RangeInclusive<u16>, FilterError> {
    if sort == Sort::Port {
        let port = word.text.parse::<u16>();
        return match port {
            Ok(port) => Ok(port..=port),
            Err(_) => Err(unknown(words, word, "a port, 0 to 65535,")),
        };
    }
    let bounds = word.text.split_once('-').map(|(low, high)| (low.parse(), high.parse()));
    match bounds {
        Some((Ok(low), Ok(high))) if low <= high => Ok(low..=high),
        _ => Err(unknown(words, word, "a range of ports, as 6000-6008,")),
    }
}

fn number<T: core::str::FromStr>(
    words: &mut Words<'_>,
    wanted: &str,
    hex: impl Fn(&str) -> Option<T>,
) -> Result<T, FilterError> {
    let word = words.next();
    let hex = word.text.strip_prefix("0x").and_then(hex);
    match hex.or_else(|| word.text.parse().ok()) {
        Some(number) => Ok(number),
        None => Err(unknown(words, word, wanted)),
    }
}

fn len(words: &mut Words<'_>) -> Result<Expr, FilterError> {
    let is_less = words.next().text == "less";
    let n = number(words, "a number of bytes", |hex| u32::from_str_radix(hex, 16).ok())?;
    let (min, max) = if is_less { (0, n) } else { (n, u32::MAX) };
    Ok(Expr::Test(Test::Len { min, max }))
}

fn vlan(words: &mut Words<'_>) -> Result<Expr, FilterError> {
    let _vlan = words.next();
    let behind = words.peek();
    if behind.is_empty() || is_joint(behind) {
        return Ok(Expr::Test(Test::Kind(kinds::VLAN)));
    }
    let word = words.next();
    match word.text.parse::<u16>() {
        Ok(id) if id < 4096 => Ok(Expr::Test(Test::Vlan(id))),
        _ => Err(unknown(words, word, "`and`, `or`, or a VLAN id, 0 to 4095,")),
    }
}

fn ether(words: &mut Words<'_>, last: &mut Option<Qualifiers>) -> Result<Expr, FilterError> {
    let _ether = words.next();
    if words.take("proto") {
        let wanted = "an EtherType, as 0x88cc,";
        let kind = number(words, wanted, |hex| u16::from_str_radix(hex, 16).ok())?;
        return Ok(Expr::Test(Test::EtherType(kind)));
    }
    let side = side(words)?;
    if !words.take("host") && side.is_none() {
        let word = words.next();
        return Err(unknown(words, word, "`host`, `src`, `dst` or `proto`"));
    }
    let side = side.unwrap_or(Side::Either);
    let qualifiers = Qualifiers { narrow: 0, side, sort: Sort::EtherHost };
    *last = Some(qualifiers);
    value(words, qualifiers)
}

fn mac(words: &Words<'_>, word: Word<'_>) -> Result<u64, FilterError> {
    let mut address = Some(0_u64);
    let mut parts = 0;
    for part in word.text.split([':', '-']) {
        let byte = u8::from_str_radix(part, 16).ok().filter(|_| part.len() <= 2);
        address = address.zip(byte).map(|(sum, byte)| sum << 8 | u64::from(byte));
        parts += 1;
        if parts > 6 {
            break;
        }
    }
    address
        .filter(|_| parts == 6)
        .ok_or_else(|| unknown(words, word, "an Ethernet address, as 02:00:00:00:00:01,"))
}

fn protocol(words: &mut Words<'_>) -> Result<Expr, FilterError> {
    let version = kind_of(words.next().text).unwrap_or(kinds::IP);
    let _proto = words.next();
    let named = match words.peek() {
        "icmp" => Some(1),
        "tcp" => Some(6),
        "udp" => Some(17),
        "icmp6" => Some(58),
        _ => None,
    };
    let number = match named {
        Some(number) => {
            let _name = words.next();
            number
        }
        None => number(words, "a protocol: 0 to 255, `tcp`, `udp`, `icmp` or `icmp6`,", |hex| {
            u8::from_str_radix(hex, 16).ok()
        })?,
    };
    Ok(Expr::Test(Test::Kind(version)).and(Expr::Test(Test::Protocol(number))))
}
