//! A split ring (2.6): descriptors, what is available to the device, what it has used.
//!
//! The ring lies in a queue's device memory, and a device may write anything there: what is read is
//! checked by who reads it.

use crate::device::slots::DeviceQueue;
use crate::sync::{Published32, Published64};

/// A descriptor goes on in another; and the device writes where it says.
pub(super) const NEXT: u16 = 1;
pub(super) const WRITE: u16 = 2;

/// In what is available: the device need not tell. In what is used: it need not be told.
const QUIET: u32 = 1;

/// Bytes of the header before each packet (5.1.6), which says nothing here.
pub(super) const HEADER_BYTES: u16 = 12;

/// Where the parts of a ring lie in its queue's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) available: u64,
    pub(super) used: u64,
    /// A header for all packets that are sent.
    pub(super) header: u64,
    /// What comes behind: the control queue, of the first Rx queue.
    pub(super) end: u64,
}

impl Parts {
    pub(super) const fn of(size: u32) -> Self {
        let size = size as u64;
        let available = 16 * size;
        let used = (available + 6 + 2 * size).next_multiple_of(64);
        let header = (used + 6 + 8 * size).next_multiple_of(64);
        Self { available, used, header, end: header + 64 }
    }
}

/// One descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) bus: u64,
    pub(super) len: u32,
    pub(super) flags: u16,
    pub(super) next: u16,
}

/// A ring in a queue's memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    size: u32,
    descriptors: &'static [Published64],
    available: &'static [Published32],
    used: &'static [Published32],
}

impl Ring {
    /// The ring of `size` descriptors, a power of two, from byte `at` of the queue's memory on.
    pub(super) fn of(queue: &DeviceQueue, at: u64, size: u32) -> Self {
        let (parts, count) = (Parts::of(size), size as usize);
        Self {
            size,
            descriptors: queue.words64(at, count * 2),
            available: queue.words32(at + parts.available, 1 + count.div_ceil(2)),
            used: queue.words32(at + parts.used, 1 + count * 2),
        }
    }

    /// For a device that begins anew: nothing is available, nothing used, and it need not tell.
    pub(super) fn begin_anew(&self) {
        self.used.iter().for_each(|word| word.publish(0));
        self.available.iter().for_each(|word| word.publish(0));
        self.set_available(0);
    }

    #[inline(always)]
    pub(super) fn write(&self, number: u32, it: Descriptor) {
        let at = number as usize * 2;
        if let Some([bus, rest]) = self.descriptors.get(at..at + 2) {
            bus.publish(it.bus);
            let Descriptor { len, flags, next, .. } = it;
            rest.publish(u64::from(next) << 48 | u64::from(flags) << 32 | u64::from(len));
        }
    }

    /// The descriptor that one goes on in, as memory says that the device can write.
    #[inline(always)]
    pub(super) fn next(&self, number: u32) -> Option<u32> {
        let word = self.descriptors.get(number as usize * 2 + 1)?.own();
        ((word >> 32) as u16 & NEXT != 0).then_some((word >> 48) as u32)
    }

    /// Says that what is available at `position` begins with descriptor `number`. The device is not told.
    #[inline(always)]
    pub(super) fn offer(&self, position: u32, number: u32) {
        let slot = position & (self.size - 1);
        if let Some(word) = self.available.get(1 + slot as usize / 2) {
            // Two in a word, both this process's.
            let shift = 16 * (slot & 1);
            let other = word.own() & !(0xffff << shift);
            word.publish(other | (number & 0xffff) << shift);
        }
    }

    /// What lies before `position` is available, and the device need not tell. Pairs with the device's own order.
    #[inline(always)]
    pub(super) fn set_available(&self, position: u32) {
        if let Some(word) = self.available.first() {
            word.publish((position & 0xffff) << 16 | QUIET);
        }
    }

    /// As [`set_available`](Self::set_available), and the device tells by an interrupt when it has used something:
    /// what it has used before a full fence behind this is looked for.
    pub(super) fn ask_to_be_told(&self, position: u32) {
        if let Some(word) = self.available.first() {
            word.publish((position & 0xffff) << 16);
        }
    }

    /// Before which position, modulo 65,536, all is available.
    pub(super) fn available(&self) -> u16 {
        self.available.first().map_or(0, |word| (word.own() >> 16) as u16)
    }

    /// How many the device has used, modulo 65,536. Pairs with the device's own order.
    #[inline(always)]
    pub(super) fn used(&self) -> u16 {
        self.used.first().map_or(0, |word| (word.observe() >> 16) as u16)
    }

    /// Whether the device wants to be told.
    #[inline(always)]
    pub(super) fn is_to_be_told(&self) -> bool {
        self.used.first().is_some_and(|word| word.observe() & QUIET == 0)
    }

    /// What the device has used at `position`: which descriptor, and how many bytes it wrote.
    #[inline(always)]
    pub(super) fn used_at(&self, position: u32) -> (u32, u32) {
        let at = 1 + (position & (self.size - 1)) as usize * 2;
        match self.used.get(at..at + 2) {
            Some([number, len]) => (number.own(), len.own()),
            _ => (u32::MAX, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_ring_lie_one_behind_the_other() {
        for size in [2, 16, 256, 32_768] {
            let Parts { available, used, header, end } = Parts::of(size);
            let n = u64::from(size);
            assert!(available >= 16 * n && used >= available + 6 + 2 * n);
            assert!(header >= used + 6 + 8 * n && end >= header + u64::from(HEADER_BYTES));
            assert!([available, used, header, end].iter().all(|at| at % 16 == 0));
        }
    }
}
