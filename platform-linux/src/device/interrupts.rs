//! Interrupts of a device, as descriptors that become readable.

use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, read};

use super::UserDevice;
use super::error::UseError;
use crate::eal::options::InterruptKind;

/// What a descriptor gives when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// How often it was signalled since it was last read: an eventfd.
    Since,
    /// How often it was signalled ever: `/dev/uioN`.
    Ever,
}

/// Interrupts that are on; off once this is dropped.
///
/// Each vector is a descriptor of its own, which [`take`](Self::take) reads, and which any `poll` waits
/// for: that of [`interrupt`](crate::interrupt), or a worker's own that sleeps on its queue.
#[derive(Debug)]
#[doc(alias = "rte_intr_handle")]
pub struct Interrupts {
    device: Arc<dyn UserDevice>,
    kind: InterruptKind,
    vectors: Vec<OwnedFd>,
    counter: Counter,
    /// Whether the kernel masks an interrupt when it fires.
    masks_itself: bool,
}

impl Interrupts {
    pub(crate) fn new(
        device: Arc<dyn UserDevice>,
        kind: InterruptKind,
        vectors: Vec<OwnedFd>,
        counter: Counter,
        masks_itself: bool,
    ) -> Self {
        Self { device, kind, vectors, counter, masks_itself }
    }

    /// Which kind they are.
    #[must_use]
    pub fn kind(&self) -> InterruptKind {
        self.kind
    }

    /// How many vectors there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.vectors.len()
    }

    /// The descriptor of a vector, to be polled for reading.
    #[must_use]
    pub fn descriptor(&self, vector: usize) -> Option<BorrowedFd<'_>> {
        self.vectors.get(vector).map(AsFd::as_fd)
    }

    /// Takes note of what a vector has signalled: how often it fired since it was last read (of
    /// `/dev/uioN`: ever), or 0 if it did not. One system call.
    ///
    /// # Errors
    /// [`UseError::Interrupts`].
    pub fn take(&self, vector: usize) -> Result<u64, UseError> {
        let Some(event) = self.vectors.get(vector) else { return Ok(0) };
        let mut bytes = [0; 8];
        let len = if self.counter == Counter::Since { 8 } else { 4 };
        let Some(room) = bytes.get_mut(..len) else { return Ok(0) };
        match read(event, room) {
            Ok(_) => Ok(u64::from_le_bytes(bytes)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(errno) => {
                Err(UseError::Interrupts { device: self.device.address(), kind: self.kind, errno })
            }
        }
    }

    /// Lets a line fire again that the kernel has masked, once the device has been served; nothing, if
    /// these are messages. One system call, two for UIO.
    ///
    /// # Errors
    /// [`UseError`].
    #[doc(alias = "rte_intr_ack")]
    pub fn rearm(&self) -> Result<(), UseError> {
        if self.masks_itself { self.device.unmask_interrupt() } else { Ok(()) }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        // A device that is gone interrupts nobody.
        let _ = self.device.silence(self.kind);
    }
}
