//! A word in the pool's header that says who does something now: populates, or audits.

use super::view::PoolView;
use crate::group::{Group, ProcessId};
use crate::sync::Contested64;

/// The claim, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    word: &'static Contested64,
    group: Group,
}

impl PoolView {
    /// Makes this process the holder of `word`, or says which living process is. A dead one's
    /// claim is taken over. No system call unless somebody holds it.
    pub(super) fn claim(&self, word: &'static Contested64) -> Result<Claim, ProcessId> {
        let mut held = word.observe();
        loop {
            // A word that no member writes holds nothing.
            if let Some(by) = ProcessId::unpack(held)
                && self.group.is_alive(by)
            {
                return Err(by);
            }
            match word.swap_if(held, self.group.me().pack()) {
                Ok(_) => return Ok(Claim { word, group: self.group }),
                Err(found) => held = found,
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A failed swap means that the claim was taken over: there is nothing to give back.
        let _ = self.word.swap_if(self.group.me().pack(), 0);
    }
}
