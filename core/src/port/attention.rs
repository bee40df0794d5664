//! The word that every burst looks at: 0 while there is nothing to mind.
//!
//! Two things share it, so that a burst pays one load for both: whether the port runs, and where its
//! capture lies.

use super::port::Port;
use crate::offset::Offset;

/// The port does not run.
pub(super) const STOPPED: u64 = 1 << 63;

impl Port {
    /// From now on bursts do nothing.
    pub(super) fn halt(&self) {
        self.change(|word| Some(word | STOPPED));
    }

    /// From now on bursts do what they are for.
    pub(super) fn let_go_on(&self) {
        self.change(|word| Some(word & !STOPPED));
    }

    /// Where its capture lies, if one is on.
    pub fn capture(&self) -> Option<Offset<u8>> {
        let place = self.state.attention.observe() & !STOPPED;
        (place != 0).then_some(Offset::new(place))
    }

    /// Puts `new` in the place of `expected`, which stands for the capture that is on; or says which
    /// one is. By swap: one of several that try succeeds.
    pub(crate) fn swap_capture(
        &self,
        expected: Option<Offset<u8>>,
        new: Option<Offset<u8>>,
    ) -> Result<(), Option<Offset<u8>>> {
        let place = |it: Option<Offset<u8>>| it.map_or(0, Offset::get);
        let is_set = self.change(|word| {
            (word & !STOPPED == place(expected)).then_some(word & STOPPED | place(new))
        });
        if is_set { Ok(()) } else { Err(self.capture()) }
    }

    fn change(&self, new: impl Fn(u64) -> Option<u64>) -> bool {
        let word = &self.state.attention;
        let mut seen = word.observe();
        while let Some(new) = new(seen) {
            match word.swap_if(seen, new) {
                Ok(_) => return true,
                Err(found) => seen = found,
            }
        }
        false
    }
}
