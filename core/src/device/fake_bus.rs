//! The memory that a model device reaches: a fake window, as seen from a bus.
#![expect(unsafe_code, reason = "a device reads and writes memory by address")]

use core::sync::atomic::{AtomicU8, Ordering};

use crate::device::Dma;
use crate::device::slots::visit_posted;
use crate::directory::{Kind, walk};
use crate::group::Group;
use crate::offset::Offset;

/// What a place of the window is more on the bus: so that nobody takes one for the other.
const AWAY: u64 = 0x40_0000_0000;

/// A bus, and who watches it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FakeBus {
    group: Group,
}

impl Dma for FakeBus {
    fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64> {
        self.group.window().address(at, len as usize, 1)?;
        Some(at.get() + AWAY)
    }
}

/// What the mapper has done so far of a bus's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mapped {
    All,
    NotYet,
    Refused,
    /// All, between two looks of the driver's.
    Meanwhile,
}

/// A bus on which memory is seen once the mapper has been there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LateBus {
    bus: FakeBus,
    mapped: &'static AtomicU8,
}

impl LateBus {
    pub(crate) fn new(bus: FakeBus) -> Self {
        Self { bus, mapped: Box::leak(Box::new(AtomicU8::new(Mapped::All as u8))) }
    }

    pub(crate) fn set(&self, to: Mapped) {
        self.mapped.store(to as u8, Ordering::Relaxed);
    }

    fn is(&self, what: Mapped) -> bool {
        self.mapped.load(Ordering::Relaxed) == what as u8
    }
}

impl Dma for LateBus {
    fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64> {
        self.bus.bus(at, len).filter(|_| self.is(Mapped::All))
    }

    fn is_awaited(&self, _: Offset<u8>) -> bool {
        if self.is(Mapped::Meanwhile) {
            self.set(Mapped::All);
        }
        self.is(Mapped::NotYet)
    }
}

impl FakeBus {
    pub(crate) fn new(group: Group) -> Self {
        Self { group }
    }

    fn address(&self, bus: u64, len: usize) -> *mut u8 {
        let at = Offset::<u8>::new(bus.checked_sub(AWAY).expect("an address on the bus"));
        let address = self.group.window().address(at, len, 1);
        address.expect("memory that the device may reach").as_ptr()
    }

    pub(crate) fn read(&self, bus: u64, len: usize) -> Vec<u8> {
        let from = self.address(bus, len);
        // SAFETY: in the window; a device reads whatever lies there.
        let byte = |at| unsafe { from.wrapping_add(at).read_volatile() };
        (0..len).map(byte).collect()
    }

    pub(crate) fn write(&self, bus: u64, bytes: &[u8]) {
        let to = self.address(bus, bytes.len());
        for (at, byte) in bytes.iter().enumerate() {
            // SAFETY: in the window; a device writes wherever it was told to.
            unsafe { to.wrapping_add(at).write_volatile(*byte) };
        }
    }

    pub(crate) fn read_u16(&self, bus: u64) -> u16 {
        u16::from_le_bytes(self.read(bus, 2).try_into().unwrap())
    }

    pub(crate) fn read_u32(&self, bus: u64) -> u32 {
        u32::from_le_bytes(self.read(bus, 4).try_into().unwrap())
    }

    pub(crate) fn read_u64(&self, bus: u64) -> u64 {
        u64::from_le_bytes(self.read(bus, 8).try_into().unwrap())
    }

    /// Writes packet bytes: into an mbuf that lies with a device, or the test fails.
    pub(crate) fn write_packet(&self, bus: u64, bytes: &[u8]) {
        let at = bus - AWAY;
        let (mut queues, mut is_posted) = (Vec::new(), false);
        walk(&self.group, |found| {
            if found.kind == Kind::DeviceQueue {
                queues.push(found.at);
            }
        })
        .unwrap();
        for queue in queues {
            // The default pool's: header, headroom, room.
            visit_posted(&self.group, queue, |head| is_posted |= (head..head + 2304).contains(&at))
                .unwrap();
        }
        assert!(is_posted, "the device writes to +{at:#x}, which is no device's");
        self.write(bus, bytes);
    }
}
