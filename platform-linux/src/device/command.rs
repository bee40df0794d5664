//! The command register of a device: whether it may do DMA, and whether it may pull its line.
//!
//! The watcher, which lets a line fire again, and who stops the device's DMA are two threads of the device's owner, who
//! alone writes the register: one at a time does, so that neither writes back what the other has just changed. The bits lie
//! in a byte each, but the line's byte is not written alone: QEMU (7.2) does not look whether the line is pulled then, and
//! the interrupt is lost.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::UserDevice;
use super::error::UseError;

/// Where the byte lies in the config space that says what of the bus it may do.
const COMMAND: u16 = 4;
/// It answers at its BARs.
const MEMORY: u8 = 1 << 1;
/// It may do DMA.
const BUS_MASTER: u8 = 1 << 2;
/// What is read where nothing answers, and nothing does DMA: the highest bit is 0 in every device.
const ALL_ONES: u8 = u8::MAX;

/// It must not pull its line: in the byte behind.
const INTX_OFF: u8 = 1 << 2;

/// Held from the read to the write.
static WRITING: Mutex<()> = Mutex::new(());

fn writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    let command = read(device, COMMAND)?;
    Ok(if command & BUS_MASTER != 0 { BusMaster::On } else { BusMaster::Off })
}

/// Whether `device` is there: the kernel has it, and it answers when it is asked for its configuration. One system call.
pub(crate) fn is_there(device: &dyn UserDevice) -> bool {
    match read(device, COMMAND) {
        Ok(command) => command != ALL_ONES,
        Err(UseError::Config { errno, .. }) => errno != Errno::NODEV,
        Err(_) => true,
    }
}

/// Keeps a device from memory for good; whether it does no DMA from then on. That its registers do not answer says nothing
/// of that.
pub(crate) fn keep_off(device: &dyn UserDevice) -> bool {
    // The kernel keeps those from memory that it lets go of.
    set_bus_master(device, BusMaster::Off).is_ok() || !is_there(device)
}

/// Lets `device` do DMA (and answer at its BARs), or keeps it from it: what is done before memory is
/// used anew that a device may still write. Three system calls; once the last returns, the device does none.
///
/// # Errors
/// [`UseError::Config`]; [`UseError::StillMaster`].
pub fn set_bus_master(device: &dyn UserDevice, may: BusMaster) -> Result<(), UseError> {
    let _alone = writing();
    let command = read(device, COMMAND)?;
    let wanted = match may {
        BusMaster::On => command | MEMORY | BUS_MASTER,
        BusMaster::Off => command & !BUS_MASTER,
    };
    write(device, COMMAND, command, wanted)?;
    // A read behind a write: the device has the write once this is answered.
    let command = read(device, COMMAND)?;
    if may == BusMaster::Off && command & BUS_MASTER != 0 && command != ALL_ONES {
        return Err(UseError::StillMaster { device: device.address() });
    }
    Ok(())
}

/// Lets `device` pull its line, or not.
pub(crate) fn allow_intx(device: &dyn UserDevice, may: bool) -> Result<(), UseError> {
    let _alone = writing();
    let mut bytes = [0; 2];
    device.read_config(COMMAND, &mut bytes)?;
    let [command, line] = bytes;
    let wanted = if may { line & !INTX_OFF } else { line | INTX_OFF };
    if wanted == line {
        return Ok(());
    }
    device.write_config(COMMAND, &[command, wanted])
}

fn read(device: &dyn UserDevice, at: u16) -> Result<u8, UseError> {
    let mut byte = [0];
    device.read_config(at, &mut byte)?;
    let [byte] = byte;
    Ok(byte)
}

fn write(device: &dyn UserDevice, at: u16, old: u8, new: u8) -> Result<(), UseError> {
    if old == new {
        return Ok(());
    }
    device.write_config(at, &[new])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::twin::Card;

    #[test]
    fn who_writes_the_register_keeps_others_from_it_from_his_look_on() {
        let card = Card::with_command(0x06, INTX_OFF);
        card.at_next_read(|_| assert!(WRITING.try_lock().is_err()));
        allow_intx(&card, true).unwrap();
        assert_eq!(card.command(), [0x06, 0]);
        card.at_next_read(|_| assert!(WRITING.try_lock().is_err()));
        set_bus_master(&card, BusMaster::Off).unwrap();
        assert_eq!(card.command(), [0x02, 0]);
    }

    #[test]
    fn one_that_goes_on_with_its_dma_is_told_from_one_that_is_gone() {
        let card = Card::with_command(0x06, 0);
        card.obeys_no_more();
        let refused = set_bus_master(&card, BusMaster::Off).unwrap_err();
        assert_eq!(refused, UseError::StillMaster { device: card.address() });
        assert!(refused.to_string().contains("goes on"), "{refused}");
        let gone = Card::with_command(u8::MAX, u8::MAX);
        gone.obeys_no_more();
        set_bus_master(&gone, BusMaster::Off).unwrap();
        assert_eq!((is_there(&card), keep_off(&card)), (true, false));
        assert_eq!((is_there(&gone), keep_off(&gone)), (false, true));
    }

    #[test]
    fn one_that_the_kernel_has_taken_away_does_no_dma() {
        let card = Card::with_command(0x06, 0);
        card.fails_with(Errno::IO);
        assert_eq!((is_there(&card), keep_off(&card)), (true, false), "who knows");
        card.fails_with(Errno::NODEV);
        assert_eq!((is_there(&card), keep_off(&card)), (false, true));
    }
}
