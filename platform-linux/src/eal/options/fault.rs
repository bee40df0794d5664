//! What can be wrong with the value of an option.
//!
//! A fault is only the reason: `OptionError::Invalid` puts the option and the text before it, and what the
//! option accepts behind it. So a fault can be shared by all options that take a number, or a name.

use core::fmt;

use phalanx_core::port::DriverKind;

use super::LcoreFault;

/// Why the value of an option is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing, or nothing but blanks.
    Empty,
    /// Something else than decimal digits.
    NotDecimal,
    /// Something else than hexadecimal digits behind an optional `0x`.
    NotHexadecimal,
    /// A number below or above what the option takes.
    OutOfRange {
        /// The lowest number accepted.
        lowest: u64,
        /// The highest number accepted.
        highest: u64,
    },
    /// 0, where something is needed.
    Zero,
    /// A number, or its size in bytes, beyond 64 bits.
    TooLarge,
    /// None of the words that the option takes.
    NotAChoice,
    /// More bytes than the option takes.
    TooLong {
        /// The most bytes accepted.
        most: u16,
    },
    /// A character that has no place in this value.
    BadCharacter {
        /// The character.
        character: char,
        /// Where it stands, counted in characters from 1.
        at: u16,
    },
    /// A leading `.`, as of `..` and of hidden files.
    LeadingDot,
    /// A leading `-`, which reads like an option.
    LeadingDash,
    /// An entry between two commas, or behind the last, is empty.
    EmptyEntry {
        /// Which entry, counted from 1.
        entry: u16,
    },
    /// An entry is something else than decimal digits.
    EntryNotDecimal {
        /// Which entry, counted from 1.
        entry: u16,
    },
    /// More entries, or more repetitions of the option, than can be kept.
    TooMany {
        /// The most accepted.
        most: u16,
    },
    /// All entries together are beyond 64 bits of bytes.
    TotalTooLarge,
    /// No `:` between the page size and its limit.
    NoColon,
    /// The page size is no number with an optional K, M or G.
    PageSizeNotASize,
    /// The page size is no power of two.
    PageSizeNotPowerOfTwo,
    /// The limit is no number with an optional K, M or G.
    LimitNotASize,
    /// The limit is no multiple of the page size.
    LimitNotMultiple,
    /// No driver has this name.
    NoDriver {
        /// The one probably meant.
        nearest: Option<&'static str>,
    },
    /// An argument of a device without `=`.
    NoEquals {
        /// Which argument, counted from 1.
        entry: u16,
    },
    /// An argument that the driver does not take.
    NoSuchKey {
        /// Which argument, counted from 1.
        entry: u16,
        /// The driver.
        driver: DriverKind,
        /// The one probably meant.
        nearest: Option<&'static str>,
    },
    /// An argument that no driver of a device of the machine takes.
    NoPciKey {
        /// Which argument, counted from 1.
        entry: u16,
        /// The one probably meant.
        nearest: Option<&'static str>,
    },
    /// The value of a device's argument is empty.
    KeyEmpty {
        /// Its name.
        key: &'static str,
        /// What it takes.
        accepts: &'static str,
    },
    /// The value of a device's argument is not one that it takes.
    KeyValue {
        /// Its name.
        key: &'static str,
        /// What it takes.
        accepts: &'static str,
    },
    /// An argument that was given before, and can be given once.
    KeyTwice {
        /// Its name.
        key: &'static str,
    },
    /// The device was named before, with other arguments.
    SameDevice,
    /// Not the place of a PCI device.
    NotPci,
    /// Not a UUID.
    NotUuid,
    /// A device that `--vdev` makes, where one of the machine's is wanted.
    IsVdev,
    /// A device of the machine's, where one that `--vdev` makes is wanted.
    IsPci,
    /// What stands before the `:` is no bus that there is here.
    NoBus,
    /// The page size was given before, with another limit.
    SamePageSize {
        /// The limit given before, in bytes.
        limit_bytes: u64,
    },
    /// A coremask with a bit for a CPU above 1023.
    CpuTooHigh,
    /// A coremask without a bit set.
    NoCpuInMask,
    /// Renumbered from this base, the lcores would pass the highest id.
    NoRoomAbove {
        /// How many lcores there are.
        lcores: u16,
    },
    /// The lcore list does not follow its grammar.
    LcoreList {
        /// Where, counted in characters from 1.
        at: u16,
        /// What is wrong there.
        fault: LcoreFault,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OutOfRange { lowest, highest } => {
                write!(f, "it is not from {lowest} to {highest}")
            }
            Self::TooLong { most } => write!(f, "it is longer than {most} bytes"),
            Self::BadCharacter { character, at } => {
                write!(f, "character {at}, '{}', is not allowed", character.escape_default())
            }
            Self::EmptyEntry { entry } => write!(f, "entry {entry} is empty"),
            Self::EntryNotDecimal { entry } => write!(f, "entry {entry} is not a decimal number"),
            Self::NoDriver { nearest: Some(nearest) } => {
                write!(f, "no driver has this name, did you mean {nearest}?")
            }
            Self::NoEquals { entry } => write!(f, "argument {entry} has no '='"),
            Self::NoSuchKey { entry, driver, nearest: Some(nearest) } => {
                write!(f, "argument {entry} is none of {driver}'s, did you mean {nearest}?")
            }
            Self::NoSuchKey { entry, driver, nearest: None } => {
                write!(f, "argument {entry} is none of {driver}'s")
            }
            Self::NoPciKey { entry, nearest: Some(nearest) } => write!(
                f,
                "argument {entry} is none that a PCI device's port takes, did you mean {nearest}?"
            ),
            Self::NoPciKey { entry, nearest: None } => {
                write!(f, "argument {entry} is none that a PCI device's port takes")
            }
            Self::KeyTwice { key } => write!(f, "{key} is given twice"),
            Self::KeyEmpty { key, .. } => write!(f, "{key} has an empty value"),
            Self::KeyValue { key, accepts } => write!(f, "{key} has a value that is not {accepts}"),
            Self::TooMany { most } => write!(f, "there are more than {most}"),
            Self::SamePageSize { limit_bytes } => {
                write!(f, "this page size already has a limit of {limit_bytes} bytes")
            }
            Self::NoRoomAbove { lcores } => {
                write!(f, "{lcores} lcores numbered from there would pass the highest id, 255")
            }
            Self::LcoreList { at, fault } => write!(f, "at character {at} {fault}"),
            _ => f.write_str(self.fixed_sentence()),
        }
    }
}

impl Fault {
    /// What to give instead, where that is not simply what the option accepts.
    pub(crate) const fn advice(self) -> Option<&'static str> {
        match self {
            Self::LcoreList { fault: LcoreFault::MapWhileRemapping, .. } => {
                Some("bare CPUs as 0-3,5, or leave --remap-lcore-ids out")
            }
            Self::NoSuchKey { driver, .. } => Some(crate::port::keys::list_of(driver)),
            Self::NoPciKey { .. } => Some(crate::port::keys::list_of(DriverKind::E1000e)),
            Self::SameDevice => Some("it once"),
            Self::KeyTwice { .. } => Some("each argument once"),
            Self::KeyEmpty { accepts, .. } => Some(accepts),
            Self::IsVdev => Some("it with --vdev"),
            Self::IsPci => Some("it with -a"),
            Self::NoRoomAbove { .. } => Some("a lower base, or fewer lcores"),
            _ => None,
        }
    }

    /// The reasons that carry no figures.
    const fn fixed_sentence(self) -> &'static str {
        match self {
            Self::Empty => "it is empty",
            Self::NotDecimal => "it is not a decimal number",
            Self::NotHexadecimal => "it is not a hexadecimal number",
            Self::NotAChoice => "it is none of the words known here",
            Self::LeadingDot => "it begins with '.' like '..' or a hidden file",
            Self::LeadingDash => "it begins with '-' like an option",
            Self::TotalTooLarge => "the entries together pass 64 bits of bytes",
            Self::NoColon => "there is no ':' between page size and limit",
            Self::PageSizeNotASize => "the page size is not a size",
            Self::PageSizeNotPowerOfTwo => "the page size is not a power of two",
            Self::LimitNotASize => "the limit is not a size",
            Self::LimitNotMultiple => "the limit is not a multiple of the page size",
            Self::Zero => "it is 0",
            Self::NoDriver { .. } => "no driver has this name",
            Self::SameDevice => "this device was named before with other arguments",
            Self::NotPci => "it is not the place of a PCI device",
            Self::NotUuid => "it is no UUID",
            Self::IsVdev => "that is no device of the machine's",
            Self::IsPci => "that is a device of the machine's",
            Self::NoBus => "there is no such bus here, only vdev and pci",
            Self::CpuTooHigh => "a bit is set for a CPU above 1023",
            Self::NoCpuInMask => "no bit is set, so there is no lcore",
            _ => "it passes 64 bits",
        }
    }
}
