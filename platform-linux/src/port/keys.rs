//! What each driver may be told: the names of its arguments, as the field knows them, and their values.

use phalanx_core::port::{DriverKind, MacAddress};

/// One argument of a driver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it takes, to follow "not".
    pub(crate) accepts: &'static str,
    /// Whether a value is one that it takes.
    pub(crate) is_fit: fn(&str) -> bool,
    /// How often it may be given.
    pub(crate) times: Times,
}

/// How often an argument may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// Once.
    Once,
    /// Once a queue.
    Often,
}

const fn key(name: &'static str, accepts: &'static str, is_fit: fn(&str) -> bool) -> Key {
    Key { name, accepts, is_fit, times: Times::Once }
}

const fn switch(name: &'static str) -> Key {
    key(name, "0 or 1", |value| matches!(value, "0" | "1"))
}

const fn text(name: &'static str) -> Key {
    key(name, "a text", |value| !value.is_empty())
}

/// One a queue.
const fn texts(name: &'static str) -> Key {
    Key { times: Times::Often, ..text(name) }
}

const fn number(name: &'static str) -> Key {
    key(name, "a decimal number above 0", |value| value.parse::<u32>().is_ok_and(|it| it > 0))
}

const NULL: [Key; 3] = [
    key("size", "a decimal number up to 65535", |value| value.parse::<u16>().is_ok()),
    switch("copy"),
    switch("no-rx"),
];

const RING: [Key; 2] = [
    key("size", "a power of two from 2 to 1048576", |value| {
        value.parse::<u32>().is_ok_and(|it| it.is_power_of_two() && (2..=1 << 20).contains(&it))
    }),
    key("peer", "the name of another net_ring device", |value| {
        DriverKind::of_device(value) == Some(DriverKind::Ring)
    }),
];

const PCAP: [Key; 3] = [texts("rx_pcap"), texts("tx_pcap"), switch("infinite_rx")];

const AF_PACKET: [Key; 7] = [
    text("iface"),
    number("qpairs"),
    number("blocksz"),
    number("framesz"),
    number("framecnt"),
    switch("qdisc_bypass"),
    text("fanout_mode"),
];

const TAP: [Key; 3] = [
    text("iface"),
    key("mac", "an address as 02:00:5e:00:00:01", |value| mac_of(value).is_some()),
    switch("persist"),
];

/// Of the ports of PCI devices, whichever driver they have.
pub(crate) const PCI: [Key; 2] = [descriptors("rx_size"), descriptors("tx_size")];

const fn descriptors(name: &'static str) -> Key {
    key(name, "a power of two from 16 to 32768", |value| {
        value.parse::<u32>().is_ok_and(|it| it.is_power_of_two() && (16..=32_768).contains(&it))
    })
}

/// The arguments of `driver`.
pub(crate) fn keys_of(driver: DriverKind) -> &'static [Key] {
    match driver {
        DriverKind::Null => &NULL,
        DriverKind::Ring => &RING,
        DriverKind::Pcap => &PCAP,
        DriverKind::AfPacket => &AF_PACKET,
        DriverKind::Tap => &TAP,
        DriverKind::E1000e | DriverKind::VirtioNet => &PCI,
        DriverKind::Unknown => &[],
    }
}

/// The argument that does here what `name` does in DPDK, if that is another.
pub(crate) fn instead_of(driver: DriverKind, name: &str) -> Option<&'static str> {
    match (driver, name) {
        (DriverKind::Ring, "nodeaction" | "internal") => Some("peer"),
        _ => None,
    }
}

/// The address in a text as `02:00:5e:00:00:01`.
pub(crate) fn mac_of(text: &str) -> Option<MacAddress> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        let digits = parts.next().filter(|part| part.bytes().all(|it| it.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    parts.next().is_none().then_some(MacAddress(bytes))
}

/// The names of these, to follow "give" in an error.
pub(crate) const fn list_of(driver: DriverKind) -> &'static str {
    match driver {
        DriverKind::Null => "size, copy or no-rx",
        DriverKind::Ring => "size or peer",
        DriverKind::Pcap => "rx_pcap, tx_pcap or infinite_rx",
        DriverKind::AfPacket => {
            "iface, qpairs, blocksz, framesz, framecnt, qdisc_bypass or fanout_mode"
        }
        DriverKind::Tap => "iface, mac or persist",
        DriverKind::E1000e | DriverKind::VirtioNet => "rx_size or tx_size",
        DriverKind::Unknown => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_six_bytes_and_nothing_else() {
        let address = MacAddress([2, 0, 0x5e, 0, 0xff, 1]);
        assert_eq!(mac_of("02:00:5e:00:FF:1"), Some(address));
        for none in
            ["", "zz", "2:0:0:0:0", "2:0:0:0:0:0:0", "+1:0:0:0:0:0", "100:0:0:0:0:0", ":0:0:0:0:0"]
        {
            assert_eq!(mac_of(none), None, "{none}");
        }
    }

    #[test]
    fn the_list_of_a_drivers_arguments_has_them_all() {
        for driver in DriverKind::ALL {
            let list = list_of(driver);
            let named: Vec<&str> = list.split([',', ' ']).filter(|word| !word.is_empty()).collect();
            for key in keys_of(driver) {
                assert!(named.contains(&key.name), "{driver}: {}", key.name);
            }
            assert_eq!(named.len(), keys_of(driver).len() + 1, "{driver}: 'or', and no other word");
        }
    }
}
