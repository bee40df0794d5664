//! `VirtioRx`: what came, out of an Rx queue.

use core::fmt;

use super::error::VirtioError;
use super::ring::{Descriptor, HEADER_BYTES, Ring, WRITE};
use super::setup::{agreed, number_of};
use crate::device::refill::{Refill, Room, refill};
use crate::device::slots::{DeviceQueue, Entry, ROW, Row, Slots};
use crate::device::{Dma, Hearing, Registers};
use crate::mbuf::{BlankRoom, Landed, Mbuf, MbufHome, MbufPool, PORT_NONE, Tally};
use crate::port::{Direction, Port, RxClaim, RxDriver, RxLine};
use crate::sync::full_fence;

/// Bytes of a frame beyond its payload: addresses, type, a tag.
pub(super) const FRAME_BYTES: u32 = 18;

/// An Rx queue. Writes no register but the one that tells the device of it.
pub struct VirtioRx<R, D> {
    slots: Slots,
    ring: Ring,
    notify: R,
    told_at: usize,
    number: u16,
    dma: D,
    /// Bytes that a buffer has at least.
    least: u16,
    /// Where a free descriptor is looked for first.
    hint: u32,
    /// Whether the device has contradicted itself: nothing that it says is believed any more.
    is_broken: bool,
    /// Whether the device has no buffer, which was counted.
    is_starved: bool,
}

impl<R, D> fmt::Debug for VirtioRx<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VirtioRx({:?})", self.slots)
    }
}

impl<R: Registers, D: Dma> VirtioRx<R, D> {
    /// The queue of `claim`, of a port whose owner has set its device up; `notify` is the region of that
    /// name. It goes on where its last claimant stopped, wherever that was.
    ///
    /// # Errors
    /// [`VirtioError`].
    pub fn open(claim: &RxClaim, notify: R, dma: D) -> Result<Self, VirtioError> {
        let (port, queue) = (claim.port(), claim.queue());
        agreed(port)?;
        let (slots, ring) = opened(port, Direction::Rx, queue)?;
        let (told_at, number) = told(&slots, &notify, number_of(Direction::Rx, queue))?;
        let least = room_for(port);
        let (hint, is_broken, is_starved) = (0, false, false);
        Ok(Self { slots, ring, notify, told_at, number, dma, least, hint, is_broken, is_starved })
    }

    /// Whether packets of `port` can be received into mbufs of `pool`. Others are not posted; of the first
    /// burst's the log tells.
    ///
    /// # Errors
    /// [`VirtioError::Room`].
    pub fn check_pool(port: &Port, pool: &MbufPool) -> Result<(), VirtioError> {
        let there = pool.data_room().saturating_sub(pool.headroom());
        let needed = room_for(port);
        let fits = there >= needed && pool.headroom() >= HEADER_BYTES;
        if fits { Ok(()) } else { Err(VirtioError::Room { there, needed: needed.into() }) }
    }

    /// Puts in order what the last claimant has left.
    #[cold]
    fn settle(&mut self, home: &MbufHome<'_>) {
        self.slots.queue().tell_if_short(home.pool(), self.least, HEADER_BYTES);
        self.slots.settle(home);
        pass_taken(&mut self.slots, &self.ring);
        self.tell();
    }

    /// Takes so many of what the device has used, a row at most, into the beginning of `to`, which has room for them.
    /// What those are worth that are packets.
    #[inline]
    fn take_row<'h>(
        &mut self,
        (port, line): (u16, &RxLine),
        count: usize,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        let (mut row, from) = (Row::new(), self.slots.done());
        let end = from.wrapping_add(count as u32);
        for position in (0..count as u32).map(|number| from.wrapping_add(number)) {
            let (number, len) = self.ring.used_at(position);
            // More than a buffer has room for it has not written.
            let len = u16::try_from(len).unwrap_or(0).saturating_sub(HEADER_BYTES);
            row.add(&self.slots, number, len);
        }
        let landed = Landed::blank(home, row.places());
        row.strike_out(&mut self.slots);
        self.slots.finish(end);
        let (mut tally, mut places) = (Tally::default(), to.iter_mut());
        for (at, len) in row.packets() {
            if let Some(packet) = landed.open(at, len, port).filter(|_| len > 0)
                && let Some(place) = places.next()
            {
                *place = Some(packet);
                tally.packets += 1;
                tally.bytes += u64::from(len);
            }
        }
        if tally.packets < count {
            line.count_errors((count - tally.packets) as u64);
        }
        tally
    }
}

impl<R: Registers, D: Dma> Refill for VirtioRx<R, D> {
    #[inline(always)]
    fn slots(&mut self) -> &mut Slots {
        &mut self.slots
    }

    #[inline(always)]
    fn most(&self) -> u32 {
        self.slots.size()
    }

    #[inline(always)]
    fn dma(&self) -> &impl Dma {
        &self.dma
    }

    /// The header lies in the headroom, right before the packet.
    #[inline]
    fn room(&self, BlankRoom { before, headroom, len }: BlankRoom) -> Option<Room> {
        let is_enough = headroom >= HEADER_BYTES && len >= self.least;
        let len = len.checked_add(HEADER_BYTES)?;
        is_enough.then_some(Room { before: before - u64::from(HEADER_BYTES), len })
    }

    #[inline(always)]
    fn free_entry(&mut self, _: u32) -> Option<u32> {
        next_free(&self.slots, &mut self.hint)
    }

    #[inline]
    fn write(&mut self, number: u32, position: u32, bus: u64, len: u16) {
        self.ring.write(number, Descriptor { bus, len: len.into(), flags: WRITE, next: 0 });
        self.ring.offer(position, number);
    }

    #[inline]
    fn tell(&self) {
        tell(&self.slots, &self.ring, &self.notify, (self.told_at, self.number));
    }

    #[inline(always)]
    fn is_starved(&mut self) -> &mut bool {
        &mut self.is_starved
    }
}

impl<R: Registers, D: Dma> RxDriver for VirtioRx<R, D> {
    #[inline]
    fn receive<'h>(
        &mut self,
        line: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        self.receive_by(PORT_NONE, line, home, to).packets
    }

    #[inline]
    fn receive_by<'h>(
        &mut self,
        port: u16,
        line: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        if !self.slots.is_settled() {
            self.settle(home);
        }
        let mut all = Tally::default();
        let Some(used) = used(&self.slots, &self.ring) else {
            if !self.is_broken {
                self.is_broken = true;
                line.count_errors(1);
            }
            return all;
        };
        let mut used = usize::from(used);
        while let rest = to.get_mut(all.packets..).unwrap_or_default()
            && used > 0
            && !rest.is_empty()
        {
            let count = used.min(rest.len()).min(ROW);
            let Tally { packets, bytes } = self.take_row((port, line), count, home, rest);
            used -= count;
            all.packets += packets;
            all.bytes += bytes;
        }
        refill(self, line, home);
        all
    }

    fn arm(&mut self, port: &Port) -> bool {
        if Hearing::of_port(port).is_none() {
            return false;
        }
        self.ring.ask_to_be_told(self.slots.posted());
        // Asked before it is looked once more: the device says what it has used, and then looks whether to tell.
        full_fence();
        true
    }

    fn disarm(&mut self) {
        self.ring.set_available(self.slots.posted());
    }
}

/// The queue of this number, and its ring.
pub(super) fn opened(
    port: &Port,
    direction: Direction,
    queue: u16,
) -> Result<(Slots, Ring), VirtioError> {
    let slots = Slots::open(DeviceQueue::lookup(port, direction, queue)?)?;
    let ring = Ring::of(slots.queue(), 0, slots.size());
    Ok((slots, ring))
}

/// Where the device is told of the queue, by its own number.
pub(super) fn told<R: Registers>(
    slots: &Slots,
    notify: &R,
    number: u16,
) -> Result<(usize, u16), VirtioError> {
    let at = slots.driver_word();
    let is_there = at.checked_add(2).is_some_and(|end| end <= notify.len() as u64);
    if is_there {
        Ok((at as usize, number))
    } else {
        Err(VirtioError::Notify { queue: number, at })
    }
}

/// How many the device has used that were not taken; `None` if it says more than it was given.
#[inline(always)]
pub(super) fn used(slots: &Slots, ring: &Ring) -> Option<u16> {
    let used = ring.used().wrapping_sub(slots.done() as u16);
    (u32::from(used) <= slots.in_flight()).then_some(used)
}

/// Passes over what a dead claimant took and did not note.
pub(super) fn pass_taken(slots: &mut Slots, ring: &Ring) {
    for _ in 0..used(slots, ring).unwrap_or(0) {
        let (number, _) = ring.used_at(slots.done());
        if let Entry::Packet { .. } = slots.entry(number) {
            break;
        }
        slots.finish(slots.done().wrapping_add(1));
    }
}

/// A descriptor in which nothing lies, looked for from `hint` on.
#[inline(always)]
pub(super) fn next_free(slots: &Slots, hint: &mut u32) -> Option<u32> {
    for _ in 0..slots.size() {
        let number = slots.index(*hint);
        *hint = hint.wrapping_add(1);
        if slots.entry(number) == Entry::Free {
            return Some(number);
        }
    }
    None
}

/// Tells the device up to where it may go.
#[inline(always)]
pub(super) fn tell<R: Registers>(
    slots: &Slots,
    ring: &Ring,
    notify: &R,
    (at, number): (usize, u16),
) {
    ring.set_available(slots.posted());
    // What is available is written before it is asked whether the device wants to be told.
    full_fence();
    if ring.is_to_be_told() {
        notify.write16(at, number);
    }
}

/// Bytes that an mbuf must have room for.
fn room_for(port: &Port) -> u16 {
    u16::try_from(port.facts().mtu.saturating_add(FRAME_BYTES)).unwrap_or(u16::MAX)
}
