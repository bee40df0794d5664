//! Ports that go while they are forwarded by: their queues are let go in time, and had again if they stay.

use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use phalanx_core::port::{Port, PortPhase};
use phalanx_linux::console::complain;
use phalanx_linux::eal::Eal;
use phalanx_linux::eal::watch::NoWatcher;
use phalanx_linux::hotplug::PortEvent;

/// News of ports that come and go, for one loop. Each clone has its own.
#[derive(Clone, Debug)]
pub struct Departures {
    count: Arc<AtomicU32>,
    seen: u32,
}

impl Departures {
    /// Hears of them from now on.
    ///
    /// # Errors
    /// [`NoWatcher`].
    pub fn hear(eal: &Eal) -> Result<Self, NoWatcher> {
        let count = Arc::new(AtomicU32::new(0));
        let news = Arc::clone(&count);
        eal.on_port_news(move |heard| {
            let is_worth_a_look = heard.is_none_or(|heard| {
                matches!(heard.what, PortEvent::Going | PortEvent::Stays | PortEvent::Removed)
            });
            if is_worth_a_look {
                news.fetch_add(1, Ordering::Release);
            }
        })?;
        Ok(Self { count, seen: 0 })
    }

    /// Whether there are any since this was asked last: then look at each port. One load.
    #[inline]
    pub fn are_news(&mut self) -> bool {
        let count = self.count.load(Ordering::Acquire);
        core::mem::replace(&mut self.seen, count) != count
    }
}

/// Whether the queues of `port` are to be let go: it is gone or going, or the one that it is joined with is.
pub fn is_leaving(port: &Port) -> bool {
    let goes = |port: &Port| !port.is_current() || port.going().is_some();
    let peer = || port.peer().and_then(|id| Port::by_id(port.group(), id).ok());
    goes(port) || peer().is_some_and(|peer| goes(&peer))
}

/// Whether queues of `port` that were let go can be had again.
pub fn has_stayed(port: &Port) -> bool {
    !is_leaving(port) && port.phase() == PortPhase::Started
}

/// Says that no more is forwarded by `port`.
pub fn tell_leaving(port: &Port) {
    let (id, name) = (port.id(), port.name());
    let why = if port.is_current() { "goes" } else { "is gone" };
    complain(format_args!("APP: port {id} ({name}) {why}; nothing is forwarded by it"));
}

/// Says that `port` is forwarded by again.
pub fn tell_stayed(port: &Port) {
    complain(format_args!(
        "APP: port {} ({}) stays; it is forwarded by again",
        port.id(),
        port.name()
    ));
}
