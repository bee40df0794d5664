//! Freeing: each segment goes back to its pool, unless a clone still refers to its buffer.

use super::flags;
use super::home::{BATCH, MbufHome};
use super::layout::MbufHeader;
use super::link::{Link, segments};
use super::mbuf::Mbuf;
use super::refs::{self, Left, Refs};

impl Mbuf<'_> {
    /// Frees all `packets`, many at a time, leaving `None`; returns how many there were.
    pub(crate) fn free_all(packets: &mut [Option<Self>]) -> usize {
        let (mut rest, mut count) = (packets.iter_mut(), 0);
        // Each by way of its own home, which alone may know what releases its external buffer.
        while let Some(home) = rest.as_slice().iter().flatten().next().map(|packet| packet.home) {
            home.free_bulk(core::iter::from_fn(|| {
                loop {
                    if let Some(Some(packet)) = rest.as_slice().first()
                        && !core::ptr::eq(packet.home, home)
                    {
                        return None;
                    }
                    if let Some(packet) = rest.next()?.take() {
                        count += 1;
                        return Some(packet);
                    }
                }
            }));
        }
        count
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
        if header.flags.get() & flags::OWN != 0 && !self.unbind(at, header) {
            return false;
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
    pub fn free_bulk<'h>(&self, packets: impl IntoIterator<Item = Mbuf<'h>>) {
        let (mut batch, mut filled) = ([0; BATCH], 0);
        for head in packets.into_iter().map(Mbuf::into_place) {
            for (at, header) in self.walk_to_free(head) {
                if !self.is_own(at) {
                    self.put_if(at, header, || self.release(at, header));
                    continue;
                }
                if self.release(at, header)
                    && let Some(slot) = batch.get_mut(filled)
                {
                    *slot = at;
                    filled += 1;
                }
                if filled == BATCH {
                    self.put_own(&batch);
                    filled = 0;
                }
            }
        }
        if filled > 0 {
            self.put_own(batch.get(..filled).unwrap_or_default());
        }
    }
}
