//! Objects that are owed to the pool: given back while a living process, stopped in the middle of
//! the pool's ring, kept everybody else out.
//!
//! Who gives cannot wait for ever (W-14), and must lose nothing. So it writes on each object's tag
//! that the object is owed, raises the pool's `owed` word, and goes on. An owed object is nobody's
//! and lies nowhere; whoever swaps its tag has it, and puts it in. That is done by who finds the
//! pool empty, by whoever reaps, and by who asks for it ([`PoolView::collect_owed`]).
//!
//! A giver that dies before the word is raised is reaped, and a reaper looks at all tags whatever
//! the word says.

use super::tag::Tag;
use super::view::PoolView;
use crate::ring::RingEnd;

/// Objects that are put in at a time.
const BATCH: usize = 64;

impl PoolView {
    /// Notes that the objects at `from`, which this process holds, are owed. Returns how many are
    /// none of this pool.
    #[cold]
    #[inline(never)]
    pub(super) fn owe(&self, from: &[u64]) -> u64 {
        // Who has lost its slot during the wait has nothing any more: it went back.
        if self.is_recoverable() && !self.group.is_member() {
            return 0;
        }
        let mut strays = 0;
        for at in from {
            match self.number(*at).and_then(|number| self.tag_word(number)) {
                // Pairs with the swap in `collect`: who has it sees what its last holder wrote.
                Some(word) => word.publish(Tag::OWED.word()),
                None => strays += 1,
            }
        }
        crash_point!("owe: tagged");
        // Pairs with the `take` in `collect`: who takes it sees the tags.
        self.header.owed.raise(1);
        strays
    }

    /// Whether objects are owed: a hint that may be early, and never stays late.
    pub(super) fn has_owed(&self) -> bool {
        self.header.owed.peek() != 0
    }

    /// Puts in what is owed to the pool: objects that were given back while a process was stopped
    /// in the middle of the pool's ring. Returns how many; 0 while it is still stopped there, after
    /// [`PATIENCE_NS`](crate::ring::PATIENCE_NS) at most.
    ///
    /// Getting from an empty pool does it too, and every reap. Cost: one load if nothing is owed;
    /// else a look at each object's tag.
    pub fn collect_owed(&self) -> u32 {
        if self.has_owed() && self.group.is_member() { self.collect() } else { 0 }
    }

    /// As [`collect_owed`](Self::collect_owed), whatever the hint says.
    pub(crate) fn collect(&self) -> u32 {
        // Pairs with the `raise` in `owe`. Taken first, so that what is owed meanwhile is looked for
        // again; who dies in here is reaped, and a reaper looks at all.
        self.header.owed.take();
        let (mut batch, mut filled, mut put) = ([0; BATCH], 0, 0);
        for number in 0..self.populated() {
            if !self.take_owed_one(number) {
                continue;
            }
            if let (Some(at), Some(slot)) = (self.place(number), batch.get_mut(filled)) {
                *slot = at;
                filled += 1;
            }
            if filled == BATCH {
                if !self.put_collected(&batch) {
                    return put;
                }
                put += BATCH as u32;
                filled = 0;
            }
        }
        let rest = batch.get(..filled).unwrap_or_default();
        if filled > 0 && self.put_collected(rest) { put + filled as u32 } else { put }
    }

    /// Makes object `number` this process's, if it is owed.
    fn take_owed_one(&self, number: u32) -> bool {
        let (owed, own) = (Tag::OWED.word(), self.own_tag().word());
        self.tag_word(number)
            .is_some_and(|word| word.observe() == owed && word.swap_if(owed, own).is_ok())
    }

    /// Puts objects in that were owed, or owes them again. Says whether they are in.
    fn put_collected(&self, objects: &[u64]) -> bool {
        crash_point!("collect: in hand");
        match self.handler.give_now(self, objects) {
            Ok(true) => true,
            // A ring without room for all its objects holds one twice.
            Ok(false) => {
                self.note_strays(self.handler.give(self, objects));
                true
            }
            Err(_) => {
                self.owe(objects);
                false
            }
        }
    }

    /// As a get that found too few: once more, with what was owed.
    #[cold]
    #[inline(never)]
    pub(super) fn take_what_is_owed(&self, to: &mut [u64]) -> bool {
        // No use while whoever is in the way is still there.
        let may_help = self.has_owed() && !self.handler.is_held(RingEnd::Producer);
        may_help && self.collect_owed() > 0 && self.take_from_handler(to)
    }
}
