//! Packets that are built in a bundle: only their bytes are written, no header.
//!
//! Who sends what he makes himself needs of an mbuf its buffer. What a header would say, that a packet is one fresh
//! segment of so many bytes, the bundle's words say; it is written if somebody opens such a packet, or puts it into
//! a ring.

use core::fmt;

use super::bundle::Bundle;
use super::home::BATCH;
use super::layout::Waybill;
use super::origin::Origin;
use super::ring::RING_BATCH;
use crate::mempool::PoolEmpty;

/// Why packets were not built in a bundle. It is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// The bundle has no room for so many.
    Full {
        /// How many were asked for.
        asked: usize,
        /// How many more it has room for.
        there: usize,
    },
    /// A buffer has no room for so many bytes behind its headroom.
    Long {
        /// Bytes that were asked for.
        asked: u16,
        /// Bytes that there are.
        there: u16,
    },
    /// The pool has not as many mbufs.
    Empty(PoolEmpty),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { asked, there } => write!(
                f,
                "{asked} packets were to be built in a bundle that has room for {there} more; send what is in it, or \
                 ask for less"
            ),
            Self::Long { asked, there } => write!(
                f,
                "packets of {asked} bytes were to be built in buffers with room for {there} behind the headroom; use a \
                 pool of larger ones, or chain segments"
            ),
            Self::Empty(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for BuildError {}

impl Bundle<'_> {
    /// Adds `count` packets of one fresh mbuf with `len` bytes each, by no port, or none. `write` is shown the bytes of one
    /// after the other; what is in them the last holder left.
    ///
    /// From a cache: no atomic, and no header is read or written.
    #[inline]
    pub fn build(
        &mut self,
        count: usize,
        len: u16,
        write: impl FnMut(&mut [u8]),
    ) -> Result<(), BuildError> {
        let (home, first, there) = (self.home(), self.len(), self.room());
        let room = home.blank_room().len;
        if len > room {
            return Err(BuildError::Long { asked: len, there: room });
        }
        if count > there {
            return Err(BuildError::Full { asked: count, there });
        }
        if count <= BATCH {
            self.take_fresh(&mut [0; BATCH], count, len)?;
        } else {
            self.take_many_fresh(count, len)?;
        }
        self.for_each_built(first, len, write);
        Ok(())
    }

    /// Adds as many fresh mbufs, for which there is room, by way of `places`.
    #[inline(always)]
    fn take_fresh(&mut self, places: &mut [u64], count: usize, len: u16) -> Result<(), BuildError> {
        let home = self.home();
        let Some(places) = places.get_mut(..count) else {
            return Err(BuildError::Full { asked: count, there: self.room() });
        };
        if !home.take(places) {
            return Err(BuildError::Empty(PoolEmpty { asked: count }));
        }
        if !home.are_own(places) {
            return Err(BuildError::Empty(home.put_sound(places)));
        }
        let bill = Waybill::built(len);
        for (slot, at) in self.room_for_more().iter_mut().zip(&*places) {
            *slot = bill.at(*at);
        }
        self.grow(count, Origin::Own);
        self.last_are_built(count, count as u64 * u64::from(len));
        Ok(())
    }

    /// The same of more than a batch: so many places are zeroed by a call.
    #[inline(never)]
    fn take_many_fresh(&mut self, count: usize, len: u16) -> Result<(), BuildError> {
        self.take_fresh(&mut [0; RING_BATCH], count, len)
    }
}
