//! `Ears`: the interrupts of a device in its port's owner, and what is done when one comes.
//!
//! With a table of vectors each Rx queue has one, or shares it with few others: who sleeps on these is roused at once,
//! and nothing else is touched. What is the device's as a whole, and everything of a device with one interrupt, is
//! asked of the device.

use std::sync::Arc;

use phalanx_core::device::Hearing;
use phalanx_core::group::Group;
use phalanx_core::port::{Port, QUEUES_MAX};

use super::owned::heard;
use crate::device::{Devices, InterruptKind, Interrupts, UserDevice};
use crate::interrupt::{Listening, listen};

/// What was heard of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It has interrupted, by what is heard of it as a whole.
    Interrupt,
    /// The kernel wants it back, and waits until this process lets go of it.
    Removal,
    /// The kernel has taken it away: it does not ask who uses a device of UIO.
    Loss,
}

/// Interrupts that are on, and who hears them.
#[derive(Debug)]
pub(super) struct Ears {
    hearing: Hearing,
    interrupts: Arc<Interrupts>,
    #[expect(dead_code, reason = "heard as long as it is here")]
    listening: Vec<Listening>,
}

impl Ears {
    /// Turns the interrupts of the device of `port` on, which may have so many Rx queues, and hears them; `None` of
    /// one that has none to be had.
    pub(super) fn of(
        devices: &Devices,
        port: &Port,
        device: &Arc<dyn UserDevice>,
        queues: u16,
    ) -> Option<Self> {
        let interrupts = turn_on(devices, device, queues)?;
        let count = u16::try_from(interrupts.count()).unwrap_or(u16::MAX);
        let hearing = match interrupts.kind() {
            InterruptKind::MsiX => Hearing::Vectors(count),
            _ => Hearing::One,
        };
        let vectors = if hearing == Hearing::One { 1 } else { count };
        let listening = (0..vectors).map(|vector| hear(port, &interrupts, vector, hearing));
        let listening = listening.collect();
        Some(Self { hearing, interrupts, listening })
    }

    /// Lets a line fire again that the kernel has masked when nobody was there to let it.
    pub(super) fn rearm(&self) {
        // A device that is gone pulls no line.
        let _ = self.interrupts.rearm();
    }

    pub(super) fn hearing(&self) -> Hearing {
        self.hearing
    }
}

/// As many vectors as there are, up to one for the device and one for each queue.
fn turn_on(
    devices: &Devices,
    device: &Arc<dyn UserDevice>,
    queues: u16,
) -> Option<Arc<Interrupts>> {
    let there = device.vectors(InterruptKind::MsiX).unwrap_or(0);
    let wanted = there.clamp(1, u32::from(queues) + 1);
    let turned_on = || {
        let on = devices.interrupts(device, wanted);
        on.or_else(|_| devices.interrupts(device, 1)).ok()
    };
    turned_on().or_else(|| {
        // The last owner, who is gone, may have had another kind, or other vectors.
        for kind in [InterruptKind::MsiX, InterruptKind::Msi, InterruptKind::Intx] {
            let _ = device.silence(kind);
        }
        turned_on()
    })
}

fn hear(port: &Port, interrupts: &Arc<Interrupts>, vector: u16, hearing: Hearing) -> Listening {
    let (group, port): (Group, Port) = (*port.group(), *port);
    if vector == 0 {
        return listen(&group, interrupts, 0, move |count| {
            // The last time, if none has come.
            let what = if count == 0 { Heard::Loss } else { Heard::Interrupt };
            heard(port.name(), what);
        });
    }
    listen(&group, interrupts, vector.into(), move |_| {
        let its = (0..QUEUES_MAX as u16).filter(|queue| hearing.vector_of(*queue) == vector);
        its.take_while(|queue| *queue < port.rx_queues()).for_each(|queue| port.rouse(queue));
    })
}

/// Hears that the kernel asks for the device back.
pub(super) fn hear_removal(port: &Port, device: &Arc<dyn UserDevice>) -> Option<Listening> {
    let (group, name) = (port.group(), port.name());
    let interrupts = Arc::clone(device).interrupts(InterruptKind::Removal, 1).ok()?;
    Some(listen(group, &Arc::new(interrupts), 0, move |_| heard(name, Heard::Removal)))
}
