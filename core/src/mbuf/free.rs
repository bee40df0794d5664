//! Freeing: each segment goes back to its pool, unless a clone still refers to its buffer.

use super::flags;
use super::home::{BATCH, MbufHome};
use super::layout::MbufHeader;
use super::link::{Link, segments};
use super::mbuf::Mbuf;
use super::refs::{self, Left, Refs};

impl MbufHome<'_> {
    /// Frees the packet whose first segment lies at `head`, which is the caller's.
    #[inline]
    pub(super) fn free(&self, head: u64) {
        for (at, header) in segments(self.group().window(), head) {
            if self.release(at, header) {
                self.put(at, header);
            }
            crash_point!("free: a segment is free");
        }
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
            for (at, header) in segments(self.group().window(), head) {
                if !self.release(at, header) {
                    continue;
                }
                match batch.get_mut(filled) {
                    Some(slot) if self.is_own(at) => {
                        *slot = at;
                        filled += 1;
                    }
                    _ => self.put(at, header),
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
