//! Filling a Tx queue: what is the same whatever its descriptors are.

use super::Dma;
use super::slots::Slots;
use crate::mbuf::{Mbuf, MbufHome, Piece};
use crate::port::TxLine;

/// Packets that are taken home at a time, and from which number on it is worth it.
pub(super) const BATCH: usize = 32;

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
        dma: &impl Dma,
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
            *pieces.all.get_mut(pieces.count)? = (dma.bus(at, u64::from(len))?, len);
            pieces.count += 1;
            sum += u32::from(len);
        }
        (ETHERNET..=longest).contains(&sum).then_some(pieces)
    }

    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u16)> {
        self.all.iter().copied().take(self.count)
    }
}

/// A Tx queue, as packets are laid into it.
pub(super) trait Sending {
    /// What lies where.
    fn slots(&self) -> &Slots;
    /// Puts in order what the last claimant has left.
    fn settle(&mut self, home: &MbufHome<'_>);
    /// Takes home what was sent.
    fn clean<'h>(&mut self, home: &'h MbufHome<'h>);
    /// Lays a packet into the queue, from `position` on, which is behind it then.
    fn put(&mut self, position: &mut u32, packet: &mut Option<Mbuf<'_>>) -> Put;
    /// Says that what lies before `position` is the device's, and tells the device.
    fn hand_over(&mut self, position: u32);
}

/// What [`TxDriver::send`](crate::port::TxDriver::send) does.
#[inline]
pub(super) fn send(
    it: &mut impl Sending,
    line: &TxLine,
    packets: &mut [Option<Mbuf<'_>>],
) -> usize {
    let Some(home) = packets.iter().flatten().next().map(Mbuf::home) else { return 0 };
    if !it.slots().is_settled() {
        it.settle(home);
    }
    if it.slots().in_flight() >= BATCH as u32 {
        it.clean(home);
    }
    let (mut count, mut position) = (0, it.slots().posted());
    for place in packets.iter_mut().filter(|place| place.is_some()) {
        let mut put = it.put(&mut position, place);
        if put == Put::Full {
            it.clean(home);
            put = it.put(&mut position, place);
        }
        match put {
            Put::Laid => {}
            Put::Full => break,
            Put::Unfit => {
                *place = None;
                line.count_dropped(1);
            }
        }
        count += 1;
    }
    if position != it.slots().posted() {
        it.hand_over(position);
    }
    count
}
