//! Filling a Tx queue: what is the same whatever its descriptors are.

use super::dma::{Dma, Near};
use super::slots::{ROW, Slots};
use crate::mbuf::{Mbuf, MbufHome, Piece, Plain, Tally};
use crate::port::TxLine;

/// The most pieces of a packet that is sent, a header that the device wants among them.
pub(super) const PIECES_MAX: usize = 16;

/// Bytes of an Ethernet header, the shortest frame.
const ETHERNET: u32 = 14;

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// It lies in the queue.
    Laid,
    /// There is no room for it now.
    Full,
    /// It can never be sent.
    Unfit,
}

/// The pieces of a packet, as the device is told of them: bus addresses and bytes.
pub(super) struct Pieces {
    all: [(u64, u16); PIECES_MAX],
    count: usize,
}

impl Pieces {
    /// Where the device finds `packet`, behind `header`; `None` of one that it cannot send, or that is longer than
    /// `longest`.
    #[inline]
    pub(super) fn of(
        packet: &Mbuf<'_>,
        (dma, near): (&impl Dma, &mut Near),
        header: Option<(u64, u16)>,
        longest: u32,
    ) -> Option<Self> {
        let mut pieces = Self {
            all: [header.unwrap_or_default(); PIECES_MAX],
            count: usize::from(header.is_some()),
        };
        let mut sum = 0u32;
        for piece in packet.pieces_for_device() {
            let Piece { at, len } = piece?;
            if len == 0 {
                continue;
            }
            *pieces.all.get_mut(pieces.count)? = (near.bus(dma, at, len)?, len);
            pieces.count += 1;
            sum += u32::from(len);
        }
        is_frame(sum, longest).then_some(pieces)
    }

    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (u64, u16)> {
        self.all.iter().copied().take(self.count)
    }
}

/// Whether so many bytes are a frame that may be sent.
#[inline(always)]
pub(super) fn is_frame(len: u32, longest: u32) -> bool {
    (ETHERNET..=longest).contains(&len)
}

/// What the packets of a burst have in common.
pub(super) struct Burst<'h> {
    /// Where the data of plain packets lie.
    pub(super) plain: Plain<'h>,
    /// Where the device sees memory.
    pub(super) near: Near,
    /// Behind what was laid down so far.
    pub(super) position: u32,
}

/// A Tx queue, as packets are laid into it.
pub(super) trait Sending {
    /// What lies where.
    fn slots(&self) -> &Slots;
    /// Puts in order what the last claimant has left.
    fn settle(&mut self, home: &MbufHome<'_>);
    /// Takes home what was sent.
    fn clean<'h>(&mut self, home: &'h MbufHome<'h>);
    /// Lays a packet into the queue, from the burst's position on, which is behind it then.
    fn put(&mut self, burst: &mut Burst<'_>, packet: &mut Option<Mbuf<'_>>) -> Put;
    /// Says that what lies before `position` is the device's, and tells the device.
    fn hand_over(&mut self, position: u32);
}

/// What [`TxDriver::send_tallied`](crate::port::TxDriver::send_tallied) does.
#[inline]
pub(super) fn send(
    it: &mut impl Sending,
    line: &TxLine,
    packets: &mut [Option<Mbuf<'_>>],
) -> Tally {
    let mut sent = Tally::default();
    let Some(home) = packets.iter().flatten().next().map(Mbuf::home) else { return sent };
    if !it.slots().is_settled() {
        it.settle(home);
    }
    if it.slots().in_flight() >= ROW as u32 {
        it.clean(home);
    }
    let (plain, position) = (Plain::of(home), it.slots().posted());
    let mut burst = Burst { plain, near: Near::default(), position };
    for place in packets {
        let Some(bytes) = place.as_ref().map(Mbuf::len) else { continue };
        let mut put = it.put(&mut burst, place);
        if put == Put::Full {
            it.clean(home);
            put = it.put(&mut burst, place);
        }
        match put {
            Put::Laid => {}
            Put::Full => break,
            Put::Unfit => {
                *place = None;
                line.count_dropped(1);
            }
        }
        sent.packets += 1;
        sent.bytes += u64::from(bytes);
    }
    if burst.position != it.slots().posted() {
        it.hand_over(burst.position);
    }
    sent
}
