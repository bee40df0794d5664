//! What a pool shall be, checked before a byte is allocated or written.

pub use super::config_error::ConfigError;
use super::footprint::Footprint;
use super::geometry::{Geometry, Spread, stride};
use super::{HandlerId, PoolFlags};
use crate::heap::Node;
use crate::shared::ElementLayout;

/// The most objects one lcore's cache may keep.
#[doc(alias = "RTE_MEMPOOL_CACHE_MAX_SIZE")]
pub const CACHE_MAX: u32 = 512;

/// The most objects a pool may have.
pub const OBJECTS_MAX: u32 = (1 << 30) - 1;

/// The most bytes an object may have.
pub const ELEMENT_MAX: u32 = 1 << 30;

/// What a pool shall be.
///
/// ```
/// use phalanx_core::mempool::{HandlerId, PoolConfig, PoolFlags};
/// let config = PoolConfig::new(8191).cache(256).handler(HandlerId::LfStack);
/// assert_eq!((config.objects, config.flags), (8191, PoolFlags::NONE));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// How many objects, 1 to [`OBJECTS_MAX`].
    pub objects: u32,
    /// How many of them each lcore may keep, 0 to [`CACHE_MAX`] and at most `objects`.
    pub cache_size: u32,
    /// Bytes of the private area, for what the objects have in common.
    pub private_bytes: u32,
    /// What else is asked for.
    pub flags: PoolFlags,
    /// What keeps the free objects; `None` for what the flags say.
    pub handler: Option<HandlerId>,
    /// How objects are spread over memory channels.
    pub spread: Spread,
    /// The NUMA node to take memory from.
    pub node: Node,
}

impl PoolConfig {
    /// `objects` objects, no caches, nothing special.
    pub fn new(objects: u32) -> Self {
        Self {
            objects,
            cache_size: 0,
            private_bytes: 0,
            flags: PoolFlags::NONE,
            handler: None,
            spread: Spread::default(),
            node: Node::Any,
        }
    }

    /// The same, with caches of `size` objects.
    #[must_use]
    pub fn cache(self, size: u32) -> Self {
        Self { cache_size: size, ..self }
    }

    /// The same, with a private area of `bytes`.
    #[must_use]
    pub fn private(self, bytes: u32) -> Self {
        Self { private_bytes: bytes, ..self }
    }

    /// The same, recoverable: when a process dies, what it held, what lay in its caches, and what it
    /// was moving, goes back to the pool. Wanted where objects are passed between processes; not
    /// the default, because each object then costs a store in a shared table whenever it moves
    /// from the pool to a cache or out of an [`ObjectRing`](super::ObjectRing). Only pools whose
    /// free objects lie in a ring can have it.
    #[must_use]
    pub fn recoverable(self) -> Self {
        self.flags(self.flags | PoolFlags::RECOVERABLE)
    }

    /// The same, with `flags`.
    #[must_use]
    pub fn flags(self, flags: PoolFlags) -> Self {
        Self { flags, ..self }
    }

    /// The same, with free objects kept by `handler`.
    #[must_use]
    pub fn handler(self, handler: HandlerId) -> Self {
        Self { handler: Some(handler), ..self }
    }

    /// The same, with objects spread so.
    #[must_use]
    pub fn spread(self, spread: Spread) -> Self {
        Self { spread, ..self }
    }

    /// The same, with memory of `node`.
    #[must_use]
    pub fn node(self, node: Node) -> Self {
        Self { node, ..self }
    }

    /// The pool's numbers for objects of `element` on pages of `page_bytes`, or why there can
    /// be no such pool (MP-4).
    pub fn shape(&self, element: ElementLayout, page_bytes: u64) -> Result<Shape, ConfigError> {
        self.check(element)?;
        let flags = self.flags.implied();
        let least = if flags.has(PoolFlags::NO_CACHE_ALIGN) { 8 } else { 64 };
        let align = element.align.max(least);
        let spread = (!flags.has(PoolFlags::NO_SPREAD)).then_some(self.spread);
        let stride = stride(element.size, align, spread);
        // An object that is longer than a page crosses one whatever is done.
        let crosses = flags.has(PoolFlags::NO_IOVA_CONTIG) || stride > page_bytes;
        let page_bytes = if crosses { 0 } else { page_bytes };
        let handler = self.handler.unwrap_or(HandlerId::from_flags(flags));
        if flags.has(PoolFlags::RECOVERABLE) && !handler.is_recoverable() {
            return Err(ConfigError::Unrecoverable { handler });
        }
        let footprint = Footprint::new(self.objects, self.cache_size, self.private_bytes, handler);
        let geometry = Geometry::new(align, stride, page_bytes);
        let (Some(footprint), Some(geometry)) = (footprint, geometry) else {
            return Err(ConfigError::Bytes { objects: self.objects, size: element.size });
        };
        let Self { objects, cache_size, private_bytes, .. } = *self;
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

    fn check(&self, element: ElementLayout) -> Result<(), ConfigError> {
        let Self { objects, cache_size: cache, .. } = *self;
        if objects == 0 || objects > OBJECTS_MAX {
            return Err(ConfigError::Objects { objects });
        }
        if cache > CACHE_MAX || cache > objects {
            return Err(ConfigError::Cache { cache, objects });
        }
        match self.flags.unaskable() {
            0 => {}
            unknown => return Err(ConfigError::UnknownFlags { unknown }),
        }
        if element.size == 0 || element.size > ELEMENT_MAX {
            return Err(ConfigError::ElementSize { size: element.size });
        }
        if element.align > 4096 || !element.align.is_power_of_two() {
            return Err(ConfigError::ElementAlign { align: element.align });
        }
        Ok(())
    }
}

/// A pool's numbers, derived from a checked configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub(super) objects: u32,
    pub(super) cache_size: u32,
    pub(super) private_bytes: u32,
    pub(super) flags: PoolFlags,
    pub(super) handler: HandlerId,
    pub(super) page_bytes: u64,
    pub(super) element: ElementLayout,
    pub(super) geometry: Geometry,
    pub(super) footprint: Footprint,
}

impl Shape {
    /// Bytes of everything but the objects: header, private area, caches, tables, handler.
    pub fn header_bytes(&self) -> u64 {
        self.footprint.bytes
    }

    /// Bytes that surely hold all objects, wherever they start.
    pub fn object_bytes(&self) -> Option<u64> {
        self.geometry.bytes_for(self.objects)
    }

    /// Bytes from one object to the next.
    pub fn stride(&self) -> u64 {
        self.geometry.stride()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: ElementLayout = ElementLayout { size: 100, align: 1, hash: 0 };

    #[test]
    fn a_pool_of_no_objects_is_refused() {
        let refused = PoolConfig::new(0).shape(BYTES, 4096).unwrap_err();
        assert_eq!(refused, ConfigError::Objects { objects: 0 });
        assert!(PoolConfig::new(u32::MAX).shape(BYTES, 4096).is_err());
    }

    #[test]
    fn a_cache_larger_than_512_or_than_the_pool_is_refused_with_what_is_allowed() {
        let large = PoolConfig::new(10_000).cache(513).shape(BYTES, 4096).unwrap_err();
        assert_eq!(large, ConfigError::Cache { cache: 513, objects: 10_000 });
        assert!(large.to_string().contains("at most 512"));
        let larger = PoolConfig::new(100).cache(101).shape(BYTES, 4096).unwrap_err();
        assert!(larger.to_string().contains("at most 100"));
        assert!(PoolConfig::new(100).cache(100).shape(BYTES, 4096).is_ok());
    }

    #[test]
    fn a_stack_cannot_be_recoverable() {
        let stack = PoolConfig::new(1).handler(HandlerId::LfStack).recoverable();
        let handler = HandlerId::LfStack;
        assert_eq!(stack.shape(BYTES, 4096), Err(ConfigError::Unrecoverable { handler }));
        assert!(PoolConfig::new(1).recoverable().shape(BYTES, 4096).is_ok());
    }

    #[test]
    fn flags_that_are_the_pools_own_are_refused() {
        let config = PoolConfig::new(1).flags(PoolFlags::NON_IO);
        assert_eq!(config.shape(BYTES, 4096), Err(ConfigError::UnknownFlags { unknown: 0x40 }));
    }

    #[test]
    fn objects_of_no_bytes_or_of_a_wild_alignment_are_refused() {
        let size = |size, align| ElementLayout { size, align, hash: 0 };
        let shape = |element| PoolConfig::new(1).shape(element, 4096);
        assert_eq!(shape(size(0, 1)), Err(ConfigError::ElementSize { size: 0 }));
        assert_eq!(shape(size(8, 8192)), Err(ConfigError::ElementAlign { align: 8192 }));
    }

    #[test]
    fn objects_are_aligned_to_a_line_unless_told_otherwise() {
        let shape = |flags| PoolConfig::new(1).flags(flags).shape(BYTES, 4096).unwrap();
        assert_eq!(shape(PoolFlags::NONE).stride(), 192);
        assert_eq!(shape(PoolFlags::NO_SPREAD).stride(), 128);
        assert_eq!(shape(PoolFlags::NO_CACHE_ALIGN).stride(), 104);
    }

    #[test]
    fn an_object_longer_than_a_page_may_cross_pages() {
        let long = ElementLayout { size: 5000, align: 1, hash: 0 };
        let shape = |page| PoolConfig::new(1).shape(long, page).unwrap().page_bytes;
        assert_eq!((shape(4096), shape(1 << 21)), (0, 1 << 21));
    }
}
