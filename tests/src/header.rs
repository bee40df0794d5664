//! The bytes of a group file, to read and to spoil.
//!
//! Offsets come from the compiled layout table, so these are the bytes that a program of this
//! build reads.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use phalanx_core::group::{GroupHeader, ManifestEntry};
use phalanx_core::layout::{HasLayout, Layout};

/// A group's file, living or dead.
#[derive(Debug)]
pub struct GroupFile {
    path: PathBuf,
}

impl GroupFile {
    /// The group file at `path`, which must exist by the time it is read.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of its bytes.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn bytes(&self) -> Vec<u8> {
        match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) => panic!("{} cannot be read: {error}", self.path.display()),
        }
    }

    /// Changes one byte of a header's field, in place, and returns how to change it back.
    ///
    /// # Panics
    /// If there is no such field, or the file cannot be written.
    pub fn spoil(&self, field: &str, byte_in_field: usize) -> Spoilt<'_> {
        self.spoil_at(offset_of(&GroupHeader::LAYOUT, field) + byte_in_field)
    }

    /// Writes `byte` over the first one of a header's field, and returns how to change it back.
    ///
    /// # Panics
    /// As [`spoil`](Self::spoil).
    pub fn put(&self, field: &str, byte: u8) -> Spoilt<'_> {
        self.put_at(offset_of(&GroupHeader::LAYOUT, field), byte)
    }

    /// [`spoil`](Self::spoil) for the fingerprint of the manifest's entry `index`.
    ///
    /// # Panics
    /// As [`spoil`](Self::spoil).
    pub fn spoil_fingerprint(&self, index: usize) -> Spoilt<'_> {
        let entry =
            offset_of(&GroupHeader::LAYOUT, "manifest") + index * ManifestEntry::LAYOUT.size;
        self.spoil_at(entry + offset_of(&ManifestEntry::LAYOUT, "fingerprint"))
    }

    fn spoil_at(&self, at: usize) -> Spoilt<'_> {
        self.put_at(at, self.byte(at) ^ 0x5a)
    }

    fn put_at(&self, at: usize, byte: u8) -> Spoilt<'_> {
        let was = self.byte(at);
        self.write(at, byte);
        Spoilt { file: self, at, was }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes().get(at).copied().unwrap_or(0)
    }

    fn write(&self, at: usize, byte: u8) {
        let opened = OpenOptions::new().write(true).open(&self.path);
        let written = opened.and_then(|file| file.write_all_at(&[byte], at as u64));
        if let Err(error) = written {
            panic!("byte {at} of {} cannot be written: {error}", self.path.display());
        }
    }
}

/// A byte that was changed; changed back on drop.
#[derive(Debug)]
#[must_use = "the byte is changed back when this is dropped"]
pub struct Spoilt<'a> {
    file: &'a GroupFile,
    at: usize,
    was: u8,
}

impl Drop for Spoilt<'_> {
    fn drop(&mut self) {
        if self.file.path.exists() {
            self.file.write(self.at, self.was);
        }
    }
}

fn offset_of(layout: &Layout, field: &str) -> usize {
    match layout.fields.iter().find(|known| known.name == field) {
        Some(field) => field.at,
        None => panic!("{} has no field '{field}'", layout.name),
    }
}
