//! What a port is and how far it has come, as numbers in shared memory that never change.

use core::fmt;

/// Which driver a port has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum DriverKind {
    /// `net_null`: gives empty packets, swallows what it is given.
    Null = 1,
    /// `net_ring`: two ports joined by rings, or one that hears itself.
    Ring = 2,
    /// `net_pcap`: reads and writes files.
    Pcap = 3,
    /// `net_af_packet`: an interface of the kernel's.
    AfPacket = 4,
    /// `net_tap`: an interface of its own.
    Tap = 5,
    /// `net_e1000e`: an Intel 82574L or 82540EM. DPDK's name is `net_e1000_em`.
    E1000e = 6,
    /// `net_virtio`: a virtio network card (modern PCI).
    VirtioNet = 7,
    /// A number that this version does not know.
    Unknown = u32::MAX,
}

impl DriverKind {
    /// All that there are.
    pub const ALL: [Self; 7] = [
        Self::Null,
        Self::Ring,
        Self::Pcap,
        Self::AfPacket,
        Self::Tap,
        Self::E1000e,
        Self::VirtioNet,
    ];

    /// Those of virtual devices, which a program makes by name. The others drive what is found on a bus.
    pub const VIRTUAL: [Self; 5] = [Self::Null, Self::Ring, Self::Pcap, Self::AfPacket, Self::Tap];

    pub(crate) const fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Null,
            2 => Self::Ring,
            3 => Self::Pcap,
            4 => Self::AfPacket,
            5 => Self::Tap,
            6 => Self::E1000e,
            7 => Self::VirtioNet,
            _ => Self::Unknown,
        }
    }

    /// The driver's name, as it begins its devices'.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "net_null",
            Self::Ring => "net_ring",
            Self::Pcap => "net_pcap",
            Self::AfPacket => "net_af_packet",
            Self::Tap => "net_tap",
            Self::E1000e => "net_e1000e",
            Self::VirtioNet => "net_virtio",
            Self::Unknown => "unknown",
        }
    }

    /// The driver of the virtual device called `device`: a driver's name and any digits (`net_ring1`). The
    /// reference's older names (`eth_ring1`) are understood too.
    ///
    /// ```
    /// use phalanx_core::port::DriverKind;
    /// assert_eq!(DriverKind::of_device("net_ring1"), Some(DriverKind::Ring));
    /// assert_eq!(DriverKind::of_device("eth_null"), Some(DriverKind::Null));
    /// assert_eq!(DriverKind::of_device("net_rings"), None);
    /// assert_eq!(DriverKind::of_device("net_virtio0"), None);
    /// ```
    pub fn of_device(device: &str) -> Option<Self> {
        let driver = device.trim_end_matches(|c: char| c.is_ascii_digit());
        let short = driver.strip_prefix("net_").or_else(|| driver.strip_prefix("eth_"))?;
        Self::VIRTUAL.into_iter().find(|kind| kind.name().strip_prefix("net_") == Some(short))
    }

    /// Whether it drives a device on a PCI bus: its ports are named as the device is (`0000:00:11.0`).
    pub const fn is_pci(self) -> bool {
        matches!(self, Self::E1000e | Self::VirtioNet)
    }

    /// Whether a port of it has as many Rx queues as Tx queues: its device has pairs.
    pub const fn has_pairs(self) -> bool {
        matches!(self, Self::VirtioNet)
    }

    /// Whether the link is up whenever the port runs: there is no wire.
    pub const fn has_no_wire(self) -> bool {
        matches!(self, Self::Null | Self::Ring | Self::Pcap)
    }
}

impl fmt::Display for DriverKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How far a port has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PortPhase {
    /// It has no queues yet.
    Created = 1,
    /// It has queues, and does not run.
    Configured = 2,
    /// It runs.
    Started = 3,
    /// It ran, and does not any more.
    Stopped = 4,
    /// It is gone.
    Removed = 5,
    /// It is being attached: nobody finds it yet, and if its owner dies there is none.
    Coming = 6,
    /// A number that this version does not know.
    Unknown = u32::MAX,
}

impl PortPhase {
    pub(crate) const fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Created,
            2 => Self::Configured,
            3 => Self::Started,
            4 => Self::Stopped,
            5 => Self::Removed,
            6 => Self::Coming,
            _ => Self::Unknown,
        }
    }

    /// Whether the port has queues.
    pub const fn has_queues(self) -> bool {
        matches!(self, Self::Configured | Self::Started | Self::Stopped)
    }
}

impl fmt::Display for PortPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::Removed => "removed",
            Self::Coming => "coming",
            Self::Unknown => "unknown",
        })
    }
}

/// How packets come and go: the owner chooses once, and each process does as this says (W-41).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum BurstMode {
    /// Queue by queue, as they are.
    Plain = 1,
    /// The program hashes each packet, to find the queue that it belongs to.
    Hashed = 2,
    /// The kernel hashes, or the device.
    Spread = 3,
    /// A number that this version does not know.
    Unknown = u32::MAX,
}

impl BurstMode {
    pub(crate) const fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Plain,
            2 => Self::Hashed,
            3 => Self::Spread,
            _ => Self::Unknown,
        }
    }

    /// How a port of `driver` with `rx_queues` Rx queues gets packets to these: the one place that
    /// decides it.
    pub const fn of(driver: DriverKind, rx_queues: u16) -> Self {
        match driver {
            _ if rx_queues < 2 => Self::Plain,
            DriverKind::Ring | DriverKind::Pcap => Self::Hashed,
            DriverKind::AfPacket | DriverKind::Tap | DriverKind::E1000e | DriverKind::VirtioNet => {
                Self::Spread
            }
            DriverKind::Null | DriverKind::Unknown => Self::Plain,
        }
    }
}

impl fmt::Display for BurstMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Plain => "plain",
            Self::Hashed => "hashed",
            Self::Spread => "spread",
            Self::Unknown => "unknown",
        })
    }
}

/// One of a port's two kinds of queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Packets come in.
    Rx,
    /// Packets go out.
    Tx,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rx => "Rx",
            Self::Tx => "Tx",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back() {
        for driver in DriverKind::ALL {
            assert_eq!(DriverKind::from_word(driver as u32), driver);
            let virtual_one = Some(driver).filter(|driver| !driver.is_pci());
            assert_eq!(DriverKind::of_device(driver.name()), virtual_one);
        }
        for word in 1..=6 {
            assert_eq!(PortPhase::from_word(word) as u32, word);
        }
        for word in 1..=3 {
            assert_eq!(BurstMode::from_word(word) as u32, word);
        }
    }

    #[test]
    fn a_device_without_a_driver_of_that_name_has_none() {
        for device in ["", "net_", "net_nul0", "net_null0x", "null0", "net_ring-1", "7"] {
            assert_eq!(DriverKind::of_device(device), None, "{device}");
        }
    }
}
