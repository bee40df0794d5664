//! Commands: what the owner tells the device by the control queue (5.1.6.5).
//!
//! One at a time, and waited for. The queue is all in memory: a new owner goes on where a dead one has
//! stopped, behind the command that it may have left.

use super::control::{LOOKS, VirtioNet};
use super::error::VirtioError;
use super::ring::{Descriptor, NEXT, Parts, Ring, WRITE};
use super::setup::agreed;
use crate::device::slots::DeviceQueue;
use crate::device::{Dma, Registers};
use crate::port::{Direction, Port, Promiscuous};
use crate::sync::{full_fence, relax};

/// Descriptors of the control queue.
pub(super) const CONTROL_SIZE: u32 = 16;

/// Bytes that it takes, the command's own among them.
pub(super) const CONTROL_BYTES: u64 = Parts::of(CONTROL_SIZE).end;

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Receive frames for others, or not.
    Promiscuous(Promiscuous),
    /// Use so many queues, each way.
    Pairs(u16),
}

impl Command {
    /// Class and number; what goes with it, and how many bytes that is.
    const fn parts(self) -> ([u8; 2], u16, u32) {
        match self {
            Self::Promiscuous(to) => ([0, 0], matches!(to, Promiscuous::On) as u16, 1),
            Self::Pairs(pairs) => ([4, 0], pairs.to_le(), 2),
        }
    }
}

impl<R: Registers, D: Dma> VirtioNet<R, D> {
    /// Gives the device a command and waits for its answer, 100,000 looks at most.
    pub(super) fn command(&self, port: &Port, command: Command) -> Result<(), VirtioError> {
        let (number, argument, argument_bytes) = command.parts();
        let refused = VirtioError::Refused { command: number };
        let queue = DeviceQueue::lookup(port, Direction::Rx, 0)?;
        let (at, device_queue) = (Parts::of(queue.size()).end, self.control_queue(agreed(port)?));
        let (ring, told_at) = (Ring::of(&queue, at, CONTROL_SIZE), self.told_at(device_queue)?);
        let position = ring.available();
        if ring.used() != position {
            // Who gave the last one may have died before it told the device.
            full_fence();
            self.regions.notify.write16(told_at as usize, device_queue);
        }
        if !self.waits_for(&ring, position) {
            return Err(refused);
        }
        // Class, number, argument, in one word; and the answer in the next.
        let place = at + Parts::of(CONTROL_SIZE).header;
        let [asked, answer] = queue.words64(place, 2) else { return Err(refused) };
        let [class, which] = number;
        asked.publish(u64::from(argument) << 16 | u64::from(which) << 8 | u64::from(class));
        answer.publish(u64::from(u8::MAX));
        let bus = self.bus_of(&queue)? + place;
        let part = |bus, len, flags, next| Descriptor { bus, len, flags, next };
        ring.write(0, part(bus, 2, NEXT, 1));
        ring.write(1, part(bus + 2, argument_bytes, NEXT, 2));
        ring.write(2, part(bus + 8, 1, WRITE, 0));
        ring.offer(u32::from(position), 0);
        let next = position.wrapping_add(1);
        ring.set_available(u32::from(next));
        crash_point!("virtio: a command is given");
        full_fence();
        self.regions.notify.write16(told_at as usize, device_queue);
        if self.waits_for(&ring, next) && answer.observe() as u8 == 0 {
            Ok(())
        } else {
            Err(refused)
        }
    }

    /// Whether the device comes as far in time.
    fn waits_for(&self, ring: &Ring, position: u16) -> bool {
        for _ in 0..LOOKS {
            if ring.used() == position {
                return true;
            }
            // A look at the device costs it, and this process, a moment.
            if self.status() == u8::MAX {
                return false;
            }
            relax();
        }
        false
    }
}
