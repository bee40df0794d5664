//! Waiting for another process without polling for ever, and waking it without a call in vain.
//!
//! A [`WaitLine`] lies beside whatever is waited for (a word, a structure of the program's own); rings and
//! mailboxes have a word for it in them ([`Consumer::wait`](crate::ring::Consumer::wait),
//! [`Port::wait`](crate::message::Port::wait)). Who makes
//! something to wait for publishes it, and then [`wake`](WaitLine::wake)s: a fence and a load as
//! long as nobody sleeps. Who waits chooses how: [`Waiting`].
//!
//! ```text
//!   sleeper                          waker
//!     word := 1                        publish
//!     full fence                       full fence
//!     is it there? ── yes: go on       word = 0? ── yes: done
//!     sleep while word = 1             word := 0, wake all
//! ```
//!
//! Either the sleeper sees what was published or the waker sees the word: the fences allow no
//! third case, and `tests/loom` tries them all. The kernel compares the word once more before it
//! lets a process sleep, so a wake-up that comes between is not lost either.
//!
//! # Crash points
//!
//! | who dies, where | what is left | who repairs |
//! |---|---|---|
//! | the sleeper, anywhere | word 1 | the next waker: one call in vain |
//! | the waker, before it has looked at the word | a sleeper, and something to wake it for | the sleeper, which wakes by itself after [`NAP_NS`] |
//! | the waker, between clearing the word and the call | the same | the same |
//!
//! Who waits for one of several things has a flag in each, and a count that all of them move (`rouse.rs`): so a
//! thread sleeps on several Rx queues of devices ([`RxSleep`](crate::port::RxSleep)). Its crash points are the same.
//!
//! So no sleep is longer than [`NAP_NS`], and after each the caller's `go_on` says whether the
//! peer is still worth waiting for.

mod layout;
mod line;
mod rouse;
#[cfg(test)]
mod tests;

pub use layout::WaitLine;
pub use line::{NAP_NS, Waiting};
pub(crate) use line::{wait_on, wake_on};
pub use rouse::{Roused, get_up, lie_down, rouse, sleep_while};
