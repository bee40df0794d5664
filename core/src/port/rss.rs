//! Receive side scaling in software: which queue a packet belongs to.
//!
//! The Toeplitz hash over addresses and ports, as devices compute it, and a table of 128 queues. So
//! packets of one flow come to one queue, whatever the driver is. An [`Rss`] is a copy: a driver takes
//! one when a queue is opened, and the hot path reads nothing that a peer may write.

use super::flow::{Flow, INPUT_MAX};
use super::layout::{PortState, QUEUES_MAX, RSS_KEY, RSS_TABLE};
use crate::sync::Word64;

/// Which packets are hashed over what; bits of [`RssSetup::kinds`].
#[doc(alias = "RTE_ETH_RSS_IP")]
pub mod kinds {
    /// IPv4: addresses.
    pub const IPV4: u32 = 1;
    /// TCP over IPv4: addresses and ports.
    pub const IPV4_TCP: u32 = 2;
    /// UDP over IPv4: addresses and ports.
    pub const IPV4_UDP: u32 = 4;
    /// IPv6: addresses.
    pub const IPV6: u32 = 8;
    /// TCP over IPv6: addresses and ports.
    pub const IPV6_TCP: u32 = 16;
    /// UDP over IPv6: addresses and ports.
    pub const IPV6_UDP: u32 = 32;
    /// All of these.
    pub const ALL: u32 = 63;
}

/// The key of Microsoft's verification suite, which most devices have.
pub const KEY_DEFAULT: [u8; RSS_KEY] = [
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f,
    0xb0, //
    0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2,
    0x0c, //
    0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
];

/// A key with which both directions of a flow have one hash.
pub const KEY_SYMMETRIC: [u8; RSS_KEY] = {
    let mut key = [0; RSS_KEY];
    let mut at = 0;
    while at < RSS_KEY {
        key[at] = if at % 2 == 0 { 0x6d } else { 0x5a };
        at += 1;
    }
    key
};

/// How a port spreads packets over its Rx queues.
#[doc(alias = "rte_eth_rss_conf")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RssSetup {
    /// The key.
    pub key: [u8; RSS_KEY],
    /// Bits of [`kinds`].
    pub kinds: u32,
    /// The queue of each of 128 hash values (the hash's low seven bits); `None` for all queues in turn.
    pub table: Option<[u8; RSS_TABLE]>,
}

impl Default for RssSetup {
    /// [`KEY_DEFAULT`], all kinds, all queues in turn.
    fn default() -> Self {
        Self { key: KEY_DEFAULT, kinds: kinds::ALL, table: None }
    }
}

impl RssSetup {
    /// As the default, with [`KEY_SYMMETRIC`]: a flow and its answers come to one queue.
    pub fn symmetric() -> Self {
        Self { key: KEY_SYMMETRIC, ..Self::default() }
    }

    /// The table for `queues` queues, at least 1.
    pub(super) fn table_for(&self, queues: u16) -> [u8; RSS_TABLE] {
        let queues = usize::from(queues).max(1);
        self.table.unwrap_or_else(|| core::array::from_fn(|at| (at % queues) as u8))
    }
}

/// Bytes that the key is read in, from any place of an input on.
const KEY_ROOM: usize = INPUT_MAX + 8;

/// How a port spreads packets, as a copy of one's own.
#[derive(Clone, Debug)]
pub struct Rss {
    key: [u8; KEY_ROOM],
    table: [u8; RSS_TABLE],
    kinds: u32,
}

impl Rss {
    /// What `setup` says, for `queues` queues. A table's entry that is no queue counts as the first.
    pub fn new(setup: &RssSetup, queues: u16) -> Self {
        let mut key = [0; KEY_ROOM];
        for (to, from) in key.iter_mut().zip(setup.key) {
            *to = from;
        }
        let checked = |entry: u8| if u16::from(entry) < queues { entry } else { 0 };
        Self { key, table: setup.table_for(queues).map(checked), kinds: setup.kinds }
    }

    pub(super) fn read(state: &PortState, queues: u16) -> Self {
        let queues = queues.min(QUEUES_MAX as u16);
        let key = bytes_of::<RSS_KEY>(&state.rss_key);
        let table = Some(bytes_of::<RSS_TABLE>(&state.rss_table));
        Self::new(&RssSetup { key, kinds: state.rss_kinds.get(), table }, queues)
    }

    /// The hash of the packet that begins with `data`: its Ethernet header and what follows in the
    /// first segment. 0 if it is of no kind that is hashed. Never reads past `data`, whatever it says.
    #[doc(alias = "rte_softrss")]
    #[doc(alias = "rte_thash_load_v6_addrs")]
    pub fn hash(&self, data: &[u8]) -> u32 {
        self.toeplitz(Flow::of(data).input(self.kinds))
    }

    /// The queue of the packet that begins with `data`. Costs some 100 ns of arithmetic for a TCP
    /// packet; no memory but this one's and the packet's.
    pub fn queue_of(&self, data: &[u8]) -> u16 {
        self.queue_of_hash(self.hash(data))
    }

    /// The key.
    pub fn key(&self) -> [u8; RSS_KEY] {
        core::array::from_fn(|at| self.key.get(at).copied().unwrap_or(0))
    }

    /// Which packets are hashed over what: bits of [`kinds`].
    pub fn kinds(&self) -> u32 {
        self.kinds
    }

    /// The queue of a hash.
    pub fn queue_of_hash(&self, hash: u32) -> u16 {
        self.table.get(hash as usize % RSS_TABLE).copied().map_or(0, u16::from)
    }

    /// The Toeplitz hash of at most [`INPUT_MAX`] bytes.
    fn toeplitz(&self, input: &[u8]) -> u32 {
        let mut hash = 0;
        for (byte, key) in input.iter().zip(self.key.windows(8)) {
            let key = u64::from_be_bytes(key.try_into().unwrap_or_default());
            for bit in 0..8 {
                let is_set = u32::from(byte >> (7 - bit) & 1).wrapping_neg();
                hash ^= (key << bit >> 32) as u32 & is_set;
            }
        }
        hash
    }
}

/// Bytes as they lie in shared memory, eight a word.
pub(super) fn bytes_of<const N: usize>(words: &[Word64]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, word) in bytes.chunks_mut(8).zip(words) {
        for (to, from) in to.iter_mut().zip(word.get().to_le_bytes()) {
            *to = from;
        }
    }
    bytes
}

/// Writes bytes into shared memory, eight a word; the rest of the last word is zero.
pub(super) fn write_bytes(words: &[Word64], bytes: &[u8]) {
    for (word, from) in words.iter().zip(bytes.chunks(8)) {
        let mut all = [0; 8];
        all.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        word.set(u64::from_le_bytes(all));
    }
}
