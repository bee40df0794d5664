//! Values about the group of processes: its name, and this process's part in it.

use core::fmt;

use super::Fault;

/// The part of a process in its group (`PT-1`, `PT-2`).
#[doc(alias = "rte_proc_type_t")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcType {
    /// Makes the group, or takes over a living one.
    #[default]
    Primary,
    /// Joins the group of a primary.
    Secondary,
    /// Secondary if the group has a living primary, primary otherwise.
    Auto,
}

impl ProcType {
    /// Parses the name of a type, in either case of letters.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        [Self::Primary, Self::Secondary, Self::Auto]
            .into_iter()
            .find(|proc_type| text.eq_ignore_ascii_case(proc_type.name()))
            .ok_or(if text.is_empty() { Fault::Empty } else { Fault::NotAChoice })
    }

    /// `primary`, `secondary` or `auto`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Auto => "auto",
        }
    }
}

impl fmt::Display for ProcType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Most bytes of a [`FilePrefix`].
pub const FILE_PREFIX_MAX: usize = 64;

/// The name of a group; part of the path of each of its files (`RD-6`).
///
/// 1 to 64 of `A-Z a-z 0-9 . _ -`, neither dash nor dot first. So it is one path component that can leave no
/// directory and is not hidden in it, and that can stand in any shell command or log line as it is. Every
/// one is a [`Prefix`](crate::runtime_dir::Prefix) too; here it is on its own, for workers without a runtime directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePrefix {
    text: heapless::String<FILE_PREFIX_MAX>,
}

impl FilePrefix {
    /// Checks a name.
    ///
    /// # Errors
    /// [`Fault`] if it is empty, longer than 64 bytes, begins with a dash or a dot, or has a character that it may not have.
    ///
    /// # Examples
    /// ```
    /// use phalanx_linux::eal::options::{Fault, FilePrefix};
    ///
    /// assert_eq!(FilePrefix::parse("lab-2.a")?.as_str(), "lab-2.a");
    /// assert_eq!(FilePrefix::parse(".."), Err(Fault::LeadingDot));
    /// # Ok::<(), Fault>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match text.chars().next() {
            None => return Err(Fault::Empty),
            Some('-') => return Err(Fault::LeadingDash),
            Some('.') => return Err(Fault::LeadingDot),
            Some(_) => {}
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        check_characters(text, allowed)?;
        let text = heapless::String::try_from(text)
            .map_err(|_| Fault::TooLong { most: FILE_PREFIX_MAX as u16 })?;
        Ok(Self { text })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The name that groups have unless told otherwise: `phx`.
impl Default for FilePrefix {
    fn default() -> Self {
        let mut text = heapless::String::new();
        // Three bytes fit in sixty-four.
        let _ = text.push_str("phx");
        Self { text }
    }
}

impl fmt::Display for FilePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Refuses the first character that is not allowed.
pub(super) fn check_characters(text: &str, allowed: fn(char) -> bool) -> Result<(), Fault> {
    match text.chars().enumerate().find(|(_, character)| !allowed(*character)) {
        Some((index, character)) => {
            let at = u16::try_from(index + 1).unwrap_or(u16::MAX);
            Err(Fault::BadCharacter { character, at })
        }
        None => Ok(()),
    }
}
