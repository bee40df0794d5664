//! Looking at a group file's bytes before anything is mapped.
//!
//! Total: whatever the bytes are (none, too few, zeros, noise, another program's), the answer
//! is facts or one sentence. The order is fixed: length, magic, ABI, manifest, geometry; so a
//! binary of another build learns which structure differs before it touches anything (W-3,
//! W-4).

use core::fmt;

use super::layout::{ABI_VERSION, GroupHeader, GroupRegion, MAGIC, MANIFEST_MAX};
use super::{MANIFEST, Phase};
use crate::layout::offset_of;
use crate::name::Name;
use crate::window;

/// What the header of a group says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    /// How far it has come.
    pub phase: Phase,
    /// [`flags`](super::flags).
    pub flags: u32,
    /// Process id of the creator.
    pub creator_pid: u64,
    /// The number in the names of its files.
    pub group_id: u64,
    /// Where every process maps the window.
    pub window_base: u64,
}

/// Why a file is not a group that this program can join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupFileError {
    /// Fewer bytes than a group has.
    Short {
        /// Bytes found.
        found: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// The first eight bytes are not the magic number.
    NotAGroup {
        /// What they are.
        found: u64,
    },
    /// Another version of the shared memory's meaning.
    Abi {
        /// The group's.
        found: u32,
        /// This program's.
        ours: u32,
    },
    /// The manifest has a length that no version writes.
    Manifest {
        /// The length found.
        found: u32,
    },
    /// A structure that is laid out otherwise.
    Layout {
        /// The first structure that differs.
        structure: Name,
    },
    /// A structure that one side has and the other does not know.
    Missing {
        /// The first such structure.
        structure: Name,
    },
    /// The group's window is where no program of this build can map it.
    Window {
        /// Where the group has it.
        base: u64,
        /// Its length there.
        len: u64,
    },
}

impl fmt::Display for GroupFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const REBUILD: &str = "start this program and the group's from one build";
        match self {
            Self::Short { found, needed } => {
                write!(
                    f,
                    "a group file has {needed} bytes, this one has {found}: it is damaged or not one; end the processes that use it, then run `phalanx clean`"
                )
            }
            Self::NotAGroup { found } => {
                write!(
                    f,
                    "its first eight bytes are {found:#018x}, not a Phalanx group's; end the processes that use it, then run `phalanx clean`"
                )
            }
            Self::Abi { found, ours } => {
                write!(f, "the group has ABI version {found}, this program {ours}; {REBUILD}")
            }
            Self::Manifest { found } => {
                write!(
                    f,
                    "its manifest claims {found} structures, at most {MANIFEST_MAX} are possible: it is damaged; end the processes that use it, then run `phalanx clean`"
                )
            }
            Self::Layout { structure } => {
                write!(
                    f,
                    "structure {structure} is laid out otherwise in the group than in this program; {REBUILD}"
                )
            }
            Self::Missing { structure } => {
                write!(
                    f,
                    "structure {structure} is known to only one of the group and this program; {REBUILD}"
                )
            }
            Self::Window { base, len } => {
                write!(
                    f,
                    "the group's window is at {base:#x} ({len:#x} bytes), this program's has {:#x} bytes at a multiple of {:#x}; {REBUILD}",
                    window::LEN,
                    window::ALIGN
                )
            }
        }
    }
}

impl core::error::Error for GroupFileError {}

/// Reads little-endian words at the offsets of the header's layout table.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut out = [0; N];
        if let Some(found) = self.0.get(at..at.saturating_add(N)) {
            out.copy_from_slice(found);
        }
        out
    }
    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.array(at))
    }
    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.array(at))
    }
    /// Name and fingerprint, as words.
    fn manifest(&self, index: usize) -> [u64; 5] {
        let start = offset_of!(GroupHeader, manifest) + index * 40;
        core::array::from_fn(|word| self.u64(start + word * 8))
    }
}

fn name_of([a, b, c, d, _]: [u64; 5]) -> Name {
    Name::from_words([a, b, c, d])
}

/// What a manifest of this build says, as words: made when this is compiled, so that a program that
/// joins has the numbers in it and not the tables that they come from.
static OURS: [[u64; 5]; MANIFEST.len()] = {
    let mut words = [[0; 5]; MANIFEST.len()];
    let mut index = 0;
    while index < MANIFEST.len() {
        let (name, mut at) = (MANIFEST[index].name.as_bytes(), 0);
        while at < name.len() {
            words[index][at / 8] |= (name[at] as u64) << (at % 8 * 8);
            at += 1;
        }
        words[index][4] = MANIFEST[index].fingerprint();
        index += 1;
    }
    words
};

/// Checks the first bytes of a group file that is `file_len` bytes long.
///
/// `bytes` should hold at least the header ([`GroupHeader`]); fewer are an error. Errors: every
/// variant of [`GroupFileError`]. Cost: a few hundred comparisons. Answers PT-9, W-3, W-4.
#[inline(never)]
pub fn check_header(bytes: &[u8], file_len: u64) -> Result<GroupFacts, GroupFileError> {
    let header = Bytes(bytes);
    if bytes.len() < size_of::<GroupHeader>() {
        return Err(GroupFileError::Short {
            found: file_len,
            needed: size_of::<GroupRegion>() as u64,
        });
    }
    let magic = header.u64(offset_of!(GroupHeader, magic));
    if magic != MAGIC {
        return Err(GroupFileError::NotAGroup { found: magic });
    }
    let abi = header.u32(offset_of!(GroupHeader, abi));
    if abi != ABI_VERSION {
        return Err(GroupFileError::Abi { found: abi, ours: ABI_VERSION });
    }
    check_manifest(&header)?;
    if file_len < size_of::<GroupRegion>() as u64 {
        return Err(GroupFileError::Short {
            found: file_len,
            needed: size_of::<GroupRegion>() as u64,
        });
    }
    let (base, len) = (
        header.u64(offset_of!(GroupHeader, window_base)),
        header.u64(offset_of!(GroupHeader, window_len)),
    );
    let possible =
        base > 0 && base.is_multiple_of(window::ALIGN as u64) && base.checked_add(len).is_some();
    if !possible || len != window::LEN as u64 {
        return Err(GroupFileError::Window { base, len });
    }
    Ok(GroupFacts {
        phase: Phase::from_word(header.u32(offset_of!(GroupHeader, phase))),
        flags: header.u32(offset_of!(GroupHeader, flags)),
        creator_pid: header.u64(offset_of!(GroupHeader, creator_pid)),
        group_id: header.u64(offset_of!(GroupHeader, group_id)),
        window_base: base,
    })
}

#[inline(never)]
fn check_manifest(header: &Bytes<'_>) -> Result<(), GroupFileError> {
    let claimed = header.u32(offset_of!(GroupHeader, manifest_len));
    let len = usize::try_from(claimed).unwrap_or(usize::MAX);
    if len == 0 || len > MANIFEST_MAX {
        return Err(GroupFileError::Manifest { found: claimed });
    }
    for (index, ours) in OURS.iter().enumerate() {
        let found = if index < len { header.manifest(index) } else { [0; 5] };
        if found != *ours {
            let structure = name_of(*ours);
            let is_known = name_of(found) == structure;
            return Err(match is_known {
                true => GroupFileError::Layout { structure },
                false => GroupFileError::Missing { structure },
            });
        }
    }
    match len > OURS.len() {
        true => Err(GroupFileError::Missing { structure: name_of(header.manifest(OURS.len())) }),
        false => Ok(()),
    }
}
