//! Filters against a naive oracle, and errors that point at the word.

use core::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::compile;

/// What a packet is, by whoever makes it.
#[derive(Clone, Debug)]
struct Made {
    macs: [u8; 2],
    vlan: Option<u16>,
    v6: bool,
    hosts: [u8; 2],
    protocol: u8,
    ports: [u16; 2],
    padding: u8,
}

impl Made {
    fn has_ports(&self) -> bool {
        matches!(self.protocol, 6 | 17)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, self.macs[1], 2, 0, 0, 0, 0, self.macs[0]];
        if let Some(id) = self.vlan {
            frame.extend([0x81, 0]);
            frame.extend(id.to_be_bytes());
        }
        let [from, to] = self.hosts;
        if self.v6 {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, self.protocol, 64]);
            frame.extend(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, from.into()).octets());
            frame.extend(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, to.into()).octets());
        } else {
            frame.extend([8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, self.protocol, 0, 0]);
            frame.extend([10, 0, from & 1, from, 10, 0, to & 1, to]);
        }
        for port in self.ports {
            frame.extend(port.to_be_bytes());
        }
        frame.extend(vec![0; 16 + usize::from(self.padding)]);
        frame
    }
}

/// A question, in words and as an answer.
#[derive(Clone, Debug)]
enum Ask {
    Word(&'static str),
    Vlan(u16),
    Host(&'static str, u8, bool),
    Net(&'static str, u8),
    Port(&'static str, &'static str, u16),
    Range(&'static str, u16, u16),
    Mac(&'static str, u8),
    Less(u32),
    Greater(u32),
    Protocol(u8),
    Not(Box<Ask>),
    And(Box<Ask>, Box<Ask>),
    Or(Box<Ask>, Box<Ask>),
}

/// Whether a side's word holds for what is so of the source and of the destination.
fn holds(side: &str, source: bool, destination: bool) -> bool {
    match side {
        "src" => source,
        "dst" => destination,
        "src and dst" => source && destination,
        _ => source || destination,
    }
}

impl Ask {
    fn text(&self) -> String {
        match self {
            Self::Word(word) => (*word).to_owned(),
            Self::Vlan(id) => format!("vlan {id}"),
            Self::Host(side, host, false) => {
                format!("{side} host {}", Ipv4Addr::new(10, 0, host & 1, *host))
            }
            Self::Host(side, host, true) => format!("{side} host 2001:db8::{host:x}"),
            Self::Net(side, third) => format!("{side} net 10.0.{third}.0/24"),
            Self::Port(kind, side, port) => format!("{kind} {side} port {port}"),
            Self::Range(side, low, high) => format!("{side} portrange {low}-{high}"),
            Self::Mac(side, last) => format!("ether {side} host 02:00:00:00:00:{last:02x}"),
            Self::Less(len) => format!("less {len}"),
            Self::Greater(len) => format!("greater {len}"),
            Self::Protocol(number) => format!("ip proto {number}"),
            Self::Not(ask) => format!("not ({})", ask.text()),
            Self::And(a, b) => format!("({}) and ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) || ({})", a.text(), b.text()),
        }
    }

    fn answer(&self, packet: &Made) -> bool {
        let [from, to] = packet.hosts;
        let len = packet.bytes().len() as u32;
        match self {
            Self::Word(word) => match *word {
                "ip" => !packet.v6,
                "ip6" => packet.v6,
                "tcp" => packet.protocol == 6,
                "udp" => packet.protocol == 17,
                "icmp" => packet.protocol == 1 && !packet.v6,
                "icmp6" => packet.protocol == 58 && packet.v6,
                "vlan" => packet.vlan.is_some(),
                _ => false,
            },
            Self::Vlan(id) => packet.vlan == Some(*id),
            Self::Host(side, host, v6) => {
                *v6 == packet.v6 && holds(side, from == *host, to == *host)
            }
            Self::Net(side, third) => {
                !packet.v6 && holds(side, from & 1 == *third, to & 1 == *third)
            }
            Self::Port(kind, side, port) => {
                let [a, b] = packet.ports.map(|it| it == *port);
                let fits = match *kind {
                    "tcp" => packet.protocol == 6,
                    "udp" => packet.protocol == 17,
                    _ => packet.has_ports(),
                };
                fits && holds(side, a, b)
            }
            Self::Range(side, low, high) => {
                let [a, b] = packet.ports.map(|it| (low..=high).contains(&&it));
                packet.has_ports() && holds(side, a, b)
            }
            Self::Mac(side, last) => holds(side, packet.macs[0] == *last, packet.macs[1] == *last),
            Self::Less(max) => len <= *max,
            Self::Greater(min) => len >= *min,
            Self::Protocol(number) => !packet.v6 && packet.protocol == *number,
            Self::Not(ask) => !ask.answer(packet),
            Self::And(a, b) => a.answer(packet) && b.answer(packet),
            Self::Or(a, b) => a.answer(packet) || b.answer(packet),
        }
    }
}

fn packets() -> impl Strategy<Value = Made> {
    let protocol = prop::sample::select(&[1_u8, 6, 17, 58, 89][..]);
    let vlan = prop::option::of(0..3_u16);
    ([0..3_u8, 0..3], vlan, any::<bool>(), [0..3_u8, 0..3], protocol, [0..4_u16, 0..4], 0..8_u8)
        .prop_map(|(macs, vlan, v6, hosts, protocol, ports, padding)| Made {
            macs,
            vlan,
            v6,
            hosts,
            protocol,
            ports,
            padding,
        })
}

fn asks() -> impl Strategy<Value = Ask> {
    let side = || prop::sample::select(&["", "src", "dst", "src or dst", "src and dst"][..]);
    let words = ["ip", "ip6", "tcp", "udp", "icmp", "icmp6", "vlan", "arp"];
    let leaf = prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(Ask::Word),
        (0..3_u16).prop_map(Ask::Vlan),
        (side(), 0..3_u8, any::<bool>()).prop_map(|(side, host, v6)| Ask::Host(side, host, v6)),
        (side(), 0..2_u8).prop_map(|(side, third)| Ask::Net(side, third)),
        (prop::sample::select(&["", "tcp", "udp"][..]), side(), 0..4_u16)
            .prop_map(|(kind, side, port)| Ask::Port(kind, side, port)),
        (side(), 0..3_u16, 0..3_u16).prop_map(|(side, low, more)| Ask::Range(
            side,
            low,
            low + more
        )),
        (side(), 0..3_u8).prop_map(|(side, last)| Ask::Mac(side, last)),
        (50..90_u32).prop_map(Ask::Less),
        (50..90_u32).prop_map(Ask::Greater),
        prop::sample::select(&[1_u8, 6, 17][..]).prop_map(Ask::Protocol),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|ask| Ask::Not(Box::new(ask))),
            pair.clone().prop_map(|(a, b)| Ask::And(Box::new(a), Box::new(b))),
            pair.prop_map(|(a, b)| Ask::Or(Box::new(a), Box::new(b))),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_takes_what_the_oracle_takes(
        ask in asks(),
        packets in prop::collection::vec(packets(), 1..30),
    ) {
        let text = ask.text();
        let program = compile(&text).unwrap();
        for packet in &packets {
            let bytes = packet.bytes();
            prop_assert_eq!(
                program.takes(&bytes, bytes.len() as u32), ask.answer(packet), "{} {:?}", text, packet
            );
        }
    }

    #[test]
    fn any_text_is_a_filter_or_an_error_of_one_line(text in "[ -~]{0,60}") {
        if let Err(error) = compile(&text) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    #[test]
    fn any_words_are_a_filter_or_an_error(words in prop::collection::vec(prop::sample::select(
        &["ip", "src", "dst", "host", "net", "port", "10.0.0.1", "80", "and", "or", "not", "(", ")",
          "ether", "proto", "vlan", "less", "::1/64", "mask", "tcp", "portrange", "1-2"][..]), 0..12)) {
        let _either = compile(&words.join(" "));
    }
}

#[track_caller]
fn assert_error(text: &str, word: &str, what: &str) {
    let error = compile(text).unwrap_err();
    assert_eq!(error.word, word, "{error}");
    assert!(error.to_string().contains(what), "{error}");
}

#[test]
fn errors_point_at_the_word() {
    assert_error("tcp prot 80", "prot", "did you mean `port`?");
    assert_error("hots 10.0.0.1", "hots", "did you mean `host`?");
    assert_error("host 10.0.0.256", "10.0.0.256", "at character 6");
    assert_error("port 80 80", "80", "`and` or `or` was expected");
    assert_error("(port 80", "", "`)` was expected");
    assert_error("port 80)", ")", "closes nothing");
    assert_error("port", "", "a port, 0 to 65535, was expected");
    assert_error("tcp port 65536", "65536", "a port, 0 to 65535");
    assert_error("portrange 10-9", "10-9", "a range of ports");
    assert_error("net 10.0.0.1/8", "10.0.0.1/8", "bits that its mask leaves out");
    assert_error("net 10.0.0.0/33", "10.0.0.0/33", "from 0 to 32");
    assert_error("tcp host 10.0.0.1", "tcp", "`ip`, `ip6` or `arp` goes before");
    assert_error("icmp port 1", "icmp", "`tcp` or `udp` goes before");
    assert_error("ether host 02:00", "02:00", "an Ethernet address");
    assert_error("vlan 4096", "4096", "0 to 4095");
    assert_error("ip and", "", "was expected there");
    assert_error("src or src host 10.0.0.1", "src", "the other `dst`");
    assert_error("ip & tcp", "&", "was expected");
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let many = vec!["port 1"; 65].join(" or ");
    assert!(compile(&many).unwrap_err().to_string().contains("at most 64 primitives"));
    let endless = format!("ip{}", " or ip".repeat(100_000));
    assert!(compile(&endless).unwrap_err().to_string().contains("at most 64 primitives"));
    let deep = format!("{}ip{}", "(".repeat(500), ")".repeat(500));
    assert!(compile(&deep).unwrap_err().to_string().contains("too deep"));
    let negated = format!("{}ip", "not ".repeat(10_000));
    let error = compile(&negated).unwrap_err().to_string();
    assert!(error.contains("too deep"));
    assert!(error.len() < 300, "all of it is shown: {error}");
}

fn same(a: &str, b: &str) {
    assert_eq!(compile(a), compile(b), "{a} | {b}");
}

#[test]
fn a_value_alone_repeats_what_stood_before_the_last() {
    same("tcp dst port 53 or 80", "tcp dst port 53 or tcp dst port 80");
    same("not host 10.0.0.1 and 10.0.0.2", "not host 10.0.0.1 and host 10.0.0.2");
    same("10.0.0.1", "host 10.0.0.1");
    same("src 10.0.0.1", "src host 10.0.0.1");
}

#[test]
fn and_and_or_bind_alike_from_left_to_right() {
    same("ip or tcp and udp", "(ip or tcp) and udp");
    same("ip && !tcp || udp", "(ip and (not tcp)) or udp");
}

#[test]
fn a_network_is_told_by_bits_or_by_a_mask() {
    same("net 10.0.0.0/8", "net 10.0.0.0 mask 255.0.0.0");
    same("net 10.0.0.1", "host 10.0.0.1");
}

#[test]
fn nothing_takes_everything() {
    assert!(compile("  ").unwrap().takes(&[], 0));
}

#[test]
fn host_and_net_are_asked_of_arp_too() {
    let mut arp = vec![0xff; 12];
    arp.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1]);
    arp.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
    assert!(compile("arp src host 10.0.0.1 and dst 10.0.0.2").unwrap().takes(&arp, 42));
    assert!(!compile("ip host 10.0.0.1").unwrap().takes(&arp, 42));
}
