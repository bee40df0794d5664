//! The audit: every object is in the handler, in one cache, or outside, and nowhere twice.
//!
//! It marks each object that it finds with a bit in shared memory, so it needs no memory of
//! its own; one process audits at a time. It reads other lcores' caches without asking them:
//! on a pool that is in use, what moves meanwhile may be missed or met twice. A finding on a
//! quiet pool is damage.

use core::fmt;

use super::view::PoolView;
use crate::group::ProcessId;

/// Where every object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Free, in the handler.
    pub common: u32,
    /// Free, in lcores' caches.
    pub cached: u32,
    /// Held by somebody, or on their way, or lost.
    pub outside: u32,
    /// Of those outside, marked as on their way.
    pub on_their_way: u32,
    /// Caches whose holder is moving objects, or died at it: not looked into.
    pub moving: u32,
}

/// Where an audit looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// In the handler.
    Handler,
    /// In an lcore's cache.
    Cache {
        /// The lcore.
        lcore: u16,
    },
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler => f.write_str("the pool"),
            Self::Cache { lcore } => write!(f, "the cache of lcore {lcore}"),
        }
    }
}

/// What is wrong with a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditError {
    /// An observer may not even write the audit's bits.
    Observer,
    /// A living process audits it now.
    Busy {
        /// Which.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
    /// A cache says that it holds more than it can (MP-13).
    CacheLength {
        /// Whose.
        lcore: u16,
        /// What it says.
        len: u32,
        /// What it can hold.
        size: u32,
    },
    /// Something that is no object is where free objects are.
    NotAnObject {
        /// Where.
        found_in: Where,
        /// What it says: bytes from the window's start.
        at: u64,
    },
    /// An object is free twice.
    Twice {
        /// Its number.
        number: u32,
        /// Where it was met the second time.
        found_in: Where,
    },
    /// An object is free and marked as on its way.
    FreeAndOnItsWay {
        /// Its number.
        number: u32,
        /// Where it was met.
        found_in: Where,
    },
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observer => f.write_str(
                "the pool was to be audited by an observer, which may only look; join the group as a secondary",
            ),
            Self::Busy { by, pid } => write!(
                f,
                "the pool was to be audited and slot {} (pid {pid}) audits it now; wait for that process",
                by.slot()
            ),
            Self::CacheLength { lcore, len, size } => write!(
                f,
                "the cache of lcore {lcore} says that it holds {len} objects and can hold {size}; something has \
                 written over it"
            ),
            Self::NotAnObject { found_in, at } => write!(
                f,
                "{found_in} holds +{at:#x}, where no object of the pool starts; somebody put what was never got"
            ),
            Self::Twice { number, found_in } => write!(
                f,
                "{found_in} holds object {number}, which was met already; somebody put it twice"
            ),
            Self::FreeAndOnItsWay { number, found_in } => write!(
                f,
                "{found_in} holds object {number}, which is marked as on its way; somebody put it and passed it on"
            ),
        }
    }
}

impl core::error::Error for AuditError {}

impl PoolView {
    /// Looks where every object is. Exact if nobody gets or puts meanwhile; writes nothing but
    /// its own bits. Cost: a few loads for each object.
    #[doc(alias = "rte_mempool_audit")]
    pub fn audit(&self) -> Result<Audit, AuditError> {
        if self.group.me() == ProcessId::OBSERVER {
            return Err(AuditError::Observer);
        }
        let busy = |by| AuditError::Busy { by, pid: self.group.pid_of(by) };
        let _claim = self.claim(&self.header.auditing).map_err(busy)?;
        for word in self.seen {
            word.set(0);
        }
        let common = self.audit_handler()?;
        let (cached, moving) = self.audit_caches()?;
        let outside = self.populated().saturating_sub(common).saturating_sub(cached);
        let is_on_its_way = |number: &u32| self.tag_of(*number).is_on_its_way();
        let on_their_way = (0..self.populated()).filter(is_on_its_way).count() as u32;
        Ok(Audit { common, cached, outside, on_their_way, moving })
    }

    fn audit_handler(&self) -> Result<u32, AuditError> {
        let mut found = Ok(0u32);
        self.handler.visit(self, |at| {
            if let Ok(count) = found {
                found = self.meet(at, Where::Handler).map(|()| count.saturating_add(1));
            }
        });
        found
    }

    fn audit_caches(&self) -> Result<(u32, u32), AuditError> {
        let (mut cached, mut moving) = (0, 0);
        for (lcore, cache) in self.caches() {
            let (len, size) = (cache.header.len.observe(), self.shape.cache_size);
            if len > size {
                return Err(AuditError::CacheLength { lcore, len, size });
            }
            if cache.header.moving.observe() != 0 {
                moving += 1;
                continue;
            }
            for at in (0..len as usize).filter_map(|index| cache.slots.glance(index)) {
                self.meet(at, Where::Cache { lcore })?;
                cached += 1;
            }
        }
        Ok((cached, moving))
    }

    /// Notes that the object at `at` was met.
    fn meet(&self, at: u64, found_in: Where) -> Result<(), AuditError> {
        let number = self.number(at).ok_or(AuditError::NotAnObject { found_in, at })?;
        let (index, bit) = (number as usize / 64, 1u64 << (number % 64));
        if let Some(word) = self.seen.get(index) {
            if word.get() & bit != 0 {
                return Err(AuditError::Twice { number, found_in });
            }
            word.set(word.get() | bit);
        }
        match self.tag_of(number).is_on_its_way() {
            true => Err(AuditError::FreeAndOnItsWay { number, found_in }),
            false => Ok(()),
        }
    }
}
