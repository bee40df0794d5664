//! The bytes of packets in a bundle, as slices: of a blank one, without its header.
//!
//! What a blank packet's header would say stands in the bundle's word: its data begin behind the headroom of its own
//! buffer, which its pool gave it, and nobody else refers to that before a header says so.
#![expect(unsafe_code, reason = "bytes of a buffer that is held become slices")]

use core::ptr::NonNull;

use super::bundle::Bundle;
use super::data::{Buffer, data};
use super::home::MbufHome;
use super::layout::{HEADROOM, Waybill};
use super::origin::Origin;
use super::posted::BlankRoom;
use crate::offset::Offset;

/// `len` bytes behind the headroom of an mbuf of `home`'s own pool at `at`, if it has them.
#[inline(always)]
fn behind_headroom(
    home: &MbufHome<'_>,
    room: BlankRoom,
    (at, len): (u64, u16),
) -> Option<NonNull<[u8]>> {
    let (at, len) =
        (Offset::<u8>::new(at.wrapping_add(room.before)), usize::from(len.min(room.len)));
    let start = home.group().window().address(at, len, 1)?;
    Some(NonNull::slice_from_raw_parts(start, len))
}

impl Bundle<'_> {
    /// Shows `look` the data of each packet's first segment, the first packet first; of what is no mbuf, none. No header
    /// is read of a packet that came from a device or was built here.
    #[inline]
    pub fn for_each_data(&self, mut look: impl FnMut(&[u8])) {
        let (home, room) = (self.home(), self.home().blank_room());
        for bill in self.bills() {
            let blank = bill.blank_len().filter(|_| self.origin() == Origin::Own);
            match blank.and_then(|len| behind_headroom(home, room, (bill.place(), len))) {
                // SAFETY: in the window, mapped for ever; an mbuf of the home's own pool, which the bundle holds, and
                // the bytes are of its own buffer, which nobody else refers to before its header is written.
                Some(data) => look(unsafe { data.as_ref() }),
                None => look(self.data_by_header(*bill)),
            }
        }
    }

    #[inline(never)]
    fn data_by_header(&self, bill: Waybill) -> &[u8] {
        let home = self.home();
        let Some(header) = home.mbuf(bill.place()) else { return &[] };
        let Some(len) = bill.blank_len() else { return data(home, header) };
        let Some(Buffer { at, room }) = home.buffer_of(bill.place(), header) else { return &[] };
        let headroom = HEADROOM.min(room);
        let before = (at - bill.place()) + u64::from(headroom);
        let room = BlankRoom { before, headroom, len: room - headroom };
        match behind_headroom(home, room, (bill.place(), len)) {
            // SAFETY: as in `for_each_data`, of whatever pool it is.
            Some(data) => unsafe { data.as_ref() },
            None => &[],
        }
    }

    /// Shows `write` the data of the packets from number `first` on, to be written, which were built here just now, each
    /// with `len` bytes.
    #[inline(always)]
    pub(super) fn for_each_built(
        &mut self,
        first: usize,
        len: u16,
        mut write: impl FnMut(&mut [u8]),
    ) {
        let (home, room) = (self.home(), self.home().blank_room());
        for bill in self.bills().get(first..).unwrap_or_default() {
            if let Some(mut data) = behind_headroom(home, room, (bill.place(), len)) {
                // SAFETY: as in `for_each_data`; the bundle is borrowed alone.
                write(unsafe { data.as_mut() });
            }
        }
    }
}
