//! Where the parts of a pool lie in its block: pure arithmetic, the same for who formats it and
//! who attaches to it.

use super::HandlerId;
use super::handler::handler_bytes;
use super::layout::{CacheHeader, PoolHeader};
use crate::group::LCORES_MAX;

/// Bytes between things that different processes write: two lines, as processors fetch them.
const APART: u64 = 128;

/// Where each part starts: bytes from the pool's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Footprint {
    /// The private area.
    pub(super) private: u64,
    /// The cache of lcore 0.
    pub(super) caches: u64,
    /// Bytes from one cache to the next.
    pub(super) cache_stride: u64,
    /// A 32-bit tag for each object: who answers for it, and whether it is on its way.
    pub(super) tags: u64,
    /// A bit for each object, for audits.
    pub(super) seen: u64,
    /// A bit for each object, for the reaper.
    pub(super) struck: u64,
    /// The handler.
    pub(super) handler: u64,
    /// All of it.
    pub(super) bytes: u64,
}

impl Footprint {
    /// The parts of a pool of `objects`; `None` if they are more than can be addressed.
    pub(super) fn new(
        objects: u32,
        cache_size: u32,
        private_bytes: u32,
        handler: HandlerId,
    ) -> Option<Self> {
        let cache_stride = apart(size_of::<CacheHeader>() as u64 + u64::from(cache_size) * 8);
        let private = apart(size_of::<PoolHeader>() as u64);
        let caches = private + apart(u64::from(private_bytes));
        let tags = caches + LCORES_MAX as u64 * cache_stride;
        let seen = tags + apart(u64::from(objects) * 4);
        let struck = seen + apart(u64::from(objects.div_ceil(64)) * 8);
        let handler_at = struck + apart(u64::from(objects.div_ceil(64)) * 8);
        let bytes = handler_at.checked_add(apart(handler_bytes(handler, objects)?))?;
        Some(Self { private, caches, cache_stride, tags, seen, struck, handler: handler_at, bytes })
    }
}

const fn apart(bytes: u64) -> u64 {
    bytes.next_multiple_of(APART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_on_lines_of_their_own() {
        let parts = Footprint::new(1000, 250, 100, HandlerId::LfStack).unwrap();
        let at = [parts.private, parts.caches, parts.tags, parts.seen, parts.struck, parts.handler];
        assert!(at.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(at.iter().all(|at| at.is_multiple_of(128)));
        assert_eq!(parts.cache_stride, 128 + 2048);
        assert_eq!(parts.tags - parts.caches, 256 * parts.cache_stride);
        assert_eq!(parts.bytes - parts.handler, 128 + 8064);
    }
}
