//! What the owner does with interrupts: which queue has which vector, and what one was for.

use super::control::VirtioNet;
use super::error::VirtioError;
use super::registers as reg;
use super::setup::number_of;
use crate::device::{Dma, Heard, Hearing, Registers};
use crate::port::{Direction, Port};

impl<R: Registers, D: Dma> VirtioNet<R, D> {
    /// Has it interrupt when its link changes, and Rx queues while who has them has armed them: by what the platform
    /// has turned on. Until it is [set up](Self::setup) anew. With `None` it interrupts nobody. A device that
    /// has no room for a vector is not heard by it: then nobody sleeps on its queues.
    ///
    /// Cost: the group's lock.
    ///
    /// # Errors
    /// [`VirtioError::Port`].
    #[doc(alias = "rte_intr_enable")]
    pub fn hear_by(&self, port: &Port, hearing: Option<Hearing>) -> Result<(), VirtioError> {
        let vector = |which: u16| match hearing {
            Some(Hearing::Vectors(_)) => which,
            _ => reg::NO_VECTOR,
        };
        let common = &self.regions.common;
        let gives = |at: usize, which: u16| {
            common.write16(at, which);
            // It reads as no vector if there is no room.
            common.read16(at) == which
        };
        // Its link is looked at all the same.
        let _ = gives(reg::CONFIG_VECTOR, vector(0));
        let mut is_heard = hearing.is_some();
        for queue in 0..port.rx_queues() {
            common.write16(reg::QUEUE_SELECT, number_of(Direction::Rx, queue));
            let its = hearing.map_or(0, |hearing| hearing.vector_of(queue));
            is_heard &= gives(reg::QUEUE_VECTOR, vector(its));
        }
        Ok(Hearing::write(hearing.filter(|_| is_heard), port)?)
    }

    /// Takes note of an interrupt by its line, which is let go; of one by a vector the device does not say what it
    /// was for.
    #[doc(alias = "rte_intr_ack")]
    pub fn acknowledge(&self) -> Heard {
        let why = self.regions.interrupt.read8(reg::ISR);
        Heard { is_of_device: why & reg::ISR_DEVICE != 0, is_of_queues: why & reg::ISR_QUEUES != 0 }
    }
}
