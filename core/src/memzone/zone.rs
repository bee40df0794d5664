//! `Zone`: a handle on named memory, and what can be seen through it.

#![expect(unsafe_code, reason = "who frees a zone promises that nobody uses it")]

use core::ptr::NonNull;

use crate::directory::{
    self, DestroyError, Found, Kind, LookupError, ReadError, anyone_may, destroy,
};
use crate::group::Group;
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::{ElementLayout, Words};

/// A memzone. The handle copies freely; the memory stays when it is dropped.
///
/// Whether the zone was freed, [`is_current`](Self::is_current) tells; who frees it promises that
/// nobody looks at its memory any more.
#[doc(alias = "rte_memzone")]
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    group: Group,
    found: Found,
}

impl Zone {
    pub(super) const fn new(group: Group, found: Found) -> Self {
        Self { group, found }
    }

    /// The zone called `name`, typed or not. Takes the lock (members), linear in the table
    /// (MZ-7).
    ///
    /// # Errors
    /// [`LookupError`].
    #[doc(alias = "rte_memzone_lookup")]
    pub fn lookup(group: &Group, name: &str) -> Result<Self, LookupError> {
        let found = directory::lookup_kind(group, Name::new(name)?, Kind::Zone)?;
        Ok(Self::new(*group, found))
    }

    /// Frees the zone called `name`, whoever made it.
    ///
    /// # Errors
    /// [`DestroyError`].
    ///
    /// # Safety
    ///
    /// As for [`free`](Self::free).
    pub unsafe fn free_named(group: &Group, name: &str) -> Result<(), DestroyError> {
        // SAFETY: the caller's promise.
        unsafe { destroy(group, Name::new(name)?, Kind::Zone, anyone_may) }
    }

    /// Frees this zone, whoever made it. Freed already (by anyone): `Gone`, even if its name
    /// is another zone's by now.
    ///
    /// # Errors
    /// [`DestroyError`].
    ///
    /// # Safety
    ///
    /// Nobody, in any process, uses a view or the bytes of the zone any more: others get the
    /// memory, for themselves alone.
    #[doc(alias = "rte_memzone_free")]
    pub unsafe fn free(self) -> Result<(), DestroyError> {
        // SAFETY: the caller's promise.
        unsafe { directory::destroy_exactly(&self.group, &self.found, anyone_may) }
    }

    /// What the directory says of it: name, owner, node, pages.
    pub const fn found(&self) -> &Found {
        &self.found
    }

    /// Its name.
    pub const fn name(&self) -> Name {
        self.found.name
    }

    /// Its length in bytes, a multiple of 64.
    #[expect(clippy::len_without_is_empty, reason = "no zone is empty")]
    pub const fn len(&self) -> u64 {
        self.found.len
    }

    /// Where it lies in the window.
    pub const fn at(&self) -> Offset<u8> {
        self.found.at
    }

    /// Whether it lies in one page, and so in one piece of physical memory.
    pub const fn is_in_one_page(&self) -> bool {
        let Found { at, len, page_bytes, .. } = self.found;
        let last = at.get().saturating_add(len.saturating_sub(1));
        page_bytes != 0 && at.get() / page_bytes == last / page_bytes
    }

    /// Whether it has not been freed. Takes the lock (members).
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn is_current(&self) -> Result<bool, ReadError> {
        directory::is_current(&self.group, &self.found)
    }

    /// Its memory, for devices and for those who bring their own `unsafe`; `None` if the
    /// directory names a place outside the window.
    pub fn bytes(&self) -> Option<NonNull<[u8]>> {
        let len = usize::try_from(self.found.len).ok()?;
        let start = self.group.window().address(self.found.at, len, 1)?;
        Some(NonNull::slice_from_raw_parts(start, len))
    }

    /// Its beginning, seen as a `T`. `None` if a `T` is longer than the zone or aligned to
    /// more, or if the zone was made for another type.
    ///
    /// Of atomics only ([`Words`]): any number of processes may look at, and write, the same bytes.
    pub fn view<T: Words>(&self) -> Option<&'static T> {
        self.allows::<T>(1)?;
        self.group.window().resolve(self.found.at.cast())
    }

    /// As many `T` as fit, from its beginning on. `None` as for [`view`](Self::view), and for a
    /// `T` of no bytes.
    ///
    /// ```text
    /// let counters: &[Word64] = zone.slice().ok_or(...)?;
    /// ```
    pub fn slice<T: Words>(&self) -> Option<&'static [T]> {
        let count = self.found.len.checked_div(size_of::<T>() as u64)?;
        self.allows::<T>(count)?;
        self.group.window().slice(self.found.at.cast(), usize::try_from(count).ok()?)
    }

    fn allows<T: Words>(&self, count: u64) -> Option<()> {
        let bytes = (size_of::<T>() as u64).checked_mul(count)?;
        let raw = self.found.element == ElementLayout::bytes();
        let same = self.found.element == ElementLayout::of::<T>();
        (bytes <= self.found.len && (raw || same)).then_some(())
    }
}
