//! What travels: a packet in a shared buffer, and what a worker does to it.

use phalanx_core::shared;

/// Bytes of packet data that a buffer holds.
pub const DATA_BYTES: usize = 2024;

shared! {
    /// One packet. The buffer has 2 KB.
    pub struct Packet {
        /// Its number, from 0, in the order of sending.
        pub number: u64,
        /// Bytes of data.
        pub len: u32,
        /// How many workers have had it.
        pub hops: u32,
        /// The frame.
        pub data: [u8; DATA_BYTES],
        /// The worker that had it last.
        pub worker: u64,
    }
}

impl Packet {
    /// Takes a frame.
    pub fn fill(&mut self, number: u64, frame: &[u8]) {
        self.number = number;
        self.len = frame.len() as u32;
        self.hops = 0;
        self.worker = u64::MAX;
        if let Some(data) = self.data.get_mut(..frame.len()) {
            data.copy_from_slice(frame);
        }
    }

    /// What a worker does: the frame goes back where it came from, its MAC addresses swapped.
    pub fn turn_round(&mut self, worker: u64) {
        if self.len >= 12 {
            let (destination, rest) = self.data.split_at_mut(6);
            if let Some(source) = rest.get_mut(..6) {
                destination.swap_with_slice(source);
            }
        }
        self.hops += 1;
        self.worker = worker;
    }

    /// Whether this is `frame`, turned round once.
    pub fn is_turned(&self, frame: &[u8]) -> bool {
        let Some(data) = self.data.get(..frame.len()) else { return false };
        if self.len as usize != frame.len() || self.hops != 1 {
            return false;
        }
        if frame.len() < 12 {
            return data == frame;
        }
        data[..6] == frame[6..12] && data[6..12] == frame[..6] && data[12..] == frame[12..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(frame: &[u8]) -> Packet {
        let mut packet = Packet { number: 0, len: 0, hops: 0, data: [0; DATA_BYTES], worker: 0 };
        packet.fill(7, frame);
        packet
    }

    #[test]
    fn a_frame_turned_round_once_is_recognised_and_an_untouched_one_is_not() {
        let frame: Vec<u8> = (0..60).collect();
        let mut it = packet(&frame);
        assert!(!it.is_turned(&frame));
        it.turn_round(1);
        assert!(it.is_turned(&frame));
        assert_eq!(it.data[..6], frame[6..12]);
        it.turn_round(1);
        assert!(!it.is_turned(&frame));
    }

    #[test]
    fn a_frame_too_short_for_addresses_passes_as_it_is() {
        let mut it = packet(&[1, 2, 3]);
        it.turn_round(0);
        assert!(it.is_turned(&[1, 2, 3]));
    }
}
