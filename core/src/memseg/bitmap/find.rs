//! The finders: single bits, runs of a length, the longest run, upwards and downwards.

use super::{Bit, Bitmap, FindError, next_one};

impl Bitmap<'_> {
    /// The first bit of `kind` at or after `from`.
    ///
    /// # Errors
    /// [`FindError`].
    #[doc(alias = "rte_fbarray_find_next_free")]
    #[doc(alias = "rte_fbarray_find_next_used")]
    pub fn find_next(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        self.up(from, kind).ok_or(FindError::None(kind))
    }

    /// The last bit of `kind` at or before `from`.
    ///
    /// # Errors
    /// [`FindError`].
    #[doc(alias = "rte_fbarray_find_prev_free")]
    #[doc(alias = "rte_fbarray_find_prev_used")]
    pub fn find_prev(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        self.down(from, kind).ok_or(FindError::None(kind))
    }

    /// Where the first `run` bits of `kind` in a row begin, at or after `from`.
    ///
    /// # Errors
    /// [`FindError`].
    ///
    /// ```
    /// use phalanx_core::memseg::{Bit, Bitmap};
    /// use phalanx_core::sync::Guarded;
    /// let words = [Guarded::new(0b1011)];
    /// let table = Bitmap::new(&words, 64).unwrap();
    /// assert_eq!(table.find_next_run(0, 2, Bit::Free), Ok(4));
    /// assert!(table.find_next_run(0, 65, Bit::Free).is_err());
    /// ```
    #[doc(alias = "rte_fbarray_find_next_n_free")]
    #[doc(alias = "rte_fbarray_find_next_n_used")]
    pub fn find_next_run(self, from: usize, run: usize, kind: Bit) -> Result<usize, FindError> {
        self.check_run(from, run)?;
        let mut at = from;
        loop {
            at = self.up(at, kind).ok_or(FindError::None(kind))?;
            let found = self.length_up(at, kind);
            if found >= run {
                return Ok(at);
            }
            at += found;
        }
    }

    /// Where the last `run` bits of `kind` in a row begin that end at or before `from`.
    ///
    /// # Errors
    /// [`FindError`].
    #[doc(alias = "rte_fbarray_find_prev_n_free")]
    #[doc(alias = "rte_fbarray_find_prev_n_used")]
    pub fn find_prev_run(self, from: usize, run: usize, kind: Bit) -> Result<usize, FindError> {
        self.check_run(from, run)?;
        let mut at = Some(from);
        loop {
            let last = at.and_then(|at| self.down(at, kind)).ok_or(FindError::None(kind))?;
            let found = self.length_down(last, kind);
            if found >= run {
                return Ok(last + 1 - run);
            }
            at = last.checked_sub(found);
        }
    }

    /// How many bits of `kind` stand in a row from `from` on; 0 if `from` is of the other kind.
    ///
    /// # Errors
    /// [`FindError`].
    #[doc(alias = "rte_fbarray_find_contig_free")]
    #[doc(alias = "rte_fbarray_find_contig_used")]
    pub fn run_from(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        Ok(self.length_up(from, kind))
    }

    /// How many bits of `kind` stand in a row from `from` downwards.
    ///
    /// # Errors
    /// [`FindError`].
    #[doc(alias = "rte_fbarray_find_rev_contig_free")]
    #[doc(alias = "rte_fbarray_find_rev_contig_used")]
    pub fn run_back(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        Ok(self.length_down(from, kind))
    }

    /// Where the longest run of `kind` begins, of those at or after `from`; of equals the first.
    ///
    /// # Errors
    /// [`FindError`].
    #[doc(alias = "rte_fbarray_find_biggest_free")]
    #[doc(alias = "rte_fbarray_find_biggest_used")]
    pub fn find_biggest(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        let (mut best, mut longest, mut at) = (None, 0, from);
        while let Some(start) = self.up(at, kind) {
            let found = self.length_up(start, kind);
            if found > longest {
                (best, longest) = (Some(start), found);
            }
            at = start + found;
        }
        best.ok_or(FindError::None(kind))
    }

    /// Where the longest run of `kind` begins, of those at or before `from`; of equals the last.
    ///
    /// # Errors
    /// [`FindError`].
    #[doc(alias = "rte_fbarray_find_rev_biggest_free")]
    #[doc(alias = "rte_fbarray_find_rev_biggest_used")]
    pub fn find_biggest_back(self, from: usize, kind: Bit) -> Result<usize, FindError> {
        self.check(from)?;
        let (mut best, mut longest, mut at) = (None, 0, Some(from));
        while let Some(last) = at.and_then(|at| self.down(at, kind)) {
            let found = self.length_down(last, kind);
            if found > longest {
                (best, longest) = (Some(last + 1 - found), found);
            }
            at = last.checked_sub(found);
        }
        best.ok_or(FindError::None(kind))
    }

    pub(super) fn check(self, index: usize) -> Result<(), FindError> {
        if index < self.len { Ok(()) } else { Err(FindError::NoSuchIndex { index, len: self.len }) }
    }

    fn check_run(self, from: usize, run: usize) -> Result<(), FindError> {
        self.check(from)?;
        match run {
            0 => Err(FindError::EmptyRun),
            _ if run > self.len => Err(FindError::RunTooLong { run, len: self.len }),
            _ => Ok(()),
        }
    }

    fn up(self, from: usize, kind: Bit) -> Option<usize> {
        next_one(|i| self.word(i, kind), from, self.len)
    }

    fn down(self, from: usize, kind: Bit) -> Option<usize> {
        let mut i = from / 64;
        let mut word = self.word(i, kind) & (u64::MAX >> (63 - from % 64));
        while word == 0 {
            i = i.checked_sub(1)?;
            word = self.word(i, kind);
        }
        Some(i * 64 + 63 - word.leading_zeros() as usize)
    }

    fn length_up(self, from: usize, kind: Bit) -> usize {
        self.up(from, kind.other()).unwrap_or(self.len) - from
    }

    fn length_down(self, from: usize, kind: Bit) -> usize {
        from + 1 - self.down(from, kind.other()).map_or(0, |end| end + 1)
    }
}
