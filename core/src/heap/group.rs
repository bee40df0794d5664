//! The heap as a member of the group uses it: one call, one transaction.

use super::allocate::{allocate, block_of};
use super::bytes;
use super::error::{AllocError, FreeError};
use super::free::{busy, free};
use super::request::{AllocRequest, Block};
use super::resize::resize;
use crate::group::Group;
use crate::offset::Offset;

impl Group {
    /// Takes a block: [`allocate`](super::allocate) in a transaction of its own.
    ///
    /// The block's bytes are whatever was there before.
    #[doc(alias = "rte_malloc")]
    pub fn allocate(&self, request: &AllocRequest) -> Result<Block, AllocError> {
        let tx = self.begin()?;
        let block = allocate(&tx, request);
        match block {
            Ok(_) => tx.commit(),
            Err(_) => {
                drop(tx);
                self.settle();
            }
        }
        block
    }

    /// As [`allocate`](Self::allocate), all bytes zero. They are cleared after the lock is let go.
    #[doc(alias = "rte_zmalloc")]
    #[doc(alias = "rte_calloc")]
    pub fn allocate_zeroed(&self, request: &AllocRequest) -> Result<Block, AllocError> {
        let block = self.allocate(request)?;
        bytes::clear(self.window(), &block);
        Ok(block)
    }

    /// Gives a block back: [`free`](super::free) in a transaction of its own, then
    /// [`give_back_memory`](Self::give_back_memory).
    #[doc(alias = "rte_free")]
    pub fn free(&self, at: Offset<u8>) -> Result<(), FreeError> {
        let tx = self.begin()?;
        free(&tx, at)?;
        tx.commit();
        self.settle();
        Ok(())
    }

    /// As [`free`](Self::free), all bytes cleared first.
    #[doc(alias = "rte_free_sensitive")]
    pub fn free_cleared(&self, at: Offset<u8>) -> Result<(), FreeError> {
        let tx = self.begin()?;
        let block = block_of(&busy(self, at)?);
        bytes::clear(self.window(), &block);
        free(&tx, at)?;
        tx.commit();
        self.settle();
        Ok(())
    }

    /// Changes a block's length: [`resize`](super::resize) in a transaction of its own.
    #[doc(alias = "rte_realloc")]
    pub fn resize(&self, at: Offset<u8>, bytes: u64, align: u64) -> Result<Block, AllocError> {
        let tx = self.begin()?;
        let block = resize(&tx, at, bytes, align);
        match block {
            Ok(_) => tx.commit(),
            Err(_) => drop(tx),
        }
        self.settle();
        block
    }

    /// What block starts at `at`, its header and its neighbours' found sound.
    #[doc(alias = "rte_malloc_validate")]
    pub fn validate(&self, at: Offset<u8>) -> Result<Block, FreeError> {
        let tx = self.begin()?;
        let block = block_of(&busy(self, at)?);
        tx.commit();
        Ok(block)
    }

    /// Gives back what an operation has let go of, or has grown by and undone. If the lock is
    /// not had for that, the next operation does it: the result of this one stands.
    fn settle(&self) {
        let _later = self.give_back_memory();
    }
}
