//! Giving an Rx queue buffers: what is the same whatever its descriptors are.

use super::slots::Slots;
use crate::mbuf::{Mbuf, MbufHome};
use crate::port::RxLine;

/// Descriptors that are filled at a time.
const BATCH: usize = 32;

/// An Rx queue, as it is given buffers.
pub(super) trait Refill {
    /// What lies where.
    fn slots(&mut self) -> &mut Slots;
    /// How many of its descriptors the device may have at a time.
    fn most(&self) -> u32;
    /// Where the device finds the room of `mbuf`, and how many bytes it has; `None` if it cannot use it.
    fn room_of(&self, mbuf: &Mbuf<'_>) -> Option<(u64, u16)>;
    /// The entry, which is free, of what is to be handed over at `position`.
    fn free_entry(&mut self, position: u32) -> Option<u32>;
    /// Writes the descriptor of an entry in which an mbuf was laid.
    fn write(&mut self, entry: u32, position: u32, room: (u64, u16));
    /// Tells the device up to where it may go.
    fn tell(&self);
    /// Whether the device has no buffer, which was counted.
    fn is_starved(&mut self) -> &mut bool;
}

/// Gives the device buffers for those that it has filled, once they are worth it.
#[inline]
pub(super) fn refill<'h>(it: &mut impl Refill, line: &RxLine, home: &'h MbufHome<'h>) {
    let (most, slots) = (it.most(), it.slots());
    let wanted = most.saturating_sub(slots.in_flight()) as usize;
    let (size, before) = (slots.size() as usize, slots.posted());
    if wanted < BATCH.min(size / 4) {
        return;
    }
    let mut left = wanted;
    while left > 0 {
        let posted = post(it, left.min(BATCH), home);
        left -= posted;
        if posted < BATCH {
            break;
        }
    }
    if it.slots().posted() != before {
        it.tell();
        *it.is_starved() = false;
    } else if it.slots().in_flight() == 0 && !*it.is_starved() {
        *it.is_starved() = true;
        line.count_no_mbuf(1);
    }
}

/// Posts so many fresh mbufs, or as many as there are.
#[inline]
fn post<'h>(it: &mut impl Refill, count: usize, home: &'h MbufHome<'h>) -> usize {
    let mut fresh = [const { None }; BATCH];
    let batch = fresh.get_mut(..count).unwrap_or_default();
    home.alloc_as_many(batch);
    let before = it.slots().posted();
    let mut position = before;
    for mbuf in batch.iter_mut().map_while(Option::take) {
        // One that no device reaches goes back; the next may be reached.
        let Some(room) = it.room_of(&mbuf) else { continue };
        let Some(entry) = it.free_entry(position) else { break };
        it.slots().lay(entry, position, mbuf);
        it.write(entry, position, room);
        position = position.wrapping_add(1);
    }
    it.slots().hand_over(position);
    position.wrapping_sub(before) as usize
}
