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

use core::fmt;

use crate::sync::Contested64;

/// The most clones of one mbuf.
pub const CLONES_MAX: u16 = (1 << 14) - 1;

/// How often a dead one's word is settled: once, once more after somebody helped, and to look.
const SETTLE_TRIES: usize = 3;

/// A place is a multiple of 64 bytes, in a window of 2^40.
const PLACE_BITS: u32 = 34;
const NUMBER_MASK: u64 = 0x7fff;

const fn place_bits(at: u64) -> u64 {
    at >> 6 & ((1 << PLACE_BITS) - 1)
}

/// What an mbuf's `refs` says: `clone's place / 64 << 30 | change's number << 15 | clones << 1 |
/// let go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refs(u64);

impl Refs {
    /// What a word says.
    pub const fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// Whether nobody refers to the buffer but who holds the mbuf.
    #[inline(always)]
    pub const fn is_sole(self) -> bool {
        self.0 & 0x7fff == 0
    }

    /// Whether its holder has let go of it, and only its clones keep it.
    pub const fn is_let_go(self) -> bool {
        self.0 & 1 != 0
    }

    /// How many clones refer to it.
    pub const fn clones(self) -> u16 {
        (self.0 >> 1) as u16 & CLONES_MAX
    }

    /// How many refer to it in all, itself included: DPDK's `refcnt`.
    pub const fn count(self) -> u16 {
        self.clones() + !self.is_let_go() as u16
    }

    const fn last_by(self) -> u64 {
        self.0 >> 30 << 6
    }

    const fn last_number(self) -> u64 {
        self.0 >> 15 & NUMBER_MASK
    }

    const fn names(self, by: u64, number: u64) -> bool {
        self.last_by() == by && self.last_number() == number
    }

    const fn changed(is_let_go: bool, clones: u16, by: u64, number: u64) -> Self {
        Self(place_bits(by) << 30 | number << 15 | (clones as u64) << 1 | is_let_go as u64)
    }

    const fn let_go(self) -> Self {
        Self(self.0 | 1)
    }
}

/// How far a bond has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Bound to nobody: it has its own buffer.
    Free,
    /// About to be bound.
    Attaching,
    /// Bound.
    Attached,
    /// About to be free.
    Detaching,
}

/// What a clone's buffer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To an mbuf.
    Mbuf,
    /// To nobody's pool: an [`ExternalHeader`](super::ExternalHeader) stands before it.
    External,
}

/// What an mbuf's `bond` says: `is external << 51 | place / 64 << 17 | change's number << 2 |
/// progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bond(u64);

impl Bond {
    /// What a word says.
    pub const fn from_word(word: u64) -> Self {
        Self(word)
    }

    const fn free(number: u64) -> Self {
        Self((number & NUMBER_MASK) << 2)
    }

    const fn new(to: Owner<'_>, number: u64, progress: Progress) -> Self {
        let kind = (to.kind as u64) << 51;
        Self(kind | place_bits(to.at) << 17 | (number & NUMBER_MASK) << 2 | progress as u64)
    }

    /// How far it has come.
    pub const fn progress(self) -> Progress {
        match self.0 & 3 {
            0 => Progress::Free,
            1 => Progress::Attaching,
            2 => Progress::Attached,
            _ => Progress::Detaching,
        }
    }

    /// To whom: bytes from the window's start; 0 if to nobody.
    pub const fn to(self) -> u64 {
        (self.0 >> 17 & ((1 << PLACE_BITS) - 1)) << 6
    }

    /// To what.
    pub const fn kind(self) -> Kind {
        if self.0 >> 51 & 1 == 0 { Kind::Mbuf } else { Kind::External }
    }

    /// The same, as far as `progress`.
    const fn come(self, progress: Progress) -> Self {
        Self(self.0 & !3 | progress as u64)
    }

    const fn number(self) -> u64 {
        self.0 >> 2 & NUMBER_MASK
    }

    /// The word as its change, once made, leaves it.
    const fn finished(self) -> Self {
        match self.progress() {
            Progress::Attaching => self.come(Progress::Attached),
            Progress::Detaching => Self::free(self.number()),
            Progress::Free | Progress::Attached => self,
        }
    }
}

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

/// As [`let_go`], of an mbuf of somebody dead, if it is: `is_dead_ones` looks at its tag, after the
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

/// Of a model: the holder of `clone` dies in the middle of binding it, before the change was counted
/// or just after.
#[cfg(loom)]
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
#[cfg(loom)]
pub fn die_detaching(clone: Bound<'_>, owner: Owner<'_>, is_counted: bool) {
    let number = Bond(clone.bond.observe()).number().wrapping_add(1) & NUMBER_MASK;
    clone.bond.overwrite(Bond::new(owner, number, Progress::Detaching).0);
    if is_counted {
        let refs = Refs(owner.refs.observe());
        let less = Refs::changed(refs.is_let_go(), refs.clones() - 1, clone.at, number);
        assert!(owner.refs.swap_if(refs.0, less.0).is_ok(), "nobody else is there yet");
    }
}
