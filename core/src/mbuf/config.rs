//! What a pool of mbufs shall be.

use core::fmt;

use super::layout::{
    DATA_ROOM, HEADER_BYTES, MbufPlace, MbufPoolFacts, PRIVATE_ALIGN, PRIVATE_MAX,
};
use crate::heap::Node;
use crate::mempool::{PoolConfig, PoolError};
use crate::name::NameError;
use crate::shared::{ElementLayout, Shared};

/// What a pool of mbufs shall be.
///
/// ```
/// use phalanx_core::mbuf::MbufConfig;
/// let config = MbufConfig::new(8191).cache(256);
/// assert_eq!((config.data_room, config.private_bytes), (2176, 0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MbufConfig {
    /// How many mbufs, caches, node and handler: as of any pool. Recoverable by default.
    pub pool: PoolConfig,
    /// Bytes of each buffer, headroom and all, 0..=65535. Mbufs that are clones of others need none.
    pub data_room: u16,
    /// Bytes of each mbuf that are the program's own, a multiple of 8, at most 65528.
    pub private_bytes: u16,
}

impl MbufConfig {
    /// `count` mbufs for Ethernet frames of the usual length, no caches, recoverable.
    pub fn new(count: u32) -> Self {
        let pool = PoolConfig::new(count).recoverable();
        Self { pool, data_room: DATA_ROOM, private_bytes: 0 }
    }

    /// The same, with caches of `size` mbufs an lcore.
    #[must_use]
    pub fn cache(self, size: u32) -> Self {
        Self { pool: self.pool.cache(size), ..self }
    }

    /// The same, with buffers of `bytes`, headroom and all.
    #[must_use]
    pub fn data_room(self, bytes: u16) -> Self {
        Self { data_room: bytes, ..self }
    }

    /// The same, with `bytes` of each mbuf for the program.
    #[must_use]
    pub fn private(self, bytes: u16) -> Self {
        Self { private_bytes: bytes, ..self }
    }

    /// The same, with what the pool is made of as `pool` says: its handler, its node, and whether it
    /// is recoverable. Its private bytes are not used.
    #[must_use]
    pub fn pool(self, pool: PoolConfig) -> Self {
        Self { pool, ..self }
    }

    /// The same, with memory of `node`.
    #[must_use]
    pub fn node(self, node: Node) -> Self {
        Self { pool: self.pool.node(node), ..self }
    }

    /// The mempool that this takes.
    pub(super) fn pool_config(&self) -> Result<PoolConfig, MbufPoolError> {
        if !self.private_bytes.is_multiple_of(PRIVATE_ALIGN) {
            return Err(MbufPoolError::PrivateBytes { bytes: self.private_bytes });
        }
        Ok(self.pool.private(size_of::<MbufPoolFacts>() as u32))
    }

    /// What its objects are.
    pub(super) fn element(&self) -> ElementLayout {
        let size = HEADER_BYTES + u32::from(self.private_bytes) + u32::from(self.data_room);
        ElementLayout { size, align: 64, hash: MbufPlace::HASH }
    }

    pub(super) fn write(&self, facts: &MbufPoolFacts) {
        facts.room.set(u32::from(self.data_room));
        facts.private_bytes.set(u32::from(self.private_bytes));
    }
}

/// Why a pool of mbufs was not made, found or destroyed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MbufPoolError {
    /// The private area of an mbuf is no multiple of 8 bytes.
    PrivateBytes {
        /// Bytes that were asked for.
        bytes: u16,
    },
    /// The pool was refused.
    Pool(PoolError),
    /// What the pool says of its mbufs cannot be.
    Damaged {
        /// Bytes of a buffer, as it says.
        room: u32,
        /// Bytes of an mbuf's private area, as it says.
        private_bytes: u32,
    },
}

impl fmt::Display for MbufPoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrivateBytes { bytes } => write!(
                f,
                "mbufs with {bytes} private bytes were asked for; ask for a multiple of {PRIVATE_ALIGN}, at most \
                 {PRIVATE_MAX}"
            ),
            Self::Pool(error) => error.fmt(f),
            Self::Damaged { room, private_bytes } => write!(
                f,
                "a pool of mbufs was looked up whose buffers have {room} bytes and whose mbufs have {private_bytes} of \
                 their own, which cannot be; something has written over its header"
            ),
        }
    }
}

impl core::error::Error for MbufPoolError {}

impl From<PoolError> for MbufPoolError {
    fn from(error: PoolError) -> Self {
        Self::Pool(error)
    }
}

impl From<NameError> for MbufPoolError {
    fn from(error: NameError) -> Self {
        Self::Pool(error.into())
    }
}
