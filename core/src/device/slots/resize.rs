//! A queue of another size, for a port that is made anew with other arguments.
//!
//! One that has room for it changes a word. One that has not is *replaced*: its name becomes that of a larger
//! one, in one change. What had the name stays in memory, nameless and empty: a process that has looked it up,
//! and was stopped there, may come to it at any time, and finds then that it is not the port's any more. Sizes
//! are powers of two, so all that a queue ever leaves is less than what it has.

use super::error::DeviceQueueError;
use super::queue::{DeviceQueue, Facts, format, is_size, memory};
use crate::directory::{self, CreateError, Identity, LookupError, create_in, finish, remove};
use crate::lock::Transaction;

impl DeviceQueue {
    /// The queue as it is now, in the hand of who works on it.
    ///
    /// # Errors
    /// [`DeviceQueueError::Replaced`], and others if the directory cannot be read.
    pub(super) fn as_it_is(&self) -> Result<Self, DeviceQueueError> {
        let (group, found) = (&self.group, &self.found);
        if !directory::is_current(group, found).map_err(LookupError::Read)? {
            return Err(DeviceQueueError::Replaced { name: self.name() });
        }
        Self::attach(group, self.near, found)
    }

    /// This queue with `size` descriptors, for who works on it; nothing lies in it.
    ///
    /// # Errors
    /// [`DeviceQueueError`]; it is as it was.
    pub(super) fn resized(&self, size: u32) -> Result<Self, DeviceQueueError> {
        if !is_size(size) {
            return Err(DeviceQueueError::Size { asked: size });
        }
        if size <= self.header.capacity.get() {
            self.header.size.set(size);
            crash_point!("device queue: its size is another");
            return Self::attach(&self.group, self.near, &self.found);
        }
        let tx = self.group.begin().map_err(CreateError::from)?;
        let replaced = self.replaced_in(&tx, size);
        let replaced = finish(tx, replaced)?;
        crash_point!("device queue: it is replaced");
        Ok(replaced)
    }

    fn replaced_in(&self, tx: &Transaction, size: u32) -> Result<Self, DeviceQueueError> {
        let gone = DeviceQueueError::Replaced { name: self.name() };
        let old = remove(tx, &self.found).map_err(CreateError::Journal)?.ok_or(gone)?;
        let what = Identity { name: old.name, kind: old.kind, element: old.element };
        let (group, user) = (&self.group, Some(self.group.me()));
        let (found, ()) = create_in(tx, &what, &memory(size, self.near), |_, found| {
            format(group, found, Facts { is_tx: self.is_tx(), size, user });
            Ok::<(), DeviceQueueError>(())
        })?;
        Self::attach(group, self.near, &found)
    }

    /// Says that this process does not work on it any more.
    pub(super) fn let_go(&self) {
        // A failed swap means that this process was taken for dead.
        let _ = self.header.user.swap_if(self.group.me().pack(), 0);
    }
}
