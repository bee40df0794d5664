//! Devices that come and go while the group lives: attached and detached by any process, in all at once.
//!
//! A port is shared state, so there is one to make and none to make in each process, as elsewhere. What
//! takes more than one process is consent: that all can use it, and that nobody uses it any more.
//!
//! ```text
//!   who asks           who owns it                        every other process
//!   attach(devargs) ─► begins it: nobody finds it
//!                      port.coming ────────────────────►  can it be used here?
//!                      all can: admits it, one write  ◄─  yes, or no and why
//!   Ok(port)        ◄─ event: port added ─────────────►   finds it
//!
//!   detach(name)    ─► event: port going ─────────────►   lets its queues go
//!                      nobody has one: removes it
//!   Ok              ◄─ event: port removed ───────────►   finds it no more
//! ```
//!
//! # Decisions
//!
//! - **The primary owns what is attached**, if there is one that has messages, whoever asks: it lives
//!   longest, and its successor adopts it. Without one the asker does. A port is detached by its owner; if
//!   that one is gone, by the primary, and without one by the asker, who adopts it first.
//! - **Asked is** every living process with a message service: whether the driver is there, whether its files
//!   can be read, and what the program itself has to say ([`Eal::guard_ports`](crate::eal::Eal::guard_ports)). One that refuses undoes it, and is
//!   named with its reason. One that dies or leaves meanwhile does not count; one that comes meanwhile is
//!   asked too, and one that comes later finds the port as any other. A port that names a peer is joined with it
//!   in the write that admits it: until then who has queues of that one is not disturbed. One that is stopped stands in the way
//!   for [`AGREE`], and is named. Static workers have no service and are not asked: they have net_null and net_ring.
//! - **Who has queues answers by letting go**, which all can see; no message is needed. Who does not is named
//!   with the queue, and all is as before; or the port goes all the same ([`Force`]).
//! - **Asking has a deadline that travels along**: who owns the port does nothing of it later, so who was told
//!   that it failed is not surprised by success, but for an owner that is stopped in its last step. Who is its
//!   own asker has none.
//! - **What is pulled goes by itself**: the owner of a port whose PCI device is gone, or that the kernel wants
//!   back, detaches it by force. Who has queues is told as of any that goes, and their bursts do nothing; the
//!   kernel has the device back when the last of them has let go.
//! - **No handler waits**: what others ask of an owner is done on a thread of its own, and the answer is
//!   deferred (W-25). What comes in a message is checked as any bytes of a stranger (W-28).
//!
//! # Crash points
//!
//! | killed | state left | who repairs | lost |
//! |---|---|---|---|
//! | who asks, at any time | the owner goes on | nobody need | the answer |
//! | the owner, before the port is admitted, and while it undoes that | a port that nobody finds, of a dead owner; its sockets went with it | the reaper: there is no port ([`phalanx_core::port`]) | nothing |
//! | the owner, once it is admitted | an orphaned port, there for all | the primary adopts it; who asks sees it and is told that it is there | nothing |
//! | the owner, while queues are let go | a word that names the dead, which says nothing | nobody need: the port is as before | that it stays is not told |
//! | the owner, once the port is removed | no port | nobody need; who asks sees that it is gone | nothing |
//! | anybody who was asked | its queues are claims of the dead | the reaper | nothing |
//!
//! | file | concept |
//! |---|---|
//! | `devargs.rs` | what names a device |
//! | `attach.rs` | attaching, by who owns the port |
//! | `consent.rs` | asking all whether they can use it, and answering |
//! | `detach.rs` | detaching, by who owns the port |
//! | `errand.rs` | having the owner do either |
//! | `wire.rs` `answer.rs` `parcel.rs` | the bytes of these messages; what is longer than one |
//! | `pulled.rs` | devices that are gone before anybody asked |
//! | `plugs.rs` | the one place of a process where all this meets |
//! | `news.rs` | what becomes of ports, for who asks to hear it |
//! | `monitor.rs` `uevent.rs` | what the kernel says of the machine's devices |
//! | `error.rs` `ask_error.rs` | what can go wrong, in sentences |

mod answer;
mod ask_error;
mod attach;
mod consent;
mod detach;
mod devargs;
mod errand;
mod error;
mod monitor;
mod news;
mod parcel;
mod plugs;
mod pulled;
mod uevent;
mod wire;

pub use ask_error::AskError;
pub use detach::{Detaching, Force};
pub use devargs::{Devargs, DevargsError};
pub use error::{AttachError, DetachError};
pub use monitor::{DeviceHeard, DeviceMonitor, MonitorError};
pub use news::{PortEvent, PortHeard, PortNews};
pub(crate) use plugs::{NoPci, Plugging};
pub use uevent::{DeviceAction, DeviceEvent};

use core::time::Duration;

/// How long the processes of a group may take to agree to a new port.
pub const AGREE: Duration = Duration::from_secs(2);

/// How long who is asked to attach or detach may take, beyond what is waited for others.
const ERRAND: Duration = Duration::from_secs(3);
