//! Ports on PCI devices: the core's drivers, glued to devices that this machine hands over.
//!
//! The **owner** of a port has its device open from the moment that the port is made, and does all that is
//! done with the device as a whole: it resets it and gives it its queues when the port is configured, lets it
//! run, has it stop, and looks every second what has become of it (its link, packets that it had no room
//! for, whether it is there still); a link that changes it hears of at once, where the device interrupts, and
//! that something has come by an Rx queue whose claimant sleeps: it wakes that one.
//! Whoever opens a **queue** has the device's descriptors by message, maps the one BAR that the queue needs
//! where the owner has it, and writes the queue's own register there, and no other.
//!
//! If the owner dies, the device stays open in all who have a queue, and runs. Who **adopts** the port has the
//! device of them, becomes the one who maps memory for it, and goes on with it as it is. If the dead one
//! was about to set it up, or nobody has a queue (then it was reset by the kernel), it is set up anew, as
//! soon as that can be done.
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | the device is open, the port is not there | the kernel closes it | nobody need | nothing |
//! | the port is made | a port that is created | who adopts it opens the device | nothing |
//! | configure: the port has queues, the device has not | a port whose queues are refused | who adopts it sets the device up | what lay with the device, until then |
//! | configure or close, which is refused after that: the word of its set-up is 0 | a port that runs and gives nobody a queue | who adopts it sets the device up, when its queues are free | what comes and goes until then |
//! | start: the device runs, the port does not | a port that is configured | who adopts it; who starts it | nothing |
//! | start, of virtio: it runs, and was not told of its queues | a port that is configured | who adopts it starts the device once more | nothing |
//! | close: the device is shut down, the port is there | a port whose queues are refused | who adopts it sets the device up | nothing |
//!
//! | file | concept |
//! |---|---|
//! | `card.rs` | which driver takes a device |
//! | `part.rs` `regions.rs` | its registers: BARs, and a virtio device's parts of them |
//! | `control.rs` | the owner's half of either driver |
//! | `opened.rs` | a device that is open before its port is there |
//! | `hold.rs` `ears.rs` | a device in its port's owner; its interrupts |
//! | `owned.rs` | the ports of this process, and what it does with their devices |
//! | `left.rs` | what lies with devices that went by force |
//! | `heir.rs` | having the device of a port whose owner is gone |
//! | `queue.rs` | a queue in its claimant |
//! | `error.rs` | what can go wrong, in sentences |

mod card;
mod control;
mod ears;
mod error;
mod heir;
mod hold;
mod left;
mod opened;
mod owned;
mod part;
mod queue;
mod regions;

pub use error::PciPortError;
pub(crate) use opened::Opened;
pub(crate) use owned::{
    Keeping, adopted, close, configure, created, let_go, look_after, set_mac, start, stop, unplug,
};
pub use part::BarPart;
pub use queue::QueueDevice;
pub(crate) use queue::can_use;
pub(super) use queue::{open_rx, open_tx};
