//! The table of bus addresses: a word for each grain of each memseg list.

use core::fmt;

use crate::device::{Dma, Stretch};
use crate::directory::LookupError;
use crate::group::Group;
use crate::memseg::{LISTS_MAX, List};
use crate::memzone::{Zone, ZoneError, ZoneOptions};
use crate::name::Name;
use crate::offset::Offset;
use crate::sync::Published64;

/// One list's words: the first says how far the mapper has followed ([`List::changes`] plus 1; 0 of never),
/// then comes the bus address of each grain; 0 for one that no device sees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    pub(super) list: List,
    pub(super) followed: &'static Published64,
    pub(super) grains: &'static [Published64],
}

/// Where devices see the group's memory: what every process that gives memory to a device holds.
///
/// `bus` costs some compares and one load for each grain that the bytes touch; no system call, no lock.
#[derive(Clone, Copy)]
pub struct Reach {
    pub(super) group: Group,
    lists: [Option<Words>; LISTS_MAX],
}

/// Why there is no table of bus addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReachError {
    /// A zone of it could not be made.
    Make(ZoneError),
    /// A zone of it is not there: nobody has opened a device.
    Find(LookupError),
    /// A zone of it is shorter than its list.
    Short {
        /// Its name.
        zone: Name,
    },
}

impl fmt::Display for ReachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Make(error) => write!(f, "the table of bus addresses was not made: {error}"),
            Self::Find(error) => {
                write!(f, "there is no table of bus addresses, so no device is open: {error}")
            }
            Self::Short { zone } => write!(
                f,
                "zone {zone} of the table of bus addresses is shorter than its memseg list; free whatever has that name"
            ),
        }
    }
}

impl core::error::Error for ReachError {}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach").field("lists", &self.lists().count()).finish_non_exhaustive()
    }
}

impl Reach {
    /// The table, made if there is none: what a mapper does. Cost: the lock, once for each list.
    ///
    /// # Errors
    /// [`ReachError`].
    pub fn make(group: &Group) -> Result<Self, ReachError> {
        Self::of_zones(group, |name, len| {
            let found = Zone::reserve_or_find(group, name, &ZoneOptions::new(len));
            found.map(|(zone, _)| zone).map_err(ReachError::Make)
        })
    }

    /// The table that the mapper has made.
    ///
    /// # Errors
    /// [`ReachError`].
    pub fn find(group: &Group) -> Result<Self, ReachError> {
        Self::of_zones(group, |name, _| Zone::lookup(group, name).map_err(ReachError::Find))
    }

    fn of_zones(
        group: &Group,
        mut zone: impl FnMut(&str, u64) -> Result<Zone, ReachError>,
    ) -> Result<Self, ReachError> {
        let mut lists = [None; LISTS_MAX];
        for list in group.memseg_lists().iter() {
            let Some(place) = lists.get_mut(list.index()) else { continue };
            let name = name_of(list.index());
            let count = list.grains() + 1;
            let zone = zone(name.as_str(), (count * size_of::<Published64>()) as u64)?;
            let words = zone.slice::<Published64>().and_then(|words| words.get(..count));
            let (followed, grains) =
                words.and_then(<[_]>::split_first).ok_or(ReachError::Short { zone: name })?;
            *place = Some(Words { list, followed, grains });
        }
        Ok(Self { group: *group, lists })
    }

    /// The words of each list.
    pub(super) fn lists(&self) -> impl Iterator<Item = Words> + '_ {
        self.lists.iter().flatten().copied()
    }

    /// The words of the list in which `at` lies.
    fn words_at(&self, at: u64) -> Option<Words> {
        self.lists().find(|words| words.list.contains(at))
    }

    /// Whether memory has come or gone that the mapper has not looked at. A load for each list.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.lists().any(|words| words.is_behind())
    }
}

impl Words {
    /// Whether the list has changed since the mapper went through it.
    pub(super) fn is_behind(&self) -> bool {
        self.followed.observe() != self.list.changes().wrapping_add(1)
    }

    /// The bus address of grain `index`, if devices see it.
    pub(super) fn bus(&self, index: usize) -> Option<u64> {
        // Pairs with the `publish` in `follow`: who sees the address sees memory that is mapped.
        self.grains.get(index).map(Published64::observe).filter(|bus| *bus != 0)
    }
}

impl Dma for Reach {
    fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64> {
        let last = at.get().checked_add(len.checked_sub(1)?)?;
        let words = self.words_at(at.get())?;
        let list = words.list;
        if !list.contains(last) {
            return None;
        }
        let (first, end) = (list.grain_of(at.get()), list.grain_of(last));
        let start = words.bus(first)?;
        let grain = list.grain_bytes();
        let in_one_piece = |i: &usize| {
            let expected = start.checked_add(grain.checked_mul((*i - first) as u64)?);
            expected.filter(|expected| words.bus(*i) == Some(*expected)).map(drop)
        };
        (first + 1..=end).try_for_each(|i| in_one_piece(&i))?;
        start.checked_add(at.get() - list.grain_at(first))
    }

    fn is_awaited(&self, at: Offset<u8>) -> bool {
        // Of one that is dead, and has no heir, nothing is to be expected.
        let has_mapper = || self.group.mapper().is_some_and(|mapper| self.group.is_alive(mapper));
        self.words_at(at.get()).is_some_and(|words| words.is_behind()) && has_mapper()
    }

    /// The grain in which they lie.
    fn stretch(&self, at: Offset<u8>, len: u64) -> Option<Stretch> {
        let (bus, words) = (self.bus(at, len)?, self.words_at(at.get())?);
        let grain = words.list.grain_at(words.list.grain_of(at.get()));
        let (bus, bytes) = (bus.checked_sub(at.get() - grain)?, words.list.grain_bytes());
        Some(match at.get() + len <= grain + bytes {
            true => Stretch { at: grain, len: bytes, bus },
            // Across its end.
            false => Stretch { at: grain, len: at.get() + len - grain, bus },
        })
    }
}

/// The name of a list's zone.
fn name_of(list: usize) -> Name {
    // LISTS_MAX is 16.
    let mut text = *b"PHX_REACH_00";
    let [.., tens, ones] = &mut text;
    *tens += (list / 10) as u8;
    *ones += (list % 10) as u8;
    Name::cut(core::str::from_utf8(&text).unwrap_or("PHX_REACH"))
}
