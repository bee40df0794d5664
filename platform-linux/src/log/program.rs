//! This process's program: its build id, and where it lies.
//!
//! Read from the file itself; a static worker has its build id in memory, and mostly its path from the
//! kernel. Only for finding it again: one that cannot be read is unknown.

use core::mem::MaybeUninit;

use phalanx_core::log::{BUILD_ID_MAX, PATH_MAX};
use rustix::fs::{CWD, readlinkat_raw};
#[cfg(feature = "std")]
use rustix::fs::{Mode, OFlags, openat};
#[cfg(feature = "std")]
use rustix::io::pread;

/// The kernel's name for it.
const OWN: &core::ffi::CStr = c"/proc/self/exe";

/// Bytes of the file's beginning that are read: its header, and some 17 program headers.
#[cfg(feature = "std")]
const HEAD: usize = 1024;

/// Bytes of a segment of notes that are read.
#[cfg(feature = "std")]
const NOTES: usize = 256;

/// What is known of it.
#[derive(Debug, Default)]
pub struct Program {
    build_id: heapless::Vec<u8, BUILD_ID_MAX>,
    path: heapless::Vec<u8, PATH_MAX>,
}

impl Program {
    /// This process's program, of that build id, which was executed by the path `executed`.
    ///
    /// Cost: none; one system call if that is not the path from the root, or that of a descriptor.
    pub fn new(build_id: &[u8], executed: &str) -> Self {
        let is_path = executed.starts_with('/') && !executed.starts_with("/dev/fd/");
        let path = match heapless::Vec::from_slice(executed.as_bytes()) {
            Ok(path) if is_path => path,
            _ => own_path(),
        };
        Self { build_id: heapless::Vec::from_slice(build_id).unwrap_or_default(), path }
    }

    pub(super) fn build_id(&self) -> &[u8] {
        &self.build_id
    }

    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }
}

/// Looks at this process's program. Cost: four or five system calls.
#[cfg(feature = "std")]
pub(super) fn own() -> Program {
    let mut program = Program { path: own_path(), ..Program::default() };
    if let Ok(file) = openat(CWD, OWN, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
        let read = |bytes: &mut [u8], at| pread(&file, bytes, at).unwrap_or(0);
        program.build_id = build_id(read).unwrap_or_default();
    }
    program
}

/// The path of this process's program; none if it is longer than what is kept. One system call.
fn own_path() -> heapless::Vec<u8, PATH_MAX> {
    let mut room = [MaybeUninit::uninit(); PATH_MAX];
    match readlinkat_raw(CWD, OWN, &mut room) {
        // A path that fills the room may be a part of a longer one.
        Ok((path, rest)) if !rest.is_empty() => heapless::Vec::from_slice(path).unwrap_or_default(),
        _ => heapless::Vec::new(),
    }
}

/// The build id of the ELF file that `read` reads; `None` if it is none, or has none.
#[cfg(feature = "std")]
fn build_id(read: impl Fn(&mut [u8], u64) -> usize) -> Option<heapless::Vec<u8, BUILD_ID_MAX>> {
    const LITTLE_64: &[u8] = b"\x7fELF\x02\x01";
    const NOTE: u32 = 4;
    let mut head = [0; HEAD];
    let len = read(&mut head, 0);
    let head = head.get(..len).filter(|head| head.starts_with(LITTLE_64))?;
    let first = usize::try_from(number::<8>(head, 32)?).ok()?;
    let (size, count) = (number::<2>(head, 54)? as usize, number::<2>(head, 56)? as usize);
    (0..count).find_map(|index| {
        let header = head.get(first.checked_add(index.checked_mul(size)?)?..)?;
        if number::<4>(header, 0)? != u64::from(NOTE) {
            return None;
        }
        let mut notes = [0; NOTES];
        let wanted = number::<8>(header, 32)?.min(NOTES as u64) as usize;
        let len = read(notes.get_mut(..wanted)?, number::<8>(header, 8)?);
        in_notes(notes.get(..len)?)
    })
}

/// The build id among some notes: `name length, length, kind, name, bytes`, each from a multiple
/// of four on.
#[cfg(feature = "std")]
fn in_notes(mut notes: &[u8]) -> Option<heapless::Vec<u8, BUILD_ID_MAX>> {
    const BUILD_ID: u64 = 3;
    loop {
        let (name_len, len) = (number::<4>(notes, 0)? as usize, number::<4>(notes, 4)? as usize);
        let name_end = 12 + name_len.next_multiple_of(4);
        let name = notes.get(12..12 + name_len)?;
        let bytes = notes.get(name_end..name_end + len)?;
        if number::<4>(notes, 8)? == BUILD_ID && name == b"GNU\0" {
            let kept = bytes.get(..BUILD_ID_MAX).unwrap_or(bytes);
            return heapless::Vec::from_slice(kept).ok();
        }
        notes = notes.get(name_end + len.next_multiple_of(4)..)?;
    }
}

/// A number of `N` bytes, little-endian, at `at`.
#[cfg(feature = "std")]
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(N)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program of one segment of notes, at byte 128.
    fn elf(notes: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 128];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64] = 4;
        bytes[72] = 128;
        bytes[96..104].copy_from_slice(&(notes.len() as u64).to_le_bytes());
        bytes.extend(notes);
        bytes
    }

    fn note(kind: u8, name: &[u8], bytes: &[u8]) -> Vec<u8> {
        let mut note = vec![name.len() as u8, 0, 0, 0, bytes.len() as u8, 0, 0, 0, kind, 0, 0, 0];
        for part in [name, bytes] {
            note.extend(part);
            note.resize(note.len().next_multiple_of(4), 0);
        }
        note
    }

    fn id_of(file: &[u8]) -> Option<Vec<u8>> {
        let read = |bytes: &mut [u8], at: u64| {
            let from = usize::try_from(at).ok().and_then(|at| file.get(at..)).unwrap_or_default();
            bytes.iter_mut().zip(from).map(|(to, byte)| *to = *byte).count()
        };
        build_id(read).map(|id| id.to_vec())
    }

    #[test]
    fn the_build_id_is_found_among_other_notes() {
        let notes =
            [note(1, b"GNU\0", b"abi"), note(3, b"X\0", b"no"), note(3, b"GNU\0", b"yes!!")];
        assert_eq!(id_of(&elf(&notes.concat())), Some(b"yes!!".to_vec()));
    }

    #[test]
    fn what_is_no_program_or_has_no_build_id_has_none() {
        let whole = elf(&note(3, b"GNU\0", b"12345678"));
        assert!(id_of(&whole).is_some());
        for len in 0..whole.len() {
            assert_eq!(id_of(&whole[..len]), None, "the first {len} bytes");
        }
        assert_eq!(id_of(&elf(&note(1, b"GNU\0", b"abi"))), None);
        let mut wild = whole;
        wild[32..40].fill(0xff);
        assert_eq!(id_of(&wild), None);
    }

    #[test]
    fn this_program_has_a_path() {
        let path = std::env::current_exe().expect("it runs");
        if path.as_os_str().len() < PATH_MAX {
            assert_eq!(own().path(), path.as_os_str().as_encoded_bytes());
        }
    }
}
