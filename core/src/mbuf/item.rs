//! Mbufs as the objects of a pool: a type that no program can name, so that nobody gets at one
//! past this module.

use core::ptr::NonNull;

use super::data::Buffer;
use super::layout::{HEADER_BYTES, MbufPlace, MbufPoolFacts};
use super::link::{Link, header};
use crate::mempool::{PoolItem, PoolView};
use crate::shared::{ElementLayout, Shared};

/// An mbuf in its pool.
#[derive(Debug)]
pub(crate) struct Segment;

impl PoolItem for Segment {
    type Place = MbufPlace;

    fn is(found: ElementLayout) -> bool {
        found.hash == MbufPlace::HASH && found.size >= HEADER_BYTES && found.align >= 64
    }

    fn expected() -> ElementLayout {
        ElementLayout { size: HEADER_BYTES, align: 64, hash: MbufPlace::HASH }
    }

    fn at(data: NonNull<u8>, _bytes: usize) -> NonNull<Self> {
        data.cast()
    }
}

impl PoolView {
    /// Whether its objects are mbufs.
    pub(crate) fn has_mbufs(&self) -> bool {
        Segment::is(self.element())
    }

    /// Bytes of each mbuf that are the program's own: no more than lie there.
    pub(crate) fn mbuf_private_bytes(&self) -> u16 {
        let facts = self.private::<MbufPoolFacts>();
        let there = self.element().size.saturating_sub(HEADER_BYTES);
        let bytes = facts.map_or(0, |facts| facts.private_bytes.get()).min(there);
        u16::try_from(bytes).unwrap_or(0)
    }

    /// The buffer of the mbuf at `at`: no more than lies there.
    pub(super) fn mbuf_buffer(&self, at: u64) -> Buffer {
        let before = HEADER_BYTES + u32::from(self.mbuf_private_bytes());
        let room = u16::try_from(self.element().size.saturating_sub(before)).unwrap_or(u16::MAX);
        Buffer { at: at + u64::from(before), room }
    }

    /// Writes what never changes of the mbuf at `at`, before it is put in for the first time.
    pub(crate) fn furnish(&self, at: u64) {
        if self.has_mbufs()
            && let Some(header) = header(self.group().window(), at)
        {
            header.pool.set(self.at().get());
            // The memory may have been something else.
            header.refs.publish(0);
            header.bond.publish(0);
            Link::ALONE.write(header);
        }
    }
}
