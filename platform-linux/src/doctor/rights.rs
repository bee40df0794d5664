//! Limits and capabilities of this process, which what it starts inherits.

use super::Reading;
use crate::kernel_files::{KernelFileError, KernelFiles, read_text};

/// A limit: what holds, and how far this process may raise it. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What holds.
    pub soft: Option<u64>,
    /// How far it may be raised.
    pub hard: Option<u64>,
}

/// The limits that a group feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of stack.
    pub stack: Limit,
    /// Bytes of locked memory.
    pub locked: Limit,
    /// The highest real-time priority.
    pub realtime: Limit,
    /// Open files.
    pub files: Limit,
    /// Bytes of address space.
    pub address_space: Limit,
}

impl Limits {
    pub(super) fn read(kernel: &KernelFiles) -> Reading<Self> {
        let path = kernel.proc("self/limits");
        let text = read_text(&path)?;
        let limit = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let read = line.and_then(limit_of);
            read.ok_or_else(|| KernelFileError::not_understood(&path, line.unwrap_or(name)))
        };
        Ok(Self {
            stack: limit("Max stack size")?,
            locked: limit("Max locked memory")?,
            realtime: limit("Max realtime priority")?,
            files: limit("Max open files")?,
            address_space: limit("Max address space")?,
        })
    }
}

/// Reads `8388608  unlimited  bytes`.
fn limit_of(line: &str) -> Option<Limit> {
    let mut words = line.split_whitespace();
    let mut next = || match words.next()? {
        "unlimited" => Some(None),
        number => number.parse().ok().map(Some),
    };
    Some(Limit { soft: next()?, hard: next()? })
}

/// A right that a part of a group may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Making and configuring network devices.
    NetAdmin = 12,
    /// Reading raw packets.
    NetRaw = 13,
    /// Locking any amount of memory.
    IpcLock = 14,
    /// Real-time classes.
    SysNice = 23,
}

/// What this process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// Its effective user.
    pub uid: u32,
    capabilities: u64,
}

impl Rights {
    /// Rights of user `uid` with these bits of the kernel's.
    pub const fn new(uid: u32, capabilities: u64) -> Self {
        Self { uid, capabilities }
    }

    /// Whether it has one.
    pub const fn has(&self, capability: Capability) -> bool {
        self.capabilities & (1 << capability as u64) != 0
    }

    pub(super) fn read(kernel: &KernelFiles) -> Reading<Self> {
        let path = kernel.proc("self/status");
        let text = read_text(&path)?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let uid = field("Uid:").and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        let bits = field("CapEff:").and_then(|line| u64::from_str_radix(line.trim(), 16).ok());
        uid.zip(bits)
            .map(|(uid, bits)| Self::new(uid, bits))
            .ok_or_else(|| KernelFileError::not_understood(&path, &text))
    }
}
