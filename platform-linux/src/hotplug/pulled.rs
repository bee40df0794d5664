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
        let may_be_gone = heard.is_none_or(|heard| {
            let is_said = matches!(heard.what, PortEvent::Link | PortEvent::Adopted);
            is_said && heard.link.state == LinkState::Gone
        });
        if may_be_gone && !self.is_leaving() {
            let plugs = Arc::clone(self);
            // Without a thread it stays, with a link that is gone, for somebody to detach.
            let _ = self.begin_thread(&mut self.running(), move || plugs.detach_pulled());
        }
    }

    fn detach_pulled(&self) {
        let Ok(all) = Port::all(&self.group) else { return };
        let is_pulled = |port: &Port| {
            port.driver().is_pci() && port.is_mine() && port.link().state == LinkState::Gone
        };
        for port in all.filter(is_pulled) {
            let how = Detaching { force: Force::AfterAll, ..Detaching::default() };
            // Somebody may be detaching it already.
            let _ = self.detach_here(&port, how, Deadline::after(Duration::MAX));
        }
    }
}
