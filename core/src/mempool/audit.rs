//! The audit: every object is in the handler, in one cache, in one ring, or in somebody's hands, and
//! nowhere twice. Whose hands, a recoverable pool knows by its tags.
//!
//! It marks each object that it finds with a bit in shared memory, so it needs no memory of
//! its own; one process audits at a time. It reads other lcores' caches without asking them:
//! on a pool that is in use, what moves meanwhile may be missed or met twice. A finding on a
//! quiet pool is damage.

use core::fmt;

use super::tag::Tag;
use super::view::PoolView;
use crate::group::ProcessId;

/// Where every object is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Free, in the handler.
    pub common: u32,
    /// Free, in lcores' caches.
    pub cached: u32,
    /// Held by somebody, or in rings, or on their way, or owed, or lost.
    pub outside: u32,
    /// Of those outside, met in rings or with devices: 0 if no ring was looked through.
    pub in_rings: u32,
    /// Of those outside, marked as on their way.
    pub on_their_way: u32,
    /// Of those outside, owed to the pool ([`PoolView::collect_owed`]).
    pub owed: u32,
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
    /// In a ring.
    Ring {
        /// Where it lies: bytes from the window's start.
        at: u64,
    },
    /// In a device's queue.
    Device {
        /// Where it lies: bytes from the window's start.
        at: u64,
    },
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler => f.write_str("the pool"),
            Self::Cache { lcore } => write!(f, "the cache of lcore {lcore}"),
            Self::Ring { at } => write!(f, "the ring at +{at:#x}"),
            Self::Device { at } => write!(f, "the device queue at +{at:#x}"),
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
    /// An object is nowhere, and whoever should answer for it is no process of the group: it is
    /// lost.
    OfNobody {
        /// Its number.
        number: u32,
        /// Its tag.
        tag: u32,
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
            Self::OfNobody { number, tag } => write!(
                f,
                "object {number} is in no ring, cache or pool, and its tag {tag:#x} is no process's; it is lost"
            ),
        }
    }
}

impl core::error::Error for AuditError {}

impl PoolView {
    /// Looks where every object is, and returns the first thing that is wrong. Exact if nobody gets
    /// or puts meanwhile; writes nothing but its own bits. Cost: a few loads for each object.
    #[doc(alias = "rte_mempool_audit")]
    pub fn audit(&self) -> Result<Audit, AuditError> {
        let mut first = None;
        let audit = self.look(None::<fn(&mut dyn FnMut(Where, u64))>, &mut |error| {
            first.get_or_insert(error);
        })?;
        first.map_or(Ok(audit), Err)
    }

    /// As [`audit`](Self::audit), and shows `see` everything that is wrong. `in_rings` shows what
    /// lies in all rings that may carry the objects: so a recoverable pool's others must be
    /// somebody's.
    pub(crate) fn audit_all(
        &self,
        in_rings: impl FnOnce(&mut dyn FnMut(Where, u64)),
        see: &mut dyn FnMut(AuditError),
    ) -> Result<Audit, AuditError> {
        self.look(Some(in_rings), see)
    }

    fn look(
        &self,
        in_rings: Option<impl FnOnce(&mut dyn FnMut(Where, u64))>,
        see: &mut dyn FnMut(AuditError),
    ) -> Result<Audit, AuditError> {
        if self.group.me() == ProcessId::OBSERVER {
            return Err(AuditError::Observer);
        }
        let busy = |by| AuditError::Busy { by, pid: self.group.pid_of(by) };
        let _claim = self.claim(&self.header.auditing).map_err(busy)?;
        for word in self.seen {
            word.set(0);
        }
        let mut audit = Audit::default();
        self.handler.visit(self, |at| audit.common += self.meet(at, Where::Handler, see));
        self.look_into_caches(&mut audit, see);
        if let Some(in_rings) = in_rings {
            in_rings(&mut |found_in, at| {
                self.each_of(at, |at| {
                    // What is no object of this pool may be one of another of the same type.
                    if self.number(at).is_some() {
                        audit.in_rings += self.meet(at, found_in, see);
                    }
                });
            });
            // What a cache is moving is its holder's, whose tag it bears.
            self.look_for_holders(see);
        }
        let free = audit.common.saturating_add(audit.cached);
        audit.outside = self.populated().saturating_sub(free);
        let is_on_its_way = |number: &u32| self.tag_of(*number).is_on_its_way();
        audit.on_their_way = (0..self.populated()).filter(is_on_its_way).count() as u32;
        let is_owed = |number: &u32| self.bit(*number) == 0 && self.tag_of(*number) == Tag::OWED;
        audit.owed = (0..self.populated()).filter(is_owed).count() as u32;
        Ok(audit)
    }

    fn look_into_caches(&self, audit: &mut Audit, see: &mut dyn FnMut(AuditError)) {
        for (lcore, cache) in self.caches() {
            let (len, size) = (cache.header.len.observe(), self.shape.cache_size);
            if len > size {
                see(AuditError::CacheLength { lcore, len, size });
            } else if cache.header.moving.observe() != 0 {
                audit.moving += 1;
            } else {
                let places = (0..len as usize).filter_map(|index| cache.slots.glance(index));
                audit.cached +=
                    places.map(|at| self.meet(at, Where::Cache { lcore }, see)).sum::<u32>();
            }
        }
    }

    /// Each object of a recoverable pool that was met nowhere must be somebody's.
    fn look_for_holders(&self, see: &mut dyn FnMut(AuditError)) {
        let lost = |number: &u32| self.is_recoverable() && self.bit(*number) == 0;
        for number in (0..self.populated()).filter(lost) {
            let tag = self.tag_of(number);
            let holder = tag.slot().and_then(|slot| self.group.region().process(slot));
            let is_held =
                tag == Tag::OWED || holder.is_some_and(|facts| Tag::of(facts.id) == tag.holder());
            if !is_held && !self.is_its_clones(number) {
                see(AuditError::OfNobody { number, tag: tag.word() });
            }
        }
    }

    /// Notes that the object at `at` was met; 1 if that is right, else 0 and what is wrong.
    fn meet(&self, at: u64, found_in: Where, see: &mut dyn FnMut(AuditError)) -> u32 {
        let Some(number) = self.number(at) else {
            see(AuditError::NotAnObject { found_in, at });
            return 0;
        };
        if self.bit(number) != 0 {
            see(AuditError::Twice { number, found_in });
            return 0;
        }
        if let Some(word) = self.seen.get(number as usize / 64) {
            word.set(word.get() | 1 << (number % 64));
        }
        let is_free = !matches!(found_in, Where::Ring { .. });
        if is_free && self.tag_of(number).is_on_its_way() {
            see(AuditError::FreeAndOnItsWay { number, found_in });
        }
        1
    }

    /// Not 0 if object `number` was met.
    fn bit(&self, number: u32) -> u64 {
        let word = self.seen.get(number as usize / 64);
        word.map_or(0, |word| word.get() >> (number % 64) & 1)
    }
}
