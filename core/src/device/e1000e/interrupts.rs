//! What the owner does with interrupts: which cause has which vector, and what one was for.

use super::chip::Chip;
use super::control::E1000e;
use super::error::E1000eError;
use super::registers as reg;
use crate::device::{Dma, Heard, Hearing, Registers};
use crate::port::Port;

impl<R: Registers, D: Dma> E1000e<R, D> {
    /// Has it interrupt when its link changes, and Rx queues when who has them has armed them: by what the platform
    /// has turned on. Until it is [set up](Self::setup) anew. What is armed stays so. With `None` it interrupts nobody.
    ///
    /// Cost: the group's lock.
    ///
    /// # Errors
    /// [`E1000eError::Port`].
    #[doc(alias = "rte_intr_enable")]
    pub fn hear_by(&self, port: &Port, hearing: Option<Hearing>) -> Result<(), E1000eError> {
        match hearing {
            None => self.write(reg::IMC, u32::MAX),
            Some(hearing @ Hearing::Vectors(_)) if self.chip == Chip::I82574l => {
                let of_queue = |queue: u16| {
                    let vector = reg::IVAR_VALID | u32::from(hearing.vector_of(queue)) & 7;
                    vector << (4 * queue)
                };
                self.write(reg::IVAR, reg::IVAR_OTHER_FIRST | of_queue(0) | of_queue(1));
                self.write(reg::EIAC, reg::CAUSE_RX_QUEUES);
                let control = self.read(reg::CTRL_EXT);
                self.write(reg::CTRL_EXT, control | reg::CTRL_EXT_PBA);
                self.write(reg::IMS, reg::CAUSE_LINK | reg::CAUSE_OTHER);
            }
            Some(_) => {
                if self.chip == Chip::I82574l {
                    self.write(reg::EIAC, 0);
                }
                self.write(reg::IMS, reg::CAUSE_LINK);
            }
        }
        Ok(Hearing::write(hearing, port)?)
    }

    /// Takes note of an interrupt that is not an Rx queue's alone: its line is let go, and it may interrupt again. If
    /// queues share it, they interrupt no more until they are armed again: whoever may sleep on them is to be roused.
    #[doc(alias = "rte_intr_ack")]
    pub fn acknowledge(&self) -> Heard {
        let causes = self.read(reg::ICR);
        // With several vectors reading clears nothing, and those of queues clear themselves.
        self.write(reg::ICR, causes & !reg::CAUSE_RX_QUEUES);
        let is_of_queues = causes & reg::CAUSE_RX != 0;
        if is_of_queues {
            self.write(reg::IMC, reg::CAUSE_RX);
            // Masked before anybody is roused, or who arms at once would be masked.
            let _ = self.read(reg::STATUS);
        }
        // What else is noted there nobody has asked for.
        let is_of_device = causes & reg::CAUSE_LINK != 0;
        Heard { is_of_device, is_of_queues }
    }
}
