//! Making a pool of bytes, and seeing bytes as the pool they are.
//!
//! What a header says is an allegation: each number is read once, the whole is worked out anew
//! from them, and only what agrees with itself and lies in the window becomes a handle.

use core::fmt;

use super::HandlerId;
use super::config::{CACHE_MAX, ELEMENT_MAX, OBJECTS_MAX, Shape};
use super::flags::PoolFlags;
use super::footprint::Footprint;
use super::geometry::Geometry;
use super::handler::Handler;
use super::layout::{POOL_MAGIC, PoolHeader};
use super::view::PoolView;
use crate::group::Group;
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::ElementLayout;

/// Why bytes are not the pool that the caller expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachError {
    /// The place does not lie in the window, aligned to 128 bytes.
    Place {
        /// Bytes from the window's start.
        at: u64,
    },
    /// There is no pool.
    NotAPool {
        /// Bytes from the window's start.
        at: u64,
        /// What stands where the magic should.
        magic: u64,
    },
    /// Its free objects are kept by a handler that this build does not know (W-39).
    UnknownHandler {
        /// The pool's name.
        name: Name,
        /// The handler's number.
        id: u32,
    },
    /// The header contradicts itself, or its parts do not fit in the window.
    Damaged {
        /// Bytes from the window's start.
        at: u64,
        /// Which of its numbers cannot be.
        what: &'static str,
    },
    /// An observer may look at a pool, but not use it.
    Observer {
        /// The pool's name.
        name: Name,
    },
    /// It is a pool of something else.
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
                "a pool was looked for at +{at:#x}, which is not in the window or not aligned to 128 bytes"
            ),
            Self::NotAPool { at, magic } => write!(
                f,
                "a pool was looked for at +{at:#x}, where {magic:#018x} stands instead of a pool's magic"
            ),
            Self::UnknownHandler { name, id } => write!(
                f,
                "the pool {name:?} keeps its free objects by handler {id}, which this build does not know \
                 (it knows 1 to {}); build this program from the release that made the pool",
                HandlerId::ALL.len()
            ),
            Self::Damaged { at, what } => write!(
                f,
                "the pool at +{at:#x} has a {what} that cannot be; something has written over its header"
            ),
            Self::Observer { name } => write!(
                f,
                "the pool {name:?} was to be used by an observer, which may only inspect it; join the group as a \
                 secondary"
            ),
            Self::Element { expected: e, found: o } => write!(
                f,
                "a pool of objects of {} bytes (align {}, type {:#x}) was expected and one of {} bytes (align {}, \
                 type {:#x}) found; both programs must use the same type",
                e.size, e.align, e.hash, o.size, o.align, o.hash
            ),
        }
    }
}

impl core::error::Error for AttachError {}

impl PoolView {
    /// Makes a pool of `shape`, with no objects yet, of the zeroed memory at `at`, which is
    /// [`Shape::header_bytes`] long and the caller's alone.
    pub(super) fn format(
        group: &Group,
        at: Offset<u8>,
        name: Name,
        node: Option<u32>,
        shape: &Shape,
    ) -> Result<Self, AttachError> {
        let at: Offset<PoolHeader> = at.cast();
        let header = resolve(group, at)?;
        write_header(header, name, node, shape);
        header.creator.set(group.me().pack());
        let handler_at = part(at, shape.footprint.handler)?;
        let handler = Handler::format(group, handler_at, shape.handler, shape.objects)
            .ok_or(AttachError::Damaged { at: at.get(), what: "handler" })?;
        // Pairs with the `observe` in `attach`: who sees the magic sees all.
        header.magic.publish(POOL_MAGIC);
        Self::of(group, at, header, *shape, handler)
    }

    /// A view of the pool at `at`, whatever its objects are. Writes nothing.
    pub(super) fn attach(group: &Group, at: Offset<u8>) -> Result<Self, AttachError> {
        let at: Offset<PoolHeader> = at.cast();
        let header = resolve(group, at)?;
        let magic = header.magic.observe();
        if magic != POOL_MAGIC {
            return Err(AttachError::NotAPool { at: at.get(), magic });
        }
        let shape = read_shape(header, at)?;
        let handler_at = part(at, shape.footprint.handler)?;
        let handler = Handler::attach(group, handler_at, shape.handler, shape.objects)
            .ok_or(AttachError::Damaged { at: at.get(), what: "handler" })?;
        Self::of(group, at, header, shape, handler)
    }

    #[inline(never)]
    fn of(
        group: &Group,
        at: Offset<PoolHeader>,
        header: &'static PoolHeader,
        shape: Shape,
        handler: Handler,
    ) -> Result<Self, AttachError> {
        let damaged = AttachError::Damaged { at: at.get(), what: "length" };
        let (window, objects) = (group.window(), shape.objects as usize);
        let tags = window.slice(part(at, shape.footprint.tags)?.cast(), objects);
        let bits = |at| window.slice(at, objects.div_ceil(64));
        let seen = bits(part(at, shape.footprint.seen)?.cast());
        let struck = bits(part(at, shape.footprint.struck)?.cast());
        let (Some(tags), Some(seen), Some(struck)) = (tags, seen, struck) else {
            return Err(damaged);
        };
        window.address(at, shape.footprint.bytes as usize, 128).ok_or(damaged)?;
        Ok(Self { group: *group, at, header, shape, handler, tags, seen, struck })
    }
}

fn resolve(group: &Group, at: Offset<PoolHeader>) -> Result<&'static PoolHeader, AttachError> {
    group.window().resolve(at).ok_or(AttachError::Place { at: at.get() })
}

fn part(at: Offset<PoolHeader>, from_header: u64) -> Result<Offset<u8>, AttachError> {
    at.cast().add(from_header).ok_or(AttachError::Damaged { at: at.get(), what: "length" })
}

fn write_header(header: &PoolHeader, name: Name, node: Option<u32>, shape: &Shape) {
    for (word, text) in header.name.iter().zip(name.to_words()) {
        word.set(text);
    }
    header.bytes.set(shape.footprint.bytes);
    header.hash.set(shape.element.hash);
    header.objects.set(shape.objects);
    header.cache_size.set(shape.cache_size);
    header.element_bytes.set(shape.element.size);
    header.element_align.set(shape.element.align);
    header.align.set(shape.geometry.align() as u32);
    header.flags.set(shape.flags.bits());
    header.stride.set(shape.geometry.stride());
    header.page_bytes.set(shape.page_bytes);
    header.handler.set(shape.handler.number());
    header.private_bytes.set(shape.private_bytes);
    header.node.set(node.unwrap_or(u32::MAX));
}

/// Reads each number once and works the pool out from them.
#[inline(never)]
fn read_shape(header: &PoolHeader, at: Offset<PoolHeader>) -> Result<Shape, AttachError> {
    let damaged = |what| AttachError::Damaged { at: at.get(), what };
    let claimed = |word: u32, range: core::ops::RangeInclusive<u32>, what| {
        if range.contains(&word) { Ok(word) } else { Err(damaged(what)) }
    };
    let id = header.handler.get();
    let name = Name::from_words(header.name.each_ref().map(|word| word.get()));
    let handler = HandlerId::from_number(id).ok_or(AttachError::UnknownHandler { name, id })?;
    let objects = claimed(header.objects.get(), 1..=OBJECTS_MAX, "number of objects")?;
    let cache_max = CACHE_MAX.min(objects);
    let cache_size = claimed(header.cache_size.get(), 0..=cache_max, "cache size")?;
    let size = claimed(header.element_bytes.get(), 1..=ELEMENT_MAX, "object size")?;
    let align = claimed(header.element_align.get(), 1..=4096, "object alignment")?;
    let element = ElementLayout { size, align, hash: header.hash.get() };
    let (stride, page_bytes) = (header.stride.get(), header.page_bytes.get());
    let geometry = Geometry::new(header.align.get(), stride, page_bytes)
        .filter(|it| it.stride() >= u64::from(size) && it.align() >= u64::from(align))
        .filter(|_| align.is_power_of_two())
        .ok_or(damaged("stride"))?;
    let private_bytes = header.private_bytes.get();
    let footprint = Footprint::new(objects, cache_size, private_bytes, handler)
        .filter(|it| it.bytes == header.bytes.get())
        .ok_or(damaged("length"))?;
    let flags = PoolFlags::from_shared(header.flags.get());
    if flags.has(PoolFlags::RECOVERABLE) && !handler.is_recoverable() {
        return Err(damaged("handler"));
    }
    Ok(Shape {
        objects,
        cache_size,
        private_bytes,
        flags,
        handler,
        page_bytes,
        element,
        geometry,
        footprint,
    })
}
