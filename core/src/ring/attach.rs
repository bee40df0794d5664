//! Making a ring of bytes, and seeing bytes as the ring they are.
//!
//! What a header says is an allegation: it is read once, word by word, checked against the
//! window and against what the caller expects, and copied into the handle.

use core::fmt;

use super::Slots;
use super::claim::RingEnd;
use super::config::Sync;
use super::config::{ConfigError, RingConfig, Shape, Sizing};
use super::cursor::with_call;
use super::layout::{CallLog, End, HEADER_BYTES, LOG_CALLS, RING_MAGIC, RingHeader, logs_at};
use super::member::Member;
use super::ring::Ring;
use crate::claimed::Claimed;
use crate::group::Group;
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::{Element, ElementLayout};
use crate::sync::Contested64;
use crate::window::Window;

/// Why bytes could not become a ring. They are as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// There can be no such ring at all.
    Config(ConfigError),
    /// The place is too short.
    Short {
        /// Bytes that the ring takes.
        needed: usize,
        /// Bytes that were given.
        given: usize,
    },
    /// The place does not lie in the window, aligned to 128 bytes.
    Place {
        /// Bytes from the window's start.
        at: u64,
    },
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Short { needed, given } => write!(
                f,
                "a ring of {needed} bytes was to be made in {given}; give it what `footprint` says"
            ),
            Self::Place { at } => write!(
                f,
                "a ring was to be made at +{at:#x}, which is not in the window or not aligned to 128 bytes"
            ),
        }
    }
}

impl core::error::Error for FormatError {}

impl From<ConfigError> for FormatError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// Why bytes are not the ring that the caller expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachError {
    /// The place does not lie in the window, aligned to 128 bytes.
    Place {
        /// Bytes from the window's start.
        at: u64,
    },
    /// There is no ring.
    NotARing {
        /// Bytes from the window's start.
        at: u64,
        /// What stands where the magic should.
        magic: u64,
    },
    /// The header contradicts itself, or its slots do not fit in the window.
    Damaged {
        /// Bytes from the window's start.
        at: u64,
        /// Slots, as the header says.
        size: u32,
        /// Mask, as the header says.
        mask: u32,
        /// Capacity, as the header says.
        capacity: u32,
        /// Flags, as the header says.
        flags: u32,
    },
    /// It is a ring of something else.
    Element {
        /// What the caller expects.
        expected: ElementLayout,
        /// What the header says.
        found: ElementLayout,
    },
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place { at } => write!(
                f,
                "a ring was looked for at +{at:#x}, which is not in the window or not aligned to 128 bytes"
            ),
            Self::NotARing { at, magic } => write!(
                f,
                "a ring was looked for at +{at:#x}, where {magic:#018x} stands instead of a ring's magic"
            ),
            Self::Damaged { at, size, mask, capacity, flags } => write!(
                f,
                "the ring at +{at:#x} says that it has {size} slots, mask {mask:#x}, capacity {capacity} and flags \
                 {flags:#x}, which cannot be; something has written over its header"
            ),
            Self::Element { expected: e, found: o } => write!(
                f,
                "a ring of elements of {} bytes (align {}, type {:#x}) was expected and one of {} bytes (align {}, \
                 type {:#x}) found; both programs must use the same element type",
                e.size, e.align, e.hash, o.size, o.align, o.hash
            ),
        }
    }
}

impl core::error::Error for AttachError {}

/// A header's facts, checked: nothing in shared memory is needed to interpret them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked {
    pub(super) header: &'static RingHeader,
    pub(super) at: Offset<RingHeader>,
    pub(super) shape: Shape,
    pub(super) config: RingConfig,
    pub(super) element: ElementLayout,
}

impl Checked {
    /// One end's words.
    pub(super) fn end(&self, end: RingEnd) -> &'static End {
        match end {
            RingEnd::Producer => &self.header.producers,
            RingEnd::Consumer => &self.header.consumers,
        }
    }

    /// How an end synchronises.
    pub(super) fn sync(&self, end: RingEnd) -> Sync {
        match end {
            RingEnd::Producer => self.config.producer,
            RingEnd::Consumer => self.config.consumer,
        }
    }

    /// The word that says who has a single end.
    pub(super) fn claim_word(&self, end: RingEnd) -> &'static Contested64 {
        match end {
            RingEnd::Producer => &self.header.producer_claim,
            RingEnd::Consumer => &self.header.consumer_claim,
        }
    }

    /// The log of an end's calls: behind the slots, the producers' first. `None` if it has none.
    pub(super) fn log(&self, window: Window, end: RingEnd) -> Option<&'static CallLog> {
        if self.sync(end) != Sync::Rts {
            return None;
        }
        let is_second = end == RingEnd::Consumer && self.config.producer == Sync::Rts;
        let before = if is_second { size_of::<CallLog>() as u64 } else { 0 };
        let logs = logs_at(self.shape.size, self.element.size)?;
        window.resolve(self.at.add(logs.checked_add(before)?)?.cast())
    }
}

/// Reads the header at `at` once and checks it, whatever its elements are.
pub(super) fn check(window: Window, at: Offset<u8>) -> Result<Checked, AttachError> {
    let at: Offset<RingHeader> = at.cast();
    let header = window.resolve(at).ok_or(AttachError::Place { at: at.get() })?;
    // Pairs with the `publish` in `Ring::format`: who sees the magic sees the rest.
    let magic = header.magic.observe();
    if magic != RING_MAGIC {
        return Err(AttachError::NotARing { at: at.get(), magic });
    }
    let (size, mask) = (header.size.get(), header.mask.get());
    let (capacity, flags) = (header.capacity.get(), header.flags.get());
    let damaged = AttachError::Damaged { at: at.get(), size, mask, capacity, flags };
    let element = ElementLayout {
        size: header.element_size.get(),
        align: header.element_align.get(),
        hash: header.element_hash.get(),
    };
    let config = RingConfig::from_flags(size, flags).map_err(|_| damaged)?;
    let count = if config.sizing == Sizing::Exact { capacity } else { size };
    let config = RingConfig { count, ..config };
    let shape = config.shape(element).map_err(|_| damaged)?;
    let says = (size, mask, capacity);
    let shape = Claimed::new(shape)
        .verify(|it| says == (it.size, it.size - 1, it.capacity))
        .ok_or(damaged)?;
    let place: Offset<u8> = at.cast();
    window.address(place, shape.bytes, 128).ok_or(damaged)?;
    Ok(Checked { header, at, shape, config, element })
}

impl<T: Element> Ring<T> {
    /// Makes a ring of the `len` bytes at `at`, whatever they hold, and returns a handle.
    ///
    /// Needs [`RingConfig::shape`]`.bytes` bytes, aligned to 128. Nobody may use the place
    /// meanwhile; who attaches before the end is told that there is no ring. Refuses before it
    /// writes (RI-7, W-49). No system call, no lock.
    #[doc(alias = "rte_ring_init")]
    pub fn format(
        group: &Group,
        at: Offset<u8>,
        len: usize,
        config: &RingConfig,
    ) -> Result<Self, FormatError> {
        Self::format_named(group, at, len, config, None, 0)
    }

    /// As [`format`](Self::format), with a name for dumps and a first position.
    pub(super) fn format_named(
        group: &Group,
        at: Offset<u8>,
        len: usize,
        config: &RingConfig,
        name: Option<Name>,
        start: u32,
    ) -> Result<Self, FormatError> {
        let element = ElementLayout::of::<T>();
        let shape = config.shape(element)?;
        if len < shape.bytes {
            return Err(FormatError::Short { needed: shape.bytes, given: len });
        }
        let place = FormatError::Place { at: at.get() };
        group.window().address(at, shape.bytes, 128).ok_or(place)?;
        let at: Offset<RingHeader> = at.cast();
        let header = group.window().resolve(at).ok_or(place)?;
        let checked = Checked { header, at, shape, config: *config, element };
        let log = |end| checked.log(group.window(), end);
        let logs = [log(RingEnd::Producer), log(RingEnd::Consumer)];
        write_header(&checked, logs, name, start);
        Self::of(group, &checked).ok_or(place)
    }

    /// A handle on the ring at `at`, checked to be one of `T`s. Writes nothing.
    ///
    /// The handle keeps its own copy of size, mask and capacity: what a peer writes there later
    /// changes nothing here.
    pub fn attach(group: &Group, at: Offset<u8>) -> Result<Self, AttachError> {
        let checked = check(group.window(), at)?;
        let expected = ElementLayout::of::<T>();
        if checked.element != expected {
            return Err(AttachError::Element { expected, found: checked.element });
        }
        Self::of(group, &checked).ok_or(AttachError::Place { at: at.get() })
    }

    fn of(group: &Group, checked: &Checked) -> Option<Self> {
        let first = checked.at.add(HEADER_BYTES as u64)?.cast();
        let slots = Slots::in_window(group.window(), first, checked.shape.size - 1)?;
        Some(Self {
            header: checked.header,
            slots,
            logs: [RingEnd::Producer, RingEnd::Consumer]
                .map(|end| checked.log(group.window(), end)),
            at: checked.at,
            shape: checked.shape,
            config: checked.config,
            member: Member::of(group),
        })
    }
}

/// Writes every word of a header, the magic last.
pub(super) fn write_header(
    checked: &Checked,
    logs: [Option<&CallLog>; 2],
    name: Option<Name>,
    start: u32,
) {
    let Checked { header, shape, config, element, .. } = *checked;
    header.magic.publish(0);
    header.size.set(shape.size);
    header.mask.set(shape.size - 1);
    header.capacity.set(shape.capacity);
    header.flags.set(config.flags());
    header.element_size.set(element.size);
    header.element_align.set(element.align);
    header.element_hash.set(element.hash);
    let words = name.map_or([0; 4], Name::to_words);
    for (to, from) in header.name.iter().zip(words) {
        to.set(from);
    }
    header.producer_claim.publish(0);
    header.consumer_claim.publish(0);
    header.asleep.publish(0);
    reset_end(&header.producers, start, shape.capacity, shape.capacity);
    reset_end(&header.consumers, start, 0, shape.capacity);
    logs.into_iter().flatten().for_each(reset_log);
    // Pairs with the `observe` in `check`.
    header.magic.publish(RING_MAGIC);
}

fn reset_end(end: &End, start: u32, spare: u32, capacity: u32) {
    end.tail.publish(with_call(start, 0, 0));
    for news in &end.news {
        news.publish(0);
    }
    end.head.publish(with_call(start, 0, 0));
    end.limit.publish(start.wrapping_add(spare));
    end.lead_max.set(capacity / 8);
    end.mender.publish(0);
    end.moved.publish(0);
}

/// As if the lap before call 0 had just ended with it.
fn reset_log(log: &CallLog) {
    for (call, entry) in (0u16..).zip(&log.calls) {
        let last = if call == 0 { 0 } else { call.wrapping_sub(LOG_CALLS as u16) };
        entry.publish(with_call(0, 0, last));
    }
}
