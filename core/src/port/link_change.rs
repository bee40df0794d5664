//! A port's link becomes another, and everybody hears of it.

use super::error::{Doing, PortError};
use super::kinds::PortPhase;
use super::link::Link;
use super::port::Port;
use crate::lock::Transaction;
use crate::recovery::{About, EventKind, note_port};

impl Port {
    /// Says what the link is now. If it is another, everybody hears of it.
    pub fn set_link(&self, link: Link) -> Result<(), PortError> {
        let tx = self.owned(Doing::SetLink)?;
        let is_other = self.turn_link(link);
        tx.commit();
        self.note_link(is_other);
        Ok(())
    }

    /// Changes the link, if `link` is another; says so.
    fn turn_link(&self, link: Link) -> bool {
        let word = &self.state.link;
        let mut seen = word.observe();
        loop {
            let now = Link::from_word(seen);
            if now.is_like(link) {
                return false;
            }
            let new = Link { changes: now.changes.wrapping_add(1), ..link };
            match word.swap_if(seen, new.to_word()) {
                Ok(_) => return true,
                Err(found) => seen = found,
            }
        }
    }

    /// Ends a change after which a port without a wire has this link.
    pub(super) fn end_with_link(&self, tx: Transaction, link: Link) {
        let is_other = self.driver().has_no_wire() && self.turn_link(link);
        crash_point!("port: its link has changed");
        tx.commit();
        self.note_link(is_other);
    }

    /// Has the link of a port without a wire be what its phase says; whether it was another. With the
    /// lock held.
    pub(super) fn mend_link(&self) -> bool {
        let link = match self.phase() {
            PortPhase::Started => Link::VIRTUAL,
            _ => Link::DOWN,
        };
        self.driver().has_no_wire() && self.turn_link(link)
    }

    pub(super) fn note_link(&self, is_other: bool) {
        // Of one that is coming nobody knows.
        if is_other && self.is_there() {
            crash_point!("port: its link is not announced");
            note_port(&self.group, EventKind::LinkChanged, About::port(self));
        }
    }
}
