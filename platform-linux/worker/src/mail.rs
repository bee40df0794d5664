//! `Mail`: a worker's messages, by polling.

use core::ops::{Deref, DerefMut};

use phalanx_core::group::Group;
use phalanx_core::message::{ActionName, Allowed, InboxError, Incoming, PING, PlatformWakes, Port};
use phalanx_core::wait::Waiting;

/// The messages of a worker: no thread, no allocation, and no system call but to wake a peer that
/// sleeps, or to sleep. It answers whoever pings (`phalanx ping`) by itself; all the rest is
/// [`Port`]'s: actions, messages, requests.
///
/// `ACTIONS` and `FLIGHTS`: how many actions it may have, pings included, and how many requests of
/// its own in flight. Some 100 and some 700 bytes each.
#[derive(Debug)]
pub struct Mail<const ACTIONS: usize = 4, const FLIGHTS: usize = 1> {
    port: Port<ACTIONS, FLIGHTS>,
}

impl<const ACTIONS: usize, const FLIGHTS: usize> Mail<ACTIONS, FLIGHTS> {
    /// Opens this process's mailbox.
    pub(crate) fn open(group: &Group) -> Result<Self, InboxError> {
        let mut port = Port::open(group, &PlatformWakes)?;
        if let Ok(ping) = ActionName::new(PING) {
            // The table is empty. One that has no room at all answers nobody.
            let _ = port.register(&ping, Allowed::Anyone);
        }
        Ok(Self { port })
    }

    /// The next thing that has come, or `None`; who pings is answered on the way. Call it from the
    /// loop, until there is none.
    ///
    /// Cost where nothing is there and no request is in flight: one load.
    #[inline]
    pub fn poll(&mut self) -> Option<Incoming> {
        loop {
            let incoming = self.port.next()?;
            if let Some(other) = answered(incoming) {
                return Some(other);
            }
        }
    }

    /// The same, waited for as `how` says; `None` once `go_on` says `false`.
    pub fn wait(&mut self, how: Waiting, mut go_on: impl FnMut() -> bool) -> Option<Incoming> {
        loop {
            let incoming = self.port.wait(how, &mut go_on)?;
            if let Some(other) = answered(incoming) {
                return Some(other);
            }
        }
    }
}

/// Answers a ping; gives anything else back.
fn answered(incoming: Incoming) -> Option<Incoming> {
    match incoming {
        Incoming::Request { name, payload, token, .. }
            if name.as_bytes().starts_with(&PING_BYTES) =>
        {
            // Who cannot be told has no room for answers, or is gone.
            let _ = token.answer(&payload);
            None
        }
        other => Some(other),
    }
}

/// Ping's name and its end.
const PING_BYTES: [u8; PING.len() + 1] = {
    let (mut bytes, mut at) = ([0; PING.len() + 1], 0);
    while at < PING.len() {
        bytes[at] = PING.as_bytes()[at];
        at += 1;
    }
    bytes
};

impl<const ACTIONS: usize, const FLIGHTS: usize> Deref for Mail<ACTIONS, FLIGHTS> {
    type Target = Port<ACTIONS, FLIGHTS>;

    fn deref(&self) -> &Self::Target {
        &self.port
    }
}

impl<const ACTIONS: usize, const FLIGHTS: usize> DerefMut for Mail<ACTIONS, FLIGHTS> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.port
    }
}
