//! A device that has failed: what its port's owner looks at now and then, and sets up anew.

use super::control::VirtioNet;
use super::queue::contradicts_itself;
use super::registers::status;
use super::setup::{agreed, all_of};
use crate::device::slots::DeviceQueue;
use crate::device::{Dma, Registers};
use crate::port::Port;

impl<R: Registers, D: Dma> VirtioNet<R, D> {
    /// Whether it has failed, and says so (2.1.2). One that was pulled says nothing.
    pub fn needs_reset(&self) -> bool {
        let said = self.status();
        said != u8::MAX && said & status::NEEDS_RESET != 0
    }

    /// Whether it has failed and is to be [set up](Self::setup) anew as soon as all queues of `port` are free: it says
    /// so, or it has used more than it was given, by which nobody who has that queue believes it any more.
    ///
    /// Cost: a look at a register, and the group's lock for each queue.
    pub fn has_failed(&self, port: &Port) -> bool {
        let is_believed = |(direction, queue)| {
            // One that is not to be found is found by `setup`.
            let found = DeviceQueue::lookup(port, direction, queue);
            !found.is_ok_and(|queue| contradicts_itself(&queue))
        };
        self.needs_reset() || agreed(port).is_ok() && !all_of(port).all(is_believed)
    }
}
