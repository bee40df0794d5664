//! A device for tests: its config space alone, and somebody else who does something to it in the middle.

use std::sync::{Arc, Mutex};

use rustix::io::Errno;

use super::{
    BarError, DeviceReach, InterruptKind, Interrupts, MappedBar, Place, UseError, UserDevice,
};
use crate::pci::PciAddress;

/// What somebody else does.
type Deed = Box<dyn FnOnce(&Card) + Send>;

/// A card of which there is only the config space.
pub(crate) struct Card {
    config: Mutex<[u8; 256]>,
    obeys: Mutex<bool>,
    fails: Mutex<Option<Errno>>,
    deed: Mutex<Option<Deed>>,
}

impl core::fmt::Debug for Card {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Card")
    }
}

impl Card {
    /// With these two bytes in its command register.
    pub(crate) fn with_command(low: u8, high: u8) -> Self {
        let mut config = [0; 256];
        config[4..6].copy_from_slice(&[low, high]);
        let (obeys, fails, deed) = (Mutex::new(true), Mutex::default(), Mutex::default());
        Self { config: Mutex::new(config), obeys, fails, deed }
    }

    /// The bytes of its command register.
    pub(crate) fn command(&self) -> [u8; 2] {
        let config = self.config.lock().unwrap();
        [config[4], config[5]]
    }

    /// Has somebody else do something right behind the next read.
    pub(crate) fn at_next_read(&self, deed: impl FnOnce(&Self) + Send + 'static) {
        *self.deed.lock().unwrap() = Some(Box::new(deed));
    }

    /// From now on what is written changes nothing.
    pub(crate) fn obeys_no_more(&self) {
        *self.obeys.lock().unwrap() = false;
    }

    /// From now on the kernel refuses all.
    pub(crate) fn fails_with(&self, errno: Errno) {
        *self.fails.lock().unwrap() = Some(errno);
    }

    fn refusal(&self, at: u16, len: usize) -> Result<(), UseError> {
        let refused = |errno| Err(UseError::Config { device: self.address(), at, len, errno });
        self.fails.lock().unwrap().map_or(Ok(()), refused)
    }
}

impl UserDevice for Card {
    fn address(&self) -> PciAddress {
        PciAddress::parse("0000:00:10.0").unwrap()
    }

    fn reach(&self) -> DeviceReach {
        DeviceReach::Everything
    }

    fn map_bar(&self, bar: u8, _: u64, _: Place) -> Result<MappedBar, UseError> {
        Err(UseError::Bar { device: self.address(), bar, why: BarError::None })
    }

    fn read_config(&self, at: u16, bytes: &mut [u8]) -> Result<(), UseError> {
        self.refusal(at, bytes.len())?;
        let at = usize::from(at);
        bytes.copy_from_slice(&self.config.lock().unwrap()[at..at + bytes.len()]);
        let deed = self.deed.lock().unwrap().take();
        if let Some(deed) = deed {
            deed(self);
        }
        Ok(())
    }

    fn write_config(&self, at: u16, bytes: &[u8]) -> Result<(), UseError> {
        self.refusal(at, bytes.len())?;
        let at = usize::from(at);
        if *self.obeys.lock().unwrap() {
            self.config.lock().unwrap()[at..at + bytes.len()].copy_from_slice(bytes);
        }
        Ok(())
    }

    fn vectors(&self, _: InterruptKind) -> Result<u32, UseError> {
        Ok(0)
    }

    fn interrupts(
        self: Arc<Self>,
        kind: InterruptKind,
        wanted: u32,
    ) -> Result<Interrupts, UseError> {
        Err(UseError::Vectors { device: self.address(), kind, wanted, there: 0 })
    }

    fn silence(&self, _: InterruptKind) -> Result<(), UseError> {
        Ok(())
    }

    fn unmask_interrupt(&self) -> Result<(), UseError> {
        Ok(())
    }

    fn reset(&self) -> Result<(), UseError> {
        Err(UseError::NoReset { device: self.address() })
    }
}
