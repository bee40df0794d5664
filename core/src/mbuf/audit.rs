//! Whether clones and those that they refer to agree.

use super::layout::MbufPoolFacts;
use super::refs::{Bond, Kind, Progress, Refs};
use crate::mempool::PoolView;

/// How many clones the mbufs of a pool count, and how many of them are clones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct References {
    pub(crate) counted: u64,
    pub(crate) bound: u64,
}

impl PoolView {
    /// How many external buffers, ever, were not released when the last mbuf that referred to them, of
    /// this pool, was freed: nobody there knew how, or it was freed for a dead process. They are kept
    /// ([`External::take_kept`](crate::mbuf::External::take_kept)). 0 of a pool of no mbufs.
    pub fn external_kept(&self) -> u64 {
        let facts = self.private::<MbufPoolFacts>().filter(|_| self.has_mbufs());
        facts.map_or(0, |facts| facts.kept.observe())
    }

    /// What the pool's mbufs say of references: nothing, if its objects are none. Of all pools of a
    /// quiet group together, as many are bound as are counted. Reads both lines of each.
    pub(crate) fn references(&self) -> References {
        let mut sum = References::default();
        for header in (0..self.populated()).filter_map(|number| self.header_of(number)) {
            let bond = Bond::from_word(header.bond.observe());
            let is_bound = bond.progress() == Progress::Attached && bond.kind() == Kind::Mbuf;
            sum.bound += u64::from(is_bound);
            sum.counted += u64::from(Refs::from_word(header.refs.observe()).clones());
        }
        sum
    }
}
