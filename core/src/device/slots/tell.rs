//! What a user should know of the buffers that a queue is filled with: told once by each process that has it.

use super::queue::DeviceQueue;
use crate::log::Told;
use crate::mbuf::MbufPool;

impl DeviceQueue {
    /// Tells of buffers that its device reads and writes on a node far from it, if it is to fill those
    /// of `pool`.
    #[cold]
    pub(super) fn tell_if_far(&self, pool: &MbufPool) {
        if let (false, Some(near), Some(node)) = (self.is_tx(), self.near, pool.lies_on())
            && near != node
        {
            let told = Told::FarBuffers { queue: self.name(), near, pool: pool.name(), node };
            self.group.platform().tell(told);
        }
    }

    /// Tells of buffers that are too short to be filled: `needed` bytes behind so much headroom are wanted.
    #[cold]
    pub(crate) fn tell_if_short(&self, pool: &MbufPool, needed: u16, headroom_needed: u16) {
        let headroom = pool.headroom();
        let room = pool.data_room().saturating_sub(headroom);
        if room < needed || headroom < headroom_needed {
            let (queue, pool) = (self.name(), pool.name());
            let told = Told::ShortBuffers { queue, pool, room, needed, headroom, headroom_needed };
            self.group.platform().tell(told);
        }
    }
}
