//! The bytes of a port: facts, what its owner changes, RSS, and a line for each queue.
//!
//! What different processes write lies 128 bytes apart: each queue has a line of its own, which its
//! claimant alone writes (and its owner, when statistics are set to zero). The words that every burst
//! reads, nobody writes in the hot path.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Contested32, Contested64, Guarded, Published64, Word32, Word64};

/// "PHXPORT\x01", little-endian.
pub const PORT_MAGIC: u64 = u64::from_le_bytes(*b"PHXPORT\x01");

/// How many ports a group may have: ids are 0..32.
#[doc(alias = "RTE_MAX_ETHPORTS")]
pub const PORTS_MAX: usize = 32;

/// How many Rx queues, and how many Tx queues, a port may have.
#[doc(alias = "RTE_MAX_QUEUES_PER_PORT")]
pub const QUEUES_MAX: usize = 64;

/// Bytes of a driver's arguments that a port keeps.
pub const ARGS_MAX: usize = 512;

/// Words that a driver may use as it likes: its owner writes them, all read them.
pub const DRIVER_WORDS: usize = 8;

/// Entries of the RSS table.
#[doc(alias = "RTE_ETH_RSS_RETA_SIZE_128")]
pub const RSS_TABLE: usize = 128;

/// Bytes of the RSS key.
pub const RSS_KEY: usize = 40;

/// One Rx queue: who has it, and what came by it. Unless a field says otherwise: writer, the
/// claimant; readers, all.
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct RxLine {
    /// Who has the queue: a packed [`ProcessId`](crate::group::ProcessId), 0 for nobody. Writers:
    /// claimers, by swap, under the group's lock; who lets go, and the reaper, by swap. Readers: all.
    pub(crate) claim: Contested64,
    /// Packets that came, ever.
    pub(crate) packets: Word64,
    /// Bytes that came, ever.
    pub(crate) bytes: Word64,
    /// Packets that came and could not be used, ever.
    pub(crate) errors: Word64,
    /// Packets for which there was no mbuf, ever.
    pub(crate) no_mbuf: Word64,
    /// The driver's own place in what it reads, written behind all that it says was done; the next
    /// claimant goes on there.
    pub(crate) cursor: Published64,
    /// 1 if no packet will ever come any more (a file is read to its end), else 0.
    pub(crate) done: Word64,
    /// What `packets`, `bytes`, `errors` and `no_mbuf` were when the statistics were last set to
    /// zero. Writer: the owner.
    pub(crate) zero: [Word64; 4],
    /// 1 while the claimant may sleep on the queue, else 0. Writers: the claimant, and who rouses it.
    /// Readers: who rouses. What else a peer wrote costs who rouses a call in vain.
    pub(crate) asleep: Contested32,
    /// Fills the line.
    pub(crate) pad: Pad<36>,
}

layout!(RxLine, size 128, align 128 {
    0 => claim: Contested64, 8 => packets: Word64, 16 => bytes: Word64, 24 => errors: Word64,
    32 => no_mbuf: Word64, 40 => cursor: Published64, 48 => done: Word64, 56 => zero: [Word64; 4],
    88 => asleep: Contested32, 92 => pad: Pad<36>,
});

/// One Tx queue: who has it, and what went by it. Writers and readers as of [`RxLine`].
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct TxLine {
    /// Who has the queue; as of [`RxLine`].
    pub(crate) claim: Contested64,
    /// Packets that the driver took, ever.
    pub(crate) packets: Word64,
    /// Bytes of these.
    pub(crate) bytes: Word64,
    /// Packets that the driver took and could not send, ever; they are freed.
    pub(crate) dropped: Word64,
    /// The driver's own place in what it writes, written behind all that it says was done; the next
    /// claimant goes on there. Of net_pcap with one file for all queues, queue 0's: writers, who has
    /// the file's lock.
    pub(crate) cursor: Published64,
    /// What `packets`, `bytes` and `dropped` were when the statistics were last set to zero. Writer:
    /// the owner.
    pub(crate) zero: [Word64; 3],
    /// Fills the line.
    pub(crate) pad: Pad<64>,
}

layout!(TxLine, size 128, align 128 {
    0 => claim: Contested64, 8 => packets: Word64, 16 => bytes: Word64, 24 => dropped: Word64,
    32 => cursor: Published64, 40 => zero: [Word64; 3], 64 => pad: Pad<64>,
});

/// A port. Facts are written once, before anybody finds the port; what its owner changes, it changes
/// with the group's lock held. Readers: all.
#[doc(alias = "rte_eth_dev_data")]
#[repr(C, align(128))]
#[derive(Debug)]
pub struct PortState {
    /// [`PORT_MAGIC`], written last.
    pub(crate) magic: Published64,
    /// Which port of this name it is: a name that is used again gets the next number.
    pub(crate) generation: Published64,
    /// Its [`Name`](crate::name::Name).
    pub(crate) name: [Word64; 4],
    /// Its id, 0..32.
    pub(crate) id: Word32,
    /// [`DriverKind`](super::DriverKind) as a number.
    pub(crate) driver: Word32,
    /// How many Rx queues it may have, 1..=64.
    pub(crate) rx_max: Word32,
    /// How many Tx queues it may have, 1..=64.
    pub(crate) tx_max: Word32,
    /// The NUMA node that its device is near; `u32::MAX` if that is not known.
    pub(crate) node: Word32,
    /// Bytes of `args`, 0..=512.
    pub(crate) args_len: Word32,
    /// Keeps the arguments on lines of their own.
    pub(crate) pad: Pad<56>,
    /// The driver's arguments as they were given, 8 bytes a word.
    pub(crate) args: [Word64; 64],
    /// Who may configure, start, stop and reset the port: a packed
    /// [`ProcessId`](crate::group::ProcessId). If that process is gone, the port is orphaned.
    /// Writers: the creator; adopters, by swap.
    pub(crate) owner: Contested64,
    /// [`PortPhase`](super::PortPhase) as a number. Writer: the owner, through the journal.
    pub(crate) phase: Guarded,
    /// [`Link`](super::Link) as a word. Writer: the owner.
    pub(crate) link: Contested64,
    /// The MAC address, its first byte lowest. Writer: the owner.
    pub(crate) mac: Word64,
    /// The longest frame's payload in bytes. Writer: the owner.
    pub(crate) mtu: Word32,
    /// 1 if frames for others are to be received, else 0. Writer: the owner.
    pub(crate) promiscuous: Word32,
    /// How many Rx queues it has, 0..=`rx_max`. Writer: the owner.
    pub(crate) rx_queues: Word32,
    /// How many Tx queues it has, 0..=`tx_max`. Writer: the owner.
    pub(crate) tx_queues: Word32,
    /// Which packets are hashed over addresses and ports: bits of [`rss::kinds`](super::rss::kinds).
    /// Writer: the owner.
    pub(crate) rss_kinds: Word32,
    /// [`BurstMode`](super::BurstMode) as a number. Writer: the owner, before the phase says
    /// `Configured`; who joins two ports.
    pub(crate) burst: Word32,
    /// 0 while bursts go straight on. Bit 63: the port does not run. Below: where its capture lies,
    /// bytes from the window's start. Writers: owner, capturers, reaper, by swap. Readers: each burst.
    pub(crate) attention: Contested64,
    /// Id of the port that this one's packets go to, plus 1; 0 for itself (net_ring). Writers: who
    /// joins two ports or closes one, through the journal.
    pub(crate) peer: Guarded,
    /// Who is about to remove the port: a packed [`ProcessId`](crate::group::ProcessId), 0 for nobody. While
    /// that process lives, nobody is given a queue; one that is dead says nothing. Of one that is being attached:
    /// its owner, who has given it up. Writers: the owner, and who adopts the port. Readers: claimants.
    pub(crate) going: Contested64,
    /// Packets that came damaged, which the device dropped, ever. Writer: the owner.
    pub(crate) damaged: Word64,
    /// What `damaged` was when the statistics were last set to zero. Writer: the owner.
    pub(crate) damaged_zero: Word64,
    /// Keeps the key on lines of its own.
    pub(crate) pad_key: Pad<32>,
    /// The RSS key. Writer: the owner.
    pub(crate) rss_key: [Word64; 5],
    /// The RSS table: queue numbers, a byte each. Writer: the owner.
    pub(crate) rss_table: [Word64; 16],
    /// The driver's own. Writer: the owner.
    pub(crate) driver_words: [Word64; DRIVER_WORDS],
    /// Packets that came and for which the device had no room, ever. Writer: the owner.
    pub(crate) missed: Word64,
    /// What `missed` was when the statistics were last set to zero. Writer: the owner.
    pub(crate) missed_zero: Word64,
    /// Keeps the queues apart from it.
    pub(crate) pad_queues: Pad<8>,
    /// The Rx queues.
    pub(crate) rx: [RxLine; QUEUES_MAX],
    /// The Tx queues.
    pub(crate) tx: [TxLine; QUEUES_MAX],
}

layout!(PortState, size 17408, align 128 {
    0 => magic: Published64, 8 => generation: Published64, 16 => name: [Word64; 4], 48 => id: Word32,
    52 => driver: Word32, 56 => rx_max: Word32, 60 => tx_max: Word32, 64 => node: Word32,
    68 => args_len: Word32, 72 => pad: Pad<56>, 128 => args: [Word64; 64], 640 => owner: Contested64,
    648 => phase: Guarded, 656 => link: Contested64, 664 => mac: Word64,
    672 => mtu: Word32, 676 => promiscuous: Word32, 680 => rx_queues: Word32, 684 => tx_queues: Word32,
    688 => rss_kinds: Word32, 692 => burst: Word32, 696 => attention: Contested64,
    704 => peer: Guarded, 712 => going: Contested64, 720 => damaged: Word64, 728 => damaged_zero: Word64, 736 => pad_key: Pad<32>, 768 => rss_key: [Word64; 5], 808 => rss_table: [Word64; 16],
    936 => driver_words: [Word64; DRIVER_WORDS], 1000 => missed: Word64, 1008 => missed_zero: Word64, 1016 => pad_queues: Pad<8>,
    1024 => rx: [RxLine; QUEUES_MAX], 9216 => tx: [TxLine; QUEUES_MAX],
});

shared_layout! {
    RxLine { Contested32, Contested64, Published64, Word64, [Word64; 4], Pad<36> },
    TxLine { Contested64, Published64, Word64, [Word64; 3], Pad<64> },
    PortState {
        Published64, Contested64, Guarded, Word64, Word32, [Word64; 4], [Word64; 64], [Word64; 5],
        [Word64; 16], [Word64; DRIVER_WORDS], Pad<56>, Pad<32>, Pad<8>, [RxLine; QUEUES_MAX],
        [TxLine; QUEUES_MAX]
    },
}
