//! Repair: what a dead process left in a ring, undone by any other, whatever the elements are.
//!
//! Works from the header alone. Whoever uses a ring undoes what it meets itself, so a ring needs
//! this only to be right at once: to give back what a dead consumer had reserved, to show what a
//! dead producer's call held up, to free the ends that it had claimed.
//!
//! Each end is repaired by itself, by one swap or by [`super::mend`]; so a repairer may die
//! anywhere, and two may work at the same time.

use super::attach::{AttachError, Checked, check};
use super::claim::RingEnd;
use super::config::Sync;
use super::cursor::owner;
use super::held::Held;
use super::layout::HEADER_BYTES;
use super::member::Member;
use super::mend::Mender;
use super::owned;
use crate::group::{Group, ProcessId};
use crate::offset::Offset;
use crate::sync::Word32;

/// What was undone in a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Calls that a dead process was in the middle of.
    pub calls: u32,
    /// Single ends that it had claimed.
    pub claims: u32,
    /// Who lives and kept an end from being mended: call again when it has gone on or ended.
    pub held: Option<Held>,
}

/// Undoes what `dead` was in the middle of in the ring at `at`, and gives back the ends that it had
/// claimed. Nothing, if `dead` lives and is not the caller, or if the caller only observes; a caller
/// that leaves gives its own ends back.
///
/// At an Rts end everybody dead is undone, and the living who are in the middle, or mend, are waited
/// for, up to [`PATIENCE_NS`](super::PATIENCE_NS) (`Mended::held`). May be called again, and by several.
pub fn repair(group: &Group, at: Offset<u8>, dead: ProcessId) -> Result<Mended, AttachError> {
    let it = check(group.window(), at)?;
    let mut mended = Mended::default();
    if group.is_observer() || dead != group.me() && group.is_alive(dead) {
        return Ok(mended);
    }
    for end in [RingEnd::Producer, RingEnd::Consumer] {
        repair_end(group, &it, end, dead, &mut mended);
    }
    Ok(mended)
}

#[inline(never)]
fn repair_end(group: &Group, it: &Checked, end: RingEnd, dead: ProcessId, mended: &mut Mended) {
    let own = it.end(end);
    let member = Member::of(group);
    match it.sync(end) {
        Sync::Single => {
            let claim = it.claim_word(end);
            mended.claims += u32::from(claim.swap_if(dead.pack(), 0).is_ok());
        }
        Sync::Multi | Sync::Hts => {
            let word = own.tail.observe();
            let is_dead = owner(word) != 0 && member.is_gone(owner(word));
            mended.calls += u32::from(is_dead && owned::undo(own, word));
        }
        Sync::Rts => {
            let Some(log) = it.log(group.window(), end) else { return };
            let Some(words) = words(group, it) else { return };
            let mender = Mender::new((own, log), end, it.shape.capacity, &member);
            match mender.mend(&mut |from, to| carry(words, it, from, to)) {
                Ok(calls) => mended.calls += calls,
                Err(tag) => mended.held = Some(member.held_by(tag)),
            }
        }
    }
}

/// The slots, as words of four bytes.
fn words(group: &Group, it: &Checked) -> Option<&'static [Word32]> {
    let count = it.shape.size as usize * (it.element.size as usize / 4);
    group.window().slice(it.at.add(HEADER_BYTES as u64)?.cast(), count)
}

/// Copies one element; a position is masked, so it is always a slot.
#[inline(never)]
fn carry(words: &[Word32], it: &Checked, from: u32, to: u32) {
    let (mask, each) = (it.shape.size - 1, it.element.size as usize / 4);
    let slot = |position: u32| words.chunks_exact(each).nth((position & mask) as usize);
    for (to, from) in slot(to).into_iter().flatten().zip(slot(from).into_iter().flatten()) {
        to.set(from.get());
    }
}
