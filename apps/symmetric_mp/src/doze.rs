//! `--sleep`: an lcore whose queues have brought nothing for a while sleeps until one of them does.

use forwarding::{Rest, Voice};
use phalanx_core::group::Group;
use phalanx_core::port::{RxQueue, RxSleep};
use phalanx_linux::console::ConsoleError;
use phalanx_linux::port::AnyRx;

/// Empty rounds before a sleep.
const ROUNDS: u32 = 256;

/// How long to sleep where somebody must look: 1 ms.
const NAP_NS: u64 = 1_000_000;

/// Whether an lcore that has nothing to do sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sleeping {
    /// Never: it offers its processor to others.
    #[default]
    Never,
    /// As soon as nothing has come for a while.
    WhenIdle,
}

/// How one lcore waits.
#[derive(Debug)]
pub(crate) struct Doze {
    sleeping: Sleeping,
    group: Group,
    rest: Rest,
    empty: u32,
    /// Whether it was said that a port wakes nobody.
    is_told: bool,
}

impl Doze {
    pub(crate) fn new(sleeping: Sleeping, group: &Group) -> Self {
        Self { sleeping, group: *group, rest: Rest::default(), empty: 0, is_told: false }
    }

    /// Tells what a round has brought; whether to [arm](Self::arm) all queues, look once more, and sleep.
    #[inline]
    pub(crate) fn is_due(&mut self, packets: usize) -> bool {
        if self.sleeping == Sleeping::Never {
            self.rest.after(packets);
            return false;
        }
        self.empty = if packets == 0 { self.empty + 1 } else { 0 };
        self.empty >= ROUNDS
    }

    /// Arms `queues`. How long to sleep then: until one of them has something, or, where one does not wake, not long.
    #[cold]
    pub(crate) fn arm<'q>(
        &mut self,
        queues: impl Iterator<Item = &'q mut RxQueue<AnyRx>>,
    ) -> Result<(RxSleep, u64), ConsoleError> {
        self.empty = 0;
        let (sleep, mut longest) = (RxSleep::begin(&self.group), u64::MAX);
        for queue in queues {
            if sleep.arm(queue).is_err() {
                longest = NAP_NS;
                let port = queue.port();
                if !core::mem::replace(&mut self.is_told, true) {
                    let (id, name) = (port.id(), port.name());
                    Voice::Out.say(format_args!(
                        "Port {id} ({name}) does not wake who sleeps: it is looked at every millisecond"
                    ))?;
                }
            }
        }
        Ok((sleep, longest))
    }
}
