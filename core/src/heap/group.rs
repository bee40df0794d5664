//! The heap as a member of the group uses it: one call, one transaction.

#![expect(unsafe_code, reason = "who frees promises that nobody uses the block")]

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
    ///
    /// # Errors
    /// [`AllocError`].
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
    ///
    /// # Errors
    /// [`AllocError`].
    #[doc(alias = "rte_zmalloc")]
    #[doc(alias = "rte_calloc")]
    pub fn allocate_zeroed(&self, request: &AllocRequest) -> Result<Block, AllocError> {
        let block = self.allocate(request)?;
        bytes::clear(self.window(), &block);
        Ok(block)
    }

    /// Gives a block back, whoever allocated it (MH-3); then
    /// [`give_back_memory`](Self::give_back_memory).
    ///
    /// Errors: [`FreeError::NotABlock`] and [`FreeError::AlreadyFree`], among others; nothing has
    /// changed then. Cost: the lock, some fifty journal entries.
    ///
    /// # Errors
    /// [`FreeError`].
    ///
    /// # Safety
    ///
    /// The block is the caller's to free (it came from [`allocate`](Self::allocate) or
    /// [`resize`](Self::resize), and lies under no named object), and nobody, in any process, uses
    /// it any more: others get the memory, for themselves alone.
    #[doc(alias = "rte_free")]
    pub unsafe fn free(&self, at: Offset<u8>) -> Result<(), FreeError> {
        let tx = self.begin()?;
        free(&tx, at)?;
        tx.commit();
        self.settle();
        Ok(())
    }

    /// As [`free`](Self::free), all bytes cleared first.
    ///
    /// # Errors
    /// [`FreeError`].
    ///
    /// # Safety
    ///
    /// As for [`free`](Self::free).
    #[doc(alias = "rte_free_sensitive")]
    pub unsafe fn free_cleared(&self, at: Offset<u8>) -> Result<(), FreeError> {
        let tx = self.begin()?;
        let block = block_of(&busy(self, at)?);
        bytes::clear(self.window(), &block);
        free(&tx, at)?;
        tx.commit();
        self.settle();
        Ok(())
    }

    /// Gives the block at `at` `bytes` bytes and (at least) alignment `align`; what fits of its
    /// content stays.
    ///
    /// In place if the alignment holds and it gets shorter or has room behind it; else a new block
    /// is taken, on the same node and pages if there is room, the content copied and the old block
    /// freed. [`AllocError::NoMemory`] leaves the block as it is. 0 bytes are an error and not a free.
    ///
    /// # Errors
    /// [`AllocError`].
    ///
    /// # Safety
    ///
    /// As for [`free`](Self::free): nobody else uses the block meanwhile, and nobody the old place
    /// afterwards.
    #[doc(alias = "rte_realloc")]
    #[doc(alias = "rte_realloc_socket")]
    pub unsafe fn resize(
        &self,
        at: Offset<u8>,
        bytes: u64,
        align: u64,
    ) -> Result<Block, AllocError> {
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
    ///
    /// # Errors
    /// [`FreeError`].
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
