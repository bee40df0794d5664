//! Walking the memory that there is.

use super::bitmap::Bit;
use super::list::List;
use super::lists::MemsegLists;
use crate::offset::Offset;

/// Backed memory without a hole: neighbouring grains of one list.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The list it belongs to.
    pub list: List,
    /// Where it starts.
    pub at: Offset<u8>,
    /// Its bytes, whole grains.
    pub bytes: u64,
}

impl Run {
    /// Where each of its pages starts.
    #[doc(alias = "rte_memseg")]
    pub fn pages(&self) -> impl Iterator<Item = Offset<u8>> + use<> {
        let (at, page) = (self.at.get(), self.list.page_bytes());
        (0..self.bytes / page).map(move |i| Offset::new(at + i * page))
    }
}

impl List {
    /// Its backed runs, lowest first. As exact as what the caller holds: under a
    /// [`Transaction`](crate::lock::Transaction) nothing changes meanwhile
    /// (`rte_memseg_contig_walk`); without one an answer may be old (`..._thread_unsafe`), and
    /// [`List::changes`] says whether it is.
    #[doc(alias = "rte_memseg_contig_walk")]
    pub fn runs(&self) -> impl Iterator<Item = Run> + use<> {
        let (list, mut from) = (*self, 0);
        core::iter::from_fn(move || {
            let (first, count) = list.run(from, Bit::Used)?;
            from = first + count;
            let bytes = list.grain_bytes() * count as u64;
            Some(Run { list, at: Offset::new(list.grain_at(first)), bytes })
        })
    }
}

impl MemsegLists {
    /// Every backed run of every list; as exact as [`List::runs`].
    #[doc(alias = "rte_memseg_walk")]
    pub fn runs(&self) -> impl Iterator<Item = Run> + use<> {
        self.iter().flat_map(|list| list.runs())
    }

    /// The page on which `at` lies, if it is backed: its start and its bytes.
    #[doc(alias = "rte_mem_virt2memseg")]
    pub fn page_of<T>(&self, at: Offset<T>) -> Option<(Offset<u8>, u64)> {
        let list = self.list_of(at).filter(|list| list.is_backed_at(at.get()))?;
        Some((Offset::new(at.get() - at.get() % list.page_bytes()), list.page_bytes()))
    }
}
