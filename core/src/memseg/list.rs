//! One list, read and found sound.
//!
//! What a list is (page size, node, range) never changes once it is added, so it is read and
//! checked once and kept in the handle; what grows and shrinks is read from shared memory each
//! time.

use core::fmt;

use super::bitmap::{Bit, Bitmap};
use super::layout::{GRAINS_MAX, MemsegList};
use crate::offset::Offset;
use crate::sync::{Guarded, Word64};

/// Bytes of a path's place in a list; the path itself has one less at most.
pub const PATH_BYTES: usize = 256;

/// What a list may do, as bits of its `flags`.
pub mod list_flags {
    /// All its memory is there from the start; it neither grows nor shrinks (`--legacy-mem`).
    pub const FIXED: u64 = 1;
}

/// A memseg list: a range of the window, of one page size on one node.
#[doc(alias = "rte_memseg_list")]
#[derive(Clone, Copy, Debug)]
pub struct List {
    index: usize,
    raw: &'static MemsegList,
    page_bytes: u64,
    grain_bytes: u64,
    node: u32,
    base: u64,
    grains: usize,
    flags: u64,
}

impl List {
    /// The list at place `index` of the table, in a window of `window_bytes`. `None` if the
    /// place is free, or if what stands there is no list that anyone adds.
    pub(super) fn read(raw: &'static MemsegList, index: usize, window_bytes: u64) -> Option<Self> {
        let page_bytes = raw.page_bytes.get();
        let list = Self {
            index,
            raw,
            page_bytes,
            grain_bytes: raw.grain_bytes.get(),
            node: u32::try_from(raw.node.get()).ok()?,
            base: raw.base.get(),
            grains: usize::try_from(raw.grains.get()).ok()?,
            flags: raw.flags.get(),
        };
        (page_bytes != 0 && list.is_sound(window_bytes)).then_some(list)
    }

    fn is_sound(&self, window_bytes: u64) -> bool {
        is_page(self.page_bytes)
            && self.grain_bytes != 0
            && self.grain_bytes.is_multiple_of(self.page_bytes)
            && (1..=GRAINS_MAX).contains(&self.grains)
            && self.base != 0
            && self.base.is_multiple_of(self.grain_bytes)
            && (self.grain_bytes.checked_mul(self.grains as u64))
                .and_then(|bytes| bytes.checked_add(self.base))
                .is_some_and(|end| end <= window_bytes)
    }

    /// Its place in the table: what [`Platform::commit`](crate::platform::Platform::commit) calls it.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Bytes of a page.
    pub fn page_bytes(&self) -> u64 {
        self.page_bytes
    }

    /// Bytes of a grain, what it grows and shrinks by.
    pub fn grain_bytes(&self) -> u64 {
        self.grain_bytes
    }

    /// The NUMA node of its pages.
    pub fn node(&self) -> u32 {
        self.node
    }

    /// Where it starts in the window.
    pub fn base(&self) -> Offset<u8> {
        Offset::new(self.base)
    }

    /// How many grains its range has.
    pub fn grains(&self) -> usize {
        self.grains
    }

    /// Bytes of its range, backed or not.
    pub fn range_bytes(&self) -> u64 {
        self.grain_bytes * self.grains as u64
    }

    /// Bytes of it that are backed now.
    pub fn backed_bytes(&self) -> u64 {
        self.raw.committed.get().saturating_mul(self.grain_bytes)
    }

    /// Most bytes that may be backed: its limit, or its range.
    pub fn most_bytes(&self) -> u64 {
        match self.raw.limit.get() {
            0 => self.range_bytes(),
            limit => limit.min(self.range_bytes()),
        }
    }

    /// How often its backed grains changed. Who maps them for a device (ME-16) compares it, and
    /// walks the list again when it differs.
    pub fn changes(&self) -> u64 {
        self.raw.changes.get()
    }

    /// Whether it neither grows nor shrinks after the start.
    pub fn is_fixed(&self) -> bool {
        self.flags & list_flags::FIXED != 0
    }

    /// The backing file's path, as the creator wrote it.
    pub fn path(&self) -> Path {
        let mut bytes = [0; PATH_BYTES];
        for (eight, word) in bytes.chunks_exact_mut(8).zip(&self.raw.path) {
            eight.copy_from_slice(&word.get().to_le_bytes());
        }
        Path(bytes)
    }

    /// Which grains are backed.
    pub fn backed(&self) -> Bitmap<'static> {
        self.bitmap(&self.raw.backed)
    }

    /// Which grains were asked for at start and stay (ME-12).
    pub fn pinned(&self) -> Bitmap<'static> {
        self.bitmap(&self.raw.pinned)
    }

    /// Whether `at` (bytes from the window's start) lies in its range.
    pub fn contains(&self, at: u64) -> bool {
        at >= self.base && at - self.base < self.range_bytes()
    }

    /// Where grain `index` starts (`grains()` for the range's end): bytes from the window's start.
    /// Saturates where `index` is none of this list's.
    pub(crate) fn grain_at(&self, index: usize) -> u64 {
        self.base.saturating_add(self.grain_bytes.saturating_mul(index as u64))
    }

    /// Which grain holds byte `at` of the window, which lies in the range or is its end.
    pub(crate) fn grain_of(&self, at: u64) -> usize {
        (at.saturating_sub(self.base) / self.grain_bytes) as usize
    }

    /// Whether byte `at` of the window lies in a backed grain of this list.
    pub(crate) fn is_backed_at(&self, at: u64) -> bool {
        self.contains(at) && self.is_backed(self.grain_of(at))
    }

    /// Whether grain `index` is there and backed.
    pub(crate) fn is_backed(&self, index: usize) -> bool {
        self.backed().is_set(index) == Ok(true)
    }

    /// Where the first run of grains of `kind` at or after `from` begins, and its length.
    pub(crate) fn run(&self, from: usize, kind: Bit) -> Option<(usize, usize)> {
        let first = self.backed().find_next(from, kind).ok()?;
        Some((first, self.backed().run_from(first, kind).ok()?))
    }

    /// How many grains are pinned and not backed, or backed and not touched: none, in a sound list.
    pub(crate) fn stray_grains(&self) -> u64 {
        let words = self.raw.backed.iter().zip(&self.raw.pinned).zip(&self.raw.touched);
        let stray = |((backed, pinned), touched): ((&Guarded, &Guarded), &Word64)| {
            (pinned.get() & !backed.get()) | (backed.get() & !touched.get())
        };
        words.map(|word| u64::from(stray(word).count_ones())).sum()
    }

    /// Whether devices may reach grain `index`. The caller has the lock, as for all three of these.
    pub(crate) fn is_held(&self, index: usize) -> bool {
        self.raw.held.get(index / 64).is_some_and(|word| word.get() >> (index % 64) & 1 != 0)
    }

    /// Devices may reach grain `index` from now on: it is not given back.
    pub(crate) fn hold(&self, index: usize) {
        if let Some(word) = self.raw.held.get(index / 64) {
            word.set(word.get() | 1 << (index % 64));
        }
    }

    /// They do not any more.
    pub(crate) fn let_go(&self, index: usize) {
        if let Some(word) = self.raw.held.get(index / 64) {
            word.set(word.get() & !(1 << (index % 64)));
        }
    }

    /// The words of what devices may reach.
    pub(crate) fn raw_held(&self) -> &'static [Word64] {
        &self.raw.held
    }

    pub(super) fn raw(&self) -> &'static MemsegList {
        self.raw
    }

    fn bitmap(&self, words: &'static [Guarded]) -> Bitmap<'static> {
        // `is_sound` keeps `grains` within the words there are.
        Bitmap::of_first(words, self.grains)
    }
}

/// Whether pages of `bytes` exist anywhere: a power of two, 4 KB to 16 GB.
pub(super) const fn is_page(bytes: u64) -> bool {
    bytes.is_power_of_two() && bytes >= 4096 && bytes <= 16 << 30
}

/// The text of a backing file's path, at most 255 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Path([u8; PATH_BYTES]);

impl Path {
    /// The path's bytes, without the NULs.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// The path, or `None` if it is not UTF-8 (the creator wrote it from text, so it was).
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.as_bytes()).ok()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
