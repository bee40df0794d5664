//! Looking at a ring without touching it: facts for observers, and DPDK's dump.

use core::fmt::{self, Write};

use super::attach::{AttachError, Checked, check};
use super::config::{RingConfig, Sync};
use super::cursor::{available, call, count, owner, position};
use super::layout::{End, RingHeader};
use super::ring::Ring;
use crate::group::{Group, ProcessId};
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::{Element, ElementLayout};

/// What a ring says of itself, at about one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingFacts {
    /// Its name; `None` if it was made in place.
    pub name: Option<Name>,
    /// Where it lies: bytes from the window's start.
    pub at: u64,
    /// How it was made, and how its ends synchronise.
    pub config: RingConfig,
    /// Slots.
    pub size: u32,
    /// Elements it holds at most.
    pub capacity: u32,
    /// Elements in it.
    pub used: u32,
    /// What its elements are.
    pub element: ElementLayout,
    /// Bytes it takes, header and all.
    pub bytes: usize,
    /// Who is the single producer.
    pub producer: Option<ProcessId>,
    /// Who is the single consumer.
    pub consumer: Option<ProcessId>,
    /// Where elements go in.
    pub producers: EndFacts,
    /// Where they come out.
    pub consumers: EndFacts,
}

/// What one end of a ring says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndFacts {
    /// How it synchronises.
    pub sync: Sync,
    /// Up to where positions are reserved.
    pub head: u32,
    /// Up to where they are published. Less than `head` while calls are in the middle.
    pub tail: u32,
    /// Rts: the last call begun, the last one that the tail has passed, modulo 2^16; 0 otherwise.
    pub calls: (u16, u16),
    /// Rts: how far the head may lead.
    pub lead_max: u32,
    /// Multi, Hts: who is in the middle. Rts: who reserved last, or 0xffff while the end is mended.
    /// The tag of a process ([`ProcessId::tag`]); 0 for nobody.
    pub owner: u16,
}

impl EndFacts {
    fn of(sync: Sync, end: &End) -> Self {
        let (tail, head) = (end.tail.observe(), end.head.observe());
        let (at, reserved) = (position(tail), position(head));
        let idle = Self { sync, head: at, tail: at, calls: (0, 0), lead_max: 0, owner: 0 };
        match sync {
            Sync::Single => idle,
            Sync::Rts => {
                let (calls, lead_max) = ((call(head), call(tail)), end.lead_max.get());
                Self { head: reserved, calls, lead_max, owner: owner(head), ..idle }
            }
            Sync::Multi | Sync::Hts if owner(tail) == 0 => idle,
            Sync::Multi | Sync::Hts => {
                Self { head: at.wrapping_add(count(tail)), owner: owner(tail), ..idle }
            }
        }
    }
}

/// The facts of the ring at `at`, whatever its elements are. Writes nothing, so it serves an
/// observer whose window is mapped read-only.
#[doc(alias = "/ring/info")]
pub fn inspect(group: &Group, at: Offset<u8>) -> Result<RingFacts, AttachError> {
    Ok(RingFacts::of(&check(group.window(), at)?))
}

impl RingFacts {
    pub(super) fn of(it: &Checked) -> Self {
        let header = it.header;
        let put = position(header.producers.tail.observe());
        let taken = position(header.consumers.tail.observe());
        Self {
            name: name_of(header),
            at: it.at.get(),
            config: it.config,
            size: it.shape.size,
            capacity: it.shape.capacity,
            used: available(put, taken, it.shape.capacity),
            element: it.element,
            bytes: it.shape.bytes,
            producer: ProcessId::unpack(header.producer_claim.observe()),
            consumer: ProcessId::unpack(header.consumer_claim.observe()),
            producers: EndFacts::of(it.config.producer, &header.producers),
            consumers: EndFacts::of(it.config.consumer, &header.consumers),
        }
    }
}

/// The name in a header; a peer may have written anything there.
fn name_of(header: &RingHeader) -> Option<Name> {
    let words = header.name.each_ref().map(|word| word.get());
    (words[0] != 0).then(|| Name::from_words(words))
}

impl RingFacts {
    /// Writes the facts as DPDK does (RI-17); where it prints a pointer, this prints the offset.
    #[doc(alias = "rte_ring_dump")]
    pub fn dump(&self, to: &mut dyn Write) -> fmt::Result {
        let name = self.name.as_ref().map_or("", Name::as_str);
        writeln!(to, "ring <{name}>@+{:#x}", self.at)?;
        writeln!(to, "  flags={:x}", self.config.flags())?;
        writeln!(to, "  size={}", self.size)?;
        writeln!(to, "  capacity={}", self.capacity)?;
        writeln!(to, "  used={}", self.used)?;
        writeln!(to, "  avail={}", self.capacity - self.used)?;
        self.consumers.dump(to, "cons")?;
        self.producers.dump(to, "prod")
    }
}

impl EndFacts {
    fn dump(&self, to: &mut dyn Write, end: &str) -> fmt::Result {
        writeln!(to, "  {end}.sync_type={}", self.sync.dump_name())?;
        let Self { head, tail, calls, lead_max, .. } = self;
        if self.sync != Sync::Rts {
            writeln!(to, "  {end}.head={head}")?;
            return writeln!(to, "  {end}.tail={tail}");
        }
        writeln!(to, "  {end}.head.pos={head}")?;
        writeln!(to, "  {end}.head.cnt={}", calls.0)?;
        writeln!(to, "  {end}.tail.pos={tail}")?;
        writeln!(to, "  {end}.tail.cnt={}", calls.1)?;
        writeln!(to, "  {end}.htd_max={lead_max}")
    }
}

impl<T: Element> Ring<T> {
    /// The ring's facts; see [`inspect`].
    pub fn facts(&self) -> RingFacts {
        RingFacts::of(&Checked {
            header: self.header,
            at: self.at,
            shape: self.shape,
            config: self.config,
            element: ElementLayout::of::<T>(),
        })
    }
}
