//! `DeviceQueue`: a device's queue as a named object of the group.

use core::fmt::{self, Write};

use super::error::{DeviceQueueError, DeviceQueueFault};
use super::layout::{
    DESCRIPTORS_MAX, DEVICE_QUEUE_MAGIC, DeviceQueueHeader, HEADER_BYTES, MEMORY_ALIGN, memory_at,
    memory_bytes,
};
use crate::directory::{self, Found, Identity, Kind, LookupError};
use crate::group::{Group, ProcessId};
use crate::heap::{AllocRequest, Node};
use crate::name::{Name, NameText};
use crate::offset::Offset;
use crate::port::{Direction, Port};
use crate::shared::ElementLayout;
use crate::sync::{Published32, Published64};

/// Of which no multiple lies inside a queue's memory: so it is one piece for a device wherever the group
/// has hugepages.
const BOUND: u64 = 2 << 20;

/// A device's queue, in the hand of one process. Copies freely, and owns nothing: who works on it opens
/// [`Slots`](super::Slots).
#[derive(Clone, Copy)]
pub struct DeviceQueue {
    pub(super) group: Group,
    pub(super) header: &'static DeviceQueueHeader,
    pub(super) entries: &'static [Published64],
    pub(super) found: Found,
    /// The node that the port's device is near.
    pub(super) near: Option<u32>,
    memory: Offset<u8>,
    memory_bytes: u64,
}

impl fmt::Debug for DeviceQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceQueue({}, {} descriptors)", self.name(), self.size())
    }
}

impl DeviceQueue {
    /// The queue of `port` and this number, made if there is none: `size` descriptors, and memory for the
    /// device, zeroed, in which those of any driver have room. It stays for the port's next life, whichever
    /// driver that has. One that was there may have another size, until who works on it gives it this one.
    ///
    /// Cost: the group's lock, and the heap if it is made.
    ///
    /// # Errors
    /// [`DeviceQueueError`].
    pub fn create_or_attach(
        port: &Port,
        direction: Direction,
        queue: u16,
        size: u32,
    ) -> Result<Self, DeviceQueueError> {
        if !is_size(size) {
            return Err(DeviceQueueError::Size { asked: size });
        }
        let what = identity(port, direction, queue)?;
        let (group, near, is_tx) = (port.group(), port.node(), direction == Direction::Tx);
        let obtained =
            directory::create_or_attach(group, &what, &memory(size, near), |_, found| {
                format(group, found, Facts { is_tx, size, user: None });
                Ok::<(), DeviceQueueError>(())
            })?;
        Self::attach(group, near, obtained.found())
    }

    /// The queue of `port` and this number. Takes the group's lock.
    ///
    /// # Errors
    /// [`DeviceQueueError`].
    pub fn lookup(port: &Port, direction: Direction, queue: u16) -> Result<Self, DeviceQueueError> {
        let what = identity(port, direction, queue)?;
        Self::attach(port.group(), port.node(), &directory::lookup(port.group(), &what)?)
    }

    /// As [`lookup`](Self::lookup); `None` if there never was such a queue.
    ///
    /// # Errors
    /// [`DeviceQueueError`].
    pub fn find(
        port: &Port,
        direction: Direction,
        queue: u16,
    ) -> Result<Option<Self>, DeviceQueueError> {
        match Self::lookup(port, direction, queue) {
            Err(DeviceQueueError::Lookup(LookupError::NotFound { .. })) => Ok(None),
            found => found.map(Some),
        }
    }

    pub(super) fn attach(
        group: &Group,
        near: Option<u32>,
        found: &Found,
    ) -> Result<Self, DeviceQueueError> {
        let damaged = |fault| DeviceQueueError::Damaged { name: found.name, fault };
        let Checked { header, entries, memory, memory_bytes } =
            checked(group, found.at).map_err(damaged)?;
        Ok(Self { group: *group, header, entries, found: *found, near, memory, memory_bytes })
    }

    /// Its name: `rx0@0000:00:11.0`.
    pub fn name(&self) -> Name {
        self.found.name
    }

    pub(super) fn is_tx(&self) -> bool {
        self.header.direction.get() != 0
    }

    /// How many descriptors it has, a power of two.
    pub fn size(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Before which position all was handed over to the device, and before which all came back, as its user has written
    /// it last.
    pub(crate) fn cursor(&self) -> (u32, u32) {
        // Pairs with the `publish` in `Slots::write_cursor`.
        let cursor = self.header.cursor.observe();
        ((cursor >> 32) as u32, cursor as u32)
    }

    /// Where the device's memory starts.
    pub fn memory(&self) -> Offset<u8> {
        self.memory
    }

    /// Bytes of the device's memory.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// `count` words of the device's memory from byte `at` on, which driver and device write in turn;
    /// none, if they do not lie in it.
    pub(crate) fn words64(&self, at: u64, count: usize) -> &'static [Published64] {
        let place = self.part(at, count as u64 * 8);
        let words = place.and_then(|at| self.group.window().slice(at.cast(), count));
        words.unwrap_or_default()
    }

    /// As [`words64`](Self::words64), of four bytes each.
    pub(crate) fn words32(&self, at: u64, count: usize) -> &'static [Published32] {
        let place = self.part(at, count as u64 * 4);
        let words = place.and_then(|at| self.group.window().slice(at.cast(), count));
        words.unwrap_or_default()
    }

    /// Writes an entry that no user wrote.
    #[cfg(test)]
    pub(crate) fn test_write_entry(&self, entry: usize, word: u64) {
        self.entries[entry].publish(word);
    }

    fn part(&self, at: u64, bytes: u64) -> Option<Offset<u8>> {
        let end = at.checked_add(bytes)?;
        (end <= self.memory_bytes).then(|| self.memory.add(at)).flatten()
    }
}

pub(super) const fn is_size(size: u32) -> bool {
    size.is_power_of_two() && size >= 2 && size <= DESCRIPTORS_MAX
}

fn identity(port: &Port, direction: Direction, queue: u16) -> Result<Identity, DeviceQueueError> {
    let mut text = NameText::default();
    let kind = match direction {
        Direction::Rx => "rx",
        Direction::Tx => "tx",
    };
    // What does not fit is one byte too long for a name, and refused as such.
    let _ = write!(text, "{kind}{queue}@{}", port.name());
    let name = Name::new(text.as_str())?;
    let element = const { ElementLayout::of::<DeviceQueueHeader>() };
    Ok(Identity { name, kind: Kind::DeviceQueue, element })
}

/// What a queue of `size` descriptors takes, near a node.
pub(super) fn memory(size: u32, near: Option<u32>) -> AllocRequest {
    AllocRequest::new(memory_at(size) + memory_bytes(size))
        .align(MEMORY_ALIGN)
        .bound(BOUND)
        .node(near.map_or(Node::Any, Node::Prefer))
}

/// What is written of a fresh queue.
pub(super) struct Facts {
    pub(super) is_tx: bool,
    pub(super) size: u32,
    /// Who works on it from the beginning.
    pub(super) user: Option<ProcessId>,
}

/// Writes a fresh queue's facts; the magic last.
pub(super) fn format(group: &Group, found: &Found, Facts { is_tx, size, user }: Facts) {
    let Some(header) = group.window().resolve(found.at.cast::<DeviceQueueHeader>()) else { return };
    header.size.set(size);
    header.capacity.set(size);
    header.direction.set(is_tx.into());
    header.memory.set(found.at.get() + memory_at(size));
    header.memory_bytes.set(memory_bytes(size));
    header.user.publish(user.map_or(0, ProcessId::pack));
    crash_point!("device queue: its words are written");
    // Pairs with the `observe` in `checked`.
    header.magic.publish(DEVICE_QUEUE_MAGIC);
}

/// What a header says, checked.
pub(super) struct Checked {
    pub(super) header: &'static DeviceQueueHeader,
    pub(super) entries: &'static [Published64],
    memory: Offset<u8>,
    memory_bytes: u64,
}

/// The queue that is said to lie at `at`.
pub(super) fn checked(group: &Group, at: Offset<u8>) -> Result<Checked, DeviceQueueFault> {
    let (window, place) = (group.window(), DeviceQueueFault::Place { at: at.get() });
    let header: &DeviceQueueHeader = window.resolve(at.cast()).ok_or(place)?;
    // Pairs with the `publish` in `format`: who sees the magic sees the rest.
    let magic = header.magic.observe();
    if magic != DEVICE_QUEUE_MAGIC {
        return Err(DeviceQueueFault::Magic { found: magic });
    }
    let (size, capacity) = (header.size.get(), header.capacity.get());
    if !is_size(size) || !is_size(capacity) || size > capacity {
        return Err(DeviceQueueFault::Size { found: size, capacity });
    }
    let (memory, said) = (header.memory.get(), header.memory_bytes.get());
    let fault = DeviceQueueFault::Memory { at: memory, bytes: said };
    let expected = at
        .add(memory_at(capacity))
        .filter(|it| it.get() == memory && memory_bytes(capacity) == said);
    let memory = expected.ok_or(fault)?;
    let len = usize::try_from(said).map_err(|_| fault)?;
    window.address(memory, len, 8).ok_or(fault)?;
    let first = at.add(HEADER_BYTES).ok_or(place)?;
    let entries = window.slice::<Published64>(first.cast(), size as usize).ok_or(place)?;
    Ok(Checked { header, entries, memory, memory_bytes: said })
}
