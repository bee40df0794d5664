//! Waiting for a ring to have something: turning, sleeping, or both.
//!
//! The word to sleep on lies in the ring's first line, which nobody writes otherwise while the ring is
//! used, so a producer that looks at it has it in its cache. A producer of a ring that nobody may sleep
//! on does not look: waking is a call of its own, once behind as many elements as it likes.
//!
//! Crash points: those of [`wait`](crate::wait). A producer that dies between putting in and waking
//! leaves a consumer that finds the element when its sleep ends, [`NAP_NS`](crate::wait::NAP_NS) at
//! the latest; a consumer that dies asleep costs the next waker one call in vain.

use core::fmt;

use super::config::Sleepers;
use super::consumer::Consumer;
use super::held::Held;
use super::kind::Kind;
use super::producer::Producer;
use super::ring::Ring;
use crate::shared::Element;
use crate::wait::{Waiting, wait_on, wake_on};

/// Why a consumer does not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitError {
    /// The ring was not made waitable, so its producers wake nobody.
    NotWaitable,
    /// A living process is in the middle of a call, and does not finish.
    Held(Held),
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWaitable => f.write_str(
                "a ring was to be slept on that is not waitable, so nobody would wake the sleeper; make it with \
                 RingConfig::waitable, or wait with Waiting::Spin or Waiting::Mixed",
            ),
            Self::Held(held) => held.fmt(f),
        }
    }
}

impl core::error::Error for WaitError {}

impl<T: Element> Ring<T> {
    /// Whether consumers may sleep until there is something.
    pub fn is_waitable(&self) -> bool {
        self.config.sleepers == Sleepers::Allowed
    }

    /// Takes something out by `take`, waiting for it as `how` says: [`Consumer::wait`], whatever is
    /// made of an element.
    pub(crate) fn wait_for<R>(
        &self,
        how: Waiting,
        mut take: impl FnMut() -> Result<Option<R>, Held>,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<R>, WaitError> {
        if matches!(how, Waiting::SpinThenSleep { .. }) && !self.is_waitable() {
            return Err(WaitError::NotWaitable);
        }
        let look = || take().transpose();
        let Some(group) = self.member.group() else { return Ok(None) };
        let found = wait_on(&self.header.asleep, group.platform(), how, look, go_on);
        found.transpose().map_err(WaitError::Held)
    }
}

impl<T: Element, K: Kind> Consumer<T, K> {
    /// Takes one element out, waiting for it as `how` says; `None` once `go_on` says `false`, which
    /// is asked after each sleep (or a million turns): ask it whether the producer lives.
    ///
    /// [`Waiting::SpinThenSleep`] needs a [`waitable`](super::RingConfig::waitable) ring;
    /// [`Waiting::Mixed`] wakes by itself soon enough, and takes any.
    ///
    /// Cost: as [`dequeue`](Self::dequeue) while it turns; one system call a sleep.
    pub fn wait(
        &mut self,
        how: Waiting,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<T>, WaitError> {
        let ring = self.handle.ring;
        ring.wait_for(how, || self.dequeue(), go_on)
    }
}

impl<T: Element, K: Kind> Producer<T, K> {
    /// Wakes consumers that sleep in [`Consumer::wait`]. Call it behind what was put in: once for as
    /// many elements as you like, and before you rest yourself.
    ///
    /// Cost: a full fence (some 20 cycles) and a load; one system call if somebody sleeps. Nothing
    /// where the ring is not waitable.
    #[inline]
    pub fn wake(&self) {
        let ring = &self.handle.ring;
        if ring.is_waitable()
            && let Some(group) = ring.member.group()
        {
            wake_on(&ring.header.asleep, group.platform());
        }
    }
}
