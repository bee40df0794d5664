//! From an object's place to its number, for one or for many one after the other.
//!
//! A place is whatever a peer wrote: where no object starts there is no number. Objects that lie one behind
//! the other, as they mostly come from a pool, have theirs told by the first: of a [row](Numbers::row) nothing else is
//! worked out, and the processor compares several places at a time.

use super::geometry::{Numbering, Span};
use super::view::PoolView;
use crate::window;

/// The bits of a word in which a place stands where rows are looked for: of a multiple of 64 in the window.
const ROW_PLACE: u64 = window::LEN as u64 - 64;

/// The bit of a word that is set where its object is to stand in no row.
const ALOOF: u64 = 1;

/// The numbers of a pool's objects, for many places one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers<'p> {
    pool: &'p PoolView,
    in_first: Numbering,
}

/// Objects that lie one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The number of the first one; the next ones are the others'.
    pub(crate) first: u32,
    /// How many they are.
    pub(crate) count: u32,
    /// Every bit outside of a place that is set in one of the words.
    pub(crate) any: u64,
}

/// The numbers of a pool's objects that often lie one behind the other: then there is nothing to be worked out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InTurn<'p> {
    numbers: Numbers<'p>,
    /// Where the object behind the last one lies, if `left` is not 0.
    next: u64,
    /// How many objects stand in a row from there on.
    left: u32,
    /// The number of the last one.
    number: u32,
}

impl PoolView {
    /// The number of the object at `at`; `None` if no object starts there.
    #[inline]
    pub(crate) fn number(&self, at: u64) -> Option<u32> {
        self.numbers().of(at)
    }

    /// The same for many: what they have in common is worked out once.
    #[inline(always)]
    pub(crate) fn numbers(&self) -> Numbers<'_> {
        let [first, ..] = &self.header.chunks;
        let Span { first, count } = first.span();
        // A tag for each object: who goes on to that needs no check of its own.
        let count = count.min(u32::try_from(self.tags.len()).unwrap_or(u32::MAX));
        Numbers { pool: self, in_first: self.shape.geometry.numbering(Span { first, count }) }
    }

    #[cold]
    fn number_further_on(&self, at: u64) -> Option<u32> {
        let number = self.chunks().find_map(|chunk| {
            let number = self.shape.geometry.index(chunk.span(), at)?;
            chunk.index.get().checked_add(number)
        });
        number.filter(|it| (*it as usize) < self.tags.len())
    }
}

impl<'p> Numbers<'p> {
    /// The same, of places that often lie one behind the other.
    #[inline(always)]
    pub(crate) const fn in_turn(self) -> InTurn<'p> {
        InTurn { numbers: self, next: 0, left: 0, number: 0 }
    }

    /// The pool.
    #[inline(always)]
    pub(super) const fn pool(&self) -> &'p PoolView {
        self.pool
    }

    /// The number of the object at `at`; `None` if no object starts there.
    #[inline(always)]
    pub(crate) fn of(&self, at: u64) -> Option<u32> {
        self.in_first.index(at).or_else(|| self.pool.number_further_on(at))
    }

    /// Whether an object of the pool's first piece of memory starts at `at`: mostly the only piece.
    #[inline(always)]
    pub(crate) fn is_in_first(&self, at: u64) -> bool {
        self.in_first.index(at).is_some()
    }

    /// The objects of `words`, if each lies one stride behind the one before, in one piece of memory. `first` is the
    /// first word. A word's place stands in its bits 6 to 39, and bit 0 says that it is in no row; what the others
    /// say is the caller's. There are fewer than 2^32. `None` says nothing of any of them, and is the answer for
    /// strides that are no multiple of 64. Looks at each word once, whatever it finds: a few instructions for two.
    #[inline(always)]
    pub(crate) fn row(&self, first: u64, words: impl Iterator<Item = u64>) -> Option<Row> {
        let (at, stride, mut count) = (first & ROW_PLACE, self.in_first.stride(), 0u32);
        // Where there is a row, no place of it comes round: it lies in the pool's memory, by its first one's number.
        let (mut place, mut differs) = (at, 0);
        for word in words {
            differs |= word ^ place;
            place = place.wrapping_add(stride);
            count = count.wrapping_add(1);
        }
        if differs & (ROW_PLACE | ALOOF) != 0 || stride & !ROW_PLACE != 0 {
            return None;
        }
        let first = self.in_first.index(at)?;
        let is_long_enough = self.in_first.in_a_row(at, first) >= count;
        is_long_enough.then_some(Row { first, count, any: differs & !ROW_PLACE })
    }

    /// The number of the object at the first of `places`, and how many of these, it included, lie one stride behind the
    /// other. `None` if no object of the pool's first piece of memory starts there.
    #[inline(always)]
    pub(crate) fn run(&self, places: &[u64]) -> Option<(u32, usize)> {
        let (first, rest) = places.split_first()?;
        let number = self.in_first.index(*first)?;
        let most = self.in_first.in_a_row(*first, number).saturating_sub(1) as usize;
        let (stride, mut next) = (self.in_first.stride(), *first);
        let follows = |at: &&u64| {
            next = next.wrapping_add(stride);
            **at == next
        };
        Some((number, 1 + rest.iter().take(most).take_while(follows).count()))
    }

    /// The numbers of the objects of `words`, as many as there are in `to`, in whatever order they lie, and every bit
    /// outside of a place that is set in one of them. `None`, and what stands in `to` says nothing, if one is of no
    /// object of the pool's first piece of memory, or in no row by its own word ([`row`](Self::row)). Looks at each
    /// word once.
    #[inline(always)]
    pub(crate) fn each(&self, words: impl Iterator<Item = u64>, to: &mut [u32]) -> Option<u64> {
        // A copy, which stays in registers.
        let (in_first, mut any, mut are_objects) = (self.in_first, 0, true);
        for (slot, word) in to.iter_mut().zip(words) {
            let number = in_first.index(word & ROW_PLACE);
            are_objects &= number.is_some();
            *slot = number.unwrap_or_default();
            any |= word & !ROW_PLACE;
        }
        let are_told = are_objects && any & ALOOF == 0 && in_first.stride() & !ROW_PLACE == 0;
        are_told.then_some(any)
    }
}

impl<'p> InTurn<'p> {
    /// As [`Numbers::of`].
    #[inline(always)]
    pub(crate) fn of(&mut self, at: u64) -> Option<u32> {
        if at == self.next && self.left > 0 {
            self.number += 1;
            self.left -= 1;
        } else {
            let Some(number) = self.numbers.in_first.index(at) else {
                return self.numbers.pool.number_further_on(at);
            };
            self.number = number;
            self.left = self.numbers.in_first.in_a_row(at, number).wrapping_sub(1);
        }
        self.next = at.wrapping_add(self.numbers.in_first.stride());
        Some(self.number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ALOOF, ROW_PLACE, Row};
    use crate::fake;
    use crate::mempool::{Mempool, PoolConfig};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Rows and single places, of objects, of what lies between them, and of anything.
        #[test]
        fn a_row_has_the_numbers_that_its_objects_have_and_what_is_none_has_no_number(
            objects in 1u32..40,
            asked in proptest::collection::vec(
                (0u32..48, 0u64..3, any::<u64>(), 0u8..5, 1usize..20),
                1..20,
            ),
        ) {
            let (group, _) = fake::group_with_memory();
            let config = PoolConfig::new(objects);
            let pool = Mempool::<[u64; 8]>::create(&group, "pool", &config).unwrap();
            let view = &pool.view;
            let numbers = view.numbers();
            let (first, stride) = (view.place(0).unwrap(), numbers.in_first.stride());
            prop_assert_eq!(stride % 64, 0);
            let mut in_turn = numbers.in_turn();
            for (from, shift, wild, kind, count) in asked {
                let at = first.wrapping_add(u64::from(from) * stride).wrapping_add(shift * 64);
                let mut row: Vec<_> = (0..count as u64).map(|n| at.wrapping_add(n * stride)).collect();
                let changed = wild as usize % count;
                match kind {
                    0 => prop_assert_eq!(in_turn.of(at), view.number(at)),
                    1 => row[changed] ^= wild,
                    2 => row[changed] = at,
                    3 => row[changed] ^= wild & !(ROW_PLACE | ALOOF),
                    _ => {}
                }
                let places = row.iter().map(|word| word & ROW_PLACE);
                let each: Vec<_> = places.map(|at| view.number(at)).collect();
                let bits = row.iter().fold(0, |bits, word| bits | word & !ROW_PLACE);
                let mut told = vec![0; count];
                match numbers.each(row.iter().copied(), &mut told) {
                    Some(any) => {
                        prop_assert_eq!(&each, &told.into_iter().map(Some).collect::<Vec<_>>());
                        prop_assert_eq!((any, any & ALOOF), (bits, 0));
                    }
                    None => prop_assert!(each.contains(&None) || bits & ALOOF != 0, "{:?}", each),
                }
                let mut places: Vec<_> = row.iter().map(|word| word & ROW_PLACE).collect();
                let mut runs = Vec::new();
                while let Some((number, len)) = numbers.run(&places) {
                    runs.extend((number..).take(len).map(Some));
                    places.drain(..len);
                }
                let is_prefix = runs.len() == each.len() || each[runs.len()].is_none();
                prop_assert!(each.starts_with(&runs) && is_prefix, "{:?} {:?}", each, runs);
                match numbers.row(row[0], row.iter().copied()) {
                    Some(Row { first, any, .. }) => {
                        prop_assert_eq!(each, (first..).take(count).map(Some).collect::<Vec<_>>());
                        prop_assert_eq!((any, any & ALOOF), (bits, 0));
                    }
                    None => {
                        let is_next = |two: &[Option<u32>]| two[0].map(|it| it + 1) == two[1];
                        let is_row = each[0].is_some() && each.windows(2).all(is_next);
                        prop_assert!(!is_row || bits & ALOOF != 0, "{:?}", each);
                    }
                }
            }
        }
    }
}
