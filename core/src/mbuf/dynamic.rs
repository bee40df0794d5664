//! Dynamic fields and flags: bytes of the header and bits of `flags` that programs agree on by name.
//!
//! Who registers a name first has a place for it; who registers it again, in whatever process, has the
//! same. The table lies in a memzone and is written under the group's lock, through its journal: a
//! process that dies in the middle has registered nothing. Nothing is ever given back, for mbufs on
//! their way may carry it.
//!
//! A value belongs to the packet's holder, as its data do, and is handed on with it; a fresh mbuf's is
//! what the last holder left.

use core::fmt;

use super::layout::{DYNAMIC_BYTES, DYNAMIC_ENTRIES, DynamicEntry, DynamicTable, MbufHeader};
use super::mbuf::Mbuf;
use crate::group::Group;
use crate::lock::{JournalFull, LockError, Transaction};
use crate::memzone::{Zone, ZoneError, ZoneOptions};
use crate::name::{Name, NameError};

/// The memzone that the table lies in.
pub const DYNAMIC_ZONE: &str = "mbuf_dynamic";

/// The bits that programs may agree on: those that DPDK leaves free.
const BITS: core::ops::RangeInclusive<u32> = 23..=40;

/// A field of the header that has a name: 1, 2, 4 or 8 bytes.
#[doc(alias = "rte_mbuf_dynfield")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynamicField {
    /// Bytes from the first dynamic byte.
    offset: u8,
    size: u8,
}

/// A bit of `flags` that has a name.
#[doc(alias = "rte_mbuf_dynflag")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynamicFlag {
    bit: u8,
}

/// Why a name has no field or flag. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DynamicError {
    /// It is no name.
    Name(NameError),
    /// There are no fields of so many bytes.
    Size {
        /// Bytes that were asked for.
        bytes: u8,
    },
    /// The name stands for something else.
    Other {
        /// The name.
        name: Name,
    },
    /// There is no room left for it.
    Full {
        /// The name.
        name: Name,
    },
    /// The table could not be had.
    Zone(ZoneError),
    /// The group's lock was not had.
    Lock(LockError),
    /// The change is more than a transaction can undo.
    Journal(JournalFull),
}

impl fmt::Display for DynamicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Size { bytes } => {
                write!(f, "a dynamic field of {bytes} bytes was asked for; ask for 1, 2, 4 or 8")
            }
            Self::Other { name } => write!(
                f,
                "{name:?} was asked for in mbufs and is a field of another size there, or a flag; use another name"
            ),
            Self::Full { name } => write!(
                f,
                "{name:?} was asked for in mbufs and nothing is free there ({DYNAMIC_BYTES} bytes, {} flags); keep it \
                 in the private bytes",
                BITS.count()
            ),
            Self::Zone(error) => error.fmt(f),
            Self::Lock(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for DynamicError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for DynamicError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! { Name(NameError), Zone(ZoneError), Lock(LockError), Journal(JournalFull) }

/// What an entry's `what` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Field(DynamicField),
    Flag(DynamicFlag),
}

impl What {
    const FLAG: u64 = 1 << 63;
    const FIELD: u64 = 1 << 62;

    /// `None` for 0, and for what no process writes.
    fn from_word(word: u64) -> Option<Self> {
        let (size, place) = ((word >> 8) as u8, word as u8);
        if word & Self::FLAG != 0 {
            let is_free = BITS.contains(&u32::from(place));
            return is_free.then_some(Self::Flag(DynamicFlag { bit: place }));
        }
        let fits = matches!(size, 1 | 2 | 4 | 8) && place.is_multiple_of(size);
        let ends = usize::from(place) + usize::from(size);
        let is_field = word & Self::FIELD != 0 && fits && ends <= DYNAMIC_BYTES;
        is_field.then_some(Self::Field(DynamicField { offset: place, size }))
    }

    fn word(self) -> u64 {
        match self {
            Self::Field(DynamicField { offset, size }) => {
                Self::FIELD | u64::from(size) << 8 | u64::from(offset)
            }
            Self::Flag(DynamicFlag { bit }) => Self::FLAG | u64::from(bit),
        }
    }

    /// The dynamic bytes that it takes, as bits of the first number; and its bit, in the second.
    fn taken(self) -> (u64, u64) {
        match self {
            Self::Field(field) => (field.bytes(), 0),
            Self::Flag(flag) => (0, flag.mask()),
        }
    }
}

impl DynamicEntry {
    fn name(&self) -> Name {
        Name::from_words(self.name.each_ref().map(|word| word.get()))
    }

    fn write(&self, tx: &Transaction, name: Name, what: What) -> Result<(), JournalFull> {
        for (word, text) in self.name.iter().zip(name.to_words()) {
            tx.set(word, text)?;
        }
        tx.set(&self.what, what.word())
    }
}

/// The entry of `name`, or a new one for the first of `wanted` that nothing else takes.
fn register(
    group: &Group,
    name: &str,
    is_same: impl Fn(What) -> bool,
    wanted: impl Iterator<Item = What>,
) -> Result<What, DynamicError> {
    let name = Name::new(name)?;
    let options = ZoneOptions::default();
    let (zone, _) =
        Zone::create_typed_or_find::<DynamicTable>(group, DYNAMIC_ZONE, &options, |_| {})?;
    let table: &DynamicTable = zone.value();
    let tx = group.begin()?;
    let (mut bytes, mut bits, mut free) = (0, 0, None);
    for entry in &table.entries {
        let Some(what) = What::from_word(entry.what.get()) else {
            free = free.or(Some(entry));
            continue;
        };
        if entry.name() == name {
            return if is_same(what) { Ok(what) } else { Err(DynamicError::Other { name }) };
        }
        let (its_bytes, its_bits) = what.taken();
        (bytes, bits) = (bytes | its_bytes, bits | its_bits);
    }
    let is_free = |what: &What| {
        let (its_bytes, its_bits) = what.taken();
        bytes & its_bytes == 0 && bits & its_bits == 0
    };
    let mut wanted = wanted;
    let what = wanted.find(is_free).ok_or(DynamicError::Full { name })?;
    free.ok_or(DynamicError::Full { name })?.write(&tx, name, what)?;
    tx.commit();
    Ok(what)
}

impl DynamicField {
    /// The field called `name`, of `bytes` bytes (1, 2, 4 or 8); the first who asks makes it. Cost:
    /// the group's lock.
    ///
    /// Errors: [`DynamicError`].
    #[doc(alias = "rte_mbuf_dynfield_register")]
    #[doc(alias = "rte_mbuf_dynfield_lookup")]
    pub fn register(group: &Group, name: &str, bytes: u8) -> Result<Self, DynamicError> {
        if !matches!(bytes, 1 | 2 | 4 | 8) {
            return Err(DynamicError::Size { bytes });
        }
        let is_same = |what| matches!(what, What::Field(field) if field.size == bytes);
        let places = (0..DYNAMIC_BYTES as u8).step_by(usize::from(bytes));
        let wanted = places.map(|offset| What::Field(Self { offset, size: bytes }));
        match register(group, name, is_same, wanted)? {
            What::Field(field) => Ok(field),
            What::Flag(_) => Err(DynamicError::Size { bytes }),
        }
    }

    /// Bytes that a value has.
    pub fn size(self) -> u8 {
        self.size
    }

    /// The bytes it takes, a bit each.
    fn bytes(self) -> u64 {
        ((1 << self.size) - 1) << self.offset
    }

    /// The word it lies in, how far up, and its bits there.
    fn place(self) -> (usize, u32, u64) {
        let shift = u32::from(self.offset % 8) * 8;
        let mask = u64::MAX >> (64 - u32::from(self.size) * 8);
        (usize::from(self.offset / 8), shift, mask)
    }

    fn get(self, header: &MbufHeader) -> u64 {
        let (word, shift, mask) = self.place();
        header.dynamic.get(word).map_or(0, |word| word.get() >> shift & mask)
    }

    fn set(self, header: &MbufHeader, value: u64) {
        let (word, shift, mask) = self.place();
        if let Some(word) = header.dynamic.get(word) {
            word.set(word.get() & !(mask << shift) | (value & mask) << shift);
        }
    }
}

impl DynamicFlag {
    /// The flag called `name`; the first who asks makes it. Cost: the group's lock.
    ///
    /// Errors: [`DynamicError`].
    #[doc(alias = "rte_mbuf_dynflag_register")]
    #[doc(alias = "rte_mbuf_dynflag_lookup")]
    pub fn register(group: &Group, name: &str) -> Result<Self, DynamicError> {
        let is_same = |what| matches!(what, What::Flag(_));
        let wanted = BITS.map(|bit| What::Flag(Self { bit: bit as u8 }));
        match register(group, name, is_same, wanted)? {
            What::Flag(flag) => Ok(flag),
            What::Field(field) => Err(DynamicError::Size { bytes: field.size }),
        }
    }

    /// The bit, for [`Mbuf::set_flags`].
    pub fn mask(self) -> u64 {
        1 << self.bit
    }
}

impl Mbuf<'_> {
    /// The value of `field`.
    #[doc(alias = "RTE_MBUF_DYNFIELD")]
    pub fn dynamic(&self, field: DynamicField) -> u64 {
        field.get(self.header)
    }

    /// Sets `field` to the lowest bytes of `value`.
    pub fn set_dynamic(&mut self, field: DynamicField, value: u64) {
        field.set(self.header, value);
    }
}

const _: () = assert!(DYNAMIC_ENTRIES >= DYNAMIC_BYTES + 18, "there is an entry for everything");
