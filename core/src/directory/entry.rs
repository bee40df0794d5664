//! One entry of the directory, as values: what an object is, and where it was found.

use core::fmt;

use super::kind::Kind;
use super::layout::Entry;
use crate::group::{Group, ProcessId};
use crate::lock::{JournalFull, Transaction};
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::ElementLayout;

/// What an object is, apart from where it lies: what a creator promises and a lookup asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name: one namespace for all kinds.
    pub name: Name,
    /// Its kind.
    pub kind: Kind,
    /// Its elements.
    pub element: ElementLayout,
}

/// An object to be entered: what it is, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Its name, which no other object may have.
    pub name: Name,
    /// Its kind.
    pub kind: Kind,
    /// Its elements.
    pub element: ElementLayout,
    /// Where it lies in the window.
    pub at: Offset<u8>,
    /// Its length in bytes.
    pub len: u64,
    /// Bytes of the pages it lies on.
    pub page_bytes: u64,
    /// The NUMA node it lies on.
    pub node: u32,
}

/// A named object, as the directory has it. A copy: the object may be gone by now, which
/// `index` and `generation` tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Kind,
    /// Where it lies in the window.
    pub at: Offset<u8>,
    /// Its length in bytes.
    pub len: u64,
    /// Its elements.
    pub element: ElementLayout,
    /// The process that created it, which may be gone; [`ProcessId::OBSERVER`] if the word is
    /// none that a member writes.
    pub owner: ProcessId,
    /// Bytes of the pages it lies on.
    pub page_bytes: u64,
    /// The NUMA node it lies on.
    pub node: u32,
    /// Which entry of the directory it has, 0..2560.
    pub index: usize,
    /// How often that entry has been used: tells it from the entry's next tenant (W-17).
    pub generation: u64,
}

impl Found {
    /// The process id of who created it, if that process still lives. One system call.
    pub fn living_owner(&self, group: &Group) -> Option<u32> {
        Some(group.pid_of(self.owner)).filter(|pid| *pid != 0 && group.is_alive(self.owner))
    }
}

impl fmt::Display for Found {
    /// `ring "rx": 4096 bytes at +0x40000000 on node 0, 2048 KB pages, made by slot 3`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, kind, at, len, node, .. } = self;
        write!(f, "{kind} {name:?}: {len} bytes at {at:?} on node {node}")?;
        write!(f, ", {} KB pages, made by slot {}", self.page_bytes >> 10, self.owner.slot())
    }
}

impl Entry {
    /// What the entry says, or `None` if it is free. Any words give an answer.
    pub(super) fn read(&self, index: usize) -> Option<Found> {
        let kind = Kind::from_word(self.kind.get())?;
        let element = self.element.get();
        Some(Found {
            name: Name::from_words(self.name.each_ref().map(|word| word.get())),
            kind,
            at: Offset::new(self.at.get()),
            len: self.len.get(),
            element: ElementLayout {
                size: (element >> 32) as u32,
                align: element as u32,
                hash: self.hash.get(),
            },
            owner: ProcessId::unpack(self.owner.get()).unwrap_or(ProcessId::OBSERVER),
            page_bytes: self.page_bytes.get(),
            node: self.node.get() as u32,
            index,
            generation: self.generation.get(),
        })
    }

    /// Whether an object of this name is here.
    pub(super) fn is_named(&self, words: &[u64; 4]) -> bool {
        self.kind.get() != 0 && self.name.iter().zip(words).all(|(a, b)| a.get() == *b)
    }

    /// Writes what `read` gives back. The kind, which says that the entry is taken, comes last.
    pub(super) fn write(&self, tx: &Transaction, found: &Found) -> Result<(), JournalFull> {
        for (word, value) in self.name.iter().zip(found.name.to_words()) {
            tx.set(word, value)?;
        }
        let ElementLayout { size, align, hash } = found.element;
        tx.set(&self.at, found.at.get())?;
        tx.set(&self.len, found.len)?;
        tx.set(&self.element, u64::from(size) << 32 | u64::from(align))?;
        tx.set(&self.hash, hash)?;
        tx.set(&self.owner, found.owner.pack())?;
        tx.set(&self.page_bytes, found.page_bytes)?;
        tx.set(&self.node, u64::from(found.node))?;
        tx.set(&self.generation, found.generation)?;
        tx.set(&self.kind, found.kind.to_word())
    }
}
