//! Clones: packets that share another's data without a copy (MB-4).
//!
//! A clone has a header of its own for each segment, whose buffer is the other's. Who shares data
//! may read them only. How references are counted, whoever dies: [`refs`](super::refs).

use core::fmt;

use super::external::external;
use super::flags;
use super::home::MbufHome;
use super::layout::MbufHeader;
use super::link::Link;
use super::mbuf::Mbuf;
use super::refs::{self, Bond, Bound, Kind, Left, Owner, Progress, TooManyClones};
use super::span::Span;
use crate::recovery::Fenced;
use crate::sync::Contested64;

/// Why a packet was not cloned. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloneError {
    /// The pool has not as many mbufs as the packet has segments.
    Empty,
    /// A segment has as many clones as can be counted.
    TooMany(TooManyClones),
    /// Its segments are not what they say, or have too many of them together.
    Damaged {
        /// Where the first segment's header lies: bytes from the window's start.
        at: u64,
    },
    /// This process has lost its slot.
    Fenced(Fenced),
}

impl fmt::Display for CloneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "a packet was to be cloned and the pool has not as many mbufs as it has segments; free some, or make \
                 the pool larger",
            ),
            Self::TooMany(error) => error.fmt(f),
            Self::Damaged { at } => write!(
                f,
                "the packet at +{at:#x} was to be cloned and its segments contradict each other; something has \
                 written over it, so free it"
            ),
            Self::Fenced(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CloneError {}

impl<'h> Mbuf<'h> {
    /// A packet with the same data: a segment of `home` for each of this one's, whose buffer is the
    /// other's. Flags, port, tags and hash as in this one. While it lives, both packets' data may be
    /// read only.
    ///
    /// Errors: [`CloneError`]. Cost: a swap a segment.
    #[doc(alias = "rte_pktmbuf_clone")]
    #[doc(alias = "rte_pktmbuf_attach")]
    pub fn to_clone(&self, home: &'h MbufHome<'h>) -> Result<Self, CloneError> {
        let mut all = self.walk();
        let damaged = CloneError::Damaged { at: self.at() };
        let mut clone = match all.next() {
            Some((at, header)) => home.clone_segment(at, header)?,
            None => return Err(damaged),
        };
        for (at, header) in all {
            let segment = home.clone_segment(at, header)?;
            clone.chain(segment).map_err(|_| damaged)?;
        }
        clone.copy_facts(self);
        clone.set_len(self.len());
        Ok(clone)
    }
}

impl<'h> MbufHome<'h> {
    /// A clone of the segment at `at`, which the caller holds.
    fn clone_segment(&'h self, at: u64, header: &MbufHeader) -> Result<Mbuf<'h>, CloneError> {
        self.group().check_member().map_err(CloneError::Fenced)?;
        let clone = self.alloc().ok_or(CloneError::Empty)?;
        // Whose buffer a clone refers to, that one's clone refers to.
        let bond = Bond::from_word(header.bond.observe());
        let is_bound = header.flags.get() & flags::OWN != 0;
        let owner = if is_bound && bond.progress() == Progress::Attached {
            self.owner(bond)
        } else {
            self.mbuf(at).map(|header| Owner { kind: Kind::Mbuf, at, refs: &header.refs })
        };
        let owner = owner.ok_or(CloneError::Damaged { at })?;
        let bound = Bound { at: clone.at(), bond: &clone.header.bond };
        refs::attach(bound, owner, |at| self.bond_of(at)).map_err(CloneError::TooMany)?;
        let Span { offset, len, room, .. } = Span::of(header);
        clone.header.buf.set(header.buf.get());
        Span { offset, len, room, ..Span::of(clone.header) }.write(clone.header);
        clone.header.packet_len.set(u32::from(len));
        clone.header.flags.set(match owner.kind {
            Kind::Mbuf => flags::INDIRECT,
            Kind::External => flags::EXTERNAL,
        });
        Ok(clone)
    }

    /// Frees the clone at `at` from whose buffer it refers to; puts that one back, if nobody else
    /// refers to it. `false`, if this process has lost its slot: what it held is put in order by others.
    #[cold]
    pub(super) fn unbind(&self, at: u64, header: &MbufHeader) -> bool {
        let bond = Bond::from_word(header.bond.observe());
        if !self.group().is_member() {
            return false;
        }
        match self.owner(bond).filter(|_| bond.progress() == Progress::Attached) {
            Some(owner) => self.unbind_from(owner, at, header),
            None => {
                // Nobody's, or it would be taken for a clone when it has gone back.
                refs::forsake(&header.bond);
                self.note_stray();
            }
        }
        true
    }

    fn unbind_from(&self, owner: Owner<'_>, at: u64, header: &MbufHeader) {
        let clone = Bound { at, bond: &header.bond };
        let find = |at| self.bond_of(at);
        if owner.kind == Kind::External {
            refs::detach(clone, owner, find, || {}, || self.release_external(at, header, owner.at));
            return;
        }
        let Some(whose) = self.mbuf(owner.at) else { return self.note_stray() };
        let claim = || {
            // It is an mbuf: it was found as one.
            let _tagged = self.tag(owner.at, whose);
        };
        if refs::detach(clone, owner, find, claim, || {}) == Left::Nobody {
            // Its holder may have let go of it as a part of a packet.
            Link::ALONE.write(whose);
            self.put(owner.at, whose);
        }
    }

    /// To whom `bond` is, if it is there.
    fn owner(&self, bond: Bond) -> Option<Owner<'static>> {
        let (kind, at) = (bond.kind(), bond.to());
        let refs = match kind {
            Kind::Mbuf => &self.mbuf(at)?.refs,
            Kind::External => &external(self.group(), at)?.refs,
        };
        Some(Owner { kind, at, refs })
    }

    pub(super) fn bond_of(&self, at: u64) -> Option<&'static Contested64> {
        self.mbuf(at).map(|header| &header.bond)
    }

    /// Says that this process answers for the mbuf at `at`; `false` if no mbuf lies there.
    #[inline]
    pub(super) fn tag(&self, at: u64, header: &MbufHeader) -> bool {
        let tagged = self.with_pool(at, header, |pool, number, _| pool.tag_number(number));
        tagged.is_some()
    }
}
