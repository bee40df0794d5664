//! `MbufHome`: where a thread gets mbufs, and where they go back to.

use core::fmt;

use super::data::Buffer;
use super::external::Release;
use super::foreign::foreign_pool;
use super::fresh::Fresh;
use super::layout::MbufHeader;
use super::link::{header, segments};
use super::mbuf::Mbuf;
use super::pool::MbufPool;
use crate::group::Group;
use crate::mempool::{Home, Numbers, PoolEmpty, PoolView, Tagger};

/// Mbufs that are got or put at a time. Room for their places is zeroed first: for more, that would take a call of memset.
pub(super) const BATCH: usize = 32;

/// A pool of mbufs in the hand of a thread: past all caches ([`MbufPool::home`]), or through an
/// lcore's ([`MbufPool::home_of`]). Kept as long as its mbufs.
///
/// Mbufs of other pools come too, as segments of packets and through rings, and go back where they
/// came from: fast to the pools that are named with [`also`](Self::also), slowly (the pool is looked
/// at anew each time) to all others.
pub struct MbufHome<'p> {
    home: Home<'p>,
    /// Of the home's pool, whose first piece of memory stays what it was.
    numbers: Numbers<'p>,
    pool: &'p MbufPool,
    also: Option<&'p MbufHome<'p>>,
    releases: &'p [Release<'p>],
}

impl fmt::Debug for MbufHome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MbufHome").field("pool", self.pool).finish_non_exhaustive()
    }
}

impl<'p> MbufHome<'p> {
    pub(super) fn new(pool: &'p MbufPool, home: Home<'p>) -> Self {
        Self { home, numbers: home.pool.numbers(), pool, also: None, releases: &[] }
    }

    /// The same, for mbufs of the pools of `other`, too.
    #[must_use]
    pub fn also(self, other: &'p Self) -> Self {
        Self { also: Some(other), ..self }
    }

    /// The same, which releases external buffers as `releases` says.
    #[must_use]
    pub fn releasing(self, releases: &'p [Release<'p>]) -> Self {
        Self { releases, ..self }
    }

    /// What this process knows to release.
    pub(super) fn releases(&self) -> &'p [Release<'p>] {
        self.releases
    }

    /// Its pool.
    #[inline]
    pub fn pool(&self) -> &'p MbufPool {
        self.pool
    }

    #[inline(always)]
    pub(super) fn group(&self) -> &Group {
        self.home.pool.group()
    }

    /// Gets a fresh mbuf: one segment, no data, all headroom, port unknown, no flags. `None` if there
    /// is none. Its data, private bytes and dynamic fields are what the last holder left. From a
    /// cache: no atomic, and one line of the mbuf is written.
    #[doc(alias = "rte_pktmbuf_alloc")]
    #[doc(alias = "rte_mbuf_raw_alloc")]
    #[inline]
    pub fn alloc(&self) -> Option<Mbuf<'_>> {
        let mut place = [0];
        while self.home.take(&mut place) {
            let [at] = place;
            if let Some(header) = header(self.group().window(), at) {
                self.reset(at, header, self.fresh_words(Fresh::EMPTY));
                return Some(Mbuf::new(self, header));
            }
            // Something that a peer wrote; left out.
            self.home.pool.note_strays(1);
        }
        None
    }

    /// Fills `to` with fresh mbufs, or gets none. What stood in `to` is freed.
    #[doc(alias = "rte_pktmbuf_alloc_bulk")]
    #[doc(alias = "rte_mbuf_raw_alloc_bulk")]
    pub fn alloc_bulk<'h>(&'h self, to: &mut [Option<Mbuf<'h>>]) -> Result<(), PoolEmpty> {
        self.alloc_bulk_as(Fresh::EMPTY, to)
    }

    /// The same, of mbufs that say `fresh` of themselves.
    #[inline]
    pub(crate) fn alloc_bulk_as<'h>(
        &'h self,
        fresh: Fresh,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Result<(), PoolEmpty> {
        let (asked, mut strays) = (to.len(), 0);
        let (window, words) = (self.group().window(), self.fresh_words(fresh));
        let mut places = [0; BATCH];
        for start in (0..asked).step_by(BATCH) {
            let part = to.get_mut(start..(start + BATCH).min(asked)).unwrap_or_default();
            let places = places.get_mut(..part.len()).unwrap_or_default();
            if !self.home.take(places) {
                to.iter_mut().take(start).for_each(|mbuf| *mbuf = None);
                return Err(PoolEmpty { asked });
            }
            for (mbuf, at) in part.iter_mut().zip(places) {
                match header(window, *at) {
                    Some(header) => {
                        self.reset(*at, header, words);
                        *mbuf = Some(Mbuf::new(self, header));
                    }
                    // A place that is none was left by a peer.
                    None => strays += 1,
                }
            }
        }
        if strays > 0 {
            self.home.pool.note_strays(strays);
            to.iter_mut().for_each(|mbuf| *mbuf = None);
            return Err(PoolEmpty { asked });
        }
        Ok(())
    }

    #[inline]
    pub(super) fn own_buffer(&self, at: u64) -> u64 {
        let before = u64::from(self.pool.private_bytes_each());
        at + size_of::<MbufHeader>() as u64 + before
    }

    /// This one and those that were named with it.
    #[inline]
    fn all(&self) -> impl Iterator<Item = &Self> {
        core::iter::successors(Some(self), |home| home.also)
    }

    /// The pool of the mbuf at `at`, for `work`, with its number there and the home that knows
    /// it. `None` if no mbuf of any pool lies there.
    #[inline]
    pub(super) fn with_pool<R>(
        &self,
        at: u64,
        header: &MbufHeader,
        work: impl FnOnce(&PoolView, u32, Option<&Self>) -> R,
    ) -> Option<R> {
        for home in self.all() {
            if let Some(number) = home.home.pool.number(at) {
                return Some(work(home.home.pool, number, Some(home)));
            }
        }
        let (pool, number) = foreign_pool(self.group(), at, header)?;
        Some(work(&pool, number, None))
    }

    /// The segments of the packet at `head`, where an mbuf lies: as far as links lead to mbufs.
    #[inline]
    pub(super) fn walk(
        &self,
        head: u64,
    ) -> impl Iterator<Item = (u64, &'static MbufHeader)> + Clone + use<'_, 'p> {
        segments(self.group().window(), head, |at| self.mbuf(at).is_some())
    }

    /// Where `header` lies: bytes from the window's start.
    #[inline]
    pub(super) fn place_of(&self, header: &MbufHeader) -> u64 {
        let base = self.group().window().base().as_ptr().addr();
        core::ptr::from_ref(header).addr().wrapping_sub(base) as u64
    }

    /// The buffer that its pool gave the mbuf at `at`.
    pub(super) fn buffer_of(&self, at: u64, header: &MbufHeader) -> Option<Buffer> {
        // Mostly it is of this home's own pool, and of its first piece of memory.
        if self.numbers.is_in_first(at) {
            return Some(Buffer { at: self.own_buffer(at), room: self.pool.data_room() });
        }
        self.with_pool(at, header, |pool, _, home| match home {
            Some(home) => Buffer { at: home.own_buffer(at), room: home.pool.data_room() },
            None => pool.mbuf_buffer(at),
        })
    }

    /// The mbuf at `at`, if it is one.
    #[inline]
    pub(super) fn mbuf(&self, at: u64) -> Option<&'static MbufHeader> {
        let header = header(self.group().window(), at)?;
        self.with_pool(at, header, |_, _, _| header)
    }

    /// Puts the mbuf at `at` back, which is the caller's, alone and referred to by nobody.
    #[inline]
    pub(super) fn put(&self, at: u64, header: &MbufHeader) {
        self.put_if(at, header, || true);
    }

    /// The same, if `is_fit` says so, which is asked only if it is an mbuf.
    #[inline]
    pub(super) fn put_if(&self, at: u64, header: &MbufHeader, is_fit: impl FnOnce() -> bool) {
        let put = self.with_pool(at, header, |pool, _, home| {
            if !is_fit() {
                return;
            }
            match home {
                Some(home) => home.home.give(&[at]),
                None => pool.give(&[at]),
            }
        });
        if put.is_none() {
            self.home.pool.note_strays(1);
        }
    }

    /// Who tags the mbufs of this home's own pool.
    #[inline(always)]
    pub(super) fn tagger(&self) -> Tagger<'_> {
        self.numbers.tagger()
    }

    /// The numbers of the mbufs of this home's own pool: what has one is of it.
    #[inline(always)]
    pub(super) fn own_numbers(&self) -> Numbers<'_> {
        self.numbers
    }

    /// Whether an mbuf of this home's own pool lies at each of `places`; mostly they lie in a row.
    #[inline(always)]
    pub(super) fn are_own(&self, places: &[u64]) -> bool {
        let (numbers, first) = (self.numbers, places.first().copied().unwrap_or_default());
        // What is more than a place is none.
        let is_row = numbers.row(first, places.iter().copied()).is_some_and(|row| row.any == 0);
        is_row || self.are_own_in_runs(places)
    }

    #[inline(never)]
    fn are_own_in_runs(&self, places: &[u64]) -> bool {
        let mut rest = places;
        while let Some((first, others)) = rest.split_first() {
            rest = match self.numbers.run(rest) {
                Some((_, count)) => rest.get(count..).unwrap_or_default(),
                None if self.numbers.of(*first).is_some() => others,
                None => return false,
            };
        }
        true
    }

    /// Fills `to` with the places of mbufs of this home's own pool, or gets none.
    #[inline(always)]
    pub(super) fn take(&self, to: &mut [u64]) -> bool {
        self.home.take(to)
    }

    /// Puts the mbufs of `places` back, each to its pool, and counts what is none, which a peer left.
    #[cold]
    pub(super) fn put_sound(&self, places: &[u64]) -> PoolEmpty {
        let window = self.group().window();
        for at in places {
            match header(window, *at) {
                Some(header) => self.put(*at, header),
                None => self.note_stray(),
            }
        }
        PoolEmpty { asked: places.len() }
    }

    /// Puts mbufs of this home's own pool back; as [`put`](Self::put).
    #[inline]
    pub(super) fn put_own(&self, places: &[u64]) {
        self.home.give(places);
    }

    /// Counts a word that should have been the place of an mbuf.
    #[cold]
    pub(super) fn note_stray(&self) {
        self.home.pool.note_strays(1);
    }
}
