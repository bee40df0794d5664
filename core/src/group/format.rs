//! Formatting: the creator lays the group region out in fresh, zeroed memory.

use core::fmt;

use super::layout::{ABI_VERSION, GroupRegion, MAGIC};
use super::{MANIFEST, Phase};
use crate::name::Name;
use crate::sync::Word64;
use crate::window::{self, Window};

/// What the creator decides about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// A number that no other group has.
    pub group_id: u64,
    /// [`flags`](super::flags).
    pub flags: u32,
    /// The creator's process id.
    pub creator_pid: u64,
    /// The platform's clock, now.
    pub created_ns: u64,
    /// Ticks of the time stamp counter a second; 0 if unknown.
    pub tsc_hz: u64,
    /// Where every process maps the window ([`window::BASE`] unless somebody asked otherwise).
    pub window_base: u64,
}

/// Why memory could not become a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The window is shorter than the group region.
    Short {
        /// Its length in bytes.
        len: usize,
    },
    /// There is a group already.
    NotFresh,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { len } => {
                write!(
                    f,
                    "a group needs {} bytes for its tables and was given {len}",
                    size_of::<GroupRegion>()
                )
            }
            Self::NotFresh => {
                f.write_str("a group was to be made where there is one already; clean it first")
            }
        }
    }
}

impl core::error::Error for FormatError {}

impl GroupRegion {
    /// The region of the group in `window`; `None` if the window is shorter.
    pub fn of(window: Window) -> Option<&'static Self> {
        window.first()
    }

    /// Lays the tables out in zeroed memory and leaves the phase at `Formatting`; the creator
    /// goes on to `Memory` and `Ready` by [`set_phase`](Self::set_phase).
    pub fn format(window: Window, config: &GroupConfig) -> Result<&'static Self, FormatError> {
        let region: &'static Self =
            window.first().ok_or(FormatError::Short { len: window.len() })?;
        let header = &region.header;
        if header.magic.get() != 0 {
            return Err(FormatError::NotFresh);
        }
        header.phase.publish(Phase::Formatting.to_word());
        header.abi.set(ABI_VERSION);
        header.flags.set(config.flags);
        header.creator_pid.set(config.creator_pid);
        header.group_id.set(config.group_id);
        header.created_ns.set(config.created_ns);
        header.tsc_hz.publish(config.tsc_hz);
        header.window_base.set(config.window_base);
        header.window_len.set(window::LEN as u64);
        header.region_bytes.set(size_of::<Self>() as u64);
        for (entry, layout) in header.manifest.iter().zip(MANIFEST) {
            set_words(&entry.name, &Name::cut(layout.name).to_words());
            entry.fingerprint.set(layout.fingerprint());
        }
        header.manifest_len.set(MANIFEST.len() as u32);
        header.magic.set(MAGIC);
        Ok(region)
    }

    /// Says how far the group has come. Only its creator, or whoever closes it, may.
    pub fn set_phase(&self, phase: Phase) {
        // Pairs with the `observe` in `Group::phase`: who sees the phase sees what it stands for.
        self.header.phase.publish(phase.to_word());
    }
}

/// Writes words of shared memory one by one.
pub(super) fn set_words(to: &[Word64], from: &[u64]) {
    for (to, from) in to.iter().zip(from) {
        to.set(*from);
    }
}
