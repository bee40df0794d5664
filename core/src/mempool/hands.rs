//! What a process has in its hands, as anybody sees it, an observer too.
//!
//! A tag alone does not say it: who puts an object into a ring, or back, writes no tag, so what lies
//! there still bears the tag of who had it last. So the looker first marks what lies somewhere, in
//! bits of its own, and counts what bears a tag and is not marked.

use super::tag::Tag;
use super::view::PoolView;
use crate::group::ProcessId;
use crate::mbuf::Waybill;

impl PoolView {
    /// Words of 64 bits for a mark for each object.
    pub fn mark_words(&self) -> usize {
        (self.size() as usize).div_ceil(64)
    }

    /// Marks the objects that lie in the pool, past all caches.
    pub fn mark_free(&self, marks: &mut [u64]) {
        self.handler.visit(self, |at| self.mark(at, marks));
    }

    /// Marks the object at `at`; nothing, if it is none of this pool. With
    /// [`visit_published`](crate::ring::visit_published) for what lies in a ring: of a packet its word.
    pub fn mark(&self, at: u64, marks: &mut [u64]) {
        let at = if self.has_mbufs() { Waybill::place_in(at) } else { at };
        if let Some(number) = self.number(at)
            && let Some(word) = marks.get_mut(number as usize / 64)
        {
            *word |= 1 << (number % 64);
        }
    }

    /// How many objects `who` has in its hands, in its caches, or on their way from it: those that
    /// bear its tag and are not in `marks`. Of a recoverable pool; of another, 0. While others work:
    /// about. Cost: a look at each object's tag.
    pub fn held_by(&self, who: ProcessId, marks: &[u64]) -> u32 {
        let is_held = |number: &u32| {
            let word = marks.get(*number as usize / 64).copied().unwrap_or(0);
            let is_somewhere = word >> (number % 64) & 1 != 0;
            let is_own = self.tag_of(*number).holder() == Tag::of(who);
            is_own && !is_somewhere && !self.is_its_clones(*number)
        };
        (0..self.populated()).filter(is_held).count() as u32
    }
}
