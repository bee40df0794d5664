//! e1000e: Intel's 82574L, and the 82540EM that came before it.
//!
//! # Decisions
//!
//! - **Tx descriptors are legacy ones**: both chips have them, and nothing is offloaded for which a context
//!   would be needed.
//! - **Rx descriptors are extended ones on the 82574L**, which spreads packets over two queues only with
//!   these and writes their hash there; legacy ones on the 82540EM, which has no others. They differ in how
//!   one word is read ([`Chip`]).
//! - **Buffers are of 2,048 bytes**, the default pool's room: what is longer comes in several, and is one
//!   packet of as many segments.
//! - **The last Tx packet of each burst asks to be reported**, and of a long burst every 32nd descriptor: a device has sent
//!   all before one that it reports, and a report costs it a write to memory. So buffers come home soon, and who follows
//!   a dead claimant needs no more than the descriptors to know what is sent.
//! - **What is not looked at costs no header** (`Bundle`): what came is words that say its bytes, unless the device hashes,
//!   for a hash stands in a header; what goes needs its place. What a claimant itself has laid down as plain comes home
//!   without a look, too.
//! - **Queues are polled, and interrupt once where a claimant has armed them** to sleep on. With MSI-X each Rx queue
//!   has a cause of its own, which clears and masks itself as it interrupts; else both share one, which the owner
//!   masks when it has come, and wakes all who may sleep. A link that changes interrupts the owner too.
//!
//! Which registers do what is from Intel's manuals of the 8254x family and of the 82574.

mod chip;
mod control;
mod descriptor;
mod error;
mod interrupts;
mod odd;
mod registers;
mod row;
mod rx;
mod setup;
#[cfg(test)]
mod tests;
mod tx;

pub use chip::Chip;
pub use control::{E1000e, E1000eCounts};
pub use error::E1000eError;
pub use rx::E1000eRx;
pub use setup::E1000eSetup;
pub use tx::E1000eTx;
