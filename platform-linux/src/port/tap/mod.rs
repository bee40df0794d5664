//! `net_tap`: an interface of the kernel's that is made for the port.
//!
//! What this host sends by the interface comes in by the port; what the port sends this host receives by
//! it. Each queue is a descriptor of `/dev/net/tun` (`IFF_MULTI_QUEUE`), which the owner of the port opens
//! and keeps, so that the interface and what is queued there outlive each claimant. The kernel spreads
//! flows over the queues.
//!
//! There is no mapped ring: each packet is one `read` or `write`. The kernel completes checksums and
//! cuts long segments itself, for it was not told that somebody else would.

mod options;
mod queue;

pub use options::{TAP_QUEUES_MAX, TapArgs, TapArgsError, TapMac};
pub use queue::{Attach, TapError, TapRx, TapTx, check_tap, open_queue, set_up};
