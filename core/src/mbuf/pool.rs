//! `MbufPool`: a pool of mbufs, by name.
#![expect(unsafe_code, reason = "who destroys a pool promises that nobody uses it")]

use core::fmt;
use core::ops::Deref;

use super::config::{MbufConfig, MbufPoolError};
use super::home::MbufHome;
use super::item::Segment;
use super::layout::{HEADER_BYTES, HEADROOM, MbufPoolFacts};
use crate::directory::{self, Kind};
use crate::group::{Group, Lcore};
use crate::mempool::{CacheError, IfThere, Mempool, PoolError, PoolItem, PoolView};
use crate::offset::Offset;

/// A pool of mbufs. What any pool has (counts, statistics, audit, dump) is in [`PoolView`], which
/// this derefs to; mbufs come from a [`MbufHome`].
///
/// ```no_run
/// # use phalanx_core::{group::{Group, Lcore}, mbuf::{MbufConfig, MbufPool}};
/// # fn f(group: &Group, lcore: &Lcore) -> Result<(), Box<dyn std::error::Error>> {
/// let pool = MbufPool::create(group, "packets", &MbufConfig::new(8191).cache(256))?;
/// let home = pool.home_of(lcore)?;
/// if let Some(mut packet) = home.alloc() {
///     packet.append(5)?.copy_from_slice(b"hello");
///     assert_eq!(packet.data(), b"hello");
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MbufPool {
    pub(super) pool: Mempool<Segment>,
    room: u16,
    private_bytes: u16,
}

impl fmt::Debug for MbufPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.pool, f)
    }
}

impl Deref for MbufPool {
    type Target = PoolView;
    fn deref(&self) -> &PoolView {
        &self.pool
    }
}

impl MbufPool {
    /// Creates the pool `name` with all its mbufs free. Refuses what cannot be before anything is
    /// allocated. Cost: as [`Mempool::create`]. Answers MB-2, MB-5.
    #[doc(alias = "rte_pktmbuf_pool_create")]
    #[doc(alias = "rte_pktmbuf_pool_create_by_ops")]
    #[doc(alias = "rte_pktmbuf_pool_init")]
    pub fn create(group: &Group, name: &str, config: &MbufConfig) -> Result<Self, MbufPoolError> {
        Ok(Self::make(group, name, config, IfThere::Refuse)?.0)
    }

    /// The pool `name`, created if there is none. One that is there must have mbufs of the same
    /// size, and keeps its own number of them. Says whether it was created (W-17).
    pub fn create_or_attach(
        group: &Group,
        name: &str,
        config: &MbufConfig,
    ) -> Result<(Self, bool), MbufPoolError> {
        Self::make(group, name, config, IfThere::Attach)
    }

    /// The pool `name`, if there is one and its objects are mbufs.
    pub fn lookup(group: &Group, name: &str) -> Result<Self, MbufPoolError> {
        Self::of(Mempool::lookup(group, name)?)
    }

    /// A pool of mbufs of the group, whichever; `None` if there is none. By its [`home`](Self::home) packets of
    /// all pools go back: for who has packets to free and none of his own. Takes the group's lock once an
    /// object (members).
    pub fn any(group: &Group) -> Option<Self> {
        let mut any = None;
        // What cannot be read has nothing to offer.
        let _ = directory::walk(group, |found| {
            if any.is_none() && found.kind == Kind::Mempool && Segment::is(found.element) {
                any = Self::attach(group, found.at).ok();
            }
        });
        any
    }

    /// The pool at `at`, which something in shared memory names, if its objects are mbufs.
    pub(crate) fn attach(group: &Group, at: Offset<u8>) -> Result<Self, MbufPoolError> {
        Self::of(Mempool::attach(group, at).map_err(PoolError::from)?)
    }

    /// Destroys the pool `name` and gives its memory back, unless mbufs of it are in use (W-58).
    ///
    /// # Safety
    ///
    /// As for [`Mempool::destroy`].
    pub unsafe fn destroy(group: &Group, name: &str) -> Result<(), MbufPoolError> {
        // SAFETY: the caller's promise.
        Ok(unsafe { Mempool::<Segment>::destroy(group, name) }?)
    }

    fn make(
        group: &Group,
        name: &str,
        config: &MbufConfig,
        if_there: IfThere,
    ) -> Result<(Self, bool), MbufPoolError> {
        let (shape, element) = (config.pool_config()?, config.element());
        let (pool, created) =
            Mempool::make(group, name, element, &shape, if_there, &|pool: &PoolView| {
                if let Some(facts) = pool.private::<MbufPoolFacts>() {
                    config.write(facts);
                }
            })?;
        Ok((Self::of(pool)?, created))
    }

    fn of(pool: Mempool<Segment>) -> Result<Self, MbufPoolError> {
        let facts = pool.private::<MbufPoolFacts>();
        let said = |word: fn(&MbufPoolFacts) -> u32| facts.map_or(u32::MAX, word);
        let (room, private_bytes) = (said(|it| it.room.get()), said(|it| it.private_bytes.get()));
        let damaged = MbufPoolError::Damaged { room, private_bytes };
        let all = HEADER_BYTES.checked_add(room).and_then(|sum| sum.checked_add(private_bytes));
        if all != Some(pool.element().size) {
            return Err(damaged);
        }
        let small = (u16::try_from(room), u16::try_from(private_bytes));
        let (Ok(room), Ok(private_bytes)) = small else { return Err(damaged) };
        Ok(Self { pool, room, private_bytes })
    }

    /// Bytes of each buffer, headroom and all.
    #[doc(alias = "rte_pktmbuf_data_room_size")]
    pub fn data_room(&self) -> u16 {
        self.room
    }

    /// Bytes of each mbuf that are the program's own.
    #[doc(alias = "rte_pktmbuf_priv_size")]
    pub fn private_bytes_each(&self) -> u16 {
        self.private_bytes
    }

    /// Bytes before the data of a fresh mbuf: [`HEADROOM`], or the whole buffer if that is shorter.
    pub fn headroom(&self) -> u16 {
        HEADROOM.min(self.room)
    }

    /// Where mbufs come from and go back to past all caches. An atomic swap or two each.
    pub fn home(&self) -> MbufHome<'_> {
        MbufHome::new(self, self.pool.home())
    }

    /// Where mbufs come from and go back to through the cache of `lcore`.
    pub fn home_of<'p>(&'p self, lcore: &'p Lcore) -> Result<MbufHome<'p>, CacheError> {
        Ok(MbufHome::new(self, self.pool.cache(lcore)?.home()))
    }
}
