//! A ring as it is measured: its two ends, and the kinds of call on them. Whoever is to be measured
//! implements [`Put`] and [`Take`]; the loops in `ring_loops` do the rest.

/// A ring's producing end, as it is measured. Elements are pointer-sized.
pub(crate) trait Put {
    /// Puts one element in, if there is room.
    fn put_one(&mut self, element: u64) -> bool;
    /// Puts all of `from` in, or nothing.
    fn put_bulk(&mut self, from: &[u64]) -> bool;
    /// Puts the first of `from` in, as many as there is room for; says how many.
    fn put_burst(&mut self, from: &[u64]) -> usize;
}

/// A ring's consuming end, as it is measured.
pub(crate) trait Take {
    /// Takes one element out, if there is one.
    fn take_one(&mut self) -> Option<u64>;
    /// Takes as many out as `to` has places, or nothing.
    fn take_bulk(&mut self, to: &mut [u64]) -> bool;
    /// Takes as many out as there are, at most as `to` has places; says how many.
    fn take_burst(&mut self, to: &mut [u64]) -> usize;
}

/// A kind of call, as a type: every loop is compiled once for each.
pub(crate) trait Form {
    /// Elements an operation, if the cell says `batch`.
    fn batch(batch: usize) -> usize {
        batch
    }
    /// Puts of `from` what this kind of call puts; says how many.
    fn put(ring: &mut impl Put, from: &[u64]) -> usize;
    /// Takes into `to` what this kind of call takes; says how many.
    fn take(ring: &mut impl Take, to: &mut [u64]) -> usize;
}

/// One element, by the call for one.
#[derive(Debug)]
pub(crate) struct One;
/// The whole batch or nothing.
#[derive(Debug)]
pub(crate) struct Bulk;
/// As many of the batch as there are.
#[derive(Debug)]
pub(crate) struct Burst;

impl Form for One {
    #[inline(always)]
    fn batch(_: usize) -> usize {
        1
    }

    #[inline(always)]
    fn put(ring: &mut impl Put, from: &[u64]) -> usize {
        from.first().is_some_and(|&element| ring.put_one(element)).into()
    }

    #[inline(always)]
    fn take(ring: &mut impl Take, to: &mut [u64]) -> usize {
        let (Some(place), Some(element)) = (to.first_mut(), ring.take_one()) else { return 0 };
        *place = element;
        1
    }
}

impl Form for Bulk {
    #[inline(always)]
    fn put(ring: &mut impl Put, from: &[u64]) -> usize {
        if ring.put_bulk(from) { from.len() } else { 0 }
    }

    #[inline(always)]
    fn take(ring: &mut impl Take, to: &mut [u64]) -> usize {
        if ring.take_bulk(to) { to.len() } else { 0 }
    }
}

impl Form for Burst {
    #[inline(always)]
    fn put(ring: &mut impl Put, from: &[u64]) -> usize {
        ring.put_burst(from)
    }

    #[inline(always)]
    fn take(ring: &mut impl Take, to: &mut [u64]) -> usize {
        ring.take_burst(to)
    }
}
