//! From an object's place to its number, for one or for many one after the other.
//!
//! A place is whatever a peer wrote: where no object starts there is no number. Objects that lie one behind
//! the other, as they mostly come from a pool, have theirs told by the first: of a [row](InTurn::row) nothing else is
//! worked out, and the processor compares several places at a time.

use super::geometry::{Numbering, Span};
use super::view::PoolView;
use crate::window;

/// The bits of places that may stand in a row: even ones in the window.
const ROW_PLACE: u64 = window::LEN as u64 - 2;

/// The numbers of a pool's objects, for many places one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers<'p> {
    pool: &'p PoolView,
    in_first: Numbering,
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

    /// The number of the object at `at`; `None` if no object starts there.
    #[inline(always)]
    pub(crate) fn of(&self, at: u64) -> Option<u32> {
        self.in_first.index(at).or_else(|| self.pool.number_further_on(at))
    }
}

impl<'p> InTurn<'p> {
    /// The same for places that lie in no order: then nothing is worked out for the next.
    #[inline(always)]
    pub(crate) const fn numbers(&self) -> &Numbers<'p> {
        &self.numbers
    }

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

    /// The number of the first object of `places`, if each lies one stride behind the one before, in one piece of
    /// memory: then theirs are the next ones. `None` says nothing of any of them. At most some thousands. Looks at
    /// each place once, whatever it finds. What is odd, or not in the window, is in no row.
    #[inline(always)]
    pub(crate) fn row(&mut self, mut places: impl ExactSizeIterator<Item = u64>) -> Option<u32> {
        let count = places.len() as u32;
        let (first, stride) = (places.next()?, self.numbers.in_first.stride());
        let (mut behind, mut differs, mut any) = (first.wrapping_add(stride), 0u64, first);
        for place in places {
            // Added, not or-ed: of that the compiler makes a branch for each. It cannot come round to 0
            // where `any` is in the window: then all are below 2^41, for strides are below 2^33.
            differs = differs.wrapping_add(place ^ behind);
            any |= place;
            behind = behind.wrapping_add(stride);
        }
        if differs != 0 || any & !ROW_PLACE != 0 {
            return None;
        }
        let (number, left) = if first == self.next && self.left > 0 {
            (self.number + 1, self.left)
        } else {
            let number = self.numbers.in_first.index(first)?;
            (number, self.numbers.in_first.in_a_row(first, number))
        };
        let left = left.checked_sub(count)?;
        (self.number, self.left, self.next) = (number + (count - 1), left, behind);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::fake;
    use crate::mempool::{Mempool, PoolConfig};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Rows and single places, one after the other, of objects, of what lies between them, and of anything.
        #[test]
        fn a_row_has_the_numbers_that_its_objects_have_and_what_is_none_has_no_number(
            objects in 1u32..40,
            asked in proptest::collection::vec(
                (0u32..48, 0u64..3, any::<u64>(), 0u8..4, 1usize..20),
                1..20,
            ),
        ) {
            let (group, _) = fake::group_with_memory();
            let pool = Mempool::<[u64; 3]>::create(&group, "pool", &PoolConfig::new(objects)).unwrap();
            let view = &pool.view;
            let (first, stride) = (view.place(0).unwrap(), view.numbers().in_first.stride());
            let mut numbers = view.numbers().in_turn();
            for (from, shift, wild, kind, count) in asked {
                let at = first.wrapping_add(u64::from(from) * stride).wrapping_add(shift * 8);
                let mut row: Vec<_> = (0..count as u64).map(|n| at.wrapping_add(n * stride)).collect();
                let changed = wild as usize % count;
                match kind {
                    0 => prop_assert_eq!(numbers.of(at), view.number(at)),
                    1 => row[changed] ^= wild,
                    2 => row[changed] = at,
                    _ => {}
                }
                let each: Vec<_> = row.iter().map(|at| view.number(*at)).collect();
                match numbers.row(row.iter().copied()) {
                    Some(number) => {
                        prop_assert_eq!(each, (number..).take(count).map(Some).collect::<Vec<_>>());
                    }
                    None => {
                        let is_next = |two: &[Option<u32>]| two[0].map(|it| it + 1) == two[1];
                        let is_row = each[0].is_some() && each.windows(2).all(is_next);
                        prop_assert!(!is_row, "{:?}", each);
                    }
                }
            }
        }
    }
}
