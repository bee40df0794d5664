//! Sleeping until one of several things has something: a flag each, and one count to sleep on.
//!
//! ```text
//!   sleeper                                  who rouses it, of one thing
//!     seen := count                            publish
//!     flag := 1, of each thing                 full fence
//!     full fence                               flag = 0? ── yes: done
//!     is anything there? ── yes: go on         flag := 0, count + 1, wake all
//!     sleep while count = seen
//! ```
//!
//! As with a [`WaitLine`](super::WaitLine), either the sleeper sees what was published or the other sees the
//! flag. The count only grows: so of several who sleep on one, none takes away what another was roused by.

use super::line::NAP_NS;
use crate::platform::Platform;
use crate::sync::{Contested32, full_fence};

/// Somebody may sleep; and nobody does.
const MAY_SLEEP: u32 = 1;
const AWAKE: u32 = 0;

/// How a sleep has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roused {
    /// Somebody has ended it.
    Called,
    /// Its time was over, or a signal came.
    ByItself,
}

/// Sets a thing's flag: who makes something there from now on rouses. Look at it behind this.
#[inline]
pub fn lie_down(flag: &Contested32) {
    flag.publish(MAY_SLEEP);
    // Pairs with the fence in `rouse`: what is looked at next is there, or who made it sees the flag.
    full_fence();
}

/// Takes the flag back: nobody sleeps.
#[inline]
pub fn get_up(flag: &Contested32) {
    flag.publish(AWAKE);
}

/// Sleeps while `count` is `seen`, which it was before any flag was set; `longest_ns` nanoseconds, and
/// [`NAP_NS`], at most. One system call.
pub fn sleep_while(
    count: &Contested32,
    seen: u32,
    platform: &dyn Platform,
    longest_ns: u64,
) -> Roused {
    platform.sleep(count, seen, longest_ns.min(NAP_NS));
    if count.observe() == seen { Roused::ByItself } else { Roused::Called }
}

/// Rouses who sleeps until there is something of the thing that has this flag; `count` finds what they sleep on.
/// Call it after publishing what there is.
///
/// Cost: a full fence and a load; one system call if somebody may sleep.
#[inline]
pub fn rouse<'a>(
    flag: &Contested32,
    platform: &dyn Platform,
    count: impl FnOnce() -> Option<&'a Contested32>,
) {
    // Pairs with the fence in `lie_down`.
    full_fence();
    if flag.peek() != AWAKE {
        flag.publish(AWAKE);
        if let Some(count) = count() {
            count.add(1);
            platform.wake(count);
        }
    }
}
