//! The list of capabilities in a device's configuration space.
//!
//! The device writes the list, and each entry says where the next is: so it is walked as something
//! that nobody vouches for. A walk ends after each place was met once, whatever the bytes are.

use core::fmt;

/// Bytes of a configuration space that has room for extended capabilities.
pub const CONFIG_MAX: usize = 4096;
/// Where the extended part begins.
const EXTENDED: u16 = 0x100;
/// Where the plain capabilities can begin: behind the header.
const HEADER: u16 = 0x40;
const STATUS: u16 = 0x06;
const STATUS_HAS_LIST: u8 = 1 << 4;
const HEADER_TYPE: u16 = 0x0e;
const CARDBUS: u8 = 2;
const LIST: u16 = 0x34;
const LIST_OF_CARDBUS: u16 = 0x14;

/// A capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// What it is: `0x05` MSI, `0x11` MSI-X, `0x09` the maker's own; extended ones have numbers of their own.
    pub id: u16,
    /// Where it lies, bytes from the start of the configuration space.
    pub at: u16,
    /// Its version; 0 for those that have none.
    pub version: u8,
}

/// What is wrong with a list. The walk ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapabilityFault {
    /// It comes back to a place where it has been.
    Loop {
        /// The place.
        at: u16,
    },
    /// It leads out of the part where capabilities lie.
    Astray {
        /// Where it leads.
        at: u16,
    },
    /// It leads to where this process can read no bytes.
    Unreadable {
        /// Where it leads.
        at: u16,
        /// How many bytes can be read.
        len: usize,
    },
    /// The device answers with nothing but ones, as one that is gone.
    Gone,
}

impl fmt::Display for CapabilityFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loop { at } => write!(
                f,
                "the list of capabilities comes back to {at:#x} and would never end; the device is broken"
            ),
            Self::Astray { at } => write!(
                f,
                "the list of capabilities leads to {at:#x}, where none can be; the device is broken"
            ),
            Self::Unreadable { at, len } => write!(
                f,
                "a capability lies at {at:#x}, and only {len} bytes of the configuration can be read; ask as root"
            ),
            Self::Gone => f.write_str("the device does not answer; it was pulled, or has failed"),
        }
    }
}

impl core::error::Error for CapabilityFault {}

/// The plain capabilities in `config`, the bytes of a configuration space from its start on; at most 48.
///
/// ```
/// use phalanx_linux::pci::capabilities;
/// let mut config = [0_u8; 256];
/// (config[0x06], config[0x34]) = (0x10, 0x40);
/// (config[0x40], config[0x41]) = (0x05, 0x40);
/// let mut walk = capabilities(&config);
/// assert_eq!(walk.next().map(|it| it.map(|it| it.id)), Some(Ok(5)));
/// assert!(walk.next().is_some_and(|it| it.is_err()), "it points to itself");
/// assert_eq!(walk.next(), None);
/// ```
pub fn capabilities(config: &[u8]) -> Capabilities<'_> {
    let byte = |at: u16| config.get(usize::from(at)).copied().unwrap_or(0);
    let is_gone = config.get(..2).is_some_and(|vendor| vendor == [0xff; 2]);
    let first = if byte(HEADER_TYPE) & 0x7f == CARDBUS { LIST_OF_CARDBUS } else { LIST };
    let next = match byte(STATUS) & STATUS_HAS_LIST {
        _ if is_gone => Next::Fault(CapabilityFault::Gone),
        0 => Next::End,
        _ => Next::plain(byte(first)),
    };
    Capabilities { config, next, seen: [0; SEEN_WORDS] }
}

/// The extended capabilities in `config`; none where it ends before them. At most 960.
pub fn extended_capabilities(config: &[u8]) -> Capabilities<'_> {
    let first = config.get(usize::from(EXTENDED)..usize::from(EXTENDED) + 4);
    let next = match first {
        None | Some([0 | 0xff, 0 | 0xff, 0 | 0xff, 0 | 0xff]) => Next::End,
        Some(_) => Next::At(EXTENDED),
    };
    Capabilities { config, next, seen: [0; SEEN_WORDS] }
}

/// A bit for each place of four bytes.
const SEEN_WORDS: usize = CONFIG_MAX / 4 / 64;

/// A walk along a list: see [`capabilities`] and [`extended_capabilities`].
#[derive(Debug, Clone)]
pub struct Capabilities<'a> {
    config: &'a [u8],
    next: Next,
    seen: [u64; SEEN_WORDS],
}

#[derive(Debug, Clone, Copy)]
enum Next {
    At(u16),
    Fault(CapabilityFault),
    End,
}

impl Next {
    fn plain(pointer: u8) -> Self {
        match u16::from(pointer & !3) {
            0 => Self::End,
            at if at < HEADER => Self::Fault(CapabilityFault::Astray { at }),
            at => Self::At(at),
        }
    }

    fn extended(pointer: u16) -> Self {
        match pointer & !3 {
            0 => Self::End,
            at if at < EXTENDED => Self::Fault(CapabilityFault::Astray { at }),
            at => Self::At(at),
        }
    }
}

impl Capabilities<'_> {
    fn read(&mut self, at: u16) -> Result<Capability, CapabilityFault> {
        let unreadable = CapabilityFault::Unreadable { at, len: self.config.len() };
        let word = usize::from(at / 4);
        let seen = self.seen.get_mut(word / 64).ok_or(CapabilityFault::Astray { at })?;
        if *seen & (1 << (word % 64)) != 0 {
            return Err(CapabilityFault::Loop { at });
        }
        *seen |= 1 << (word % 64);
        let bytes = self.config.get(usize::from(at)..usize::from(at) + 4).ok_or(unreadable)?;
        let head = match *bytes {
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
            _ => return Err(unreadable),
        };
        if head == u32::MAX {
            return Err(CapabilityFault::Gone);
        }
        if at < EXTENDED {
            self.next = Next::plain((head >> 8) as u8);
            return Ok(Capability { id: (head & 0xff) as u16, at, version: 0 });
        }
        self.next = Next::extended((head >> 20) as u16);
        Ok(Capability { id: head as u16, at, version: ((head >> 16) & 0xf) as u8 })
    }
}

impl Iterator for Capabilities<'_> {
    type Item = Result<Capability, CapabilityFault>;

    fn next(&mut self) -> Option<Self::Item> {
        match core::mem::replace(&mut self.next, Next::End) {
            Next::End => None,
            Next::Fault(fault) => Some(Err(fault)),
            Next::At(at) => {
                let read = self.read(at);
                if read.is_err() {
                    self.next = Next::End;
                }
                Some(read)
            }
        }
    }
}

#[cfg(test)]
mod tests;
