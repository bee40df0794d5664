//! Typed zones: one structure, shared by name, without `unsafe` on either side.
//!
//! The directory keeps the structure's size, alignment and hash. A program built with another
//! definition is refused when it looks the zone up, not surprised when it reads it.

use core::ops::Deref;

use super::reserve::{Origin, reserve_in, reserve_or_find};
use super::zone::Zone;
use super::{ZoneError, ZoneOptions};
use crate::directory::{self, CreateError, Found, Identity, Kind, LookupError, finish};
use crate::group::Group;
use crate::name::Name;
use crate::shared::{ElementLayout, Words};

/// A zone that is one `T`. Copies freely; the memory stays when it is dropped.
#[derive(Debug)]
pub struct TypedZone<T: Words> {
    zone: Zone,
    value: &'static T,
}

impl<T: Words> Clone for TypedZone<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Words> Copy for TypedZone<T> {}

impl<T: Words> Deref for TypedZone<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.value
    }
}

impl<T: Words> TypedZone<T> {
    /// The zone.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The structure, for as long as the process lives.
    pub const fn value(&self) -> &'static T {
        self.value
    }
}

impl Zone {
    /// Reserves a zone that is one `T`, and gives it a name. `init` sees it zeroed and may fill
    /// it in; nobody finds the name before `init` has returned.
    ///
    /// `init` runs under the group's lock and must not call what takes it. `options.len` is
    /// raised to the size of `T`, `options.align` to its alignment.
    ///
    /// # Errors
    /// [`ZoneError`].
    ///
    /// ```no_run
    /// phalanx_core::shared_words! {
    ///     /// What the workers have counted.
    ///     pub struct Counters { pub rx: Word64, pub tx: Word64 }
    /// }
    /// use phalanx_core::memzone::{Zone, ZoneOptions};
    /// use phalanx_core::sync::Word64;
    /// # fn sample(group: &phalanx_core::group::Group) -> Result<(), Box<dyn core::error::Error>> {
    /// let made = Zone::create_typed(group, "counters", &ZoneOptions::default(), |it: &Counters| {
    ///     it.rx.set(1);
    /// })?;
    /// let seen = Zone::lookup_typed::<Counters>(group, "counters")?;
    /// seen.tx.count(1);
    /// assert_eq!((made.rx.get(), made.tx.get()), (1, 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_typed<T: Words>(
        group: &Group,
        name: &str,
        options: &ZoneOptions,
        init: impl FnOnce(&'static T),
    ) -> Result<TypedZone<T>, ZoneError> {
        let what = typed::<T>(Name::new(name)?);
        let tx = group.begin().map_err(CreateError::from)?;
        let found = reserve_in(&tx, &what, &sized_for::<T>(options), fill(group, init));
        Ok(open(group, &finish(tx, found)?)?)
    }

    /// As [`create_typed`](Self::create_typed), or finds the zone, if there is one of that name
    /// and type; says which of both it did (W-17).
    ///
    /// # Errors
    /// [`ZoneError`].
    pub fn create_typed_or_find<T: Words>(
        group: &Group,
        name: &str,
        options: &ZoneOptions,
        init: impl FnOnce(&'static T),
    ) -> Result<(TypedZone<T>, Origin), ZoneError> {
        let what = typed::<T>(Name::new(name)?);
        let options = sized_for::<T>(options);
        let (found, origin) = reserve_or_find(group, &what, &options, fill(group, init))?;
        Ok((open(group, &found)?, origin))
    }

    /// The zone called `name`, if it is a `T`; one of another type, or of plain bytes, is an
    /// error that says so.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn lookup_typed<T: Words>(group: &Group, name: &str) -> Result<TypedZone<T>, LookupError> {
        let what = typed::<T>(Name::new(name)?);
        open(group, &directory::lookup(group, &what)?)
    }
}

fn typed<T: Words>(name: Name) -> Identity {
    Identity { name, kind: Kind::Zone, element: const { ElementLayout::of::<T>() } }
}

fn sized_for<T: Words>(options: &ZoneOptions) -> ZoneOptions {
    let len = options.len.max(size_of::<T>() as u64).max(1);
    // What is no power of two stays what it is, and is refused.
    let align = match options.align {
        0 => align_of::<T>() as u64,
        align if align.is_power_of_two() => align.max(align_of::<T>() as u64),
        align => align,
    };
    ZoneOptions { len, align, ..*options }
}

fn fill<T: Words>(
    group: &Group,
    init: impl FnOnce(&'static T),
) -> impl FnOnce(&Found) -> Result<(), ZoneError> {
    |found| {
        init(open(group, found)?.value);
        Ok(())
    }
}

fn open<T: Words>(group: &Group, found: &Found) -> Result<TypedZone<T>, LookupError> {
    let zone = Zone::new(*group, *found);
    let value = zone.view().ok_or(LookupError::Damaged { name: found.name, kind: found.kind })?;
    Ok(TypedZone { zone, value })
}
