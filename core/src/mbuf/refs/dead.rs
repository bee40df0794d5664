//! What a dead holder was in the middle of: finished, or taken back.

use super::Bound;
use super::words::{Bond, Progress, Refs};
use crate::sync::Contested64;

/// How often a dead one's word is settled: once, once more after somebody helped, and to look.
const SETTLE_TRIES: usize = 3;

/// As [`let_go`](super::let_go), of an mbuf of somebody dead, if it is: `is_dead_ones` looks at its tag, after the
/// word. Whoever else may change the word writes another tag before.
pub fn let_go_for(refs: &Contested64, is_dead_ones: impl Fn() -> bool) {
    let mut found = refs.observe();
    while !Refs(found).is_sole() && !Refs(found).is_let_go() && is_dead_ones() {
        match refs.swap_if(found, Refs(found).let_go().0) {
            Ok(_) => return,
            Err(now) => found = now,
        }
    }
}

/// Finishes or takes back what a dead holder of `clone` was in the middle of. `owner` finds whom a
/// bond is to. Afterwards the bond is free or attached.
///
/// Who helps changes it once. If it is changed more often, somebody writes over it, whom it is not
/// worth to wait for: it is free then.
pub fn settle<'a>(clone: Bound<'_>, owner: impl Fn(Bond) -> Option<&'a Contested64>) -> Bond {
    for _ in 0..SETTLE_TRIES {
        let begun = Bond(clone.bond.observe());
        let undone = match begun.progress() {
            Progress::Free | Progress::Attached => return begun,
            Progress::Attaching => Bond::free(begun.number()),
            Progress::Detaching => begun.come(Progress::Attached),
        };
        let refs = owner(begun).map(|word| Refs(word.observe()));
        let is_made = refs.is_some_and(|refs| refs.names(clone.at, begun.number()));
        // Not made, unless it was and the word has been changed since: then somebody helped, and
        // the swap fails.
        let then = if is_made { begun.finished() } else { undone };
        crash_point!("settle: decided");
        let _helped = clone.bond.swap_if(begun.0, then.0);
    }
    forsake(clone.bond)
}

/// Frees a clone from whom nobody finds: its number stays, so that none comes twice.
pub fn forsake(bond: &Contested64) -> Bond {
    let free = Bond::free(Bond(bond.observe()).number());
    bond.overwrite(free.0);
    free
}

/// Whether `clone` died when it had freed itself as the last from an owner of which `refs` is the
/// word, and nobody has used that since: then its `part` may not have been called.
pub fn was_last(clone: Bound<'_>, refs: &Contested64) -> bool {
    let begun = Bond(clone.bond.observe());
    let refs = Refs(refs.observe());
    let is_made = refs.names(clone.at, begun.number());
    begun.progress() == Progress::Detaching && is_made && refs.is_sole()
}
