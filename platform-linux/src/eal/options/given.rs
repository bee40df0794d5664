//! An option under the name that the user wrote, so that an error speaks of `--numa-mem` to whoever wrote that.

use core::fmt;

use super::{OPTIONS, OptionId};

/// By which of its names an option was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `-x`
    Short,
    /// `--name`
    Long,
    /// `--second-name`
    Alias,
}

/// An option under the name that the user knows it by; displayed with its dashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// Which option.
    pub id: OptionId,
    /// Which of its names.
    pub spelling: Spelling,
}

impl Given {
    /// The option under its long name.
    #[must_use]
    pub const fn long(id: OptionId) -> Self {
        Self { id, spelling: Spelling::Long }
    }

    /// The option whose long name or alias this is.
    #[must_use]
    pub fn by_long(name: &str) -> Option<Self> {
        OPTIONS.iter().find_map(|spec| {
            let spelling = match name {
                _ if name == spec.long => Spelling::Long,
                _ if Some(name) == spec.alias => Spelling::Alias,
                _ => return None,
            };
            Some(Self { id: spec.id, spelling })
        })
    }

    /// The option whose letter this is.
    #[must_use]
    pub fn by_short(letter: char) -> Option<Self> {
        let spec = OPTIONS.iter().find(|spec| spec.short == Some(letter))?;
        Some(Self { id: spec.id, spelling: Spelling::Short })
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = self.id.spec();
        match (self.spelling, spec.short, spec.alias) {
            (Spelling::Short, Some(letter), _) => write!(f, "-{letter}"),
            (Spelling::Alias, _, Some(alias)) => write!(f, "--{alias}"),
            _ => write!(f, "--{}", spec.long),
        }
    }
}
