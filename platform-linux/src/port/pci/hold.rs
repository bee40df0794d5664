//! `Hold`: a device in the hand of its port's owner.

use std::sync::Arc;

use phalanx_core::mbuf::{MbufHome, MbufPool};
use phalanx_core::name::Name;
use phalanx_core::port::{Link, Port};

use super::control::Control;
use super::error::PciPortError;
use super::owned::heard;
use crate::device::{
    BusMaster, Devices, InterruptKind, Interrupts, UserDevice, bus_master, set_bus_master,
};
use crate::interrupt::{Listening, listen};

/// A device in the hand of its port's owner.
#[derive(Debug)]
pub(super) struct Hold {
    control: Control,
    device: Arc<dyn UserDevice>,
    /// Its interrupts, if it has any that can be had, and who hears them.
    interrupts: Option<(Arc<Interrupts>, Listening)>,
    /// The kernel's own, by which it asks for the device back.
    #[expect(dead_code, reason = "heard as long as it is here")]
    removal: Option<(Arc<Interrupts>, Listening)>,
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
        let (group, name) = (port.group(), port.name());
        // One that cannot interrupt is looked at.
        let interrupts = devices.interrupts(&device, 1).ok();
        let interrupts = interrupts.filter(|it| control.tells_by(it.kind())).map(|interrupts| {
            let listening = listen(group, &interrupts, 0, move |_| heard(name, Heard::Link));
            (interrupts, listening)
        });
        let removal = Arc::clone(&device).interrupts(InterruptKind::Removal, 1).ok();
        let removal = removal.map(|interrupts| {
            let interrupts = Arc::new(interrupts);
            let listening = listen(group, &interrupts, 0, move |_| heard(name, Heard::Removal));
            (interrupts, listening)
        });
        Self { control, device, interrupts, removal, is_going: false }
    }

    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    /// Takes note of an interrupt.
    pub(super) fn hear(&mut self, what: Heard) {
        match what {
            Heard::Link => self.control.acknowledge(),
            Heard::Removal => self.is_going = true,
        }
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

    /// Gives the device the port's queues, and lets it do DMA then. It does not run yet.
    pub(super) fn set_up(&self, port: &Port) -> Result<(), PciPortError> {
        // Until it is reset it goes on with what its last user had, in memory that is somebody else's now.
        set_bus_master(&*self.device, BusMaster::Off)?;
        let pool = MbufPool::any(port.group());
        let home = pool.as_ref().map(MbufPool::home);
        self.control.set_up(port, home.as_ref())?;
        set_bus_master(&*self.device, BusMaster::On)?;
        self.ask_for_interrupts();
        Ok(())
    }

    /// Has the device interrupt when its link changes.
    pub(super) fn ask_for_interrupts(&self) {
        if self.interrupts.is_some() {
            self.control.tell_of_link();
        }
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
        self.control.shut_down(port, home.as_ref())?;
        self.give_up();
        Ok(())
    }
}

/// What was heard of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Its link may have changed.
    Link,
    /// The kernel wants it back.
    Removal,
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
