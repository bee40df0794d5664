//! Giving an Rx queue buffers: what is the same whatever its descriptors are.

use super::dma::{Dma, Near};
use super::slots::{ROW, Slots};
use crate::mbuf::{BlankRoom, MbufHome};
use crate::offset::Offset;
use crate::port::RxLine;

/// Of a blank mbuf, what a device is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// Bytes from the mbuf's place to where the device may write.
    pub(super) before: u64,
    /// How many bytes it may write.
    pub(super) len: u16,
}

/// An Rx queue, as it is given buffers.
pub(super) trait Refill {
    /// What lies where.
    fn slots(&mut self) -> &mut Slots;
    /// How many of its descriptors the device may have at a time.
    fn most(&self) -> u32;
    /// By which addresses the device knows memory.
    fn dma(&self) -> &impl Dma;
    /// Where the device may write in a blank mbuf; `None` if it cannot use such.
    fn room(&self, blank: BlankRoom) -> Option<Room>;
    /// The entry, which is free, of what is to be handed over at `position`.
    fn free_entry(&mut self, position: u32) -> Option<u32>;
    /// Writes the descriptor of an entry in which an mbuf was laid.
    fn write(&mut self, entry: u32, position: u32, bus: u64, len: u16);
    /// Whether the device is to be told now up to where it may go. No, if it was told of all; and what it was not told of it
    /// is told while it has enough. Asked at each burst.
    fn is_to_be_told(&self) -> bool;
    /// Tells it.
    fn tell(&mut self);
    /// Whether the device has no buffer, which was counted.
    fn is_starved(&mut self) -> &mut bool;
}

/// Gives the device buffers for those that it has filled, once they are worth it, and tells it of them, once that is.
#[inline]
pub(super) fn refill<'h>(it: &mut impl Refill, line: &RxLine, home: &'h MbufHome<'h>) {
    let (most, slots) = (it.most(), it.slots());
    let wanted = most.saturating_sub(slots.in_flight()) as usize;
    let unit = ROW.min(slots.size() as usize / 4).max(1);
    if wanted >= unit {
        // Whole rows, as they lie in the pool, stay whole so; of an empty queue each buffer counts.
        let wanted = if slots.in_flight() == 0 { wanted } else { wanted - wanted % unit };
        post_all(it, wanted, line, home);
    }
    if it.is_to_be_told() {
        it.tell();
    }
}

#[inline]
fn post_all<'h>(it: &mut impl Refill, wanted: usize, line: &RxLine, home: &'h MbufHome<'h>) {
    let before = it.slots().posted();
    if let Some(room) = it.room(home.blank_room()) {
        let (mut left, mut near) = (wanted, Near::default());
        while left > 0 {
            let posted = post(it, left.min(ROW), home, room, &mut near);
            left -= posted;
            if posted < ROW {
                break;
            }
        }
    }
    if it.slots().posted() != before {
        *it.is_starved() = false;
    } else if it.slots().in_flight() == 0 && !*it.is_starved() {
        *it.is_starved() = true;
        line.count_no_mbuf(1);
    }
}

/// Posts so many blank mbufs, or as many as there are.
#[inline]
fn post(
    it: &mut impl Refill,
    count: usize,
    home: &MbufHome<'_>,
    room: Room,
    near: &mut Near,
) -> usize {
    let mut places = [0; ROW];
    let places = places.get_mut(..count).unwrap_or_default();
    let taken = home.take_blank(places);
    let mut places = places.get(..taken).unwrap_or_default().iter();
    let before = it.slots().posted();
    let mut position = before;
    for at in places.by_ref() {
        // One that no device reaches goes back; the next may be reached.
        let Some(bus) = near.bus(it.dma(), Offset::new(at + room.before), room.len) else {
            home.put_blank(&[*at]);
            continue;
        };
        let Some(entry) = it.free_entry(position) else {
            home.put_blank(&[*at]);
            break;
        };
        it.slots().lay_place(entry, position, *at);
        it.write(entry, position, bus, room.len);
        position = position.wrapping_add(1);
    }
    home.put_blank(places.as_slice());
    it.slots().hand_over(position);
    position.wrapping_sub(before) as usize
}
