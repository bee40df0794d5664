//! `Registers`: a device's registers, as a driver sees them.

/// A device's registers: a BAR, or a part of one. Offsets and widths in bytes.
///
/// What is out of range or not aligned to its width is never touched: a read gives all ones, as of a
/// device that was pulled, and a write does nothing. So drivers need no errors where they read, and check
/// [`len`](Self::len) once.
///
/// A write comes behind every earlier store to memory that a full fence
/// ([`full_fence`](crate::sync::full_fence)) has closed. A read comes before every later load.
#[expect(clippy::len_without_is_empty, reason = "registers of no bytes are nothing special")]
pub trait Registers {
    /// How many bytes there are.
    fn len(&self) -> usize;
    /// Reads one byte.
    fn read8(&self, at: usize) -> u8;
    /// Reads two bytes.
    fn read16(&self, at: usize) -> u16;
    /// Reads four bytes.
    fn read32(&self, at: usize) -> u32;
    /// Reads eight bytes.
    fn read64(&self, at: usize) -> u64;
    /// Writes one byte.
    fn write8(&self, at: usize, value: u8);
    /// Writes two bytes.
    fn write16(&self, at: usize, value: u16);
    /// Writes four bytes.
    fn write32(&self, at: usize, value: u32);
    /// Writes eight bytes.
    fn write64(&self, at: usize, value: u64);
}

impl<T: Registers + ?Sized> Registers for &T {
    fn len(&self) -> usize {
        (**self).len()
    }
    fn read8(&self, at: usize) -> u8 {
        (**self).read8(at)
    }
    fn read16(&self, at: usize) -> u16 {
        (**self).read16(at)
    }
    fn read32(&self, at: usize) -> u32 {
        (**self).read32(at)
    }
    fn read64(&self, at: usize) -> u64 {
        (**self).read64(at)
    }
    fn write8(&self, at: usize, value: u8) {
        (**self).write8(at, value);
    }
    fn write16(&self, at: usize, value: u16) {
        (**self).write16(at, value);
    }
    fn write32(&self, at: usize, value: u32) {
        (**self).write32(at, value);
    }
    fn write64(&self, at: usize, value: u64) {
        (**self).write64(at, value);
    }
}
