//! Reserving a zone: the checks of MZ-2, the heap, and the name, in one transaction.

use super::zone::Zone;
use super::{ZoneError, ZoneOptions};
use crate::directory::{
    CreateError, Found, Identity, Kind, check_vacant, create_in, find_in, finish,
};
use crate::group::Group;
use crate::heap;
use crate::lock::Transaction;
use crate::name::Name;
use crate::shared::ElementLayout;

impl Zone {
    /// Reserves a zone of plain bytes, all zero, and gives it a name.
    ///
    /// Any member may, primary or secondary. Errors come in this order: the name, one that
    /// exists, a full directory, then `options` from the alignment on (MZ-2), then memory.
    ///
    /// Cost: the group's lock; the heap, which may ask the system for pages; zeroing.
    ///
    /// # Errors
    /// [`ZoneError`].
    ///
    /// ```no_run
    /// # fn sample(group: &phalanx_core::group::Group) -> Result<(), Box<dyn core::error::Error>> {
    /// use phalanx_core::memzone::{Zone, ZoneOptions};
    /// use phalanx_core::sync::Word64;
    /// let zone = Zone::reserve(group, "counters", &ZoneOptions::new(4096))?;
    /// let counters: &[Word64] = zone.slice().ok_or("too short")?;
    /// counters[0].count(1);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "rte_memzone_reserve")]
    #[doc(alias = "rte_memzone_reserve_aligned")]
    #[doc(alias = "rte_memzone_reserve_bounded")]
    pub fn reserve(group: &Group, name: &str, options: &ZoneOptions) -> Result<Self, ZoneError> {
        let name = Name::new(name)?;
        let tx = group.begin().map_err(CreateError::from)?;
        let found = reserve_in(&tx, &plain(name), options, |_| Ok(()));
        Ok(Self::new(*group, finish(tx, found)?))
    }

    /// Reserves the zone, or finds it, if there is a plain zone of that name already; the
    /// second value says whether it was made here (W-17). What is found may have been made
    /// with other options.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub fn reserve_or_find(
        group: &Group,
        name: &str,
        options: &ZoneOptions,
    ) -> Result<(Self, Origin), ZoneError> {
        let what = plain(Name::new(name)?);
        let (found, origin) = reserve_or_find(group, &what, options, |_| Ok(()))?;
        Ok((Self::new(*group, found), origin))
    }
}

/// Whether a zone was made or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Made by this call.
    Made,
    /// There before.
    Found,
}

fn plain(name: Name) -> Identity {
    Identity { name, kind: Kind::Zone, element: ElementLayout::bytes() }
}

pub(super) fn reserve_or_find(
    group: &Group,
    what: &Identity,
    options: &ZoneOptions,
    init: impl FnOnce(&Found) -> Result<(), ZoneError>,
) -> Result<(Found, Origin), ZoneError> {
    let tx = group.begin().map_err(CreateError::from)?;
    if let Some(found) = find_in(&tx, what.name) {
        what.check(group, &found)?;
        return Ok((found, Origin::Found));
    }
    let found = reserve_in(&tx, what, options, init);
    Ok((finish(tx, found)?, Origin::Made))
}

/// Reserves in the caller's transaction; `init` fills the zone before it has a name.
pub(super) fn reserve_in(
    tx: &Transaction,
    what: &Identity,
    options: &ZoneOptions,
    init: impl FnOnce(&Found) -> Result<(), ZoneError>,
) -> Result<Found, ZoneError> {
    let Identity { name, kind, .. } = *what;
    check_vacant(tx, name)?;
    let mut memory = options.request()?;
    if memory.bytes == 0 {
        let error = |error| CreateError::Memory { name, kind, bytes: 0, error };
        memory.bytes = heap::biggest_free(tx, &memory).map_err(error)?;
        if memory.bytes == 0 {
            return Err(ZoneError::NothingFree { name });
        }
    }
    let (found, ()) = create_in(tx, what, &memory, |_, found| init(found))?;
    Ok(found)
}
