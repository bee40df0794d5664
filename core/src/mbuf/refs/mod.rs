//! References: who uses an mbuf's buffer, in two words, so that no death leaves a wrong count.
//!
//! A clone X refers to the buffer of D. D's word ([`Refs`]) counts its clones, says whether D itself
//! was let go, and names the last change: whose it was, and which one. X's word ([`Bond`]) says to
//! whom X is bound, and how far a change has come that X's holder has begun. A change is three
//! steps:
//!
//! ```text
//!   1  X: attaching D, number n        announced
//!   2  D: one clone more, last X's n   one swap: this is the change
//!   3  X: attached to D, number n      noted
//! ```
//!
//! and the same with `detaching`, one less, and `free`. Who finds a holder dead between 1 and 3 must
//! know whether 2 was made. If D's word names X's n, it was. If it names another change, then
//! either 2 was not made, or it was and somebody has changed D's word since; and whoever does that
//! *first makes step 3* of the change that the word names (it helps). So if X's word still says
//! `attaching` after a look at D's word, 2 was not made. Each change is so made exactly once or not
//! at all, and which of both it was can be told, whoever dies where.
//!
//! A number is 15 bits: a helper that stands still between two instructions while the same clone is
//! bound and let go 16,384 times could take one change for another. D's word may name a number of X's
//! for as long as nobody changes it: X begins no change of D's word with that one.
//!
//! D may also be an external buffer, which is nobody's but its clones' from the start; who lets the last
//! one go releases it between 2 and 3.
//!
//! # Whose is D?
//!
//! While D is held directly, its holder's, by its tag, as any object. Once it was let go, its
//! clones'. Who lets the last clone go writes its own tag to D *before* the swap, and puts D back after
//! it. So at every instruction D is somebody's by its tag, or a clone refers to it that is somebody's.
//! D's word is then as in the pool, where it says "not let go, no clones": allocation
//! writes nothing, and freeing what is not cloned only reads.

mod dead;
#[cfg(loom)]
mod model;
mod words;

use core::fmt;

pub use dead::{forsake, let_go_for, settle, was_last};
#[cfg(loom)]
pub use model::{die_attaching, die_detaching};
use words::NUMBER_MASK;
pub use words::{Bond, CLONES_MAX, Kind, Progress, Refs};

use crate::sync::Contested64;

/// A clone, or what is to be one: where it lies, and its `bond`.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// Bytes from the window's start.
    pub at: u64,
    /// Its word.
    pub bond: &'a Contested64,
}

/// Whose buffer a clone refers to: where it lies, and its `refs`.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// What it is.
    pub kind: Kind,
    /// Bytes from the window's start.
    pub at: u64,
    /// Its word.
    pub refs: &'a Contested64,
}

/// An mbuf has as many clones as can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyClones;

impl fmt::Display for TooManyClones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an mbuf was to be cloned that has {CLONES_MAX} clones; copy it")
    }
}

impl core::error::Error for TooManyClones {}

/// Whether somebody still refers to a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Somebody does: a clone, or who holds the mbuf.
    Somebody,
    /// Nobody: its mbuf is the caller's to put back.
    Nobody,
}

/// How the bond of the clone at a place is found: `None` if no mbuf lies there.
pub trait Bonds<'a>: Fn(u64) -> Option<&'a Contested64> {}
impl<'a, F: Fn(u64) -> Option<&'a Contested64>> Bonds<'a> for F {}

/// The number of the next change of `clone`, whose holder the caller is: not the one that the word of
/// `owner` names. None but the caller makes it name another of this clone's.
fn next_number(clone: Bound<'_>, owner: Owner<'_>) -> u64 {
    let after = |number: u64| number.wrapping_add(1) & NUMBER_MASK;
    let number = after(Bond(clone.bond.observe()).number());
    let is_named = Refs(owner.refs.observe()).names(clone.at, number);
    if is_named { after(number) } else { number }
}

/// Binds `clone`, which is the caller's and free, to `owner`, to which the caller has a reference.
pub fn attach<'a>(
    clone: Bound<'_>,
    owner: Owner<'_>,
    find: impl Bonds<'a>,
) -> Result<(), TooManyClones> {
    let number = next_number(clone, owner);
    let begun = Bond::new(owner, number, Progress::Attaching);
    clone.bond.overwrite(begun.0);
    crash_point!("attach: announced");
    let mut found = owner.refs.observe();
    loop {
        let refs = Refs(found);
        if refs.clones() == CLONES_MAX {
            clone.bond.overwrite(Bond::free(number).0);
            return Err(TooManyClones);
        }
        help(owner.at, refs, &find);
        crash_point!("attach: helped");
        let more = Refs::changed(refs.is_let_go(), refs.clones() + 1, clone.at, number);
        match owner.refs.swap_if(found, more.0) {
            Ok(_) => break,
            Err(now) => found = now,
        }
    }
    crash_point!("attach: counted");
    clone.bond.overwrite(begun.finished().0);
    Ok(())
}

/// Frees `clone`, which is the caller's, from `owner`, to which it is bound. `claim` says that the
/// owner is the caller's, if nobody else refers to it any more: it is called before that shows. `part`
/// is called then after it, before the bond says that all is done.
pub fn detach<'a>(
    clone: Bound<'_>,
    owner: Owner<'_>,
    find: impl Bonds<'a>,
    claim: impl Fn(),
    part: impl FnOnce(),
) -> Left {
    let number = next_number(clone, owner);
    let begun = Bond::new(owner, number, Progress::Detaching);
    clone.bond.overwrite(begun.0);
    crash_point!("detach: announced");
    let mut found = owner.refs.observe();
    let left = loop {
        let refs = Refs(found);
        let Some(clones) = refs.clones().checked_sub(1) else {
            // Somebody has written over it.
            break Left::Somebody;
        };
        let is_last = clones == 0 && refs.is_let_go();
        if is_last {
            claim();
            crash_point!("detach: the last one's owner is claimed");
        }
        help(owner.at, refs, &find);
        let is_let_go = refs.is_let_go() && !is_last;
        let less = Refs::changed(is_let_go, clones, clone.at, number);
        match owner.refs.swap_if(found, less.0) {
            Ok(_) if is_last => break Left::Nobody,
            Ok(_) => break Left::Somebody,
            Err(now) => found = now,
        }
    };
    crash_point!("detach: counted");
    if left == Left::Nobody {
        part();
        crash_point!("detach: parted");
    }
    clone.bond.overwrite(begun.finished().0);
    left
}

/// Lets go of an mbuf whose holder the caller is. Says whether a clone still refers to it.
pub fn let_go(refs: &Contested64) -> Left {
    let mut found = refs.observe();
    while !Refs(found).is_sole() {
        if Refs(found).is_let_go() {
            return Left::Somebody;
        }
        // The last change stays named: nothing of it is overwritten.
        match refs.swap_if(found, Refs(found).let_go().0) {
            Ok(_) => return Left::Somebody,
            Err(now) => found = now,
        }
    }
    Left::Nobody
}

/// Makes `owner`, which nobody refers to, one that was let go, to be bound to.
pub fn open<'a>(owner: Owner<'_>, find: impl Bonds<'a>) {
    help(owner.at, Refs(owner.refs.observe()), &find);
    owner.refs.publish(Refs(0).let_go().0);
}

/// Makes the last step of the change that `refs` of the mbuf at `owner` names, if it is not made.
fn help<'a>(owner: u64, refs: Refs, find: &impl Bonds<'a>) {
    let Some(bond) = find(refs.last_by()) else { return };
    let word = Bond(bond.observe());
    let is_open = matches!(word.progress(), Progress::Attaching | Progress::Detaching);
    if is_open && word.number() == refs.last_number() && word.to() == owner {
        // Whoever was faster did the same.
        let _done = bond.swap_if(word.0, word.finished().0);
    }
}
