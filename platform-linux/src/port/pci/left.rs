//! What lies with devices that went while somebody had queues of them.
//!
//! A port that is removed by force leaves its queues to those who have them, and what lies there: up to a queueful of
//! mbufs each. Who owned it has kept the device from memory, so each queue is emptied as soon as nobody works on it, because
//! he has let go, or died. If the owner ends before, it stays until there is a port of that name again.

use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use phalanx_core::device::take_back;
use phalanx_core::directory::LookupError;
use phalanx_core::mbuf::MbufPool;
use phalanx_core::port::{Port, PortError};

/// How often it is looked whether queues were let go.
const EVERY: Duration = Duration::from_secs(1);

static LEFT: Mutex<Vec<Port>> = Mutex::new(Vec::new());

fn lock() -> MutexGuard<'static, Vec<Port>> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Empties the queues of `port`, which is removed, and whose device does no DMA: those that nobody has now, the others
/// later.
pub(super) fn empty(port: &Port) {
    if !is_empty(port) {
        lock().push(*port);
    }
}

/// Looks whether queues were let go. When to look again; `None` if none are awaited.
pub(super) fn look_after() -> Option<Duration> {
    let mut left = lock();
    left.retain(|port| !is_empty(port));
    (!left.is_empty()).then_some(EVERY)
}

/// Nobody is waited for any more.
pub(super) fn forget() {
    lock().clear();
}

/// Whether nothing is to be done any more of what lies with the device of `port`.
fn is_empty(port: &Port) -> bool {
    match named_alike(port) {
        // Who sets up its device empties its queues first.
        Alike::There => return true,
        Alike::Unknown => return false,
        Alike::None => {}
    }
    let pool = MbufPool::any(port.group());
    let home = pool.as_ref().map(MbufPool::home);
    // Where the group's lock is not to be had, or a queue's bytes are damaged, it stays as it is.
    !matches!(take_back(port, home.as_ref(), || named_alike(port) == Alike::None), Ok(1..))
}

/// Whether there is a port of a name that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alike {
    /// There is.
    There,
    /// There is none.
    None,
    /// Somebody is making one, which may come to nothing; or nobody can be asked now.
    Unknown,
}

fn named_alike(port: &Port) -> Alike {
    match Port::lookup(port.group(), port.name().as_str()) {
        Ok(_) => Alike::There,
        Err(PortError::Gone { .. } | PortError::Lookup(LookupError::NotFound { .. })) => {
            Alike::None
        }
        Err(_) => Alike::Unknown,
    }
}
