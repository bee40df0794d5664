//! The bytes of a log.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Published32, Published64};

/// How many tenants of a slot its log remembers.
pub const TENANTS_MAX: usize = 8;

/// Words of records in a log: 64 KiB.
pub const DATA_WORDS: usize = 8192;

/// Bytes of a build id that are kept; the usual ones have 20.
pub const BUILD_ID_MAX: usize = 24;

/// Bytes of a program's path that are kept; a longer path is not.
pub const PATH_MAX: usize = 192;

/// Who wrote the records of one generation. All fields: writer, the slot's tenant of that
/// generation; readers, all, who look at `generation` before and after.
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct LogTenant {
    /// Its generation, from 1; 0 if nobody was here yet, or while the entry is written.
    pub(crate) generation: Published32,
    /// Its process id.
    pub(crate) pid: Published32,
    /// Ticks a second of the clock that its records bear.
    pub(crate) ticks_hz: Published64,
    /// How many of its frames were dropped so far, also before it had a log.
    pub(crate) dropped: Published64,
    /// Bytes of its program's build id, 0 to 24.
    pub(crate) build_id_len: Published32,
    /// Bytes of its program's path, 0 to 192.
    pub(crate) path_len: Published32,
    /// The build id, by which readers find the program that can decode the records.
    pub(crate) build_id: [Published64; BUILD_ID_MAX / 8],
    /// Fills half a line.
    pub(crate) pad: Pad<8>,
    /// Where the program lay when it was started.
    pub(crate) path: [Published64; PATH_MAX / 8],
}

layout!(LogTenant, size 256, align 128 {
    0 => generation: Published32, 4 => pid: Published32, 8 => ticks_hz: Published64, 16 => dropped: Published64,
    24 => build_id_len: Published32, 28 => path_len: Published32, 32 => build_id: [Published64; BUILD_ID_MAX / 8],
    56 => pad: Pad<8>, 64 => path: [Published64; PATH_MAX / 8],
});

/// The log of one slot. Writer of all: the slot's tenant, who holds its liveness lock. Readers: all.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct LogRing {
    /// How many words of records were ever written: where the next record goes, modulo 8192.
    pub(crate) head: Published64,
    /// Where the oldest record begins that stands: `head - 8192` to `head`.
    pub(crate) tail: Published64,
    /// Keeps the positions off the rest.
    pub(crate) pad: Pad<112>,
    /// The last tenants: generation `g` lies at `g % 8`.
    pub(crate) tenants: [LogTenant; TENANTS_MAX],
    /// The records: three words (length and drops, tick, generation and number), and the frame.
    pub(crate) data: [Published64; DATA_WORDS],
}

layout!(LogRing, size 67712, align 128 {
    0 => head: Published64, 8 => tail: Published64, 16 => pad: Pad<112>,
    128 => tenants: [LogTenant; TENANTS_MAX], 2176 => data: [Published64; DATA_WORDS],
});

shared_layout! {
    LogTenant { Published32, Published64, [Published64; BUILD_ID_MAX / 8], Pad<8>, [Published64; PATH_MAX / 8] },
    LogRing { Published64, Pad<112>, [LogTenant; TENANTS_MAX], [Published64; DATA_WORDS] },
}
