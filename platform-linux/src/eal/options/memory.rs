//! Values about memory: how much, of which pages, at which address.

use super::Fault;
use super::number::{decimal, hexadecimal, size_bytes};
use super::process::check_characters;
use super::settings::PATH_MAX;

/// Most NUMA nodes that a list can name.
pub const NODE_MAX: usize = 32;
/// Most page sizes that can be limited.
pub const PAGE_SIZE_MAX: usize = 8;
/// A base address is aligned up to this: 16 MB (`OP-22`).
pub const BASE_VIRTADDR_ALIGN: u64 = 16 << 20;
/// The most megabytes whose bytes fit in 64 bits.
const MEGABYTES_MAX: u64 = u64::MAX >> 20;

/// Megabytes for each NUMA node, in the order of the nodes (`OP-9`, `OP-10`).
///
/// 1 to 32 entries; their sum in bytes fits in 64 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeMegabytes {
    megabytes: heapless::Vec<u64, NODE_MAX>,
}

impl NodeMegabytes {
    /// Parses decimal megabytes separated by commas.
    ///
    /// # Errors
    /// [`Fault`] for an empty entry, anything but digits, more than 32 entries, a sum beyond 64 bits of bytes.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::Empty);
        }
        let mut megabytes = heapless::Vec::new();
        let mut total_mb: u64 = 0;
        for entry in text.split(',') {
            let size_mb = Self::entry(entry, megabytes.len() as u16 + 1)?;
            total_mb = total_mb.saturating_add(size_mb);
            megabytes.push(size_mb).map_err(|_| Fault::TooMany { most: NODE_MAX as u16 })?;
        }
        if total_mb > MEGABYTES_MAX {
            return Err(Fault::TotalTooLarge);
        }
        Ok(Self { megabytes })
    }

    fn entry(text: &str, entry: u16) -> Result<u64, Fault> {
        match decimal(text) {
            _ if text.is_empty() => Err(Fault::EmptyEntry { entry }),
            Err(Fault::TooLarge) => Err(Fault::TotalTooLarge),
            Err(_) => Err(Fault::EntryNotDecimal { entry }),
            Ok(megabytes) => Ok(megabytes),
        }
    }

    /// Megabytes of each node, from node 0 on.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.megabytes
    }

    /// Megabytes of one node; 0 for a node that was not named.
    #[must_use]
    pub fn megabytes(&self, node: usize) -> u64 {
        self.megabytes.get(node).copied().unwrap_or(0)
    }

    /// How many nodes were named, 1 to 32. See [`Options::check_nodes`](super::Options::check_nodes).
    #[must_use]
    pub fn entries(&self) -> u16 {
        self.megabytes.len() as u16
    }

    /// Megabytes of all nodes together. Times 2^20 it still fits in 64 bits.
    #[must_use]
    pub fn total_megabytes(&self) -> u64 {
        self.megabytes.iter().sum()
    }
}

/// The most memory to take of one page size (`OP-11`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit {
    /// The page size, a power of two.
    pub page_bytes: u64,
    /// The limit, a multiple of the page size; 0 for none of these pages at all.
    pub limit_bytes: u64,
}

impl PageLimit {
    /// Parses `size:limit`, each a number with an optional K, M or G.
    ///
    /// # Errors
    /// [`Fault`] if either is no size, the size no power of two, the limit no multiple of it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::Empty);
        }
        let (page, limit) = text.split_once(':').ok_or(Fault::NoColon)?;
        let page_bytes = size_bytes(page).map_err(|_| Fault::PageSizeNotASize)?;
        if !page_bytes.is_power_of_two() {
            return Err(Fault::PageSizeNotPowerOfTwo);
        }
        let limit_bytes = size_bytes(limit).map_err(|_| Fault::LimitNotASize)?;
        if !limit_bytes.is_multiple_of(page_bytes) {
            return Err(Fault::LimitNotMultiple);
        }
        Ok(Self { page_bytes, limit_bytes })
    }
}

/// Adds one more limit, unless the same page size has another.
pub(super) fn add_page_limit(
    limits: &mut heapless::Vec<PageLimit, PAGE_SIZE_MAX>,
    text: &str,
) -> Result<(), Fault> {
    let new = PageLimit::parse(text)?;
    match limits.iter().find(|known| known.page_bytes == new.page_bytes) {
        Some(known) if *known == new => Ok(()),
        Some(known) => Err(Fault::SamePageSize { limit_bytes: known.limit_bytes }),
        None => limits.push(new).map_err(|_| Fault::TooMany { most: PAGE_SIZE_MAX as u16 }),
    }
}

/// The address from which memory should be mapped (`OP-22`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseVirtaddr {
    /// As it was asked for, above 0.
    pub asked: u64,
    /// The same, aligned up to 16 MB: what to use.
    pub aligned: u64,
}

pub(super) fn base_virtaddr(text: &str) -> Result<BaseVirtaddr, Fault> {
    let asked = hexadecimal(text)?;
    let aligned = asked.checked_next_multiple_of(BASE_VIRTADDR_ALIGN).ok_or(Fault::TooLarge)?;
    match aligned {
        0 => Err(Fault::Zero),
        _ => Ok(BaseVirtaddr { asked, aligned }),
    }
}

/// When hugepage files are removed (`OP-18`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HugeUnlink {
    /// Those left by an earlier run, at start.
    #[default]
    Existing,
    /// Every file before it is mapped, so that none can be left. No secondary can join.
    Always,
    /// Never: the next run finds its memory as it was.
    Never,
}

pub(super) fn huge_unlink(value: Option<&str>) -> Result<HugeUnlink, Fault> {
    match value {
        None | Some("always") => Ok(HugeUnlink::Always),
        Some("existing") => Ok(HugeUnlink::Existing),
        Some("never") => Ok(HugeUnlink::Never),
        Some("") => Err(Fault::Empty),
        Some(_) => Err(Fault::NotAChoice),
    }
}

/// `-m`: megabytes above 0 (`OP-8`).
pub(super) fn megabytes(text: &str) -> Result<u64, Fault> {
    match decimal(text)? {
        0 => Err(Fault::Zero),
        megabytes if megabytes > MEGABYTES_MAX => Err(Fault::TooLarge),
        megabytes => Ok(megabytes),
    }
}

/// `--huge-dir`: a path that the kernel could take. Whether it is there is asked by whoever opens it:
/// a secondary ignores it, wrong or not.
pub(super) fn huge_dir(text: &str) -> Result<heapless::String<PATH_MAX>, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    check_characters(text, |character| character != '\0')?;
    heapless::String::try_from(text).map_err(|_| Fault::TooLong { most: PATH_MAX as u16 })
}
