//! What a dead process was to clones and their owners, put in order before its mbufs go back.
//!
//! The caller is the reaper, holds the group's lock, and has looked through all rings: an mbuf that
//! bears the dead one's tag and was met in none was in its hands. If it is a clone, its bond is
//! settled and let go, as the dead one would have; the last clone's owner gets the dead one's tag
//! first. If it has clones, it is let go, and stays theirs. Whatever refers to nobody after that,
//! and bears the dead one's tag, goes back like any object (`mempool`'s recovery).
//!
//! Each step finds what was done already done, for a reaper that begins anew.

use super::external::{external, keep};
use super::flags;
use super::foreign::{foreign_pool, is_backed};
use super::layout::{MbufHeader, Waybill};
use super::link::{Link, header, segments};
use super::refs::{self, Bond, Bound, Kind, Left, Owner, Progress, Refs};
use crate::group::ProcessId;
use crate::mempool::{PoolView, Tag};

impl PoolView {
    /// Shows `meet` what lies where `word` of a ring says: the object there, and if it is a packet's
    /// first segment, the others, of whatever pools. Where there is no page, nothing lies.
    pub(crate) fn each_of(&self, word: u64, mut meet: impl FnMut(u64)) {
        if !self.has_mbufs() {
            return meet(word);
        }
        let at = Waybill::place_in(word);
        let is_there =
            |at| self.number(at).is_some() || is_backed(self.group(), at, size_of::<MbufHeader>());
        if is_there(at) {
            segments(self.group().window(), at, is_there).for_each(|(at, _)| meet(at));
        }
    }

    /// Whether object `number` is an mbuf that was let go and whose clones live on: then its tag
    /// means nothing.
    pub(crate) fn is_its_clones(&self, number: u32) -> bool {
        self.refs_of(number).is_some_and(Refs::is_let_go)
    }

    /// Whether nobody refers to object `number` but its holder: it may go back.
    pub(crate) fn is_sole(&self, number: u32) -> bool {
        self.refs_of(number).is_none_or(Refs::is_sole)
    }

    fn refs_of(&self, number: u32) -> Option<Refs> {
        let header = self.header_of(number)?;
        Some(Refs::from_word(header.refs.observe()))
    }

    /// The header of object `number`, if this is a pool of mbufs.
    pub(crate) fn header_of(&self, number: u32) -> Option<&'static MbufHeader> {
        let at = self.place(number).filter(|_| self.has_mbufs())?;
        header(self.group().window(), at)
    }

    /// Makes object `number`, which nobody has, fit for its pool.
    pub(crate) fn make_fit(&self, number: u32) {
        if let Some(header) = self.header_of(number) {
            Link::ALONE.write(header);
            header.flags.set(header.flags.get() & !flags::OWN);
        }
    }

    /// Settles what `dead` had to do with clones, of each of this pool's mbufs that it left.
    pub(crate) fn part_from_clones(&self, dead: ProcessId) {
        if !self.has_mbufs() {
            return;
        }
        for number in (0..self.populated()).filter(|number| self.may_be_left_by(dead, *number)) {
            let Some((header, at)) = self.header_of(number).zip(self.place(number)) else {
                continue;
            };
            self.unbind_for(dead, Bound { at, bond: &header.bond });
            crash_point!("reap: a clone is free");
            refs::let_go_for(&header.refs, || self.may_be_left_by(dead, number));
            crash_point!("reap: a clone's owner is let go");
        }
    }

    fn unbind_for(&self, dead: ProcessId, clone: Bound<'_>) {
        let group = self.group();
        // Whom a bond or a change names, whatever pool that is of.
        let mbuf = |at| {
            let header = header(group.window(), at)?;
            let (pool, number) = foreign_pool(group, at, header)?;
            Some((header, number, pool))
        };
        let lent = |bond: Bond| match bond.kind() {
            Kind::External => external(group, bond.to()),
            Kind::Mbuf => None,
        };
        // Who was the last to refer to a buffer that is no pool's may not have released it.
        if let Some(buffer) = lent(Bond::from_word(clone.bond.observe()))
            && refs::was_last(clone, &buffer.refs)
        {
            keep(self, buffer);
            crash_point!("reap: an external buffer is kept");
        }
        let refs_of = |bond: Bond| match bond.kind() {
            Kind::External => lent(bond).map(|buffer| &buffer.refs),
            Kind::Mbuf => mbuf(bond.to()).map(|(header, ..)| &header.refs),
        };
        let bond = refs::settle(clone, refs_of);
        if bond.progress() != Progress::Attached {
            return;
        }
        let (kind, at) = (bond.kind(), bond.to());
        let find = |at| mbuf(at).map(|(header, ..)| &header.bond);
        if let Some(buffer) = lent(bond) {
            let owner = Owner { kind, at, refs: &buffer.refs };
            refs::detach(clone, owner, find, || {}, || keep(self, buffer));
            return;
        }
        let Some((header, number, pool)) = mbuf(at).filter(|_| kind == Kind::Mbuf) else {
            refs::forsake(clone.bond);
            return;
        };
        let owner = Owner { kind, at, refs: &header.refs };
        let claim = || pool.tag_as(number, Tag::of(dead));
        // Of a recoverable pool it goes back by its tag.
        if refs::detach(clone, owner, find, claim, || {}) == Left::Nobody && !pool.is_recoverable()
        {
            Link::ALONE.write(header);
            pool.give(&[at]);
        }
    }
}
