//! What travels: a frame in an mbuf, with a note on it in the mbuf's private bytes, and what a worker does to both.

use phalanx_core::mbuf::{DATA_ROOM, EditError, HEADROOM, Mbuf};

/// Bytes of frame that an mbuf of the demo holds.
pub const DATA_BYTES: usize = (DATA_ROOM - HEADROOM) as usize;

/// Private bytes of each mbuf: the note.
pub const NOTE_BYTES: u16 = 16;

/// No worker has had the packet.
const NO_WORKER: u32 = u32::MAX;

/// What is known of a packet beside its frame. In the mbuf: the number, the hops, the worker, each with its lowest
/// byte first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its number, from 0, in the order of sending.
    pub number: u64,
    /// How many workers have had it.
    pub hops: u32,
    /// The worker that had it last.
    pub worker: u32,
}

impl Note {
    /// What the mbuf says; `None` if it is of a pool that has no room for it.
    pub fn read(packet: &Mbuf<'_>) -> Option<Self> {
        packet.private().first_chunk().copied().map(Self::of)
    }

    /// Writes it into the mbuf, if that has room for it.
    fn write(self, packet: &mut Mbuf<'_>) {
        if let Some(place) = packet.private_mut().first_chunk_mut() {
            *place = self.bytes();
        }
    }

    const fn of(bytes: [u8; NOTE_BYTES as usize]) -> Self {
        let all = u128::from_le_bytes(bytes);
        Self { number: all as u64, hops: (all >> 64) as u32, worker: (all >> 96) as u32 }
    }

    const fn bytes(self) -> [u8; NOTE_BYTES as usize] {
        let Self { number, hops, worker } = self;
        (number as u128 | (hops as u128) << 64 | (worker as u128) << 96).to_le_bytes()
    }
}

/// Puts a frame into a fresh mbuf, with its number.
///
/// # Errors
/// [`EditError`], if it does not fit.
pub fn fill(packet: &mut Mbuf<'_>, number: u64, frame: &[u8]) -> Result<(), EditError> {
    let len = u16::try_from(frame.len()).unwrap_or(u16::MAX);
    packet.append(len)?.copy_from_slice(frame);
    Note { number, hops: 0, worker: NO_WORKER }.write(packet);
    Ok(())
}

/// What a worker does: the frame goes back where it came from, its MAC addresses swapped. One that cannot be
/// written stays as it is, and the primary counts it as wrong.
#[inline]
pub(crate) fn turn_round(packet: &mut Mbuf<'_>, worker: u32) {
    if let Ok(frame) = packet.data_mut() {
        swap_addresses(frame);
    }
    if let Some(place) = packet.private_mut().first_chunk_mut() {
        let note = Note::of(*place);
        *place = Note { hops: note.hops.wrapping_add(1), worker, ..note }.bytes();
    }
}

/// Whether `packet`, which says `note`, is `frame`, turned round once and by `worker`.
pub fn is_turned(packet: &Mbuf<'_>, note: Note, worker: u32, frame: &[u8]) -> bool {
    let is_whole = packet.is_contiguous() && packet.len() as usize == frame.len();
    is_whole && note.hops == 1 && note.worker == worker && are_swapped(packet.data(), frame)
}

#[inline]
fn swap_addresses(frame: &mut [u8]) {
    if let Some((destination, rest)) = frame.split_first_chunk_mut::<6>()
        && let Some(source) = rest.first_chunk_mut::<6>()
    {
        core::mem::swap(destination, source);
    }
}

/// Whether `data` are `frame` with its addresses swapped; one too short for addresses is as it was.
fn are_swapped(data: &[u8], frame: &[u8]) -> bool {
    match (data.split_at_checked(12), frame.split_at_checked(12)) {
        (Some((addresses, rest)), Some((original, same))) => {
            let (to, from) = original.split_at(6);
            rest == same && addresses.starts_with(from) && addresses.ends_with(to)
        }
        _ => data == frame,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_turned_round_once_is_recognised_and_an_untouched_one_is_not() {
        let frame: Vec<u8> = (0..60).collect();
        let mut data = frame.clone();
        assert!(!are_swapped(&data, &frame));
        swap_addresses(&mut data);
        assert!(are_swapped(&data, &frame));
        assert_eq!(data[..6], frame[6..12]);
        swap_addresses(&mut data);
        assert!(!are_swapped(&data, &frame));
    }

    #[test]
    fn a_frame_that_is_changed_or_cut_is_not_recognised() {
        let frame: Vec<u8> = (0..60).collect();
        let mut data = frame.clone();
        swap_addresses(&mut data);
        assert!(!are_swapped(&data[..59], &frame) && !are_swapped(&data[..11], &frame));
        data[59] ^= 1;
        assert!(!are_swapped(&data, &frame));
    }

    #[test]
    fn a_frame_too_short_for_addresses_passes_as_it_is() {
        let mut data = [1, 2, 3];
        swap_addresses(&mut data);
        assert!(are_swapped(&data, &[1, 2, 3]));
    }
}
