//! `VirtioRx`: what came, out of an Rx queue.

use core::fmt;

use super::error::VirtioError;
use super::queue::{next_free, opened, pass_taken, tell, told, used};
use super::ring::{Descriptor, HEADER_BYTES, Ring, WRITE};
use super::setup::{agreed, number_of};
use crate::device::refill::{Refill, Room, refill};
use crate::device::slots::{ROW, Row, Slots};
use crate::device::{Dma, Hearing, Registers};
use crate::mbuf::{BlankRoom, Bundle, Mbuf, MbufHome, MbufPool, PORT_NONE, Tally};
use crate::port::{Direction, Port, RxClaim, RxDriver, RxLine};
use crate::sync::full_fence;

/// Bytes of a frame beyond its payload: addresses, type, a tag.
pub(super) const FRAME_BYTES: u32 = 18;

/// An Rx queue. Writes no register but the one that tells the device of it.
pub struct VirtioRx<R, D> {
    pub(super) slots: Slots,
    pub(super) ring: Ring,
    /// What has come of late.
    pub(super) row: Row,
    notify: R,
    told_at: usize,
    number: u16,
    dma: D,
    /// Bytes that a buffer has at least.
    least: u16,
    /// Where a free descriptor is looked for first.
    hint: u32,
    /// Up to which position the device was told that it may go; valid once the queue is settled.
    told: u32,
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
        let (hint, told, is_broken, is_starved) = (0, slots.posted(), false, false);
        let row = Row::new();
        Ok(Self {
            slots,
            ring,
            row,
            notify,
            told_at,
            number,
            dma,
            least,
            hint,
            told,
            is_broken,
            is_starved,
        })
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

    /// How many the device has used; `None` of one that contradicts itself, which is counted once.
    #[inline(always)]
    fn there(&mut self, line: &RxLine, home: &MbufHome<'_>) -> Option<usize> {
        if !self.slots.is_settled() {
            self.settle(home);
        }
        let used = used(&self.slots, &self.ring);
        if used.is_none() && !self.is_broken {
            self.is_broken = true;
            line.count_errors(1);
        }
        used.map(usize::from)
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

    /// Of all at once: where nothing is written but memory, unless the device wants more.
    #[inline(always)]
    fn is_to_be_told(&self) -> bool {
        self.told != self.slots.posted()
    }

    #[inline]
    fn tell(&mut self) {
        self.told = self.slots.posted();
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
        let Some(mut used) = self.there(line, home) else { return Tally::default() };
        let mut all = Tally::default();
        while let rest = to.get_mut(all.packets..).unwrap_or_default()
            && used > 0
            && !rest.is_empty()
        {
            let count = used.min(rest.len()).min(ROW);
            all = all.and(self.take_row((port, line), count, home, rest));
            used -= count;
        }
        refill(self, line, home);
        all
    }

    #[inline]
    fn gives_unseen(&self) -> bool {
        true
    }

    #[inline]
    fn receive_unseen(&mut self, port: u16, line: &RxLine, to: &mut Bundle<'_>) -> Tally {
        let home = to.home();
        let Some(mut used) = self.there(line, home) else { return Tally::default() };
        let mut all = Tally::default();
        while used > 0 && to.room() > 0 {
            let count = used.min(to.room()).min(ROW);
            all = all.and(self.take_row_unseen((port, line), count, to));
            used -= count;
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

/// Bytes that an mbuf must have room for.
fn room_for(port: &Port) -> u16 {
    u16::try_from(port.facts().mtu.saturating_add(FRAME_BYTES)).unwrap_or(u16::MAX)
}
