//! The mapper's part: what is new is mapped for devices, what is gone is taken away.

use core::fmt;

use super::table::{Reach, Words};
use crate::lock::{LockError, Transaction};
use crate::memseg::List;
use crate::offset::Offset;

/// Most grains that are looked after while the group's lock is held once.
const BATCH: usize = if cfg!(test) { 2 } else { 64 };

/// How often a list is gone through in one call: memory that never rests is for the next.
const SWEEPS: usize = 4;

/// What lets devices reach memory: on Linux, a VFIO container; without an IOMMU, nothing need be done.
pub trait Gate {
    /// Why it refuses.
    type Error: fmt::Display;

    /// Lets devices reach `len` bytes, a grain, of the window from `at` on, which are backed; returns the
    /// first one's bus address, never 0. What they reach already may be asked for again, after a death in
    /// the middle.
    ///
    /// # Errors
    /// Why not; devices do not reach it then. It is not asked again until memory changes.
    fn admit(&mut self, list: &List, at: Offset<u8>, len: u64) -> Result<u64, Self::Error>;

    /// Keeps devices from `len` bytes, a grain, of the window from `at` on, which they reach from `bus` on
    /// (`None` if somebody died before that was written down); what they do not reach already may be asked
    /// for again. The memory is still there.
    ///
    /// # Errors
    /// Why not; the memory is kept as it is then.
    fn expel(
        &mut self,
        list: &List,
        at: Offset<u8>,
        bus: Option<u64>,
        len: u64,
    ) -> Result<(), Self::Error>;
}

/// What [`Reach::follow`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Bytes that devices reach from now on.
    pub admitted: u64,
    /// Bytes that they reach no more.
    pub expelled: u64,
    /// Bytes that the gate did not admit or not expel.
    pub refused: u64,
}

/// Why memory was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowError<E> {
    /// The group's lock was not had.
    Lock(LockError),
    /// The gate refused some; the first reason. All else was done.
    Gate(E),
}

impl<E: fmt::Display> fmt::Display for FollowError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(error) => {
                write!(f, "memory of the group was to be mapped for devices: {error}")
            }
            Self::Gate(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> core::error::Error for FollowError<E> {}

impl Reach {
    /// Maps what is new and takes away what is gone, through `gate`, until the table says of all memory what
    /// is so; then gives back what was kept only for devices. Only the mapper calls this.
    ///
    /// Cost: a load for each list if nothing has changed. Else the group's lock, for 64 grains at a time, and
    /// a call of the gate for each that has come or gone.
    ///
    /// # Errors
    /// [`FollowError`].
    pub fn follow<G: Gate>(&self, gate: &mut G) -> Result<Followed, FollowError<G::Error>> {
        let (mut done, mut refusal) = (Followed::default(), None);
        for words in self.lists() {
            let (mut from, mut seen, mut sweeps) = (0, 0, 0);
            while sweeps < SWEEPS && words.is_behind() {
                let tx = self.group.begin().map_err(FollowError::Lock)?;
                if from == 0 {
                    // What changes from here on behind the sweep's back is for the next one.
                    seen = words.list.changes();
                }
                from = round(&tx, &words, from, gate, &mut (&mut done, &mut refusal));
                if from == words.list.grains() {
                    words.followed.publish(seen.wrapping_add(1));
                    (from, sweeps) = (0, sweeps + 1);
                }
                tx.commit();
            }
        }
        if done.expelled > 0 {
            self.group.give_back_memory().map_err(FollowError::Lock)?;
        }
        refusal.map_or(Ok(done), |error| Err(FollowError::Gate(error)))
    }

    /// Devices reach nothing any more, whatever the table says: a new mapper's gate begins empty. Then
    /// [`follow`](Self::follow) admits all. Cost: the group's lock.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn forget(&self) -> Result<(), LockError> {
        for words in self.lists() {
            let tx = self.group.begin()?;
            words.followed.publish(0);
            words.grains.iter().for_each(|word| word.publish(0));
            words.list.raw_held().iter().for_each(|word| word.set(0));
            tx.commit();
        }
        self.group.give_back_memory().map(drop)
    }
}

/// Looks after grains of a list from `from` on; where to go on, the list's length at its end.
fn round<G: Gate>(
    _: &Transaction,
    words: &Words,
    from: usize,
    gate: &mut G,
    (done, refusal): &mut (&mut Followed, &mut Option<G::Error>),
) -> usize {
    let (list, grain) = (words.list, words.list.grain_bytes());
    let mut left = BATCH;
    for index in from..list.grains() {
        let outcome = match (list.is_backed(index), words.bus(index), list.is_held(index)) {
            (true, Some(_), true) | (false, _, false) => continue,
            (true, ..) => admit(words, index, gate).map(|()| done.admitted += grain),
            (false, bus, true) => expel(words, index, bus, gate).map(|()| done.expelled += grain),
        };
        if let Err(error) = outcome {
            done.refused += grain;
            refusal.get_or_insert(error);
        }
        left -= 1;
        if left == 0 {
            return index + 1;
        }
    }
    list.grains()
}

fn admit<G: Gate>(words: &Words, index: usize, gate: &mut G) -> Result<(), G::Error> {
    let list = words.list;
    let Some(word) = words.grains.get(index) else { return Ok(()) };
    word.publish(0);
    list.hold(index);
    crash_point!("reach: the grain is held");
    match gate.admit(&list, Offset::new(list.grain_at(index)), list.grain_bytes()) {
        Ok(bus) => {
            crash_point!("reach: the grain is admitted");
            // Pairs with the `observe` in `Words::bus`.
            word.publish(bus);
            crash_point!("reach: its address is written");
            Ok(())
        }
        Err(error) => {
            list.let_go(index);
            Err(error)
        }
    }
}

fn expel<G: Gate>(
    words: &Words,
    index: usize,
    bus: Option<u64>,
    gate: &mut G,
) -> Result<(), G::Error> {
    let list = words.list;
    // First: if the memory comes back before anybody goes on, a word would say that it is mapped.
    if let Some(word) = words.grains.get(index) {
        word.publish(0);
    }
    crash_point!("reach: its address is cleared");
    gate.expel(&list, Offset::new(list.grain_at(index)), bus, list.grain_bytes())?;
    crash_point!("reach: the grain is expelled");
    list.let_go(index);
    crash_point!("reach: it is held no more");
    Ok(())
}
