//! `PoolView`: a pool whatever its objects are, as who counts, looks and audits sees it.
//!
//! The handle keeps its own copy of every number that a pool is made of, checked once; a peer
//! that writes over the header harms nobody who is attached. What moves (chunks, caches, the
//! handler) is read where it lies.

use core::fmt;

use super::cache::Cache;
use super::config::Shape;
use super::geometry::Span;
use super::handler::Handler;
use super::layout::{CHUNKS_MAX, CacheHeader, PoolChunk, PoolHeader};
use super::slots::Slots;
use super::{HandlerId, PoolFlags};
use crate::group::{Group, LCORES_MAX, ProcessId, flags};
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::{ElementLayout, Words};
use crate::sync::{Contested32, Word64};

/// A pool, whatever its objects are. A handle of a few hundred bytes; lend it rather than
/// clone it.
#[derive(Clone)]
pub struct PoolView {
    pub(super) group: Group,
    pub(super) at: Offset<PoolHeader>,
    pub(super) header: &'static PoolHeader,
    pub(super) shape: Shape,
    pub(super) handler: Handler,
    pub(super) tags: &'static [Contested32],
    pub(super) seen: &'static [Word64],
    pub(super) struck: &'static [Word64],
}

impl fmt::Debug for PoolView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolView")
            .field("name", &self.name())
            .field("at", &self.at)
            .field("objects", &self.shape.objects)
            .finish_non_exhaustive()
    }
}

impl PoolView {
    /// The group that it belongs to, as this process sees it.
    #[inline]
    pub(crate) fn group(&self) -> &Group {
        &self.group
    }

    /// Its name.
    pub fn name(&self) -> Name {
        Name::from_words(self.header.name.each_ref().map(Word64::get))
    }

    /// Where its header lies.
    pub fn at(&self) -> Offset<PoolHeader> {
        self.at
    }

    /// How many objects it is to have.
    pub fn size(&self) -> u32 {
        self.shape.objects
    }

    /// How many of them have been put in: [`size`](Self::size), unless it was populated in part.
    pub fn populated(&self) -> u32 {
        self.header.populated.observe().min(self.shape.objects)
    }

    /// How many objects an lcore's cache keeps; 0 for none.
    pub fn cache_size(&self) -> u32 {
        self.shape.cache_size
    }

    /// What its objects are.
    pub fn element(&self) -> ElementLayout {
        self.shape.element
    }

    /// Bytes from one object to the next.
    pub fn stride(&self) -> u64 {
        self.shape.geometry.stride()
    }

    /// What each object's place is a multiple of, in bytes.
    #[doc(alias = "rte_mempool_get_obj_alignment")]
    pub fn object_alignment(&self) -> u64 {
        self.shape.geometry.align()
    }

    /// What it was made with, and what it says of itself.
    pub fn flags(&self) -> PoolFlags {
        self.shape.flags
    }

    /// Whether what a dead process held of it goes back
    /// ([`PoolConfig::recoverable`](super::PoolConfig::recoverable)).
    #[inline(always)]
    pub fn is_recoverable(&self) -> bool {
        self.shape.flags.has(PoolFlags::RECOVERABLE)
    }

    /// What keeps its free objects.
    pub fn handler(&self) -> HandlerId {
        self.shape.handler
    }

    /// The NUMA node that was asked for; `None` for any.
    pub fn node(&self) -> Option<u32> {
        Some(self.header.node.get()).filter(|node| *node != u32::MAX)
    }

    /// The NUMA node on which its objects lie, or the first of them; `None` if it has none yet, and in a
    /// group of ordinary pages, which may lie anywhere.
    pub fn lies_on(&self) -> Option<u32> {
        if self.group.has(flags::NO_HUGE) {
            return None;
        }
        let first = self.chunks().next()?;
        let list = self.group.memseg_lists().list_of(Offset::<u8>::new(first.at.get()))?;
        Some(list.node())
    }

    /// Who made it, if that can be said.
    pub fn creator(&self) -> Option<ProcessId> {
        ProcessId::unpack(self.header.creator.get())
    }

    /// The private area as a `P`, zeroed at first; `None` if it is shorter than that. Of atomics
    /// only ([`Words`]): everybody sees it.
    #[doc(alias = "rte_mempool_get_priv")]
    pub fn private<P: Words>(&self) -> Option<&'static P> {
        let at = self.part(self.shape.footprint.private)?;
        let fits = size_of::<P>() <= self.shape.private_bytes as usize;
        fits.then(|| self.group.window().resolve(at.cast())).flatten()
    }

    /// Bytes of the private area.
    pub fn private_bytes(&self) -> u32 {
        self.shape.private_bytes
    }

    /// Takes from the handler, past all caches.
    #[inline(always)]
    pub(super) fn take(&self, to: &mut [u64]) -> bool {
        self.take_from_handler(to) || self.take_what_is_owed(to)
    }

    #[inline(always)]
    pub(super) fn take_from_handler(&self, to: &mut [u64]) -> bool {
        match self.is_recoverable() {
            true => self.take_tagged(to),
            false => self.handler.take(self, to, |_| {}),
        }
    }

    /// Gives to the handler, past all caches; or owes it, after a bounded wait
    /// ([`owe`](Self::owe)). Of a recoverable pool only while this process is a member: what it
    /// holds afterwards has gone back already.
    #[inline(always)]
    pub(crate) fn give(&self, from: &[u64]) {
        if self.is_recoverable() && !self.group.is_member() {
            return;
        }
        let strays = self.handler.give(self, from);
        if strays > 0 {
            self.note_strays(strays);
        }
    }

    #[cold]
    pub(crate) fn note_strays(&self, strays: u64) {
        self.header.strays.add(strays);
    }

    /// Where object `number` lies; `None` if there is none such.
    #[inline(always)]
    pub(crate) fn place(&self, number: u32) -> Option<u64> {
        let [first, ..] = &self.header.chunks;
        let span = first.span();
        if number < span.count {
            return Some(self.shape.geometry.place(span, number));
        }
        self.place_further_on(number)
    }

    #[cold]
    fn place_further_on(&self, number: u32) -> Option<u64> {
        self.chunks().find_map(|chunk| {
            let number = number.checked_sub(chunk.index.get())?;
            (number < chunk.count.get()).then(|| self.shape.geometry.place(chunk.span(), number))
        })
    }

    /// The chunks, in the order of their objects' numbers.
    #[inline]
    pub(super) fn chunks(&self) -> impl Iterator<Item = &'static PoolChunk> + use<> {
        // Pairs with the `publish` in `populate`: who sees the count sees the chunks.
        let count = (self.header.chunk_count.observe() as usize).min(CHUNKS_MAX);
        self.header.chunks.iter().take(count)
    }

    /// The cache of `lcore`; only its holder may do more than look.
    pub(super) fn cache_of(&self, lcore: u16) -> Option<Cache<'static>> {
        let footprint = &self.shape.footprint;
        if usize::from(lcore) >= LCORES_MAX {
            return None;
        }
        let at = self.part(footprint.caches + u64::from(lcore) * footprint.cache_stride)?;
        let header: &'static CacheHeader = self.group.window().resolve(at.cast())?;
        let slots = at.add(size_of::<CacheHeader>() as u64)?.cast();
        let slots = Slots::in_window(self.group.window(), slots, self.shape.cache_size)?;
        Some(Cache { header, slots })
    }

    /// Every lcore's cache, by lcore id.
    pub(super) fn caches(&self) -> impl Iterator<Item = (u16, Cache<'static>)> + '_ {
        (0..LCORES_MAX as u16).filter_map(|lcore| Some((lcore, self.cache_of(lcore)?)))
    }

    fn part(&self, from_header: u64) -> Option<Offset<u8>> {
        self.at.cast().add(from_header)
    }
}

impl PoolChunk {
    #[inline(always)]
    pub(super) fn span(&self) -> Span {
        Span { first: self.first.get(), count: self.count.get() }
    }
}
