//! The names of memory files: `<prefix>.<group>.<list>`, and with `.<page>` when
//! every page has a file of its own (legacy mode).
//!
//! `<group>` is the group's 64-bit id as 16 hexadecimal digits, so the files of an
//! earlier group of the same prefix are told apart from those of the living one.
//! A name says all a cleaner needs. It is read from its end, because a prefix may
//! contain dots; list and page are short decimal numbers and can never be taken
//! for the 16 digits of a group.

use crate::runtime_dir::Prefix;
use core::fmt;
use core::str::FromStr;

/// The name of a memory file.
///
/// ```
/// use phalanx_linux::hugepage::MemoryFileName;
/// use phalanx_linux::runtime_dir::Prefix;
/// let name = MemoryFileName::of_list(Prefix::new("edge.1")?, 0x2a, 3);
/// assert_eq!(name.to_string(), "edge.1.000000000000002a.3");
/// assert_eq!("edge.1.000000000000002a.3".parse(), Ok(name));
/// # Ok::<(), phalanx_linux::runtime_dir::PrefixError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemoryFileName {
    /// The group's name.
    pub prefix: Prefix,
    /// The group's id.
    pub group_id: u64,
    /// The memseg list.
    pub list: u16,
    /// The page of the list, where each page has its own file.
    pub page: Option<u32>,
}

/// A name that is no memory file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameError;

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not the name of a memory file; \
             one looks like <prefix>.<16 hexadecimal digits>.<list>[.<page>]",
        )
    }
}

impl core::error::Error for NameError {}

impl MemoryFileName {
    /// The one file of a memseg list.
    pub fn of_list(prefix: Prefix, group_id: u64, list: u16) -> Self {
        Self { prefix, group_id, list, page: None }
    }

    /// The file of one page of a list (legacy mode).
    pub fn of_page(prefix: Prefix, group_id: u64, list: u16, page: u32) -> Self {
        Self { prefix, group_id, list, page: Some(page) }
    }
}

impl fmt::Display for MemoryFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:016x}.{}", self.prefix, self.group_id, self.list)?;
        self.page.map_or(Ok(()), |page| write!(f, ".{page}"))
    }
}

impl FromStr for MemoryFileName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        let (before, last) = name.rsplit_once('.').ok_or(NameError)?;
        let (rest, middle) = before.rsplit_once('.').ok_or(NameError)?;
        let (prefix, group_id, list, page) = match group_id(middle) {
            Some(group_id) => (rest, group_id, last, None),
            None => {
                let (prefix, group) = rest.rsplit_once('.').ok_or(NameError)?;
                let page = decimal(last).ok_or(NameError)?;
                (prefix, group_id(group).ok_or(NameError)?, middle, Some(page))
            }
        };
        let prefix = Prefix::new(prefix).map_err(|_| NameError)?;
        Ok(Self { prefix, group_id, list: decimal(list).ok_or(NameError)?, page })
    }
}

/// Exactly the 16 lower-case digits that `Display` writes.
fn group_id(text: &str) -> Option<u64> {
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() != 16 || !text.bytes().all(is_digit) {
        return None;
    }
    u64::from_str_radix(text, 16).ok()
}

/// A number as `Display` writes it: no sign, no leading zero.
fn decimal<T: FromStr>(text: &str) -> Option<T> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    if is_plain && is_short { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(name: &str) -> Prefix {
        Prefix::new(name).unwrap()
    }

    #[test]
    fn every_name_reads_back_as_itself() {
        let tricky = ["p", "a.b", "a.0000000000000001", "a.0000000000000001.2", "7"];
        for prefix in tricky.map(prefix) {
            for group_id in [0, 12, u64::MAX, 0x1234_5678_9012_3456] {
                let list = MemoryFileName::of_list(prefix.clone(), group_id, u16::MAX);
                assert_eq!(list.to_string().parse(), Ok(list));
                let page = MemoryFileName::of_page(prefix.clone(), group_id, 0, u32::MAX);
                assert_eq!(page.to_string().parse(), Ok(page));
            }
        }
    }

    #[test]
    fn a_name_that_we_would_not_write_is_not_ours() {
        let foreign = [
            "",
            "rtemap_0",
            "p.1.2",
            "p.000000000000000A.0",
            "p.0000000000000001.01",
            "p.0000000000000001.+1",
            "p.0000000000000001.65536",
            "p.0000000000000001.0.",
            ".0000000000000001.0",
            "p/q.0000000000000001.0",
        ];
        for name in foreign {
            assert_eq!(name.parse::<MemoryFileName>(), Err(NameError), "{name}");
        }
    }
}
