//! Memory that a heap has from the start and for good.

use super::error::{AllocError, Refusal};
use super::grow::{Shortage, add};
use super::plan::Plan;
use crate::group::Group;
use crate::lock::Transaction;
use crate::memseg::{Bit, Keep, List};

/// Most grains that one transaction reserves: each 64 take two entries of its journal.
pub const RESERVE_GRAINS_MAX: usize = 28_672;

/// Backs `grains` more grains of `list` and gives them to its node's heap for good: what
/// `-m`, `--socket-mem` and legacy mode ask for at start (ME-12). They never go back to the
/// system. One contiguous run, so that whoever then asks for all of it gets it.
///
/// At most [`RESERVE_GRAINS_MAX`] grains; [`Group::reserve`] takes any number. Returns the
/// bytes. Errors: as [`allocate`](super::allocate). Cost: one call of the platform, which backs
/// and clears the pages; up to 960 journal entries.
///
/// # Errors
/// [`AllocError`].
pub fn reserve(tx: &Transaction, list: &List, grains: usize) -> Result<u64, AllocError> {
    let bytes = list.grain_bytes().saturating_mul(grains as u64);
    if grains == 0 {
        return Err(AllocError::ZeroBytes);
    }
    if grains > RESERVE_GRAINS_MAX {
        return Err(AllocError::TooManyGrains { grains });
    }
    let mut shortage = Shortage::none();
    shortage.no_room(list, Refusal::Range);
    let Ok(first) = list.backed().find_next_run(0, grains, Bit::Free) else {
        return Err(shortage.error(bytes));
    };
    let plan = Plan { list: *list, first, count: grains };
    match add(tx, &plan, Keep::Pinned, false)? {
        Ok(_) => Ok(bytes),
        Err(refusal) => {
            shortage.refused(&plan, refusal);
            Err(shortage.error(bytes))
        }
    }
}

impl Group {
    /// Reserves any number of grains of `list`, as [`reserve`](super::reserve) does, in as many
    /// transactions as it takes. What was reserved before an error stays. Of a fresh list it is
    /// one contiguous run. Returns the bytes.
    ///
    /// # Errors
    /// [`AllocError`].
    #[doc(alias = "rte_eal_memory_init")]
    pub fn reserve(&self, list: &List, grains: usize) -> Result<u64, AllocError> {
        let (mut bytes, mut left) = (0, grains);
        loop {
            let tx = self.begin()?;
            let part = left.min(RESERVE_GRAINS_MAX);
            let reserved = reserve(&tx, list, part);
            match reserved {
                Ok(_) => tx.commit(),
                Err(_) => {
                    drop(tx);
                    self.give_back_memory()?;
                }
            }
            bytes += reserved?;
            left -= part;
            if left == 0 {
                return Ok(bytes);
            }
        }
    }
}
