//! One element, its header read and found sound.
//!
//! What a header says is checked before it is followed: the place must lie in a backed grain of
//! a list, the state must be one of the heap's numbers, the size must end inside the list, and
//! neighbours must name each other. What fails is [`Damage`], never a wild read and never an
//! endless walk: every step forward goes at least [`ELEMENT_MIN`] bytes up.

use super::damage::{Damage, Fault, Step};
use super::layout::Element;
use super::{ELEMENT_MIN, LINE_BYTES};
use crate::group::Group;
use crate::lock::{JournalFull, Transaction};
use crate::memseg::{Bit, List};
use crate::offset::Offset;

/// What an element's `state` may be.
pub mod state {
    /// In a free list.
    pub const FREE: u64 = u64::from_le_bytes(*b"elemFREE");
    /// A block that somebody has.
    pub const BUSY: u64 = u64::from_le_bytes(*b"elemBUSY");
    /// What is left of a header whose element became part of a free one.
    pub const MERGED: u64 = u64::from_le_bytes(*b"elemGONE");
}

/// Bit 0 of `before`: the element is the first of its island.
pub(super) const FIRST: u64 = 1;

/// An element at its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elem {
    /// Where its header stands: bytes from the window's start.
    pub(super) at: u64,
    /// The header.
    pub(super) head: &'static Element,
    /// The list it lies in.
    pub(super) list: List,
}

impl Elem {
    /// The element whose header stands at `at`.
    pub(super) fn read(group: &Group, at: u64) -> Result<Self, Damage> {
        let outside = Damage { at, fault: Fault::Outside };
        let list = group.memseg_lists().list_of(Offset::<u8>::new(at)).ok_or(outside)?;
        Self::read_in(group, list, at)
    }

    /// The element whose header stands at `at`, in `list`.
    pub(super) fn read_in(group: &Group, list: List, at: u64) -> Result<Self, Damage> {
        let elem = Self::unread(group, list, at).ok_or(Damage { at, fault: Fault::Outside })?;
        let (state, bytes) = (elem.head.state.get(), elem.bytes());
        if state != state::FREE && state != state::BUSY {
            return Err(elem.damage(Fault::State(state)));
        }
        let end = at.checked_add(bytes).filter(|end| *end <= list.grain_at(list.grains()));
        if bytes < ELEMENT_MIN || !bytes.is_multiple_of(LINE_BYTES) || end.is_none() {
            return Err(elem.damage(Fault::Size(bytes)));
        }
        if !elem.is_backed_whole() {
            return Err(elem.damage(Fault::Size(bytes)));
        }
        if elem.matched().is_some_and(|(first, count)| first + count > list.grains()) {
            return Err(elem.damage(Fault::Place(elem.head.matched.get())));
        }
        let place = elem.head.place.get();
        if place >> 32 != list.index() as u64 {
            return Err(elem.damage(Fault::Place(place)));
        }
        Ok(elem)
    }

    /// Whether there is memory behind all of it, not behind its header alone.
    fn is_backed_whole(&self) -> bool {
        let first = self.list.grain_of(self.at);
        let last = self.list.grain_of(self.end().saturating_sub(1));
        let grains = last.saturating_sub(first) + 1;
        grains == 1 || self.list.backed().run_from(first, Bit::Used).is_ok_and(|run| run >= grains)
    }

    /// The header's place at `at`, whatever stands there; `None` if it is not backed.
    pub(super) fn unread(group: &Group, list: List, at: u64) -> Option<Self> {
        let is_place = at.is_multiple_of(LINE_BYTES) && list.is_backed_at(at);
        let head = group.window().resolve(Offset::<Element>::new(at)).filter(|_| is_place)?;
        Some(Self { at, head, list })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.head.bytes.get()
    }

    /// Where the next header stands, if there is one.
    pub(super) fn end(&self) -> u64 {
        self.at.saturating_add(self.bytes())
    }

    pub(super) fn is_free(&self) -> bool {
        self.head.state.get() == state::FREE
    }

    pub(super) fn is_first(&self) -> bool {
        self.head.before.get() & FIRST != 0
    }

    /// Which heap it belongs to, as its header says.
    pub(super) fn heap_index(&self) -> usize {
        self.head.place.get() as u32 as usize
    }

    /// The grains it came with: `(first, count)`; `None` if it may merge with any neighbour.
    pub(super) fn matched(&self) -> Option<(usize, usize)> {
        match self.head.matched.get() {
            0 => None,
            word => Some(((word >> 32) as usize, word as u32 as usize)),
        }
    }

    /// Whether the two may become one, if they lie side by side in an island.
    pub(super) fn may_join(&self, other: &Self) -> bool {
        self.is_free() && other.is_free() && self.head.matched.get() == other.head.matched.get()
    }

    pub(super) fn damage(&self, fault: Fault) -> Damage {
        Damage { at: self.at, fault }
    }

    /// The element behind it in its island.
    pub(super) fn next(&self, group: &Group) -> Result<Option<Self>, Damage> {
        let end = self.end();
        if !self.list.is_backed_at(end) {
            return Ok(None);
        }
        let next = Self::read_in(group, self.list, end)?;
        if next.is_first() {
            return Ok(None);
        }
        match next.head.before.get() {
            before if before == self.at => Ok(Some(next)),
            before => Err(next.damage(Fault::Link(before))),
        }
    }

    /// The element in front of it in its island.
    pub(super) fn previous(&self, group: &Group) -> Result<Option<Self>, Damage> {
        if self.is_first() {
            return Ok(None);
        }
        let before = self.head.before.get();
        let previous = Self::read_in(group, self.list, before)?;
        match previous.end() == self.at {
            true => Ok(Some(previous)),
            false => Err(self.damage(Fault::Link(before))),
        }
    }

    /// The first element of its island.
    ///
    /// Matched grains say where they start. Else an island is a backed run, to whose start the
    /// bitmap leads, unless pinned or matched memory was added in front: a step for each.
    pub(super) fn first(&self, group: &Group) -> Result<Self, Damage> {
        if self.is_first() {
            return Ok(*self);
        }
        let grain = self.list.grain_of(self.at);
        let back = self.list.backed().run_back(grain, Bit::Used).unwrap_or(1).max(1);
        let run = self.list.grain_at(grain + 1 - back);
        let mut at = self.matched().map_or(run, |(first, _)| self.list.grain_at(first));
        while at <= self.at {
            let first = Self::read_in(group, self.list, at)?;
            let last = first.last(group)?;
            if last.at >= self.at {
                return Ok(first);
            }
            at = last.end();
        }
        Err(self.damage(Fault::Link(at)))
    }

    /// The last element of the island whose first this is.
    pub(super) fn last(&self, group: &Group) -> Result<Self, Damage> {
        let before = self.head.before.get();
        let last = before & !FIRST;
        if before & FIRST == 0 || last < self.at {
            return Err(self.damage(Fault::Link(before)));
        }
        Self::read_in(group, self.list, last)
    }

    /// Notes that the island this element belongs to now ends with the element at `last`.
    pub(super) fn set_last(&self, tx: &Transaction, last: u64) -> Step<()> {
        let first = self.first(tx.group())?;
        Ok(tx.set(&first.head.before, FIRST | last)?)
    }

    /// Cuts it in two at `cut`; the second part is free, and in no free list.
    pub(super) fn split(&self, tx: &Transaction, cut: u64) -> Step<Self> {
        let next = self.next(tx.group())?;
        let second = Self::unread(tx.group(), self.list, cut)
            .ok_or(self.damage(Fault::Size(self.bytes())))?;
        let bytes = self.end().saturating_sub(cut);
        second.write(tx, bytes, self.at, self.head.place.get(), self.head.matched.get())?;
        match next {
            Some(next) => tx.set(&next.head.before, cut)?,
            None => self.set_last(tx, cut)?,
        }
        tx.set(&self.head.bytes, cut.saturating_sub(self.at))?;
        Ok(second)
    }

    /// Takes in the element behind it. The other's header is wiped word by word through the
    /// journal, because a block's holder may write over it before the commit.
    pub(super) fn absorb(&self, tx: &Transaction, second: &Self) -> Step<()> {
        let bytes = self.bytes().saturating_add(second.bytes());
        match second.next(tx.group())? {
            Some(next) => tx.set(&next.head.before, self.at)?,
            None => self.set_last(tx, self.at)?,
        }
        tx.set(&self.head.bytes, bytes)?;
        Ok(second.wipe(tx)?)
    }

    /// Writes a free element's header over whatever stands there.
    pub(super) fn write(
        &self,
        tx: &Transaction,
        bytes: u64,
        before: u64,
        place: u64,
        matched: u64,
    ) -> Result<(), JournalFull> {
        self.wipe(tx)?;
        tx.set(&self.head.bytes, bytes)?;
        tx.set(&self.head.before, before)?;
        tx.set(&self.head.place, place)?;
        tx.set(&self.head.matched, matched)?;
        tx.set(&self.head.state, state::FREE)
    }

    /// Leaves nothing of the header but the word that tells a second free from a stray one.
    ///
    /// Every word is recorded, those that are 0 already too: whoever is given the memory writes
    /// over them before the commit, and undoing must bring all of them back.
    pub(super) fn wipe(&self, tx: &Transaction) -> Result<(), JournalFull> {
        let Element { state, bytes, before, place, next_free, prev_free, owner, matched } =
            self.head;
        tx.set_always(state, state::MERGED)?;
        [bytes, before, place, next_free, prev_free, owner, matched]
            .into_iter()
            .try_for_each(|word| tx.set_always(word, 0))
    }
}
