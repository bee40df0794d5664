//! Deaths for a model checker.

use super::words::{Bond, NUMBER_MASK, Progress, Refs};
use super::{Bound, Owner};

/// Of a model: the holder of `clone` dies in the middle of binding it, before the change was counted
/// or just after.
pub fn die_attaching(clone: Bound<'_>, owner: Owner<'_>, is_counted: bool) {
    let number = Bond(clone.bond.observe()).number().wrapping_add(1) & NUMBER_MASK;
    clone.bond.overwrite(Bond::new(owner, number, Progress::Attaching).0);
    if is_counted {
        let refs = Refs(owner.refs.observe());
        let more = Refs::changed(refs.is_let_go(), refs.clones() + 1, clone.at, number);
        assert!(owner.refs.swap_if(refs.0, more.0).is_ok(), "nobody else is there yet");
    }
}

/// Of a model: as [`die_attaching`], in the middle of freeing it, while others refer to `owner`.
pub fn die_detaching(clone: Bound<'_>, owner: Owner<'_>, is_counted: bool) {
    let number = Bond(clone.bond.observe()).number().wrapping_add(1) & NUMBER_MASK;
    clone.bond.overwrite(Bond::new(owner, number, Progress::Detaching).0);
    if is_counted {
        let refs = Refs(owner.refs.observe());
        let less = Refs::changed(refs.is_let_go(), refs.clones() - 1, clone.at, number);
        assert!(owner.refs.swap_if(refs.0, less.0).is_ok(), "nobody else is there yet");
    }
}
