//! `Slots`: a device's queue in the hand of the one who works on it.

use core::fmt;

use super::entry::{Entry, is_ahead};
use super::error::DeviceQueueError;
use super::queue::DeviceQueue;
use crate::group::ProcessId;
use crate::mbuf::{Mbuf, MbufHome, own_all, taken_out};
use crate::sync::Published64;

/// The entries and the cursor of a device's queue. One process has them at a time, until this is dropped.
///
/// Positions count descriptors as they are handed over, modulo 2^32; entries are numbered from 0.
pub struct Slots {
    queue: DeviceQueue,
    posted: u32,
    done: u32,
    is_settled: bool,
}

static_assertions::assert_not_impl_any!(Slots: Clone);

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slots({}, posted {}, done {})", self.queue.name(), self.posted, self.done)
    }
}

impl Slots {
    /// Takes the queue, a dead user's too, where that has left it. What it left half done the driver puts
    /// in order with its first burst. Cost: the group's lock, and a system call for each process that had it.
    ///
    /// # Errors
    /// [`DeviceQueueError::Held`], by name, if somebody works on it who lives (this process, too);
    /// [`DeviceQueueError::Replaced`].
    pub fn open(queue: DeviceQueue) -> Result<Self, DeviceQueueError> {
        let group = queue.group;
        if group.is_observer() {
            return Err(DeviceQueueError::Observer);
        }
        let mut held = queue.header.user.observe();
        loop {
            if let Some(by) = ProcessId::unpack(held).filter(|by| group.is_alive(*by)) {
                let pid = group.pid_of(by);
                return Err(DeviceQueueError::Held { name: queue.name(), by, pid });
            }
            match queue.header.user.swap_if(held, group.me().pack()) {
                Ok(_) => break,
                Err(found) => held = found,
            }
        }
        crash_point!("device queue: its user is named");
        // Its size may have become another since it was looked up; from here on it is the user's to change.
        let queue = match queue.as_it_is() {
            Ok(queue) => queue,
            Err(why) => {
                queue.let_go();
                return Err(why);
            }
        };
        let (posted, done) = queue.cursor();
        // More than a queueful a peer may have written: then nothing is out, and entries say what lies.
        let done = if posted.wrapping_sub(done) > queue.size() { posted } else { done };
        Ok(Self { queue, posted, done, is_settled: false })
    }

    /// The queue.
    pub fn queue(&self) -> &DeviceQueue {
        &self.queue
    }

    /// How many descriptors it has, a power of two.
    #[inline(always)]
    pub fn size(&self) -> u32 {
        self.queue.size()
    }

    /// Before which position all was handed over to the device.
    #[inline(always)]
    pub fn posted(&self) -> u32 {
        self.posted
    }

    /// Before which position all came back.
    #[inline(always)]
    pub fn done(&self) -> u32 {
        self.done
    }

    /// How many descriptors were handed over and did not come back.
    #[inline(always)]
    pub fn in_flight(&self) -> u32 {
        self.posted.wrapping_sub(self.done)
    }

    /// The entry of a position where entries are used in turn.
    #[inline(always)]
    pub(crate) fn index(&self, position: u32) -> u32 {
        position & (self.size() - 1)
    }

    /// Whether what an earlier user left half done is in order.
    #[inline(always)]
    pub(crate) fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Takes back what an earlier user laid down and did not hand over: it goes back by way of `home`.
    /// Once; a look at each entry.
    #[cold]
    pub(crate) fn settle(&mut self, home: &MbufHome<'_>) {
        self.queue.tell_if_far(home.pool());
        for entry in 0..self.size() {
            if let Entry::Packet { position, .. } = self.entry(entry)
                && is_ahead(position, self.posted, self.size())
            {
                self.take_back(entry, home);
                crash_point!("device queue: a packet is taken back");
            }
        }
        self.drop_stray_parts();
        self.is_settled = true;
    }

    /// Takes everything back; the queue begins anew. The device must be stopped, and must not know of
    /// the descriptors when it runs again. Without a `home` the group has no pool, and what entries say is
    /// the place of nothing.
    #[cold]
    pub(crate) fn empty(&mut self, home: Option<&MbufHome<'_>>) {
        for entry in 0..self.size() {
            if let Entry::Packet { .. } = self.entry(entry) {
                match home {
                    Some(home) => self.take_back(entry, home),
                    None => self.write(entry, Entry::Free),
                }
                crash_point!("device queue: an entry is empty");
            }
        }
        self.drop_stray_parts();
        (self.posted, self.done) = (0, 0);
        self.write_cursor();
        self.is_settled = true;
    }

    /// Frees what lies in an entry. Of a blank mbuf the header is written first: it may say what its last holder left.
    fn take_back(&mut self, entry: u32, home: &MbufHome<'_>) {
        if self.queue.is_tx() {
            drop(self.take(entry, home));
        } else {
            drop(self.take_blank(entry, 0, home));
        }
    }

    /// Gives the queue, in which nothing lies and which no device uses, another size
    /// ([`DeviceQueue::resized`]).
    ///
    /// # Errors
    /// [`DeviceQueueError`]; it is as it was.
    #[cold]
    pub(crate) fn resize(&mut self, size: u32) -> Result<(), DeviceQueueError> {
        if size != self.size() {
            let resized = self.queue.resized(size)?;
            let old = core::mem::replace(&mut self.queue, resized);
            if old.found != resized.found {
                old.let_go();
            }
        }
        Ok(())
    }

    /// Strikes out parts whose packet is not there.
    pub(crate) fn drop_stray_parts(&mut self) {
        for entry in 0..self.size() {
            if let Entry::Part { head } = self.entry(entry)
                && !matches!(self.entry(head), Entry::Packet { .. })
            {
                self.write(entry, Entry::Free);
            }
        }
    }

    /// How many entries are free. A look at each.
    pub(crate) fn count_free(&self) -> u32 {
        (0..self.size()).filter(|entry| self.entry(*entry) == Entry::Free).count() as u32
    }

    /// What the owner's driver has written down of the queue.
    pub(crate) fn driver_word(&self) -> u64 {
        self.queue.header.driver_word.get()
    }

    /// Writes down what users of the queue must know. By the port's owner, who sets the device up.
    pub(crate) fn set_driver_word(&mut self, word: u64) {
        self.queue.header.driver_word.set(word);
    }

    /// What lies in an entry; nothing, in one that there is not.
    #[inline(always)]
    pub(crate) fn entry(&self, entry: u32) -> Entry {
        let word = self.queue.entries.get(entry as usize).map_or(0, Published64::own);
        Entry::from_word(word)
    }

    /// Lays a packet into `entry`, which is free and below [`size`](Self::size), to be handed over at
    /// `position`, which is less than a queueful ahead.
    #[inline(always)]
    pub(crate) fn lay(&mut self, entry: u32, position: u32, packet: Mbuf<'_>) {
        self.lay_place(entry, position, packet.into_place());
    }

    /// Says that `entry` is a further descriptor of the packet of `head`.
    #[inline(always)]
    pub(crate) fn lay_part(&mut self, entry: u32, head: u32) {
        self.write(entry, Entry::Part { head });
        crash_point!("device queue: a part is laid down");
    }

    /// Strikes out a further descriptor of a packet that was taken.
    #[inline(always)]
    pub(crate) fn drop_part(&mut self, entry: u32) {
        self.write(entry, Entry::Free);
    }

    /// What lies before `posted` is the device's from now on. The caller tells the device after.
    #[inline(always)]
    pub(crate) fn hand_over(&mut self, posted: u32) {
        self.posted = posted;
        self.write_cursor();
        crash_point!("device queue: a position is handed over");
    }

    /// What lies before `done` came back.
    #[inline(always)]
    pub(crate) fn finish(&mut self, done: u32) {
        self.done = done;
        self.write_cursor();
        crash_point!("device queue: a position is done");
    }

    /// Takes the packet out of `entry`, which the device has given back. `None`, and the entry is free, if
    /// what lies there is no mbuf: that is counted as a stray of `home`'s pool.
    #[inline(always)]
    pub(crate) fn take<'h>(&mut self, entry: u32, home: &'h MbufHome<'h>) -> Option<Mbuf<'h>> {
        let Entry::Packet { at, .. } = self.entry(entry) else { return None };
        own_all(home, at);
        crash_point!("device queue: a packet is tagged");
        // Pairs with the `observe` in `visit_posted`: who sees that it does not lie there any more sees
        // whose it is.
        self.write(entry, Entry::Free);
        crash_point!("device queue: an entry is struck out");
        taken_out(home, at)
    }

    /// The first position from `done` on, before `posted`, whose entry holds a packet. What a dead user
    /// took and did not note is passed over, and so are further descriptors of a packet.
    #[inline(always)]
    pub(crate) fn next_laid(&self) -> Option<u32> {
        let mut position = self.done;
        while position != self.posted {
            if let Entry::Packet { .. } = self.entry(self.index(position)) {
                return Some(position);
            }
            position = position.wrapping_add(1);
        }
        None
    }

    /// Where entries are used in turn: if nothing lies there any more, all came back, whatever a dead user
    /// has noted.
    #[cold]
    pub(crate) fn pass_holes(&mut self) {
        if self.next_laid().is_none() {
            self.finish(self.posted);
        }
    }

    #[inline(always)]
    pub(super) fn write(&self, entry: u32, what: Entry) {
        if let Some(word) = self.queue.entries.get(entry as usize) {
            word.publish(what.to_word());
        }
    }

    /// Pairs with the `observe` in `DeviceQueue::cursor`.
    #[inline(always)]
    fn write_cursor(&self) {
        self.queue.header.cursor.publish(u64::from(self.posted) << 32 | u64::from(self.done));
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        self.queue.let_go();
    }
}
