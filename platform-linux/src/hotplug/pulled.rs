//! Devices that are gone before anybody asked: the owner of their ports detaches these.

use core::time::Duration;
use std::sync::Arc;

use phalanx_core::port::{LinkState, Port};

use super::detach::{Detaching, Force};
use super::news::{PortEvent, PortHeard};
use super::plugs::{Plugging, Plugs};
use crate::eal::watch::Heard;
use crate::sys::deadline::Deadline;

impl Plugging {
    /// What hears of the group's events, for devices that are pulled.
    pub(crate) fn ear(&self) -> impl FnMut(&Heard) + Send + 'static + use<> {
        let weak = Arc::downgrade(&self.0);
        move |heard| {
            if let (Some(plugs), Some(heard)) = (weak.upgrade(), PortHeard::of(heard)) {
                plugs.heed(heard.as_ref());
            }
        }
    }
}

impl Plugs {
    /// Detaches what was pulled, if something was and it is this process's.
    fn heed(self: &Arc<Self>, heard: Option<&PortHeard>) {
        if !may_be_gone(heard) {
            return;
        }
        // Who leaves takes the threads after it has said so: what is begun here is waited for, or not begun.
        let mut running = self.running();
        if !self.is_leaving() {
            let plugs = Arc::clone(self);
            // Without a thread it stays, with a link that is gone, for somebody to detach.
            let _ = self.begin_thread(&mut running, move || plugs.detach_pulled());
        }
    }

    fn detach_pulled(&self) {
        let Ok(all) = Port::all(&self.group) else { return };
        let is_pulled = |port: &Port| {
            port.driver().is_pci() && port.is_mine() && port.link().state == LinkState::Gone
        };
        for port in all.filter(is_pulled) {
            let how = Detaching { force: Force::AfterAll, ..Detaching::default() };
            // Somebody may be detaching it already. If that comes to nothing it is heard that the port stays.
            let _ = self.detach_here(&port, how, Deadline::after(Duration::MAX));
        }
    }
}

/// Whether what was heard may be of a port whose device is gone, and which nobody detaches.
fn may_be_gone(heard: Option<&PortHeard>) -> bool {
    heard.is_none_or(|heard| {
        let is_said = matches!(heard.what, PortEvent::Link | PortEvent::Adopted | PortEvent::Stays);
        is_said && heard.link.state == LinkState::Gone
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use phalanx_core::name::Name;
    use phalanx_core::port::Link;

    #[test]
    fn a_pulled_device_is_looked_for_whenever_nobody_may_be_detaching_it() {
        let heard = |what, link| PortHeard { what, id: 0, name: Name::cut("0000:00:04.0"), link };
        let gone = Link { state: LinkState::Gone, ..Link::DOWN };
        assert!(may_be_gone(None), "events were missed");
        for what in [PortEvent::Link, PortEvent::Adopted, PortEvent::Stays] {
            assert!(may_be_gone(Some(&heard(what, gone))), "{what:?}");
            assert!(!may_be_gone(Some(&heard(what, Link::DOWN))), "{what:?}");
        }
        for what in [PortEvent::Added, PortEvent::Going, PortEvent::Removed, PortEvent::Orphaned] {
            assert!(!may_be_gone(Some(&heard(what, gone))), "{what:?}");
        }
    }
}
