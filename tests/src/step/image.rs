//! All memory that a group shares, to be looked at, kept and put back.

#![expect(unsafe_code, reason = "maps files that other processes write")]

use core::ops::Range;
use core::ptr::NonNull;
use std::path::PathBuf;

use rustix::fd::OwnedFd;
use rustix::fs::{FallocateFlags, Mode, OFlags, SeekFrom, fallocate, fstat, open, seek};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// What is compared and copied at a time.
const PAGE: usize = 4096;

/// The group's file and its memory files, mapped into this process, which is no member.
#[derive(Debug)]
pub struct Image {
    files: Vec<Mapped>,
}

/// What an [`Image`] held at a moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    files: Vec<Vec<Extent>>,
}

/// A run of bytes that the file has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Extent {
    at: usize,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Mapped {
    path: String,
    /// Where the traced process sees it.
    places: Vec<Place>,
    file: OwnedFd,
    base: NonNull<u8>,
    len: usize,
}

impl Snapshot {
    /// Every page: which file, where in it, and its bytes.
    fn pages(&self) -> impl Iterator<Item = (usize, usize, &[u8])> {
        self.files.iter().enumerate().flat_map(|(file, extents)| {
            extents.iter().flat_map(move |extent| {
                let places = (extent.at..).step_by(PAGE);
                places.zip(extent.bytes.chunks(PAGE)).map(move |(at, page)| (file, at, page))
            })
        })
    }

    /// The bytes of one page, if the file had it.
    fn page(&self, file: usize, at: usize) -> Option<&[u8]> {
        self.files.get(file)?.iter().find_map(|extent| {
            let from = at.checked_sub(extent.at)?;
            extent
                .bytes
                .get(from..(from + PAGE).min(extent.bytes.len()))
                .filter(|it| !it.is_empty())
        })
    }
}

/// A part of a file in a process's memory.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u64,
    end: u64,
    /// Where in the file it begins.
    at: u64,
}

impl Place {
    /// `200000000000-20000009b000 rw-s 00000000 00:1b 42   /path`
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let number = |word| u64::from_str_radix(word, 16).ok();
        Some(Self { start: number(start)?, end: number(end)?, at: number(words.nth(1)?)? })
    }

    /// Which bytes of the file `addresses` are, if any.
    fn part_of(&self, addresses: &Range<u64>) -> Option<Range<usize>> {
        let (from, to) = (addresses.start.max(self.start), addresses.end.min(self.end));
        let in_file = |address: u64| (address - self.start + self.at) as usize;
        (from < to).then(|| in_file(from)..in_file(to))
    }
}

impl Image {
    /// Of the files at `paths`.
    ///
    /// # Panics
    /// If one cannot be opened or mapped.
    pub fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { files: paths.into_iter().map(Mapped::open).collect() }
    }

    /// Notes where process `id` has mapped the files.
    ///
    /// # Panics
    /// If its mappings cannot be read.
    pub fn locate(&mut self, id: u32) {
        let maps = match std::fs::read_to_string(format!("/proc/{id}/maps")) {
            Ok(maps) => maps,
            Err(error) => panic!("the mappings of process {id} cannot be read: {error}"),
        };
        for file in &mut self.files {
            let lines = maps.lines().filter(|line| line.ends_with(&file.path));
            file.places = lines.filter_map(Place::parse).collect();
            assert!(!file.places.is_empty(), "process {id} has not mapped {}", file.path);
        }
    }

    /// All bytes there are.
    pub fn take(&self) -> Snapshot {
        let extents = |file: &Mapped| {
            let runs = file.runs().into_iter();
            runs.map(|(at, len)| Extent { at, bytes: file.bytes(at, len).to_vec() }).collect()
        };
        Snapshot { files: self.files.iter().map(extents).collect() }
    }

    /// Brings `known` up to date where a process has written these addresses. Says whether that
    /// changed anything. A write to pages that the file did not have is a [`refresh`](Self::refresh).
    pub fn follow_write(&self, known: &mut Snapshot, written: &Range<u64>) -> bool {
        let mut changed = false;
        for (file, extents) in self.files.iter().zip(&mut known.files) {
            for part in file.places.iter().filter_map(|place| place.part_of(written)) {
                let has = |extent: &Extent| {
                    extent.at <= part.start && part.end <= extent.at + extent.bytes.len()
                };
                if !extents.iter().any(has) {
                    return self.refresh(known);
                }
                for Extent { at, bytes } in extents.iter_mut() {
                    let (from, to) = (part.start.max(*at), part.end.min(*at + bytes.len()));
                    if from >= to {
                        continue;
                    }
                    let now = file.bytes(from, to - from);
                    if let Some(old) = bytes.get_mut(from - *at..to - *at).filter(|old| *old != now)
                    {
                        old.copy_from_slice(now);
                        changed = true;
                    }
                }
            }
        }
        changed
    }

    /// Brings `known` up to date, and says whether that changed anything.
    pub fn refresh(&self, known: &mut Snapshot) -> bool {
        let same = |(file, extents): (&Mapped, &Vec<Extent>)| {
            let runs = extents.iter().map(|extent| (extent.at, extent.bytes.len()));
            file.runs().into_iter().eq(runs)
        };
        if self.files.iter().zip(&known.files).all(same) {
            return self.follow(known);
        }
        // A page that came by a look at it is no change: it holds zeros, as the hole did.
        let now = self.take();
        let changed = now.pages().any(|(file, at, new)| match known.page(file, at) {
            Some(old) => old != new,
            None => new.iter().any(|byte| *byte != 0),
        });
        *known = now;
        changed
    }

    /// Brings `known` up to date, whose extents are still the file's. Says whether that changed
    /// anything.
    fn follow(&self, known: &mut Snapshot) -> bool {
        let mut changed = false;
        for (file, extents) in self.files.iter().zip(&mut known.files) {
            for Extent { at, bytes } in extents {
                let now = file.bytes(*at, bytes.len()).chunks(PAGE);
                for (old, new) in bytes.chunks_mut(PAGE).zip(now) {
                    if old != new {
                        old.copy_from_slice(new);
                        changed = true;
                    }
                }
            }
        }
        changed
    }

    /// Makes everything as it was. Nobody may use the memory meanwhile.
    pub fn put_back(&self, then: &Snapshot) {
        for (file, extents) in self.files.iter().zip(&then.files) {
            for (at, len) in file.runs() {
                file.punch_what_was_not(at, len, extents);
            }
            for Extent { at, bytes } in extents {
                file.write(*at, bytes);
            }
        }
    }
}

impl Mapped {
    fn open(path: PathBuf) -> Self {
        let name = path.to_string_lossy().into_owned();
        let file = match open(name.as_str(), OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => file,
            Err(errno) => panic!("{} cannot be opened: {errno}", path.display()),
        };
        let len = fstat(&file).map_or(0, |facts| facts.st_size as usize);
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses where, so nothing of this process is mapped over.
        let mapped =
            unsafe { mmap(core::ptr::null_mut(), len, access, MapFlags::SHARED, &file, 0) };
        match mapped.map(|at| NonNull::new(at.cast())) {
            Ok(Some(base)) => Self { path: name, places: Vec::new(), file, base, len },
            other => panic!("{} cannot be mapped: {other:?}", path.display()),
        }
    }

    /// Where the file has bytes: `(at, len)`, in pages.
    fn runs(&self) -> Vec<(usize, usize)> {
        let (mut runs, mut at) = (Vec::new(), 0u64);
        loop {
            let start = match seek(&self.file, SeekFrom::Data(at)) {
                Ok(start) => start,
                Err(Errno::NXIO) => return runs,
                Err(errno) => panic!("a memory file does not say what it has: {errno}"),
            };
            at = seek(&self.file, SeekFrom::Hole(start)).unwrap_or(self.len as u64);
            runs.push((start as usize, (at - start) as usize));
        }
    }

    fn bytes(&self, at: usize, len: usize) -> &[u8] {
        assert!(at + len <= self.len, "{at} + {len} lies beyond the file's end");
        // SAFETY: within the mapping (checked).
        let start = unsafe { self.base.add(at) };
        // SAFETY: mapped for as long as `self` lives; whoever could write stands still or waits
        // for this process's next command.
        unsafe { NonNull::slice_from_raw_parts(start, len).as_ref() }
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        let found = self.bytes(at, bytes.len());
        for (index, (old, new)) in found.chunks(PAGE).zip(bytes.chunks(PAGE)).enumerate() {
            if old == new {
                continue;
            }
            // SAFETY: within the mapping, as `bytes` has checked.
            let to = unsafe { self.base.add(at + index * PAGE) };
            // SAFETY: `to` begins at least `new.len()` mapped bytes, which a buffer of this
            // process does not overlap, and `old` is not looked at again.
            unsafe { to.copy_from_nonoverlapping(NonNull::from(new).cast(), new.len()) };
        }
    }

    /// Gives back the pages of `at..at + len` that no extent of `then` has.
    fn punch_what_was_not(&self, at: usize, len: usize, then: &[Extent]) {
        let mut from = at;
        let punch = |from: usize, to: usize| {
            if from < to {
                let mode = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                let punched = fallocate(&self.file, mode, from as u64, (to - from) as u64);
                assert_eq!(punched, Ok(()), "a memory file keeps what it should give back");
            }
        };
        for extent in then {
            let end = extent.at + extent.bytes.len();
            if end <= from || extent.at >= at + len {
                continue;
            }
            punch(from, extent.at.max(from));
            from = end;
        }
        punch(from, at + len);
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: this mapping is `self`'s alone, and no slice of it outlives `self`. That it
        // stays mapped if the kernel refuses is no harm.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
    }
}
