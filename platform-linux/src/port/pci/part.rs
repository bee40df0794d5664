//! `BarPart`: a part of a mapped BAR, as registers of their own.

use std::sync::Arc;

use phalanx_core::device::Registers;

use crate::device::MappedBar;

/// A part of a mapped BAR, or all of it; mapped as long as anybody has one.
#[derive(Clone, Debug)]
pub struct BarPart {
    bar: Arc<MappedBar>,
    at: usize,
    len: usize,
}

impl BarPart {
    /// All of `bar`.
    pub(super) fn whole(bar: Arc<MappedBar>) -> Self {
        let len = bar.len();
        Self { bar, at: 0, len }
    }

    /// `len` bytes of `bar` from `at` on; as far as there are such.
    pub(super) fn of(bar: Arc<MappedBar>, at: usize, len: usize) -> Self {
        let len = len.min(bar.len().saturating_sub(at));
        Self { bar, at, len }
    }

    /// Where `bytes` at `at` lie in the BAR; beyond it, if they do not lie in the part.
    #[inline(always)]
    fn place(&self, at: usize, bytes: usize) -> usize {
        match at.checked_add(bytes) {
            Some(end) if end <= self.len => self.at + at,
            _ => usize::MAX,
        }
    }
}

macro_rules! accesses {
    ($($int:ty, $read:ident, $write:ident);+) => {
        impl Registers for BarPart {
            fn len(&self) -> usize {
                self.len
            }
            $(
                #[inline]
                fn $read(&self, at: usize) -> $int {
                    self.bar.$read(self.place(at, size_of::<$int>()))
                }
                #[inline]
                fn $write(&self, at: usize, value: $int) {
                    self.bar.$write(self.place(at, size_of::<$int>()), value);
                }
            )+
        }
    };
}
accesses!(u8, read8, write8; u16, read16, write16; u32, read32, write32; u64, read64, write64);
