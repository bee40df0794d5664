//! A path as a message shows it.
//!
//! Errors own their paths, and a static worker has no allocator: so a path in a message is a
//! text of bounded length. One that does not fit is cut, which a reader sees.
//!
//! Without a standard library the text lies in [`kept`](super::kept), and the error has its number:
//! an error of four bytes goes up through ten functions in registers, one of three hundred is copied
//! by each of them.

use super::MAX_PATH;
#[cfg(not(feature = "std"))]
use super::kept::Kept;
use core::fmt::{self, Write};
#[cfg(feature = "std")]
use core::ops::Deref;

#[cfg(feature = "std")]
type Text = heapless::String<{ MAX_PATH + CUT.len_utf8() }>;
#[cfg(not(feature = "std"))]
type Text = Kept;

/// What stands in the place of what was cut.
const CUT: char = '…';

/// A path for people, cut behind [`MAX_PATH`] bytes, `?` for each control character. Never opened.
///
/// ```
/// # #[cfg(feature = "std")] {
/// use phalanx_linux::runtime_dir::ShownPath;
/// assert_eq!(ShownPath::from("/run/phalanx").to_string(), "/run/phalanx");
/// assert!(ShownPath::from("/x".repeat(200).as_str()).ends_with('…'));
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ShownPath(Text);

impl ShownPath {
    /// `name` in the directory `dir`.
    pub(crate) fn below(dir: &str, name: &str) -> Self {
        Self::written(format_args!("{}/{name}", dir.trim_end_matches('/')))
    }

    /// What `text` writes.
    pub(crate) fn written(text: fmt::Arguments<'_>) -> Self {
        let mut shown = Self(Text::new());
        // Fails where it was cut.
        let _ = shown.write_fmt(text);
        shown
    }
}

impl Write for ShownPath {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let character = if character.is_control() { '?' } else { character };
            if self.0.len() + character.len_utf8() > MAX_PATH {
                let _ = self.0.push(CUT);
                return Err(fmt::Error);
            }
            self.0.push(character).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}

impl From<&str> for ShownPath {
    fn from(path: &str) -> Self {
        Self::written(format_args!("{path}"))
    }
}

#[cfg(feature = "std")]
impl Deref for ShownPath {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ShownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "std")]
        return f.write_str(self);
        #[cfg(not(feature = "std"))]
        self.0.fmt(f)
    }
}

impl fmt::Debug for ShownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{self}'")
    }
}
