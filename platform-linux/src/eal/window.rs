//! The window in this process: reserved once, the group region and every memseg list mapped
//! into it, everything that is backed prefaulted.
#![expect(unsafe_code, reason = "mapped memory becomes the core's window here")]

use core::ops::Range;
use core::ptr::NonNull;
use rustix::fd::BorrowedFd;

use phalanx_core::group::{GroupRegion, PROCESSES_MAX};
use phalanx_core::window::Window;

use super::EalError;
use super::error::{Refusal, refusal};
use crate::mapping::{Access, Reservation, reserve};

/// Bytes of the group file: the region, in whole pages.
pub(super) const GROUP_FILE_BYTES: usize = size_of::<GroupRegion>().next_multiple_of(4096);

/// Bytes of the pages that every machine has.
const SMALL_PAGE: u64 = 4096;

/// The reserved window of this process. Dropped before it was [kept](Self::keep), it gives
/// the addresses back: a start that failed leaves nothing.
#[derive(Debug)]
pub(super) struct WindowMap {
    reservation: Option<Reservation>,
    access: Access,
}

impl WindowMap {
    /// Reserves the window at `base`, where every process of the group has it.
    pub(super) fn reserve(base: usize, len: usize, access: Access) -> Result<Self, Refusal> {
        let reservation = reserve(base, len)?;
        Ok(Self { reservation: Some(reservation), access })
    }

    fn reservation(&self) -> Result<&Reservation, Refusal> {
        self.reservation.as_ref().ok_or_else(|| refusal(EalError::AlreadyStarted))
    }

    /// Maps the group file at the window's start and prefaults its tables, as if to be read: on a
    /// memory file system, where runtime directories lie, no write faults after that either. On a
    /// disk the first write to a page does, and again each time the kernel has written the page
    /// out, which no prefaulting helps; what a loop writes lies in the memseg lists.
    ///
    /// The mailboxes are three quarters of the file and mostly nobody's:
    /// [`prefault_mailboxes`](Self::prefault_mailboxes) does those that are somebody's, and
    /// [`prefault_list`](Self::prefault_list) the lists of memory that there are. The directory is most of the
    /// rest, and looked at when something is looked up, once for sixteen pages a fault.
    pub(super) fn map_group(&self, file: BorrowedFd<'_>) -> Result<Window, Refusal> {
        let reservation = self.reservation()?;
        self.map(file, 0, GROUP_FILE_BYTES, 0)?;
        self.populate_pages_of(GroupRegion::loop_bytes())?;
        let base = core::ptr::with_exposed_provenance_mut(reservation.base());
        let base = NonNull::new(base).ok_or(EalError::AlreadyStarted)?;
        // SAFETY: 1. the range stays reserved until the process ends, or until a failed start
        // drops this value, before which the caller has dropped every handle to the window;
        // 2. only group files are mapped into it; 3. a reservation is page-aligned.
        Ok(unsafe { Window::from_raw(base, reservation.len()) })
    }

    /// Prefaults the mailbox of every process that has a slot, its own included. Neighbours are one
    /// call. The mailbox of who joins later faults on the first message to it, once for sixteen
    /// pages.
    pub(super) fn prefault_mailboxes(&self, region: &GroupRegion) -> Result<(), Refusal> {
        let has_tenant = |slot: &u16| region.process(*slot).is_some();
        let mut slots = (0..PROCESSES_MAX as u16).filter(has_tenant).peekable();
        while let Some(first) = slots.next() {
            let mut last = first;
            while let Some(next) = slots.next_if(|slot| *slot == last + 1) {
                last = next;
            }
            let (first, last) =
                (GroupRegion::mailbox_bytes(first), GroupRegion::mailbox_bytes(last));
            self.populate_pages_of(first.start..last.end)?;
        }
        Ok(())
    }

    /// Prefaults what a loop may need of memseg list `index`.
    pub(super) fn prefault_list(&self, index: usize) -> Result<(), Refusal> {
        self.populate_pages_of(GroupRegion::list_bytes(index))
    }

    /// Maps `len` bytes of `file`, from `offset` on, `at` bytes into the window.
    pub(super) fn map(
        &self,
        file: BorrowedFd<'_>,
        at: usize,
        len: usize,
        offset: u64,
    ) -> Result<(), Refusal> {
        let reservation = self.reservation()?;
        let place = reservation.base().saturating_add(at);
        // SAFETY: nothing refers to this part of the window yet: lists are mapped before any
        // offset into them is known; the file is sparse and never shortened while it lives.
        unsafe { reservation.map_file_fixed(file, place, len, self.access, offset) }?;
        Ok(())
    }

    /// Fills the page tables for `len` backed bytes of pages of `page_bytes`, `at` bytes into the
    /// window.
    ///
    /// Small pages are first asked for as if to be read, which maps sixteen at a time where writing
    /// maps one. On a memory file system what is mapped so may be written as well, so the second
    /// pass finds nothing to do: half the time of it alone.
    pub(super) fn prefault(&self, at: usize, len: usize, page_bytes: u64) -> Result<(), Refusal> {
        if page_bytes <= SMALL_PAGE {
            self.populate(at, len, Access::ReadOnly)?;
        }
        self.populate(at, len, self.access)
    }

    /// Prefaults the pages of the group file in which `bytes` lie.
    fn populate_pages_of(&self, bytes: Range<usize>) -> Result<(), Refusal> {
        let from = bytes.start & !(SMALL_PAGE as usize - 1);
        let to = bytes.end.next_multiple_of(SMALL_PAGE as usize);
        self.populate(from, to - from, Access::ReadOnly)
    }

    fn populate(&self, at: usize, len: usize, access: Access) -> Result<(), Refusal> {
        let reservation = self.reservation()?;
        let place = reservation.base().saturating_add(at);
        // SAFETY: the range was mapped by `map`, to be read at least, and is backed.
        unsafe { reservation.populate(place, len, access) }?;
        Ok(())
    }

    /// Keeps the mapping until the process ends: handles into it now exist.
    pub(super) fn keep(mut self) {
        self.reservation = None;
    }
}

impl Drop for WindowMap {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            // SAFETY: the start failed, and whatever was made of this window was dropped first.
            // If the kernel refuses, the range stays reserved and unused.
            let _ = unsafe { reservation.unmap() };
        }
    }
}
