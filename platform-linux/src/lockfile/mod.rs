//! Locks that the kernel drops at death.
//!
//! Two uses of one mechanism, the open-file-description lock (see
//! [`crate::sys::ofd`] for why that one):
//!
//! * [`byte`]: each byte of a file is a lock. Liveness hangs on it.
//! * [`start`]: the one lock a process takes to start, join or clean up a group.
//!
//! Files are locked *before* they are sized or written, so a process that comes
//! second cannot damage what it then fails to lock (`W-6`).
//!
//! No allocation, no `std`: static workers use this folder.

pub mod byte;
pub mod start;

pub use byte::{
    HeldByte, LockError, held_by_other, lock_exclusive, lock_exclusive_until, try_exclusive, unlock,
};
pub use start::{StartLock, StartLockError};
