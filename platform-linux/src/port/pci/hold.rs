//! `Hold`: a device in the hand of its port's owner.

use core::time::Duration;
use std::sync::Arc;

use phalanx_core::device::Hearing;
use phalanx_core::mbuf::{MbufHome, MbufPool};
use phalanx_core::name::Name;
use phalanx_core::port::{Link, Port};
use rustix::io::Errno;

use super::control::Control;
use super::ears::{Ears, Heard, hear_removal};
use super::error::PciPortError;
use crate::device::{
    BusMaster, Devices, UseError, UserDevice, bus_master, follow_memory, set_bus_master,
};
use crate::interrupt::Listening;
use crate::sys::deadline::Deadline;

/// How long memory is waited for that devices do not reach yet, and the time between two looks.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(5);

/// A device in the hand of its port's owner.
#[derive(Debug)]
pub(super) struct Hold {
    control: Control,
    device: Arc<dyn UserDevice>,
    /// Its interrupts, if it has any that can be had. One that cannot interrupt is looked at.
    ears: Option<Ears>,
    /// The kernel's own, by which it asks for the device back.
    #[expect(dead_code, reason = "heard as long as it is here")]
    removal: Option<Listening>,
    /// Whether the kernel wants it back: it is being pulled.
    is_going: bool,
}

impl Hold {
    /// Has the device of `port`, and hears its interrupts from now on.
    pub(super) fn of(
        devices: &Devices,
        port: &Port,
        device: Arc<dyn UserDevice>,
        control: Control,
    ) -> Self {
        let ears = Ears::of(devices, port, &device, control.facts().queues);
        let removal = hear_removal(port, &device);
        Self { control, device, ears, removal, is_going: false }
    }

    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    /// Takes note of an interrupt: who sleeps on queues that it may be of is roused. Whether the device is to be
    /// looked at.
    pub(super) fn hear(&mut self, port: &Port, what: Heard) -> Look {
        if what == Heard::Removal {
            self.is_going = true;
            return Look::Now;
        }
        let heard = self.control.acknowledge();
        // A single vector is everything's, and the device need not say of what.
        let hearing = self.ears.as_ref().map(Ears::hearing);
        if heard.is_of_queues || hearing == Some(Hearing::Vectors(1)) {
            port.rouse_all();
        }
        if heard.is_of_device || hearing != Some(Hearing::One) { Look::Now } else { Look::Later }
    }

    /// The device's link as it is now; gone, of one that is being pulled.
    pub(super) fn link(&self) -> Link {
        if self.is_going { Link::GONE } else { self.control.link() }
    }

    /// Whether the device has the port's queues still, and may do DMA: one that its last holder has closed may
    /// have all its registers, for not each can be reset, and does none.
    pub(super) fn is_set_up(&self, port: &Port) -> bool {
        bus_master(&*self.device) == Ok(BusMaster::On) && self.control.is_set_up(port)
    }

    /// Whether the device does no DMA. One that is gone, or cannot be asked, has not lost it.
    pub(super) fn has_lost_the_bus(&self) -> bool {
        bus_master(&*self.device) == Ok(BusMaster::Off)
    }

    /// Gives the device the port's queues, and lets it do DMA then. It does not run yet. If it fails, the device does
    /// no DMA, and nobody opens a queue.
    pub(super) fn set_up(&self, port: &Port) -> Result<(), PciPortError> {
        self.control.refuse_queues(port)?;
        let done = self.set_up_and_let_master(port);
        if done.is_err() {
            self.give_up();
            // Without the lock it is so at the next try.
            let _: Result<(), PciPortError> = self.control.refuse_queues(port);
        }
        done
    }

    fn set_up_and_let_master(&self, port: &Port) -> Result<(), PciPortError> {
        // Until it is reset it goes on with what its last user had, in memory that is somebody else's now.
        set_bus_master(&*self.device, BusMaster::Off)?;
        let pool = MbufPool::any(port.group());
        let home = pool.as_ref().map(MbufPool::home);
        self.set_up_once_reached(port, home.as_ref())?;
        set_bus_master(&*self.device, BusMaster::On)?;
        self.ask_for_interrupts(port)
    }

    /// Memory that came for the queues may not be mapped for devices yet: who maps it is waited for a moment.
    fn set_up_once_reached(
        &self,
        port: &Port,
        home: Option<&MbufHome<'_>>,
    ) -> Result<(), PciPortError> {
        let until = Deadline::after(PATIENCE);
        loop {
            match self.control.set_up(port, home) {
                Err(why) if why.is_of_reach() && !until.has_passed() => {
                    follow_memory();
                    std::thread::sleep(PAUSE);
                }
                done => return done,
            }
        }
    }

    /// Has the device interrupt when its link changes, and when something comes by a queue that somebody sleeps on.
    pub(super) fn ask_for_interrupts(&self, port: &Port) -> Result<(), PciPortError> {
        self.control.hear_by(port, self.ears.as_ref().map(Ears::hearing))
    }

    /// Has the device do no DMA any more, if it is there still.
    pub(super) fn give_up(&self) {
        // One that was pulled does none, and answers nothing.
        let _ = set_bus_master(&*self.device, BusMaster::Off);
    }

    /// Stops the device for good, and has all that lay with it go back.
    pub(super) fn shut_down(&self, port: &Port) -> Result<(), PciPortError> {
        let pool = MbufPool::any(port.group());
        let home: Option<MbufHome<'_>> = pool.as_ref().map(MbufPool::home);
        self.control.shut_down(port, home.as_ref(), || does_no_dma(&*self.device))
    }
}

/// Keeps a device from memory; whether it does no DMA from then on. That its registers do not answer says nothing of that.
fn does_no_dma(device: &dyn UserDevice) -> bool {
    match set_bus_master(device, BusMaster::Off) {
        // The kernel has it no more, and keeps those from memory that it lets go of.
        Ok(()) | Err(UseError::Config { errno: Errno::NODEV, .. }) => true,
        Err(_) => false,
    }
}

/// When a device is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Something of it may have changed.
    Now,
    /// When it is due.
    Later,
}

/// A port that this process owns, and its device.
#[derive(Debug)]
pub(super) struct Owned {
    pub(super) port: Port,
    /// `None` of one that this process has adopted and whose device it does not have yet.
    pub(super) hold: Option<Hold>,
    /// Whether the device is to be set up as soon as all its queues are free.
    pub(super) is_due: bool,
}

impl Owned {
    pub(super) fn name(&self) -> Name {
        self.port.name()
    }

    pub(super) fn hold(&self) -> Result<&Hold, PciPortError> {
        self.hold.as_ref().ok_or(PciPortError::NotHad { port: self.port.name() })
    }

    /// Whether it is there still, and this process's.
    pub(super) fn is_ours(&self) -> bool {
        self.port.is_current() && self.port.is_mine()
    }
}
