//! `Dma`: where a device sees the group's memory.

use crate::offset::Offset;

/// Where a device sees the group's memory.
pub trait Dma {
    /// The bus address of `len` bytes of the window from `at` on, if the device may reach all of them and
    /// they lie in one piece for it.
    ///
    /// Asked for each buffer that a device is given: no system call, no lock.
    #[doc(alias = "rte_mem_virt2iova")]
    fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64>;
}

impl<T: Dma + ?Sized> Dma for &T {
    fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64> {
        (**self).bus(at, len)
    }
}
