//! Where the objects of a pool lie: pure arithmetic between an object's number and its place.
//!
//! Objects stand one stride apart. Where a device must find each in one piece, none crosses a
//! page: then each page holds as many as fit, the first at its start. From place to number the stride is divided out by one multiplication with its inverse modulo
//! 2^64, which also tells places that are no object's: their quotient is out of range.

use core::num::NonZeroU32;

/// How the stride is stretched, so that neighbours start on different memory channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Memory channels (`-n`), 1 and up.
    pub channels: u32,
    /// Ranks a channel (`-r`), 1 and up.
    pub ranks: u32,
}

impl Default for Spread {
    /// Four channels, one rank: what the reference takes if it is told nothing.
    fn default() -> Self {
        Self { channels: 4, ranks: 1 }
    }
}

/// The largest page that there is: 16 GB.
const PAGE_MAX: u64 = 16 << 30;

/// No stride is as long as this: an object, with its header, is a quarter of it at most.
const STRIDE_END: u64 = 1 << 33;

/// Bytes of a cache line, as objects are aligned.
const LINE: u64 = 64;

/// The stride of objects of `bytes`, aligned to `align` (a power of two). With a spread, the
/// number of lines an object takes has no divisor in common with channels times ranks (MP-3).
pub(super) const fn stride(bytes: u32, align: u32, spread: Option<Spread>) -> u64 {
    let tight = (bytes as u64).next_multiple_of(align as u64);
    match spread {
        Some(Spread { channels, ranks }) if align as u64 == LINE => {
            let ways = channels as u64 * ranks as u64;
            let mut lines = tight / LINE;
            while ways > 0 && gcd(lines, ways) != 1 {
                lines += 1;
            }
            lines * LINE
        }
        _ => tight,
    }
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// How objects stand in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    align: u64,
    stride: u64,
    /// No object crosses a multiple of this; 0 if they may.
    page: u64,
    /// Objects a page; 1 if there are no pages.
    per_page: NonZeroU32,
    /// `(stride >> twos) * inverse == 1` modulo 2^64.
    inverse: u64,
    twos: u32,
}

/// A run of objects: in one chunk of memory, or the part of it that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Where the first object lies: bytes from the window's start.
    pub(super) first: u64,
    /// How many objects.
    pub(super) count: u32,
}

impl Geometry {
    /// `None` unless `align` is a power of two from 1 to 4096, `stride` a multiple of it,
    /// not less than 8 and below [`STRIDE_END`], and `page` 0 or a power of two up to 16 GB that holds at least one object.
    pub(super) const fn new(align: u32, stride: u64, page: u64) -> Option<Self> {
        let align = align as u64;
        if !align.is_power_of_two() || align > 4096 || stride < 8 || !stride.is_multiple_of(align) {
            return None;
        }
        if stride >= STRIDE_END {
            return None;
        }
        if page != 0
            && (!page.is_power_of_two() || page > PAGE_MAX || page < stride || page < align)
        {
            return None;
        }
        let twos = stride.trailing_zeros();
        let per_page = if page == 0 { 1 } else { page / stride };
        let Some(per_page) = NonZeroU32::new(per_page as u32) else { return None };
        Some(Self { align, stride, page, per_page, inverse: inverse(stride >> twos), twos })
    }

    /// `distance / stride` if that leaves nothing over; else more than any pool holds.
    #[inline(always)]
    const fn quotient(&self, distance: u64) -> u64 {
        distance.wrapping_mul(self.inverse).rotate_right(self.twos)
    }

    /// The objects that fit in `start..end`; `None` if not even one does.
    pub(super) fn fill(&self, start: u64, end: u64) -> Option<Span> {
        let aligned = start.checked_next_multiple_of(self.align)?;
        if self.page == 0 {
            return span(aligned, end.checked_sub(aligned)? / self.stride);
        }
        let page = aligned & !(self.page - 1);
        let before = (aligned - page).div_ceil(self.stride);
        let first = if before < self.per_page() {
            page + before * self.stride
        } else {
            page.checked_add(self.page)?
        };
        let in_last = ((end & (self.page - 1)) / self.stride).min(self.per_page());
        let end = (end >> self.page_shift()) * self.per_page() + in_last;
        span(first, end.checked_sub(self.rank(first)?)?)
    }

    /// The number within `span` of the object at `at`; `None` if no object starts there.
    #[inline(always)]
    pub(super) fn index(&self, span: Span, at: u64) -> Option<u32> {
        self.numbering(span).index(at)
    }

    /// The same for many objects of one span.
    #[inline(always)]
    pub(super) fn numbering(self, span: Span) -> Numbering {
        let before = if self.page == 0 { 0 } else { self.rank(span.first).unwrap_or(u64::MAX) };
        Numbering { geometry: self, span, before }
    }

    /// Where object `index` of `span` lies. The caller has `index < span.count`.
    #[inline(always)]
    pub(super) fn place(&self, span: Span, index: u32) -> u64 {
        if self.page == 0 {
            return span.first.wrapping_add(u64::from(index).wrapping_mul(self.stride));
        }
        let page = span.first & !(self.page - 1);
        // Half as long numbers are divided in half the time.
        let rank = (self.quotient(span.first - page) as u32).wrapping_add(index);
        let (pages, in_page) = (rank / self.per_page, rank % self.per_page);
        let in_page = u64::from(in_page).wrapping_mul(self.stride);
        page.wrapping_add(u64::from(pages) << self.page_shift()).wrapping_add(in_page)
    }

    /// How many objects a window that is all objects would have before `at`; `None` if no
    /// object starts there.
    #[inline(always)]
    fn rank(&self, at: u64) -> Option<u64> {
        let in_page = self.quotient(at & (self.page - 1));
        let rank = (at >> self.page_shift()).wrapping_mul(self.per_page()).wrapping_add(in_page);
        (in_page < self.per_page()).then_some(rank)
    }

    const fn per_page(&self) -> u64 {
        self.per_page.get() as u64
    }

    const fn page_shift(&self) -> u32 {
        self.page.trailing_zeros()
    }

    /// Bytes from one object to the next.
    pub(super) const fn stride(&self) -> u64 {
        self.stride
    }

    /// What every object's place is a multiple of.
    pub(super) const fn align(&self) -> u64 {
        self.align
    }

    /// The bytes that surely hold `count` objects, wherever they start.
    pub(super) fn bytes_for(&self, count: u32) -> Option<u64> {
        let count = u64::from(count);
        let bytes = count.checked_mul(self.stride)?.checked_add(self.align)?;
        if self.page == 0 {
            return Some(bytes);
        }
        // Up to a place of the first page, and what is left over at the end of each page.
        let ends = count.div_ceil(self.per_page()).checked_mul(self.page % self.stride)?;
        bytes.checked_add(self.stride)?.checked_add(ends)
    }
}

/// Numbers within one span, what they have in common being worked out once. By value, so that a loop that
/// writes to shared memory keeps it in registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbering {
    geometry: Geometry,
    span: Span,
    /// Objects before the span's first, as [`Geometry::rank`] counts.
    before: u64,
}

impl Numbering {
    /// Bytes from one object to the next.
    #[inline(always)]
    pub(super) const fn stride(&self) -> u64 {
        self.geometry.stride
    }

    /// How many objects, this one counted, stand one stride apart from the object at `at` on, whose number
    /// within the span is `index`.
    #[inline(always)]
    pub(super) const fn in_a_row(&self, at: u64, index: u32) -> u32 {
        let left = self.span.count - index;
        if self.geometry.page == 0 {
            return left;
        }
        let in_page = self.geometry.quotient(at & (self.geometry.page - 1));
        let in_page = self.geometry.per_page.get() - in_page as u32;
        if in_page < left { in_page } else { left }
    }

    /// The number within the span of the object at `at`; `None` if no object starts there.
    #[inline(always)]
    pub(super) fn index(&self, at: u64) -> Option<u32> {
        let index = match self.geometry.page {
            0 => self.geometry.quotient(at.wrapping_sub(self.span.first)),
            _ => self.geometry.rank(at)?.wrapping_sub(self.before),
        };
        (index < u64::from(self.span.count)).then_some(index as u32)
    }
}

fn span(first: u64, count: u64) -> Option<Span> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    (count > 0).then_some(Span { first, count })
}

/// The inverse of an odd number modulo 2^64, by Newton's rule: each step doubles the bits.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd.wrapping_mul(3) ^ 2;
    let mut step = 0;
    while step < 4 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(geometry: &Geometry, span: Span) -> Vec<u64> {
        (0..span.count).map(|index| geometry.place(span, index)).collect()
    }

    #[test]
    fn every_place_has_its_number_and_no_other_byte_has_one() {
        for (align, stride, page) in
            [(8, 8, 0), (8, 24, 0), (64, 64, 0), (64, 192, 0), (64, 192, 4096), (64, 2240, 4096)]
        {
            let geometry = Geometry::new(align, stride, page).unwrap();
            let span = geometry.fill(8200, 8200 + 20_000).unwrap();
            let places = places(&geometry, span);
            for at in 8000..8200 + 20_100 {
                let expected = places.iter().position(|place| *place == at).map(|i| i as u32);
                assert_eq!(geometry.index(span, at), expected, "at {at} of {geometry:?}");
            }
        }
    }

    #[test]
    fn objects_in_a_row_stand_one_stride_apart_as_long_as_a_page_goes_on() {
        for (align, stride, page) in
            [(8, 24, 0), (64, 192, 4096), (64, 2240, 4096), (64, 4096, 4096)]
        {
            let geometry = Geometry::new(align, stride, page).unwrap();
            let span = geometry.fill(8200, 8200 + 20_000).unwrap();
            let (numbering, places) = (geometry.numbering(span), places(&geometry, span));
            for (index, at) in places.iter().enumerate() {
                let row = numbering.in_a_row(*at, index as u32) as usize;
                let next = |n| places.get(index + n).copied();
                assert!((1..row).all(|n| next(n) == Some(at + n as u64 * stride)));
                let is_end = next(row).is_none_or(|it| page != 0 && it.is_multiple_of(page));
                assert!(row > 0 && is_end);
            }
        }
    }

    #[test]
    fn objects_lie_in_the_memory_given_one_after_the_other_and_as_many_as_fit() {
        for len in 0..9000 {
            for (stride, page) in [(192, 0), (192, 4096), (4096, 4096)] {
                let geometry = Geometry::new(64, stride, page).unwrap();
                let Some(span) = geometry.fill(4000, 4000 + len) else { continue };
                let places = places(&geometry, span);
                assert!(places.iter().all(|at| *at >= 4000 && at + stride <= 4000 + len));
                assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= stride));
                assert_eq!(
                    places.last().map(|at| (at + 2 * stride > 4000 + len) || page != 0),
                    Some(true)
                );
            }
        }
    }

    #[test]
    fn no_object_crosses_a_page_that_it_may_not_cross() {
        let geometry = Geometry::new(64, 1088, 4096).unwrap();
        let span = geometry.fill(64, 100_000).unwrap();
        assert!(places(&geometry, span).iter().all(|at| at / 4096 == (at + 1087) / 4096));
        // The first place of the first page lies before the memory.
        assert_eq!(span.count, 3 * (100_000 / 4096) + (100_000 % 4096) / 1088 - 1);
    }

    #[test]
    fn the_bytes_asked_for_hold_the_count_wherever_they_start() {
        for (stride, page) in [(64, 0), (192, 0), (1088, 4096), (2240, 4096)] {
            let geometry = Geometry::new(64, stride, page).unwrap();
            for start in (0..5000).step_by(8) {
                let bytes = geometry.bytes_for(100).unwrap();
                assert!(geometry.fill(start, start + bytes).unwrap().count >= 100);
            }
        }
    }

    #[test]
    fn shapes_that_cannot_be_are_refused() {
        assert_eq!(Geometry::new(64, 0, 0), None);
        assert_eq!(Geometry::new(64, 100, 0), None);
        assert_eq!(Geometry::new(48, 96, 0), None);
        assert_eq!(Geometry::new(8192, 8192, 0), None);
        assert_eq!(Geometry::new(64, 8192, 4096), None);
        assert_eq!(Geometry::new(64, 64, 5000), None);
        assert_eq!(Geometry::new(64, STRIDE_END, 0), None);
        assert!(Geometry::new(64, STRIDE_END - 64, 0).is_some());
    }

    #[test]
    fn a_spread_stride_shares_no_divisor_with_the_channels() {
        let spread = Some(Spread::default());
        assert_eq!(stride(64, 64, spread), 64);
        assert_eq!(stride(65, 64, spread), 192);
        assert_eq!(stride(2176, 64, spread), 35 * 64);
        assert_eq!(stride(65, 64, None), 128);
        assert_eq!(stride(65, 8, spread), 72);
        assert_eq!(stride(65, 64, Some(Spread { channels: 0, ranks: 0 })), 128);
    }
}
