//! `Hold`: a device in the hand of its port's owner.

use std::sync::Arc;

use phalanx_core::device::{Hearing, take_back};
use phalanx_core::mbuf::{MbufHome, MbufPool};
use phalanx_core::name::Name;
use phalanx_core::port::{Link, Port};
use rustix::io::Errno;

use super::control::Control;
use super::ears::{Ears, Heard, hear_removal};
use super::error::PciPortError;
use crate::device::{
    BusMaster, Devices, UseError, UserDevice, bus_master, keep_off, set_bus_master,
};
use crate::interrupt::Listening;

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
    /// The port's.
    name: Name,
    presence: Presence,
}

/// Whether a device is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    /// It is.
    Here,
    /// The kernel wants it back: it is being pulled.
    Going,
    /// The kernel has it no more. Where its registers were there may be another's.
    Lost,
}

/// Whether a device may do DMA, as its configuration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bus {
    /// It may, or cannot be asked.
    Had,
    /// It may not: somebody outside of the group has kept it from memory.
    Lost,
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
        let name = port.name();
        Self { control, device, ears, removal, name, presence: Presence::Here }
    }

    /// Its registers.
    ///
    /// # Errors
    /// [`PciPortError::Gone`]: they must not be touched any more.
    pub(super) fn control(&self) -> Result<&Control, PciPortError> {
        match self.presence {
            Presence::Lost => Err(PciPortError::Gone { port: self.name }),
            _ => Ok(&self.control),
        }
    }

    /// Whether the kernel has it no more.
    pub(super) fn is_lost(&self) -> bool {
        self.presence == Presence::Lost
    }

    /// Takes note of an interrupt: who sleeps on queues that it may be of is roused. Whether the device is to be
    /// looked at.
    pub(super) fn hear(&mut self, port: &Port, what: Heard) -> Look {
        match what {
            Heard::Interrupt => {}
            Heard::Removal => self.presence = Presence::Going,
            Heard::Loss => self.presence = Presence::Lost,
        }
        if what != Heard::Interrupt || self.is_lost() {
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

    /// Takes note of what has interrupted between its last owner's death and now: nobody has heard that. A device
    /// that interrupts by messages (MSI) says no more until it is taken note of, and a line the kernel keeps masked.
    pub(super) fn make_up_for_interrupts(&self, port: &Port) {
        let _ = self.control.acknowledge();
        if let Some(ears) = &self.ears {
            ears.rearm();
        }
        port.rouse_all();
    }

    /// The device's link as it is now; gone, of one that is being pulled.
    pub(super) fn link(&self) -> Link {
        if self.presence == Presence::Here { self.control.link() } else { Link::GONE }
    }

    /// Whether the device has the port's queues still, and may do DMA: one that its last holder has closed may
    /// have all its registers, for not each can be reset, and does none.
    pub(super) fn is_set_up(&self, port: &Port) -> bool {
        bus_master(&*self.device) == Ok(BusMaster::On) && self.control.is_set_up(port)
    }

    /// Looks whether the device is there, and may do DMA. One system call.
    pub(super) fn ask_for_the_bus(&mut self) -> Bus {
        match bus_master(&*self.device) {
            Ok(BusMaster::Off) => return Bus::Lost,
            Err(UseError::Config { errno: Errno::NODEV, .. }) => self.presence = Presence::Lost,
            _ => {}
        }
        Bus::Had
    }

    /// Gives the device the port's queues, and lets it do DMA then. It does not run yet. If it fails, the device does
    /// no DMA, and nobody opens a queue.
    pub(super) fn set_up(&self, port: &Port) -> Result<(), PciPortError> {
        self.control()?.refuse_queues(port)?;
        let done = self.set_up_and_let_master(port);
        if done.is_err() {
            let _: bool = self.give_up();
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
        self.control.set_up(port, home.as_ref())?;
        set_bus_master(&*self.device, BusMaster::On)?;
        self.ask_for_interrupts(port)
    }

    /// Has the device interrupt when its link changes, and when something comes by a queue that somebody sleeps on.
    pub(super) fn ask_for_interrupts(&self, port: &Port) -> Result<(), PciPortError> {
        self.control.hear_by(port, self.ears.as_ref().map(Ears::hearing))
    }

    /// Has the device do no DMA any more; whether that is so. One that was pulled does none.
    pub(super) fn give_up(&self) -> bool {
        keep_off(&*self.device)
    }

    /// Stops the device for good, and has all that lay with it go back. One that the kernel has no more is not touched.
    pub(super) fn shut_down(&self, port: &Port) -> Result<(), PciPortError> {
        let pool = MbufPool::any(port.group());
        let home: Option<MbufHome<'_>> = pool.as_ref().map(MbufPool::home);
        if self.is_lost() {
            let held =
                if self.give_up() { take_back(port, home.as_ref(), || true) } else { Ok(u32::MAX) };
            return if held == Ok(0) {
                Ok(())
            } else {
                Err(PciPortError::Gone { port: self.name })
            };
        }
        self.control.shut_down(port, home.as_ref(), || self.give_up())
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
