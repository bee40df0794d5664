//! What a dead process held of a pool, found by its tags and put back.
//!
//! The caller is the one reaper, holds the group's lock, and has rolled every ring back that the
//! dead one was in the middle of. Everybody else goes on. Then, for each object that bears the
//! dead one's tag: to leave a ring it must get another tag first, and nobody but the dead one
//! gives that one. So an object whose tag is still the dead one's *after* all rings have been
//! looked through has not left a ring meanwhile: if it lay in one, it was seen there, and is
//! struck out. What is not struck out lay in none: it was in the dead one's hands, in its caches,
//! or half-way into a ring; and it can be put back. The tag stays as it is, as on every put: a
//! reaper that dies half-way leaves objects that the next one finds in the pool's ring.

use super::cache::Cache;
use super::layout::CacheHeader;
use super::object_ring::carries;
use super::tag::Tag;
use super::view::PoolView;
use crate::group::ProcessId;
use crate::mbuf::Waybill;
use crate::shared::ElementLayout;
use crate::sync::full_fence;

/// Objects that are put back at a time.
const BATCH: usize = 64;

/// The pool's ring has no room: what is left stays the dead one's.
#[derive(Debug)]
pub(crate) struct NoRoom;

impl PoolView {
    /// Whether a ring of such elements may carry this pool's objects.
    pub fn may_lie_in(&self, ring: ElementLayout) -> bool {
        carries(ring, self.shape.element)
            || self.has_mbufs() && ring == ElementLayout::of::<Waybill>()
    }

    /// Empties the caches of every lcore that `dead` still had, and those that it had used and given
    /// up. Nobody claims the former until they are released, later; the latter are borrowed
    /// meanwhile, unless somebody else has them already. Returns how many objects of a pool that is
    /// not recoverable went back from there.
    #[inline(never)]
    pub(crate) fn empty_caches_of(&self, dead: ProcessId) -> u32 {
        let mut given = 0;
        for (lcore, cache) in self.caches() {
            let is_used = || cache.header.owner.observe() == dead.pack();
            let owner = self.group.owner_of_lcore(lcore);
            if owner == Some(dead) {
                given += self.empty(&cache, dead);
            } else if owner.is_none() && is_used() {
                let borrowed = self.group.borrow_lcore(lcore);
                crash_point!("reap: an lcore is borrowed");
                // Nobody has used it since: who does takes it over first.
                if borrowed.is_some() && is_used() {
                    given += self.empty(&cache, dead);
                }
            }
        }
        given
    }

    /// Leaves nothing in a cache that nobody can claim now.
    fn empty(&self, cache: &Cache<'_>, dead: ProcessId) -> u32 {
        let (header, len) = (cache.header, cache.len());
        let mut given = 0;
        if self.is_recoverable() {
            // It may have died while it made the last holder's objects its own.
            if header.owner.observe() != dead.pack() {
                self.tag_slots(dead, header, (0..len).filter_map(|i| cache.slots.glance(i)));
            }
        } else if header.moving.observe() == 0 && len > 0 {
            // A reaper that dies in here leaves slots that nobody believes.
            header.moving.publish(1);
            let strays = cache.slots.lend(len, |all| match self.has_owed() {
                // The caller has just tried to collect it: whoever is in the way is still there.
                true => self.owe(all),
                false => self.handler.give(self, all),
            });
            self.note_strays(strays);
            given = (len as u32).saturating_sub(u32::try_from(strays).unwrap_or(u32::MAX));
        }
        crash_point!("reap: a cache is tagged");
        header.len.publish(0);
        header.moving.publish(0);
        header.owner.publish(0);
        given
    }

    fn tag_slots(&self, who: ProcessId, header: &CacheHeader, slots: impl Iterator<Item = u64>) {
        if header.moving.observe() == 0 {
            let words = slots.filter_map(|at| self.tag_word(self.number(at)?));
            words.for_each(|word| word.publish(Tag::of(who).word()));
        }
    }

    /// Begins to strike out: nothing is.
    pub(crate) fn strike_nothing(&self) {
        self.struck.iter().for_each(|bits| bits.set(0));
    }

    /// Strikes out what lies in a ring as `word`: the object, and if it is a packet, all its segments.
    pub(crate) fn strike_all_of(&self, word: u64) {
        self.each_of(word, |at| self.strike(at));
    }

    /// Strikes out the object at `at`, which lies where everybody can find it.
    pub(crate) fn strike(&self, at: u64) {
        if let Some(number) = self.number(at)
            && let Some(bits) = self.struck.get(number as usize / 64)
        {
            bits.set(bits.get() | 1 << (number % 64));
        }
    }

    /// Strikes out what lies in caches that `dead` used and whose lcores it had given up: they
    /// are the next holder's, who may be taking them over now. In a cache that has been taken
    /// over nothing bears the dead one's tag.
    #[inline(never)]
    pub(crate) fn strike_caches_left_by(&self, dead: ProcessId) {
        for (_, cache) in self.caches() {
            let is_left = || cache.header.owner.observe() == dead.pack();
            if !is_left() || cache.header.moving.observe() != 0 {
                continue;
            }
            for at in (0..cache.len()).filter_map(|index| cache.slots.glance(index)) {
                // The slot is read before the owner is looked at again.
                full_fence();
                if !is_left() {
                    break;
                }
                self.strike(at);
            }
        }
    }

    /// Puts back every object that bears the tag of `dead` and is not struck out; shows `count` how
    /// many, batch by batch.
    #[inline(never)]
    pub(crate) fn put_back(
        &self,
        dead: ProcessId,
        mut count: impl FnMut(u32),
    ) -> Result<(), NoRoom> {
        let (mut batch, mut filled) = ([0; BATCH], 0);
        for number in 0..self.populated() {
            if !self.is_left_by(dead, number) {
                continue;
            }
            self.make_fit(number);
            if let (Some(at), Some(slot)) = (self.place(number), batch.get_mut(filled)) {
                *slot = at;
                filled += 1;
            }
            if filled == BATCH {
                self.put_batch_back(&batch)?;
                count(BATCH as u32);
                filled = 0;
            }
        }
        if filled > 0 {
            self.put_batch_back(batch.get(..filled).unwrap_or_default())?;
            count(filled as u32);
        }
        Ok(())
    }

    /// Into the handler; or it is owed, if a living process is in the way. Waits for one only once:
    /// the group's lock is held.
    fn put_batch_back(&self, batch: &[u64]) -> Result<(), NoRoom> {
        crash_point!("reap: a batch is gathered");
        let given = if self.has_owed() { None } else { self.handler.give_now(self, batch).ok() };
        if given.is_none() {
            self.owe(batch);
        }
        crash_point!("reap: a batch is back");
        if given == Some(false) { Err(NoRoom) } else { Ok(()) }
    }

    /// Whether `dead` is the last who had the object, and it lies nowhere. An object whose place
    /// is on its way is called back: who adopts it at this moment is faster, or too late.
    fn is_left_by(&self, dead: ProcessId, number: u32) -> bool {
        // First who refers to it: whoever changes that from "its clones" to "nobody" has written his
        // tag before.
        if !self.is_sole(number) {
            return false;
        }
        let (Some(word), tag) = (self.tag_word(number), Tag::of(dead)) else { return false };
        let found = word.observe();
        if Tag::from_word(found).holder() != tag || self.is_struck(number) {
            return false;
        }
        found == tag.word() || word.swap_if(found, tag.word()).is_ok()
    }

    /// Whether `dead` is the last who had the object, and it was met nowhere.
    pub(crate) fn may_be_left_by(&self, dead: ProcessId, number: u32) -> bool {
        self.tag_of(number) == Tag::of(dead) && !self.is_struck(number)
    }

    fn is_struck(&self, number: u32) -> bool {
        let bits = self.struck.get(number as usize / 64).map_or(0, |bits| bits.get());
        bits >> (number % 64) & 1 != 0
    }

    /// Lets go of what `dead` was doing with the pool; returns how many claims those were.
    pub(crate) fn release_claims_of(&self, dead: ProcessId) -> u32 {
        let claims = [&self.header.populating, &self.header.auditing];
        claims.iter().map(|word| u32::from(word.swap_if(dead.pack(), 0).is_ok())).sum()
    }

    /// Where the ring of its free objects lies; `None` if it has another handler.
    pub(crate) fn ring_at(&self) -> Option<crate::offset::Offset<u8>> {
        let is_ring = matches!(self.handler, super::handler::Handler::Ring(_));
        self.at.cast().add(self.shape.footprint.handler).filter(|_| is_ring)
    }

    /// Writes a tag that no process gave.
    #[cfg(test)]
    pub(crate) fn test_tag(&self, number: u32, tag: u32) {
        self.tag_word(number).unwrap().publish(tag);
    }
}
