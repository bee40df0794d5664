//! The table of lists: adding one, finding the one that holds an address, sums over all.

use core::fmt;

use super::layout::{GRAINS_MAX, LISTS_MAX, MemsegList};
use super::list::{List, PATH_BYTES, is_page};
use crate::group::{Group, GroupRegion};
use crate::lock::{JournalFull, Transaction};
use crate::offset::Offset;
use crate::sync::Guarded;

/// Where lists start in a window of full size: multiples of 1 GB, so that every page size but
/// the rarest fits, and the group region has the first gigabyte to itself.
pub const LIST_ALIGN: u64 = 1 << 30;

/// What the creator decides about a list.
#[derive(Clone, Copy, Debug)]
pub struct ListConfig<'a> {
    /// Bytes of a page: a power of two, 4096 to 16 GB.
    pub page_bytes: u64,
    /// Bytes of a grain: a multiple of the page.
    pub grain_bytes: u64,
    /// The NUMA node of its pages.
    pub node: u32,
    /// Where it starts, from [`MemsegLists::place_for`]: a multiple of the grain.
    pub base: Offset<u8>,
    /// How many grains its range has, 1 to 32768.
    pub grains: usize,
    /// Most bytes that may be backed, 0 for no limit.
    pub limit: u64,
    /// [`list_flags`](super::list_flags).
    pub flags: u64,
    /// The backing file's path, 255 bytes at most.
    pub path: &'a str,
}

/// Why a list was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddListError {
    /// All places are taken.
    NoPlace,
    /// No page has this size, or the grain is not made of pages.
    Size {
        /// Bytes of a page, as asked for.
        page_bytes: u64,
        /// Bytes of a grain, as asked for.
        grain_bytes: u64,
    },
    /// A list has 1 to 32768 grains.
    Grains {
        /// How many were asked for.
        grains: usize,
    },
    /// The range is misaligned, leaves the window, or lies on the group region or another list.
    Range {
        /// Its start.
        at: Offset<u8>,
        /// Its bytes.
        bytes: u64,
    },
    /// The path is longer than 255 bytes or has a NUL in it.
    Path {
        /// Its bytes.
        len: usize,
    },
    /// The transaction has changed all that one may; drop it.
    Journal(JournalFull),
}

impl fmt::Display for AddListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPlace => write!(
                f,
                "a memseg list was to be added and all {LISTS_MAX} places are taken; use fewer page sizes or nodes"
            ),
            Self::Size { page_bytes, grain_bytes } => write!(
                f,
                "a memseg list of {page_bytes}-byte pages in grains of {grain_bytes} bytes was asked for; \
                 a page is a power of two from 4096 on, a grain is made of whole pages"
            ),
            Self::Grains { grains } => write!(
                f,
                "a memseg list of {grains} grains was asked for; it has 1 to {GRAINS_MAX}, so make the grain bigger"
            ),
            Self::Range { at, bytes } => write!(
                f,
                "a memseg list of {bytes} bytes at {at:?} was asked for; that is misaligned, taken, or outside the \
                 window; take the place that `place_for` names"
            ),
            Self::Path { len } => write!(
                f,
                "the memory file's path has {len} bytes; it may have {} and no NUL, so use a shorter directory",
                PATH_BYTES - 1
            ),
            Self::Journal(full) => full.fmt(f),
        }
    }
}

impl core::error::Error for AddListError {}

impl From<JournalFull> for AddListError {
    fn from(full: JournalFull) -> Self {
        Self::Journal(full)
    }
}

/// Sums over all lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes that are backed (`rte_eal_get_physmem_size`).
    #[doc(alias = "rte_eal_get_physmem_size")]
    pub backed_bytes: u64,
    /// Most bytes that could be: ranges and limits, whatever the system has.
    pub most_bytes: u64,
    /// How many lists there are.
    pub lists: usize,
}

/// The group's memseg lists.
#[derive(Clone, Copy, Debug)]
pub struct MemsegLists {
    pub(super) group: Group,
}

impl Group {
    /// The group's memseg lists.
    pub fn memseg_lists(&self) -> MemsegLists {
        MemsegLists { group: *self }
    }
}

impl MemsegLists {
    /// Every list, in the table's order. No lock: a list never changes its range or goes away.
    #[doc(alias = "rte_memseg_list_walk")]
    pub fn iter(&self) -> impl Iterator<Item = List> + use<> {
        let window = self.group.window().len() as u64;
        let lists = self.group.region().lists.iter().enumerate();
        // Each is added in the first free place and stays, so there is none behind that.
        let lists = lists.take_while(|(_, raw)| raw.page_bytes.get() != 0);
        lists.filter_map(move |(index, raw)| List::read(raw, index, window))
    }

    /// The list at place `index`, if one is there.
    pub fn get(&self, index: usize) -> Option<List> {
        let raw: &'static MemsegList = self.group.region().lists.get(index)?;
        List::read(raw, index, self.group.window().len() as u64)
    }

    /// The list in whose range `at` lies, backed there or not.
    #[doc(alias = "rte_mem_virt2memseg_list")]
    pub fn list_of<T>(&self, at: Offset<T>) -> Option<List> {
        self.iter().find(|list| list.contains(at.get()))
    }

    /// Sums over all lists.
    pub fn totals(&self) -> Totals {
        self.iter().fold(Totals::default(), |sum, list| Totals {
            backed_bytes: sum.backed_bytes.saturating_add(list.backed_bytes()),
            most_bytes: sum.most_bytes.saturating_add(list.most_bytes()),
            lists: sum.lists + 1,
        })
    }

    /// The lowest free range of the window that has `bytes` and starts at a multiple of `align`
    /// ([`LIST_ALIGN`]; a smaller power of two in a small window), behind the group region.
    /// `None` if there is none.
    pub fn place_for(&self, bytes: u64, align: u64) -> Option<Offset<u8>> {
        let up = |at: u64| at.checked_next_multiple_of(align);
        let mut at = up(size_of::<GroupRegion>() as u64)?;
        // Each round passes one list for good.
        for _ in 0..=LISTS_MAX {
            let end =
                at.checked_add(bytes).filter(|end| *end <= self.group.window().len() as u64)?;
            match self.iter().find(|list| overlaps(list, at, end)) {
                Some(list) => at = up(list.grain_at(list.grains()))?,
                None => return Some(Offset::new(at)),
            }
        }
        None
    }

    /// Adds a list, with no memory yet, in a free place of the table.
    ///
    /// Checks everything before it changes anything. Cost: up to 40 journal entries.
    ///
    /// # Errors
    /// [`AddListError`].
    pub fn add(tx: &Transaction, config: &ListConfig<'_>) -> Result<List, AddListError> {
        let lists = tx.group().memseg_lists();
        lists.check(config)?;
        let free = |raw: &&MemsegList| raw.page_bytes.get() == 0;
        let raw = tx.group().region().lists.iter().find(free).ok_or(AddListError::NoPlace)?;
        tx.set(&raw.grain_bytes, config.grain_bytes)?;
        tx.set(&raw.node, u64::from(config.node))?;
        tx.set(&raw.base, config.base.get())?;
        tx.set(&raw.grains, config.grains as u64)?;
        tx.set(&raw.committed, 0)?;
        tx.set(&raw.flags, config.flags)?;
        tx.set(&raw.limit, config.limit)?;
        set_path(tx, &raw.path, config.path)?;
        // Last, because it says to readers without the lock that the list is there.
        tx.set(&raw.page_bytes, config.page_bytes)?;
        lists.list_of(config.base).ok_or(AddListError::NoPlace)
    }

    fn check(&self, config: &ListConfig<'_>) -> Result<(), AddListError> {
        let ListConfig { page_bytes, grain_bytes, grains, base, path, .. } = *config;
        if !is_page(page_bytes) || grain_bytes == 0 || !grain_bytes.is_multiple_of(page_bytes) {
            return Err(AddListError::Size { page_bytes, grain_bytes });
        }
        if !(1..=GRAINS_MAX).contains(&grains) {
            return Err(AddListError::Grains { grains });
        }
        if path.len() >= PATH_BYTES || path.contains('\0') {
            return Err(AddListError::Path { len: path.len() });
        }
        let bytes = grain_bytes.saturating_mul(grains as u64);
        let end = base.get().saturating_add(bytes);
        let is_free = base.get() >= size_of::<GroupRegion>() as u64
            && end <= self.group.window().len() as u64
            && base.get().is_multiple_of(grain_bytes)
            && !self.iter().any(|list| overlaps(&list, base.get(), end));
        if is_free { Ok(()) } else { Err(AddListError::Range { at: base, bytes }) }
    }
}

fn overlaps(list: &List, at: u64, end: u64) -> bool {
    at < list.grain_at(list.grains()) && list.grain_at(0) < end
}

fn set_path(tx: &Transaction, words: &[Guarded; 32], path: &str) -> Result<(), JournalFull> {
    let mut bytes = [0; PATH_BYTES];
    for (to, from) in bytes.iter_mut().zip(path.bytes()) {
        *to = from;
    }
    for (word, eight) in words.iter().zip(bytes.chunks_exact(8)) {
        tx.set(word, u64::from_le_bytes(eight.try_into().unwrap_or_default()))?;
    }
    Ok(())
}
