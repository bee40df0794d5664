//! Callbacks, by a device that is an eventfd.

use std::sync::mpsc::channel;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use rustix::io::{fcntl_dupfd_cloexec, write};

use super::*;
use crate::device::{
    BarError, Counter, DeviceReach, InterruptKind, MappedBar, Place, UseError, UserDevice,
};
use crate::pci::PciAddress;

/// A device that does nothing but note that its line is armed again.
#[derive(Debug, Default)]
struct Still {
    armed: Mutex<u32>,
}

impl UserDevice for Still {
    fn address(&self) -> PciAddress {
        PciAddress { domain: 0, bus: 0, device: 16, function: 0 }
    }
    fn reach(&self) -> DeviceReach {
        DeviceReach::Mapped
    }
    fn map_bar(&self, bar: u8, _: u64, _: Place) -> Result<MappedBar, UseError> {
        Err(UseError::Bar { device: self.address(), bar, why: BarError::None })
    }
    fn read_config(&self, _: u16, _: &mut [u8]) -> Result<(), UseError> {
        Ok(())
    }
    fn write_config(&self, _: u16, _: &[u8]) -> Result<(), UseError> {
        Ok(())
    }
    fn vectors(&self, _: InterruptKind) -> Result<u32, UseError> {
        Ok(1)
    }
    fn interrupts(
        self: Arc<Self>,
        kind: InterruptKind,
        vectors: u32,
    ) -> Result<Interrupts, UseError> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let events = (0..vectors).map(|_| eventfd(0, flags).unwrap()).collect();
        Ok(Interrupts::new(self, kind, events, Counter::Since, kind == InterruptKind::Intx))
    }
    fn silence(&self, _: InterruptKind) -> Result<(), UseError> {
        Ok(())
    }
    fn unmask_interrupt(&self) -> Result<(), UseError> {
        *self.armed.lock().unwrap() += 1;
        Ok(())
    }
    fn reset(&self) -> Result<(), UseError> {
        Ok(())
    }
}

/// A line of a device, and what fires it.
fn line() -> (Arc<Still>, Arc<Interrupts>, OwnedFd) {
    let device = Arc::new(Still::default());
    let interrupts = Arc::new(Arc::clone(&device).interrupts(InterruptKind::Intx, 1).unwrap());
    let event = fcntl_dupfd_cloexec(interrupts.descriptor(0).unwrap(), 0).unwrap();
    (device, interrupts, event)
}

fn ears(interrupts: &Arc<Interrupts>, callback: impl FnMut(u64) + Send + 'static) -> Ears {
    let callback = Mutex::new(Some(Box::new(callback) as Callback));
    Ears(vec![Arc::new(Ear { interrupts: Arc::clone(interrupts), vector: 0, callback })])
}

#[test]
fn a_callback_hears_how_often_and_the_line_is_armed_after_it() {
    let (device, interrupts, event) = line();
    let (told, heard) = channel();
    let its = Arc::clone(&device);
    let ears =
        ears(&interrupts, move |count| told.send((count, *its.armed.lock().unwrap())).unwrap());
    ears.call([true].into_iter());
    assert!(heard.try_recv().is_err(), "nothing has fired");
    write(&event, &3u64.to_ne_bytes()).unwrap();
    assert_eq!(ears.polled().count(), 1);
    ears.call([false].into_iter());
    ears.call([true].into_iter());
    assert_eq!(heard.try_recv(), Ok((3, 0)));
    assert_eq!(*device.armed.lock().unwrap(), 1);
}

#[test]
fn one_that_panics_is_called_no_more_and_the_line_is_armed_once() {
    let (device, interrupts, event) = line();
    let (told, heard) = channel();
    let ears = ears(&interrupts, move |count| {
        told.send(count).unwrap();
        panic!("as a test asks");
    });
    for _ in 0..2 {
        write(&event, &1u64.to_ne_bytes()).unwrap();
        ears.call([true].into_iter());
    }
    assert_eq!((heard.try_iter().count(), *device.armed.lock().unwrap()), (1, 1));
}
