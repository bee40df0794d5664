//! The process table's words: who a process is, in which role, how far it has come.

use core::fmt;

use super::layout::PROCESSES_MAX;
use crate::name::Name;

/// A process of the group: its slot, and which tenant of the slot it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessId {
    slot: u16,
    generation: u32,
}

impl ProcessId {
    /// Who only looks: no slot, no claims.
    pub const OBSERVER: Self = Self { slot: u16::MAX, generation: 0 };

    /// The process of `generation` in `slot` (0..64).
    pub const fn new(slot: u16, generation: u32) -> Self {
        Self { slot, generation }
    }

    /// Its slot in the process table, 0..64.
    #[inline]
    pub const fn slot(self) -> u16 {
        self.slot
    }

    /// Which tenant of the slot it is, from 1.
    #[inline]
    pub const fn generation(self) -> u32 {
        self.generation
    }

    /// As one word that is never 0 for a member: `(slot + 1) << 32 | generation`.
    pub const fn pack(self) -> u64 {
        (self.slot.wrapping_add(1) as u64) << 32 | self.generation as u64
    }

    /// What a packed word says; `None` for 0 and for words that no member writes.
    pub const fn unpack(word: u64) -> Option<Self> {
        let slot = word >> 32;
        if slot == 0 || slot > PROCESSES_MAX as u64 {
            return None;
        }
        Some(Self { slot: slot as u16 - 1, generation: word as u32 })
    }

    /// Sixteen bits that are never 0 for a member and tell a slot's next 511 tenants apart:
    /// what fits beside a position in one word of a ring.
    pub const fn tag(self) -> u16 {
        (self.slot.wrapping_add(1) & 0x7f) << 9 | (self.generation & 0x1ff) as u16
    }
}

impl fmt::Debug for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {} generation {}", self.slot, self.generation)
    }
}

/// What a process is in the group.
#[doc(alias = "rte_proc_type_t")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Set the group up, or took that role over.
    Primary,
    /// Joined it.
    Secondary,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        })
    }
}

/// How far a process has come.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// Nobody is there.
    Free,
    /// It has the slot and starts up.
    Joining,
    /// It is a member.
    Live,
}

impl ProcessState {
    pub(crate) const fn from_word(word: u64) -> Self {
        match word as u32 {
            1 => Self::Joining,
            2 => Self::Live,
            _ => Self::Free,
        }
    }

    pub(super) const fn word(self, generation: u32) -> u64 {
        (generation as u64) << 32 | self as u64
    }
}

/// What a process says of itself when it enters.
#[derive(Clone, Copy, Debug)]
pub struct ProcessInfo<'a> {
    /// Its process id.
    pub pid: u32,
    /// Its role.
    pub role: Role,
    /// The program's name.
    pub name: Name,
    /// Its command line; what fits of it (127 bytes) is kept.
    pub command: &'a str,
}

/// What the table says of one process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessFacts {
    /// Who.
    pub id: ProcessId,
    /// How far it has come.
    pub state: ProcessState,
    /// Its process id.
    pub pid: u32,
    /// Its role.
    pub role: Role,
    /// The platform's clock when it joined.
    pub joined_ns: u64,
    /// The program's name.
    pub name: Name,
    /// The beginning of its command line.
    pub command: Command,
}

/// The first 127 bytes of a command line, as the process table has them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Command(pub(super) [u64; 16]);

impl Command {
    /// Of a process that has left meanwhile.
    pub const UNKNOWN: Self = Self([0; 16]);
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.iter().flat_map(|word| word.to_le_bytes()).take_while(|b| *b != 0) {
            fmt::Write::write_char(
                f,
                if (b' '..=b'~').contains(&byte) { char::from(byte) } else { '?' },
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
