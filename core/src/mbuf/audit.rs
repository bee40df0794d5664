//! Whether clones and those that they refer to agree.

use super::refs::{Bond, Progress, Refs};
use crate::mempool::PoolView;

/// How many clones the mbufs of a pool count, and how many of them are clones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct References {
    pub(crate) counted: u64,
    pub(crate) bound: u64,
}

impl PoolView {
    /// What the pool's mbufs say of references: nothing, if its objects are none. Of all pools of a
    /// quiet group together, as many are bound as are counted. Reads both lines of each.
    pub(crate) fn references(&self) -> References {
        let mut sum = References::default();
        for header in (0..self.populated()).filter_map(|number| self.header_of(number)) {
            let bond = Bond::from_word(header.bond.observe());
            sum.bound += u64::from(bond.progress() == Progress::Attached);
            sum.counted += u64::from(Refs::from_word(header.refs.observe()).clones());
        }
        sum
    }
}
