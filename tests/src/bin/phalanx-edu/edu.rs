//! The device: an id, a factorial, 4096 bytes of memory of its own with DMA to and from them, an interrupt.

use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use phalanx_core::device::Registers;
use phalanx_linux::device::{BusMaster, Devices, MappedBar, UserDevice, set_bus_master};

/// Its registers.
const ID: usize = 0x00;
const LIVE: usize = 0x04;
const FACTORIAL: usize = 0x08;
const STATUS: usize = 0x20;
const RAISED: usize = 0x24;
const RAISE: usize = 0x60;
const ACKNOWLEDGE: usize = 0x64;
const DMA_FROM: usize = 0x80;
const DMA_TO: usize = 0x88;
const DMA_LEN: usize = 0x90;
const DMA_GO: usize = 0x98;

/// What `ID` reads.
pub(crate) const IDENTITY: u32 = 0x0100_00ed;
/// Where its own memory lies for its DMA.
const OWN: u64 = 0x4_0000;
/// Bytes of its BAR.
const BAR_BYTES: u64 = 1 << 20;

/// How long a DMA may take: the device takes a tenth of a second, a loaded host more.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Edu {
    pub(crate) device: Arc<dyn UserDevice>,
    bar: Arc<MappedBar>,
}

/// Which way.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Into,
    OutOf,
}

impl Edu {
    pub(crate) fn of(
        devices: &Devices,
        device: Arc<dyn UserDevice>,
    ) -> Result<Self, Box<dyn core::error::Error>> {
        let bar = devices.bar(&device, 0, BAR_BYTES)?;
        Ok(Self { device, bar })
    }

    pub(crate) fn begin(&self) -> Result<(), Box<dyn core::error::Error>> {
        Ok(set_bus_master(&*self.device, BusMaster::On)?)
    }

    pub(crate) fn id(&self) -> u32 {
        self.bar.read32(ID)
    }

    pub(crate) fn place(&self) -> usize {
        self.bar.address()
    }

    /// Writes a number and reads what the device makes of it: its complement.
    pub(crate) fn is_live(&self) -> bool {
        self.bar.write32(LIVE, 0x1234_5678);
        self.bar.read32(LIVE) == !0x1234_5678
    }

    pub(crate) fn factorial(&self, of: u32) -> Result<u32, String> {
        self.bar.write32(FACTORIAL, of);
        let deadline = Instant::now() + PATIENCE;
        while self.bar.read32(STATUS) & 1 != 0 {
            if Instant::now() > deadline {
                return Err("the factorial is never done".to_owned());
            }
            std::thread::yield_now();
        }
        Ok(self.bar.read32(FACTORIAL))
    }

    pub(crate) fn raise(&self, number: u32) {
        self.bar.write32(RAISE, number);
    }

    /// What it has raised, which it then does no more.
    pub(crate) fn acknowledge(&self) -> u32 {
        let raised = self.bar.read32(RAISED);
        self.bar.write32(ACKNOWLEDGE, raised);
        raised
    }

    /// Moves `len` bytes between its memory and the bus address `bus`. Whether they arrived, only they say.
    pub(crate) fn dma(&self, way: Way, bus: u64, len: u64) -> Result<(), String> {
        let (from, to, command) = match way {
            Way::Into => (bus, OWN, 1),
            Way::OutOf => (OWN, bus, 1 | 2),
        };
        self.bar.write64(DMA_FROM, from);
        self.bar.write64(DMA_TO, to);
        self.bar.write64(DMA_LEN, len);
        self.bar.write64(DMA_GO, command);
        let deadline = Instant::now() + PATIENCE;
        while self.bar.read64(DMA_GO) & 1 != 0 {
            if Instant::now() > deadline {
                return Err("the DMA is never done".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}
