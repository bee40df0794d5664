//! `ObjectConsumer`: taking a pool's objects out of a ring.
//!
//! A ring may carry objects of several pools of one type, and who takes them out names one. What is
//! another's is found out between copying and publishing, when the objects still lie in the ring for
//! everybody else: then each gets its taker's tag in the pool that it is of, as any object that is
//! taken. So it is somebody's at every instruction; and afterwards it goes back to that pool. (To
//! give the reservation back instead is no way at a relaxed end, whose calls cannot be shortened.)

use core::cell::Cell;

use super::item::PoolItem;
use super::object::Object;
use super::object_ring::{ObjectHome, Parcel, parcels, parcels_mut, words};
use super::view::PoolView;
use crate::offset::Offset;
use crate::ring::kind::{Any, Kind};
use crate::ring::{Consumer, Held, WaitError, Want};
use crate::wait::Waiting;

/// Takes objects out, and writes down who has them before anybody sees them leave.
#[derive(Debug)]
pub struct ObjectConsumer<T: PoolItem + ?Sized, K: Kind = Any>(Consumer<Parcel<T::Place>, K>);

impl<T: PoolItem + ?Sized, K: Kind> ObjectConsumer<T, K> {
    pub(super) fn of(consumer: Consumer<Parcel<T::Place>, K>) -> Self {
        Self(consumer)
    }

    /// Takes one object out; `None` if there is none. It goes back to `home` when it is dropped.
    ///
    /// What is no object of that pool is left out: it goes back to the pool that it is of, if there
    /// is one, and is counted as a stray of `home`'s: no more of it than there is when the first is
    /// met.
    #[inline]
    pub fn dequeue<'h, H: ObjectHome<T>>(
        &mut self,
        home: &'h H,
    ) -> Result<Option<Object<'h, T>>, Held> {
        let (mut place, mut rest) = ([Offset::NONE], None);
        loop {
            let taken = self.take(home.view(), &mut place, Want::UpTo)?;
            if taken.kept == 0 && taken.left_out == 0 {
                return Ok(None);
            }
            let [at] = place;
            if taken.kept == 1
                && let Some(object) = home.hold_taken(at.get())
            {
                return Ok(Some(object));
            }
            // What others put in meanwhile is for the next call.
            let left = rest.get_or_insert_with(|| self.0.available());
            let Some(less) = left.checked_sub(1) else { return Ok(None) };
            *left = less;
        }
    }

    /// Takes one object out as [`dequeue`](Self::dequeue), waiting for it as
    /// [`Consumer::wait`] does: asleep only where the ring is
    /// [`waitable`](crate::ring::RingConfig::waitable), and woken by
    /// [`ObjectProducer::wake`](super::ObjectProducer::wake).
    pub fn wait<'h, H: ObjectHome<T>>(
        &mut self,
        home: &'h H,
        how: Waiting,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<Object<'h, T>>, WaitError> {
        let ring = *self.0.ring();
        ring.wait_for(how, || self.dequeue(home), go_on)
    }

    /// Takes as many objects as there are and `places` has room for, into its beginning; returns
    /// how many. Each is the caller's to keep track of, as after [`PoolCache::get_bulk`](super::PoolCache::get_bulk).
    ///
    /// What is no object of that pool is left out, as by [`dequeue`](Self::dequeue): then it may be
    /// fewer, or none, although there are more.
    #[inline(always)]
    pub fn dequeue_burst(
        &mut self,
        home: &impl ObjectHome<T>,
        places: &mut [Offset<T::Place>],
    ) -> Result<usize, Held> {
        Ok(self.take(home.view(), places, Want::UpTo)?.kept)
    }

    /// Fills `places` wholly and returns `true`, or takes none.
    ///
    /// If some are no objects of that pool, each goes back to the pool that it is of, as by
    /// [`dequeue`](Self::dequeue), and none is handed out.
    #[inline(always)]
    pub fn dequeue_bulk(
        &mut self,
        home: &impl ObjectHome<T>,
        places: &mut [Offset<T::Place>],
    ) -> Result<bool, Held> {
        Ok(self.take(home.view(), places, Want::All)?.kept == places.len())
    }

    #[inline(always)]
    fn take(
        &mut self,
        pool: &PoolView,
        places: &mut [Offset<T::Place>],
        want: Want,
    ) -> Result<Taken, Held> {
        let is_ours = Cell::new(true);
        let taken = self.0.take_with(parcels_mut(places), want, |taken| {
            crash_point!("dequeue: reserved and copied");
            is_ours.set(pool.tag_taken(words(taken)));
            crash_point!("dequeue: tagged");
        })?;
        if is_ours.get() {
            return Ok(Taken { kept: taken, left_out: 0 });
        }
        Ok(sort_out(pool, places.get_mut(..taken).unwrap_or_default(), want))
    }
}

/// What came of taking out.
struct Taken {
    /// Objects of the pool that was named, in the caller's hands.
    kept: usize,
    /// What was none.
    left_out: usize,
}

/// Gives what is no object of `pool` to the pool that it is of, and moves the others to the
/// beginning; of a bulk these go back too, for it is all or nothing.
#[cold]
#[inline(never)]
fn sort_out<P>(pool: &PoolView, places: &mut [Offset<P>], want: Want) -> Taken {
    let mut kept = 0;
    for index in 0..places.len() {
        let at = places.get(index).map_or(0, |place| place.get());
        if pool.number(at).is_some() {
            places.swap(kept, index);
            kept += 1;
        } else if let Some(of) = pool.pool_of(at) {
            of.give(&[at]);
        }
    }
    let left_out = places.len() - kept;
    pool.note_strays(left_out as u64);
    if let Want::All = want {
        pool.give(words(parcels(places.get(..kept).unwrap_or_default())));
        kept = 0;
    }
    Taken { kept, left_out }
}
