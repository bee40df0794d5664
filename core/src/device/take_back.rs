//! Taking back what lies with a device that is there no more, without touching it.

use super::slots::{DeviceQueue, DeviceQueueError, Slots};
use crate::mbuf::MbufHome;
use crate::port::{Direction, Port, QUEUES_MAX};

/// Has all that lies in the queues of `port` go back by way of `home`, any pool's; without one there is nothing that could
/// lie there. The port may be removed: its queues stay, for a later one of its name. How many queues were passed over,
/// because somebody works on them who lives, or the device is gone no more: ask again when he has let go.
///
/// The caller knows that the device does no DMA, and will not before it is set up anew, which nobody does who has not all its
/// queues. `is_gone` says whether that is still so; it is asked with each queue in hand, for the caller may have been stopped
/// since he looked.
///
/// Cost: the group's lock for each queue that there could be, and a look at each entry of those that there are. Who dies
/// in the middle leaves queues as a claimant does that dies in [`Slots`].
///
/// # Errors
/// [`DeviceQueueError`]; what lies in the queues behind stays there.
pub fn take_back(
    port: &Port,
    home: Option<&MbufHome<'_>>,
    is_gone: impl Fn() -> bool,
) -> Result<u32, DeviceQueueError> {
    let mut held = 0;
    for direction in [Direction::Rx, Direction::Tx] {
        for queue in 0..QUEUES_MAX as u16 {
            let Some(found) = DeviceQueue::find(port, direction, queue)? else { continue };
            match Slots::open(found) {
                Ok(mut slots) if is_gone() => slots.empty(home),
                Ok(_) => return Ok(held + 1),
                Err(DeviceQueueError::Held { .. }) => held += 1,
                Err(why) => return Err(why),
            }
        }
    }
    Ok(held)
}
