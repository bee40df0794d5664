//! The tag: one word an object that says who answers for it, and whether its place is on its way.
//!
//! `on its way: 1, slot + 1: 7, generation: 24`. A pool that is not recoverable uses the highest
//! bit only, and the slot that no process has for what is [`owed`](super::owed) to it. In a
//! recoverable one, the rest names who took the object last, from the pool's ring
//! or from another: the taker writes it **before** the object leaves that ring for everybody
//! else. Putting writes nothing. So a tag says who answers for an object *if it is in no ring*:
//! in a ring the ring does, whatever the tag says. At every instruction exactly one place is
//! believed:
//!
//! | between | the object is | a death leaves |
//! |---|---|---|
//! | reserved, not tagged | in the ring, its tag somebody's | the ring rolled back: in the ring |
//! | tagged, not published | in the ring, its tag the taker's | as above |
//! | published | the taker's: hand or cache | no ring has it, the tag is the dead one's: freed |
//! | put reserved, not published | the putter's, by its tag | the ring rolled back: freed |
//! | put published | in the ring, its tag the putter's | the ring has it: left alone |
//!
//! Between an lcore's cache and its process nothing is written: both are that process's.

use super::numbers::Numbers;
use super::view::PoolView;
use crate::directory::{Kind, glance_next};
use crate::group::ProcessId;
use crate::sync::Contested32;

/// The bit of an object whose place is on its way to another holder.
const ON_ITS_WAY: u32 = 1 << 31;

/// Who answers for an object, and whether its place is on its way: what a tag's word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u32);

impl Tag {
    /// The pool itself.
    pub(super) const POOL: Self = Self(0);

    /// Nobody: it is owed to the pool. No process has this slot.
    pub(super) const OWED: Self = Self(0x7f << 24);

    /// A process.
    #[inline]
    pub(crate) const fn of(who: ProcessId) -> Self {
        let slot = (who.slot().wrapping_add(1) & 0x7f) as u32;
        Self(slot << 24 | who.generation() & 0xff_ffff)
    }

    /// What a word says.
    #[inline]
    pub(super) const fn from_word(word: u32) -> Self {
        Self(word)
    }

    /// The word that says it.
    #[inline]
    pub(super) const fn word(self) -> u32 {
        self.0
    }

    /// The same holder, the place on its way.
    pub(super) const fn on_its_way(self) -> Self {
        Self(self.0 | ON_ITS_WAY)
    }

    /// Whether the place is on its way.
    pub(super) const fn is_on_its_way(self) -> bool {
        self.0 & ON_ITS_WAY != 0
    }

    /// Who answers for it, on its way or not.
    pub(super) const fn holder(self) -> Self {
        Self(self.0 & !ON_ITS_WAY)
    }

    /// The slot of the process; `None` for the pool, and for words that no process writes.
    pub(super) fn slot(self) -> Option<u16> {
        ((self.0 >> 24 & 0x7f) as u16).checked_sub(1)
    }
}

/// Says of one object after the other that this process answers for it; what they have in common is
/// worked out once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tagger<'p> {
    tags: &'static [Contested32],
    numbers: Numbers<'p>,
    /// `None` if the pool is not recoverable.
    own: Option<Tag>,
}

impl Tagger<'_> {
    /// Tags the object at `at`, which this process holds or is about to have; `false` if no object of
    /// the pool starts there.
    #[inline(always)]
    pub(crate) fn tag(&self, at: u64) -> bool {
        let number = self.numbers.of(at);
        let word = number.and_then(|number| self.tags.get(number as usize));
        if let (Some(word), Some(own)) = (word, self.own) {
            // Pairs with the reaper's swap: who sees the object outside its ring sees this, which was
            // written before the ring moved on.
            word.publish(own.word());
        }
        word.is_some()
    }

    /// As [`tag`](Self::tag), of the objects of `words` if they lie in a row, and every bit outside of a place that
    /// is set in one of them: `None`, and none is tagged, if they do not. What a word and `first` are says
    /// [`Numbers::row`], which looks at each word once.
    #[inline(always)]
    pub(crate) fn tag_row(&self, first: u64, words: impl Iterator<Item = u64>) -> Option<u64> {
        let row = self.numbers.row(first, words)?;
        let first = row.first as usize;
        let tags = self.tags.get(first..first + row.count as usize)?;
        if let Some(own) = self.own {
            // As in `tag`.
            for word in tags {
                word.publish(own.word());
                crash_point!("dequeue: a segment is tagged");
            }
        }
        Some(row.any)
    }

    /// Tags the objects at the beginning of `places` that lie one stride behind the other in the pool's first piece of
    /// memory; how many. `None` if there is none.
    #[inline(always)]
    pub(crate) fn tag_run(&self, places: &[u64]) -> Option<usize> {
        let (number, len) = self.numbers.run(places)?;
        let tags = self.tags.get(number as usize..number as usize + len)?;
        if let Some(own) = self.own {
            // As in `tag`.
            for word in tags {
                word.publish(own.word());
                crash_point!("dequeue: a segment is tagged");
            }
        }
        Some(len)
    }

    /// As [`tag_row`](Self::tag_row), of objects of the pool's first piece of memory in whatever order: as many as
    /// `numbers` has room for, where their numbers are worked out first. What a word is says [`Numbers::each`].
    #[inline(always)]
    pub(crate) fn tag_each(
        &self,
        words: impl Iterator<Item = u64>,
        numbers: &mut [u32],
    ) -> Option<u64> {
        let any = self.numbers.each(words, numbers)?;
        if let Some(own) = self.own {
            let tags = self.tags;
            for number in &*numbers {
                // Each has one: numbers end where tags do.
                if let Some(word) = tags.get(*number as usize) {
                    // As in `tag`.
                    word.publish(own.word());
                    crash_point!("dequeue: a segment is tagged");
                }
            }
        }
        Some(any)
    }
}

impl<'p> Numbers<'p> {
    /// Who tags these objects as this process's.
    #[inline(always)]
    pub(crate) fn tagger(self) -> Tagger<'p> {
        let pool = self.pool();
        let own = pool.is_recoverable().then(|| pool.own_tag());
        Tagger { tags: pool.tags, numbers: self, own }
    }
}

impl PoolView {
    /// Who tags this pool's objects as this process's.
    #[inline(always)]
    pub(crate) fn tagger(&self) -> Tagger<'_> {
        self.numbers().tagger()
    }

    /// What stands for this process in this pool's tags.
    #[inline(always)]
    pub(super) fn own_tag(&self) -> Tag {
        if self.is_recoverable() { Tag::of(self.group.me()) } else { Tag::POOL }
    }

    /// The word of object `number`.
    #[inline(always)]
    pub(super) fn tag_word(&self, number: u32) -> Option<&'static Contested32> {
        self.tags.get(number as usize)
    }

    /// What the tag of object `number` says; the pool's, if there is none such.
    pub(super) fn tag_of(&self, number: u32) -> Tag {
        Tag::from_word(self.tag_word(number).map_or(0, Contested32::observe))
    }

    /// Says that this process answers for the objects at `places`.
    #[inline(always)]
    pub(super) fn tag_own(&self, places: &[u64]) {
        let own = self.own_tag().word();
        let mut numbers = self.numbers().in_turn();
        for place in places {
            if let Some(word) = numbers.of(*place).and_then(|number| self.tag_word(number)) {
                // Pairs with the reaper's swap: who sees the object outside its ring sees this,
                // which was written before the ring moved on.
                word.publish(own);
            }
        }
    }

    /// As [`tag_own`](Self::tag_own), of what is being taken out of a ring that others fill. Says
    /// whether all are objects of this pool. What is another's is tagged there: so that it is this
    /// process's whoever dies, until it is given back.
    #[inline(always)]
    pub(super) fn tag_taken(&self, places: &[u64]) -> bool {
        let mut are_ours = true;
        let tagger = self.tagger();
        for place in places {
            if !tagger.tag(*place) {
                self.tag_elsewhere(*place);
                are_ours = false;
            }
        }
        are_ours
    }

    #[cold]
    #[inline(never)]
    fn tag_elsewhere(&self, place: u64) {
        if let Some(pool) = self.pool_of(place).filter(Self::is_recoverable) {
            pool.tag_own(&[place]);
        }
    }

    /// The pool of the group's directory that the object at `place` is of. Takes no lock: the caller
    /// may be in the middle of a ring. Linear in the directory.
    pub(super) fn pool_of(&self, place: u64) -> Option<Self> {
        let (group, mut from) = (&self.group, 0);
        while let Some(found) = glance_next(group, from) {
            from = found.index + 1;
            // What is destroyed just now may have no memory any more.
            let is_backed = || group.memseg_lists().page_of(found.at).is_some();
            if found.kind == Kind::Mempool
                && is_backed()
                && let Ok(pool) = Self::inspect(group, found.at)
                && pool.number(place).is_some()
            {
                return Some(pool);
            }
        }
        None
    }

    /// Says that this process answers for object `number`, which it holds or is about to have.
    #[inline(always)]
    pub(crate) fn tag_number(&self, number: u32) {
        self.tag_as(number, self.own_tag());
    }

    /// Says that whoever `tag` means answers for object `number`. Nothing, if the pool is not
    /// recoverable.
    #[inline(always)]
    pub(crate) fn tag_as(&self, number: u32, tag: Tag) {
        if self.is_recoverable()
            && let Some(word) = self.tag_word(number)
        {
            // As in `tag_own`.
            word.publish(tag.word());
        }
    }

    /// Takes from the handler of a recoverable pool; nothing, if this process is no member.
    #[inline(never)]
    pub(super) fn take_tagged(&self, to: &mut [u64]) -> bool {
        self.group.is_member()
            && self.handler.take(self, to, |places| {
                crash_point!("take: reserved and copied");
                self.tag_own(places);
                crash_point!("take: tagged");
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_tells_tenants_of_a_slot_apart_and_is_never_the_pools() {
        let tag = |slot, generation| Tag::of(ProcessId::new(slot, generation));
        assert_ne!(tag(0, 1), tag(0, 2));
        assert_ne!(tag(0, 1), tag(1, 1));
        assert_ne!(tag(0, 0), Tag::POOL);
        assert_eq!((tag(63, 7).slot(), Tag::POOL.slot()), (Some(63), None));
        assert!(Tag::OWED.slot() > Some(63) && !Tag::OWED.is_on_its_way());
        let way = tag(63, u32::MAX).on_its_way();
        assert!(way.is_on_its_way() && !tag(63, u32::MAX).is_on_its_way());
        assert_eq!((way.holder(), way.slot()), (tag(63, u32::MAX), Some(63)));
    }
}
