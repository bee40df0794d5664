//! The bytes of the object directory.

use crate::layout;
use crate::shared::shared_layout;
use crate::sync::Guarded;

/// How many named objects a group may have (MZ-5).
pub const ENTRIES_MAX: usize = 2560;

/// One named object. All words: writers under the group's lock; readers with it, or by its
/// version.
#[doc(alias = "rte_memzone")]
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Entry {
    /// [`Name`](crate::name::Name) in four words; meaningless while `kind` is 0.
    pub(crate) name: [Guarded; 4],
    /// `directory::Kind` as a number; 0 if the entry is free.
    pub(crate) kind: Guarded,
    /// Where the object lies: bytes from the window's start.
    pub(crate) at: Guarded,
    /// Its length in bytes.
    pub(crate) len: Guarded,
    /// Its elements: `size << 32 | align`.
    pub(crate) element: Guarded,
    /// The hash of its element type, 0 for raw bytes.
    pub(crate) hash: Guarded,
    /// The process that created it, packed.
    pub(crate) owner: Guarded,
    /// Bytes of the pages it lies on.
    pub(crate) page_bytes: Guarded,
    /// The NUMA node it lies on.
    pub(crate) node: Guarded,
    /// How often this entry was used: tells a name's next tenant from the last.
    pub(crate) generation: Guarded,
    /// Always 0: fills the line.
    pub(crate) reserved: [Guarded; 3],
}

layout!(Entry, size 128, align 128 {
    0 => name: [Guarded; 4], 32 => kind: Guarded, 40 => at: Guarded, 48 => len: Guarded,
    56 => element: Guarded, 64 => hash: Guarded, 72 => owner: Guarded, 80 => page_bytes: Guarded,
    88 => node: Guarded, 96 => generation: Guarded, 104 => reserved: [Guarded; 3],
});

/// The directory: every named object of the group.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Directory {
    /// How many entries were ever used, 0..=2560: those from here on are free and never looked at, so
    /// that a look costs what there is and not what there may be. Never sinks; a creator takes the
    /// lowest free entry. Writers and readers as of an [`Entry`].
    pub(crate) used: Guarded,
    /// Always 0: fills the line.
    pub(crate) reserved: [Guarded; 15],
    /// The entries, in no order.
    pub(crate) entries: [Entry; ENTRIES_MAX],
}

layout!(Directory, size 327808, align 128 {
    0 => used: Guarded, 8 => reserved: [Guarded; 15], 128 => entries: [Entry; ENTRIES_MAX],
});

impl Directory {
    /// The entries that may hold an object. Any word in `used` gives an answer.
    pub(super) fn used(&self) -> &[Entry] {
        let used = usize::try_from(self.used.get()).unwrap_or(ENTRIES_MAX);
        self.entries.get(..used).unwrap_or(&self.entries)
    }

    /// The first entry from `used` on that is not free, which it must be, and its number.
    pub(crate) fn hidden(&self) -> Option<usize> {
        let behind = self.entries.iter().enumerate().skip(self.used().len());
        behind.filter(|(_, entry)| entry.kind.get() != 0).map(|(index, _)| index).next()
    }
}

shared_layout! {
    Entry { [Guarded; 4], Guarded, [Guarded; 3] },
    Directory { Guarded, [Guarded; 15], [Entry; ENTRIES_MAX] },
}
