//! Where in a free range a block fits: arithmetic alone.

use super::{ELEMENT_MIN, HEADER_BYTES, LINE_BYTES};

/// A checked request: whole lines, powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bytes of the block, a multiple of 64.
    pub(super) bytes: u64,
    /// A power of two, at least 64.
    pub(super) align: u64,
    /// A power of two no smaller than `bytes`, or 0.
    pub(super) bound: u64,
}

impl Shape {
    /// Bytes of an element that holds the block, aligned or not.
    pub(super) const fn element_bytes(&self) -> u64 {
        self.bytes + HEADER_BYTES
    }

    /// The lowest place for the block in a free range `start..end`, whose first element's header
    /// would stand at `start`.
    ///
    /// The block's own header stands right before it. What is left in front is nothing or an
    /// element of its own ([`ELEMENT_MIN`]), never a scrap.
    pub(super) fn place(&self, start: u64, end: u64) -> Option<u64> {
        let lowest = start.checked_add(HEADER_BYTES)?;
        let mut at = up(lowest, self.align)?;
        // Each step goes up; behind a multiple of the bound the block fits, so three are enough.
        for _ in 0..4 {
            if at.checked_add(self.bytes)? > end {
                return None;
            }
            if at > lowest && at - lowest < ELEMENT_MIN {
                at = up(lowest.checked_add(ELEMENT_MIN)?, self.align)?;
            } else if self.crosses(at) {
                at = up(up(at + LINE_BYTES, self.bound)?, self.align)?;
            } else {
                return Some(at);
            }
        }
        None
    }

    fn crosses(&self, at: u64) -> bool {
        self.bound != 0 && at / self.bound != (at + self.bytes - 1) / self.bound
    }

    /// Bytes that a block of this alignment and bound could have in `start..end`, at the place
    /// where one line would fit: whole lines, 0 for none.
    pub(super) fn most_bytes(&self, start: u64, end: u64) -> u64 {
        let one_line = Self { bytes: LINE_BYTES, ..*self };
        let Some(at) = one_line.place(start, end) else { return 0 };
        let most = (end - at) & !(LINE_BYTES - 1);
        match self.bound {
            0 => most,
            bound => most.min(bound - at % bound),
        }
    }
}

/// The next multiple of `align`, a power of two.
fn up(at: u64, align: u64) -> Option<u64> {
    Some(at.checked_add(align - 1)? & !(align - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Shape = Shape { bytes: 64, align: 64, bound: 0 };

    #[test]
    fn a_block_without_wishes_stands_right_behind_the_header() {
        assert_eq!(LINE.place(4096, 8192), Some(4160));
        assert_eq!(LINE.place(4096, 4224), Some(4160));
        assert_eq!(LINE.place(4096, 4223), None);
    }

    #[test]
    fn what_is_left_in_front_is_nothing_or_an_element() {
        let wide = Shape { align: 128, ..LINE };
        // The header at 4096 would put the block at 4160; 4224 leaves a scrap of 64 in front.
        assert_eq!(wide.place(4096, 8192), Some(4352));
        assert_eq!(wide.place(4096 + 64, 8192), Some(4224));
    }

    #[test]
    fn a_block_crosses_no_multiple_of_its_bound() {
        let bounded = Shape { bytes: 1024, align: 64, bound: 1024 };
        assert_eq!(bounded.place(4096, 1 << 20), Some(5120));
        let aligned = Shape { bytes: 1024, align: 4096, bound: 1024 };
        assert_eq!(aligned.place(4096, 1 << 20), Some(8192));
    }

    #[test]
    fn a_range_at_the_end_of_the_numbers_fits_nothing() {
        let huge = Shape { bytes: 1 << 40, align: 1 << 40, bound: 0 };
        assert_eq!(huge.place(u64::MAX - 63, u64::MAX), None);
        assert_eq!(huge.place(0, u64::MAX), Some(1 << 40));
    }

    #[test]
    fn every_place_keeps_every_promise() {
        for start in (0..4096u64).step_by(64) {
            for align in [64, 128, 256, 1024, 4096] {
                for (bytes, bound) in [(64, 0), (64, 64), (192, 256), (1024, 1024), (1024, 4096)] {
                    let shape = Shape { bytes, align, bound };
                    let at = shape.place(start, 1 << 20).unwrap();
                    let gap = at - HEADER_BYTES - start;
                    assert!(at.is_multiple_of(align) && !shape.crosses(at), "{shape:?} at {at}");
                    assert!(gap == 0 || gap >= ELEMENT_MIN, "{shape:?} leaves {gap}");
                    assert!(shape.most_bytes(start, 1 << 20) >= 64);
                }
            }
        }
    }
}
