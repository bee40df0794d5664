//! Filling a Tx queue: what is the same whatever its descriptors are.

use super::dma::{Dma, Near};
use super::slots::{ROW, Slots};
use crate::mbuf::{Bundle, Mbuf, MbufHome, Piece, Plain, Tally};
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
    /// There is no room for it now, or the device does not reach it yet.
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
    /// Where the device finds `packet`, behind `header`.
    ///
    /// # Errors
    /// [`Put::Unfit`] of one that it cannot send, or that is longer than `longest`; [`Put::Full`] of one that it does
    /// not reach yet.
    #[inline]
    pub(super) fn of(
        packet: &Mbuf<'_>,
        (dma, near): (&impl Dma, &mut Near),
        header: Option<(u64, u16)>,
        longest: u32,
    ) -> Result<Self, Put> {
        let mut pieces = Self {
            all: [header.unwrap_or_default(); PIECES_MAX],
            count: usize::from(header.is_some()),
        };
        let mut sum = 0u32;
        for piece in packet.pieces_for_device() {
            let piece = piece.ok_or(Put::Unfit)?;
            if piece.len == 0 {
                continue;
            }
            let place = pieces.all.get_mut(pieces.count).ok_or(Put::Unfit)?;
            *place = (bus(near, dma, piece)?, piece.len);
            pieces.count += 1;
            sum += u32::from(piece.len);
        }
        is_frame(sum, longest).then_some(pieces).ok_or(Put::Unfit)
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

/// The bus address of a piece.
///
/// # Errors
/// What becomes of its packet, if the device does not reach all of it.
#[inline(always)]
pub(super) fn bus(near: &mut Near, dma: &impl Dma, piece: Piece) -> Result<u64, Put> {
    near.bus(dma, piece.at, piece.len).ok_or_else(|| unreached(dma, piece))
}

/// A pool may be younger than the mapper's last look: its packets stay with the caller, who tries again.
#[cold]
#[inline(never)]
fn unreached(dma: &impl Dma, Piece { at, len }: Piece) -> Put {
    // In this order: what was mapped meanwhile is awaited no more, and reached.
    let may_come = dma.is_awaited(at) || dma.bus(at, len.into()).is_some();
    if may_come { Put::Full } else { Put::Unfit }
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
    /// Bytes of zeros that the device wants in front of a packet, a multiple of 4.
    const BEFORE: u16;
    /// What lies where.
    fn slots(&self) -> &Slots;
    /// Puts in order what the last claimant has left.
    fn settle(&mut self, home: &MbufHome<'_>);
    /// Takes home what was sent.
    fn clean<'h>(&mut self, home: &'h MbufHome<'h>);
    /// Lays the plain packet at `place` into the queue, whose bytes and the zeros before lie in one piece: from the
    /// burst's position on, which is behind it then.
    fn put_plain(&mut self, burst: &mut Burst<'_>, place: u64, piece: Piece) -> Put;
    /// The same of any packet, which is taken if it is laid down.
    fn put(&mut self, burst: &mut Burst<'_>, packet: &mut Option<Mbuf<'_>>) -> Put;
    /// Says that what lies before `position` is the device's, and tells the device.
    fn hand_over(&mut self, position: u32);
}

/// What [`TxDriver::send_tallied`](crate::port::TxDriver::send_tallied) does.
#[inline]
pub(super) fn send<T: Sending>(
    it: &mut T,
    line: &TxLine,
    packets: &mut [Option<Mbuf<'_>>],
) -> Tally {
    let mut sent = Tally::default();
    let Some(home) = packets.iter().flatten().next().map(Mbuf::home) else { return sent };
    let mut burst = begin(it, home);
    for place in packets {
        let Some(bytes) = place.as_ref().map(Mbuf::len) else { continue };
        let mut put = put_one(it, &mut burst, place);
        if put == Put::Full {
            it.clean(home);
            put = put_one(it, &mut burst, place);
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
    end(it, &burst);
    sent
}

/// What [`TxDriver::send_unseen`](crate::port::TxDriver::send_unseen) does: of plain packets of one pool that nobody has
/// looked at, no header is read.
#[inline]
pub(super) fn send_unseen<T: Sending>(
    it: &mut T,
    line: &TxLine,
    packets: &mut Bundle<'_>,
) -> Tally {
    let (home, all) = (packets.home(), packets.tally());
    if all.packets == 0 {
        return all;
    }
    let mut burst = begin(it, home);
    let plain = burst.plain;
    if !plain.are_told(packets) {
        return send_opened(it, line, packets);
    }
    let (mut count, mut put) = (0, Put::Laid);
    for (place, piece) in plain.pieces(packets, T::BEFORE) {
        let Some(piece) = piece else {
            put = Put::Unfit;
            break;
        };
        put = it.put_plain(&mut burst, place, piece);
        if put == Put::Full {
            it.clean(home);
            put = it.put_plain(&mut burst, place, piece);
        }
        if put != Put::Laid {
            break;
        }
        count += 1;
    }
    // They lie in the queue from here on.
    let sent = packets.went(count, all);
    end(it, &burst);
    if put != Put::Unfit {
        return sent;
    }
    let rest = send_opened(it, line, packets);
    sent.and(rest)
}

/// The same of packets that have to be looked at.
#[cold]
#[inline(never)]
fn send_opened<T: Sending>(it: &mut T, line: &TxLine, packets: &mut Bundle<'_>) -> Tally {
    let mut open = packets.open();
    let sent = send(it, line, &mut open);
    packets.add_all(&mut open);
    sent
}

#[inline(always)]
fn begin<'h, T: Sending>(it: &mut T, home: &'h MbufHome<'h>) -> Burst<'h> {
    if !it.slots().is_settled() {
        it.settle(home);
    }
    if it.slots().in_flight() >= ROW as u32 {
        it.clean(home);
    }
    let (plain, position) = (Plain::of(home), it.slots().posted());
    Burst { plain, near: Near::default(), position }
}

#[inline(always)]
fn end<T: Sending>(it: &mut T, burst: &Burst<'_>) {
    if burst.position != it.slots().posted() {
        it.hand_over(burst.position);
    }
}

#[inline(always)]
fn put_one<T: Sending>(it: &mut T, burst: &mut Burst<'_>, packet: &mut Option<Mbuf<'_>>) -> Put {
    let plain = burst.plain;
    if let Some(packet) = &*packet
        && let Some(piece) = plain.piece(packet, T::BEFORE)
    {
        let put = it.put_plain(burst, packet.at(), piece);
        if put != Put::Laid {
            return put;
        }
    } else {
        return it.put(burst, packet);
    }
    // It lies in the queue.
    let _place = packet.take().map(Mbuf::into_place);
    Put::Laid
}
