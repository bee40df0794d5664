//! `Dma`: where a device sees the group's memory.

use crate::offset::Offset;

/// Where a device sees the group's memory.
pub trait Dma {
    /// The bus address of `len` bytes of the window from `at` on, if the device may reach all of them and
    /// they lie in one piece for it.
    ///
    /// Asked for each buffer that a device is given, unless it lies near the last: no system call, no lock.
    #[doc(alias = "rte_mem_virt2iova")]
    fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64>;

    /// The same, and what lies around them in the same piece, as much as costs nothing to say. By default nothing.
    fn stretch(&self, at: Offset<u8>, len: u64) -> Option<Stretch> {
        Some(Stretch { at: at.get(), len, bus: self.bus(at, len)? })
    }

    /// Whether memory has come around `at` that nobody has looked at yet: what the device does not reach there it may
    /// reach soon. By default never.
    fn is_awaited(&self, at: Offset<u8>) -> bool {
        let _ = at;
        false
    }
}

impl<T: Dma + ?Sized> Dma for &T {
    fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64> {
        (**self).bus(at, len)
    }

    fn stretch(&self, at: Offset<u8>, len: u64) -> Option<Stretch> {
        (**self).stretch(at, len)
    }

    fn is_awaited(&self, at: Offset<u8>) -> bool {
        (**self).is_awaited(at)
    }
}

/// Memory that lies in one piece for a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Its first byte: bytes from the window's start.
    pub at: u64,
    /// How many bytes.
    pub len: u64,
    /// The bus address of the first.
    pub bus: u64,
}

/// Where a device sees one buffer after the other: mostly near the last one, and then nobody is asked.
///
/// Kept for a burst, no longer: as long as that lasts, the buffers' pools stay where they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Near(Stretch);

impl Near {
    /// As [`Dma::bus`].
    #[inline(always)]
    pub(super) fn bus(&mut self, dma: &impl Dma, at: Offset<u8>, len: u16) -> Option<u64> {
        let (len, Self(Stretch { at: first, len: all, bus })) = (u64::from(len), *self);
        // What lies before the first is far beyond the last.
        let before = at.get().wrapping_sub(first);
        if before < all && len <= all - before {
            return Some(bus + before);
        }
        self.look(dma, at, len)
    }

    #[inline(never)]
    fn look(&mut self, dma: &impl Dma, at: Offset<u8>, len: u64) -> Option<u64> {
        let found = dma.stretch(at, len)?;
        *self = Self(found);
        found.bus.checked_add(at.get().checked_sub(found.at)?)
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use super::*;

    /// Pages of 4096 bytes, each elsewhere; the third is none. Counts how often it is asked.
    struct Pages(Cell<u32>);

    impl Dma for Pages {
        fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64> {
            let (page, end) = (at.get() / 4096, at.get() + len);
            let is_there = page != 2 && end <= (page + 1) * 4096;
            is_there.then_some((100 - page) * 4096 + at.get() % 4096)
        }

        fn stretch(&self, at: Offset<u8>, len: u64) -> Option<Stretch> {
            self.0.set(self.0.get() + 1);
            let (bus, before) = (self.bus(at, len)?, at.get() % 4096);
            Some(Stretch { at: at.get() - before, len: 4096, bus: bus - before })
        }
    }

    #[test]
    fn what_lies_near_the_last_is_found_without_asking_and_what_does_not_is_asked_for() {
        let (pages, mut near) = (Pages(Cell::new(0)), Near::default());
        let asked = [
            (64, 100, 1),
            (0, 4096, 1),
            (4095, 1, 1),
            (4095, 2, 2),
            (4096, 4096, 3),
            (100, 8, 4),
            (2 * 4096, 8, 5),
            (2 * 4096 - 8, 16, 6),
            (100, 0, 6),
        ];
        for (at, len, times) in asked {
            let at = Offset::new(at);
            assert_eq!(near.bus(&pages, at, len), pages.bus(at, len.into()), "{at:?} {len}");
            assert_eq!(pages.0.get(), times, "{at:?} {len}");
        }
    }
}
