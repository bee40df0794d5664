//! The command register of a device: whether it may do DMA, and whether it may pull its line.

use super::UserDevice;
use super::error::UseError;

/// Where the command register lies in the config space.
const COMMAND: u16 = 4;
/// It answers at its BARs.
const MEMORY: u16 = 1 << 1;
/// It may do DMA.
const BUS_MASTER: u16 = 1 << 2;
/// It must not pull its line.
const INTX_OFF: u16 = 1 << 10;

/// Whether a device may do DMA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusMaster {
    /// It may.
    On,
    /// It may not: nothing of it reaches memory, nor any message that is an interrupt.
    Off,
}

/// Whether `device` may do DMA now. One system call.
///
/// # Errors
/// [`UseError::Config`].
pub fn bus_master(device: &dyn UserDevice) -> Result<BusMaster, UseError> {
    let command = read(device)?;
    Ok(if command & BUS_MASTER != 0 { BusMaster::On } else { BusMaster::Off })
}

/// Lets `device` do DMA (and answer at its BARs), or keeps it from it: what is done before memory is
/// used anew that a device may still write. Two system calls; once the second returns, the device does none.
///
/// # Errors
/// [`UseError::Config`].
pub fn set_bus_master(device: &dyn UserDevice, may: BusMaster) -> Result<(), UseError> {
    let command = read(device)?;
    let wanted = match may {
        BusMaster::On => command | MEMORY | BUS_MASTER,
        BusMaster::Off => command & !BUS_MASTER,
    };
    write(device, command, wanted)?;
    // A read behind a write: the device has the write once this is answered.
    read(device).map(drop)
}

/// Lets `device` pull its line, or not.
pub(crate) fn allow_intx(device: &dyn UserDevice, may: bool) -> Result<(), UseError> {
    let command = read(device)?;
    write(device, command, if may { command & !INTX_OFF } else { command | INTX_OFF })
}

fn read(device: &dyn UserDevice) -> Result<u16, UseError> {
    let mut bytes = [0; 2];
    device.read_config(COMMAND, &mut bytes)?;
    Ok(u16::from_le_bytes(bytes))
}

fn write(device: &dyn UserDevice, old: u16, new: u16) -> Result<(), UseError> {
    if old == new {
        return Ok(());
    }
    device.write_config(COMMAND, &new.to_le_bytes())
}
