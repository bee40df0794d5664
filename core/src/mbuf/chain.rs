//! Packets of several segments: joined and parted.

use core::fmt;

use super::layout::SEGMENTS_MAX;
use super::link::Link;
use super::mbuf::Mbuf;

/// Two packets did not become one: together they have more segments than a packet may have, or
/// more bytes.
#[derive(Debug)]
pub struct ChainError<'h> {
    /// The one that was to come behind, as it was.
    pub tail: Mbuf<'h>,
}

impl fmt::Display for ChainError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} was to be put behind a packet, and both have more than {SEGMENTS_MAX} segments or 4 GB; send them \
             one by one",
            self.tail
        )
    }
}

impl core::error::Error for ChainError<'_> {}

impl<'h> Mbuf<'h> {
    /// Puts the segments of `tail` behind this packet's. Walks through its segments.
    ///
    /// Errors: [`ChainError`], if it would have too many; both are as they were.
    #[doc(alias = "rte_pktmbuf_chain")]
    pub fn chain(&mut self, tail: Self) -> Result<(), ChainError<'h>> {
        let count = self.segments_count().checked_add(tail.segments_count());
        let (Some(count), Some(len)) = (count, self.len().checked_add(tail.len())) else {
            return Err(ChainError { tail });
        };
        let behind = tail.into_place();
        let mut left = count;
        // A segment's link is read before it is shown, and so may be written.
        for (_, header) in self.walk() {
            let link = Link::of(header);
            let next = if link.segments() > 1 { link.next() } else { None };
            Link::new(next.unwrap_or(behind), left).write(header);
            crash_point!("chain: a segment counts anew");
            left = left.saturating_sub(1);
        }
        self.set_len(len);
        Ok(())
    }

    /// Parts the packet: `count` segments stay, and what is behind them is returned. `None`, and all
    /// stay, if it has no more than `count`, or `count` is 0.
    pub fn split_off(&mut self, count: u16) -> Option<Self> {
        let rest =
            self.segments_count().checked_sub(count).filter(|rest| *rest > 0 && count > 0)?;
        let (_, head) = self.walk().nth(usize::from(count))?;
        if Link::of(head).segments() != rest {
            return None;
        }
        let mut left = count;
        for (_, header) in self.walk().take(usize::from(count)) {
            let next = Link::of(header).next().filter(|_| left > 1);
            Link::new(next.unwrap_or(0), left).write(header);
            left -= 1;
        }
        let rest = Self::new(self.home, head);
        let len = rest.data_of_all();
        rest.header.packet_len.set(len);
        self.set_len(self.len().saturating_sub(len));
        Some(rest)
    }

    /// Bytes of data in all segments, counted.
    pub(super) fn data_of_all(&self) -> u32 {
        let lens = self.walk().map(|(_, header)| u32::from(super::span::Span::of(header).len));
        lens.fold(0, u32::saturating_add)
    }
}
