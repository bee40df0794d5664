//! Freeing: each segment goes back to its pool, unless a clone still refers to its buffer.

use super::flags;
use super::home::{BATCH, MbufHome};
use super::layout::MbufHeader;
use super::link::{Link, segments};
use super::mbuf::Mbuf;
use super::refs::{self, Left, Refs};
use super::waybill::is_plain;
use crate::mempool::Numbers;

impl Mbuf<'_> {
    /// Frees all `packets`, many at a time, leaving `None`; returns how many there were.
    #[inline]
    pub(crate) fn free_all(packets: &mut [Option<Self>]) -> usize {
        let (mut count, mut has_others) = (0, true);
        while has_others && let Some(home) = packets.iter().flatten().next().map(|it| it.home) {
            has_others = false;
            // Each by way of its own home, which alone may know what releases its external buffer.
            home.free_bulk(packets.iter_mut().filter_map(|slot| match slot {
                Some(packet) if core::ptr::eq(packet.home, home) => {
                    count += 1;
                    slot.take()
                }
                None => None,
                Some(_) => {
                    has_others = true;
                    None
                }
            }));
        }
        count
    }
}

/// Mbufs of one home's own pool that are about to go back, many at a time.
struct Batch<'a> {
    home: &'a MbufHome<'a>,
    places: [u64; BATCH],
    filled: usize,
}

impl Batch<'_> {
    #[inline(always)]
    fn push(&mut self, at: u64) {
        if let Some(place) = self.places.get_mut(self.filled) {
            *place = at;
            self.filled += 1;
        }
        if self.filled == BATCH {
            self.put();
        }
    }

    #[inline(always)]
    fn put(&mut self) {
        self.home.put_own(self.places.get(..self.filled).unwrap_or_default());
        self.filled = 0;
    }
}

impl MbufHome<'_> {
    /// Frees the packet whose first segment lies at `head`, which is the caller's.
    #[inline]
    pub(super) fn free(&self, head: u64) {
        for (at, header) in self.walk_to_free(head) {
            // Nothing is written where no mbuf lies.
            self.put_if(at, header, || self.release(at, header));
            crash_point!("free: a segment is free");
        }
    }

    /// As [`walk`](Self::walk); what is no mbuf is counted.
    #[inline]
    fn walk_to_free(&self, head: u64) -> impl Iterator<Item = (u64, &'static MbufHeader)> {
        segments(self.group().window(), head, |at| {
            let is_mbuf = self.mbuf(at).is_some();
            if !is_mbuf {
                self.note_stray();
            }
            is_mbuf
        })
    }

    /// Makes the segment at `at` fit for its pool; `false` if it may not go back yet.
    #[inline]
    fn release(&self, at: u64, header: &MbufHeader) -> bool {
        let bits = header.flags.get();
        if bits & flags::OWN != 0 {
            if !self.unbind(at, header) {
                return false;
            }
            // It has its own buffer again, and may be used by who does not write its header.
            header.flags.set(bits & !flags::OWN);
        }
        if !Refs::from_word(header.refs.observe()).is_sole()
            && self.let_go(header) == Left::Somebody
        {
            return false;
        }
        if Link::of(header) != Link::ALONE {
            Link::ALONE.write(header);
        }
        true
    }

    #[cold]
    fn let_go(&self, header: &MbufHeader) -> Left {
        // What this process held, somebody else may have freed, if it lost its slot.
        if !self.group().is_member() {
            return Left::Somebody;
        }
        crash_point!("free: about to let go");
        refs::let_go(&header.refs)
    }

    /// Frees each of `packets`: what goes back to this home's own pool goes back many at a time.
    #[doc(alias = "rte_pktmbuf_free_bulk")]
    #[inline]
    pub fn free_bulk<'h>(&self, packets: impl IntoIterator<Item = Mbuf<'h>>) {
        let numbers = self.own_numbers();
        let mut batch = Batch { home: self, places: [0; BATCH], filled: 0 };
        for packet in packets {
            let header = packet.header;
            let at = packet.into_place();
            if is_plain(header) && numbers.of(at).is_some() {
                batch.push(at);
            } else {
                self.free_into(at, numbers, &mut batch);
            }
        }
        if batch.filled > 0 {
            batch.put();
        }
    }

    /// Frees each segment of the packet at `head`: what goes back to this home's own pool, into `batch`.
    #[cold]
    #[inline(never)]
    fn free_into(&self, head: u64, numbers: Numbers<'_>, batch: &mut Batch<'_>) {
        for (at, header) in self.walk_to_free(head) {
            if numbers.of(at).is_none() {
                self.put_if(at, header, || self.release(at, header));
            } else if self.release(at, header) {
                batch.push(at);
            }
        }
    }
}
