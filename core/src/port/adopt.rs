//! Adopting a port whose owner is gone.

use super::error::{Doing, PortError, Somebody};
use super::kinds::PortPhase;
use super::port::Port;
use crate::group::ProcessId;
use crate::recovery::{About, EventKind, note_port};

impl Port {
    /// Makes this process the owner, if the owner is gone; nothing, if it is already. The port runs as
    /// it did. Whoever has queues has them still.
    ///
    /// Errors: [`PortError::OwnerLives`], if another process owns it and lives. Cost: a system call.
    pub fn adopt(&self) -> Result<(), PortError> {
        let group = &self.group;
        let name = self.name();
        if group.is_observer() {
            return Err(PortError::Observer { doing: Doing::Adopt });
        }
        let tx = group.begin()?;
        if !self.is_there() {
            return Err(PortError::Gone { name });
        }
        let word = self.state.owner.observe();
        let owner = ProcessId::unpack(word);
        if owner == Some(group.me()) {
            return Ok(());
        }
        if let Some(owner) = owner.filter(|owner| group.is_alive(*owner)) {
            return Err(PortError::OwnerLives { name, owner: Somebody::of(group, owner) });
        }
        // Whoever was about to remove it is gone.
        self.state.going.publish(0);
        // Under the lock nobody else adopts.
        let _ = self.state.owner.swap_if(word, group.me().pack());
        crash_point!("port: it is adopted");
        // The dead one may have been about to start or stop it.
        match self.phase() {
            PortPhase::Started => self.let_go_on(),
            _ => self.halt(),
        }
        let is_other = self.mend_link();
        tx.commit();
        note_port(group, EventKind::PortAdopted, About::port(self));
        self.note_link(is_other);
        Ok(())
    }
}
