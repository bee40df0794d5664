//! The bytes of the group region: the first thing in the window.

use core::ops::Range;

use crate::directory::Directory;
use crate::heap::{HEAPS_MAX, Heap};
use crate::layout;
use crate::layout::offset_of;
use crate::lock::RobustLock;
use crate::memseg::{LISTS_MAX, MemsegList};
use crate::message::Mailbox;
use crate::recovery::Recovery;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Contested32, Contested64, Published32, Published64, Word32, Word64};

/// "PHALANX\x01", little-endian: the first eight bytes of every group file.
pub const MAGIC: u64 = u64::from_le_bytes(*b"PHALANX\x01");

/// Grows when the meaning of shared bytes changes in a way that no layout shows.
pub const ABI_VERSION: u32 = 1;

/// How many processes a group may have at a time.
pub const PROCESSES_MAX: usize = 64;

/// How many lcores a group may have.
#[doc(alias = "RTE_MAX_LCORE")]
pub const LCORES_MAX: usize = 256;

/// How many structures the manifest can name.
pub const MANIFEST_MAX: usize = 40;

/// One shared structure, as this group's creator laid it out.
#[repr(C)]
#[derive(Debug)]
pub struct ManifestEntry {
    /// The structure's [`Name`](crate::name::Name). Writer: the creator, before `Ready`. Readers: who joins.
    pub(crate) name: [Word64; 4],
    /// [`Layout::fingerprint`](crate::layout::Layout::fingerprint). Writer and readers as above.
    pub(crate) fingerprint: Word64,
}

layout!(ManifestEntry, size 40, align 8 { 0 => name: [Word64; 4], 32 => fingerprint: Word64 });

/// The group's header. Its first 32 bytes never change their place, in any version.
/// Unless a field says otherwise: writer, the creator before `Ready`; readers, everyone.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct GroupHeader {
    /// [`MAGIC`].
    pub(crate) magic: Word64,
    /// [`ABI_VERSION`].
    pub(crate) abi: Word32,
    /// How far start-up has come: [`Phase`](super::Phase) as a number. Writer: the creator, then
    /// whoever closes the group.
    pub(crate) phase: Published32,
    /// How many manifest entries stand, 1..=40.
    pub(crate) manifest_len: Word32,
    /// [`flags`](super::flags).
    pub(crate) flags: Word32,
    /// The process id of the creator, for messages.
    pub(crate) creator_pid: Word64,
    /// A number that no other group has: names the group's files.
    pub(crate) group_id: Word64,
    /// When it was created: nanoseconds of the platform's clock.
    pub(crate) created_ns: Word64,
    /// Ticks of the time stamp counter a second; 0 while nobody has found out. Writers: the creator; whoever
    /// measures first, by swap. Readers: all.
    pub(crate) tsc_hz: Contested64,
    /// Where every process maps the window.
    pub(crate) window_base: Word64,
    /// Its length in bytes.
    pub(crate) window_len: Word64,
    /// Bytes of the group region (the group file's length).
    pub(crate) region_bytes: Word64,
    /// Moves whenever a process comes, goes, has another role, is asked something or is reaped; any
    /// value. Writers: whoever did that, by addition. Readers: all, who may sleep on it.
    pub(crate) changes: Contested32,
    /// [`IovaMode`](crate::reach::IovaMode) as a number; 0 until a device needs one. Writer: whoever
    /// needs it first, by swap. Readers: all.
    pub(crate) iova: Contested32,
    /// Who maps the group's memory for devices, a packed [`ProcessId`](super::ProcessId); 0 for nobody.
    /// Writers: who begins to, and who ends it, by swap. Readers: all.
    pub(crate) mapper: Contested64,
    /// Fills the line.
    pub(crate) pad: Pad<24>,
    /// Every shared structure and its fingerprint.
    pub(crate) manifest: [ManifestEntry; MANIFEST_MAX],
    /// Fills the line.
    pub(crate) pad_end: Pad<72>,
}

layout!(GroupHeader, size 1792, align 128 {
    0 => magic: Word64, 8 => abi: Word32, 12 => phase: Published32, 16 => manifest_len: Word32,
    20 => flags: Word32, 24 => creator_pid: Word64, 32 => group_id: Word64, 40 => created_ns: Word64,
    48 => tsc_hz: Contested64, 56 => window_base: Word64, 64 => window_len: Word64, 72 => region_bytes: Word64,
    80 => changes: Contested32, 84 => iova: Contested32, 88 => mapper: Contested64, 96 => pad: Pad<24>, 120 => manifest: [ManifestEntry; MANIFEST_MAX], 1720 => pad_end: Pad<72>,
});

/// One slot of the process table.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct ProcessEntry {
    /// `generation << 32 | state`. Writers: whoever holds the slot's liveness lock. Readers: all.
    pub(crate) word: Contested64,
    /// Its process id. All below: writer, the slot's process while `word` says that it enters;
    /// readers, all, who look at `word` before and after.
    pub(crate) pid: Published64,
    /// [`Role`](super::Role) as a number. Writers: the slot's process, also later.
    pub(crate) role: Published32,
    /// 1 once its death stands in the log of events, else 0. Writer: who reaps it. Readers: reapers.
    pub(crate) is_told: Published32,
    /// When it joined: nanoseconds of the platform's clock.
    pub(crate) joined_ns: Published64,
    /// The program's name, as a [`Name`](crate::name::Name).
    pub(crate) name: [Published64; 4],
    /// The beginning of its command line, NUL-padded.
    pub(crate) command: [Published64; 16],
    /// What it was told to do and what it answered: `generation << 32 | number << 16 | code`, of
    /// [`order`](mod@super::order). Writers: who asks and who answers, by swap. Readers: both.
    pub(crate) order: Contested64,
    /// How its last tenant ended of which that is known: `generation << 32 | 1 << 31 | end`, where the
    /// platform says what `end`, 16 bits, means; 0 of none yet. Writers: whoever knows, by swap.
    /// Readers: all.
    pub(crate) ended: Contested64,
    /// What of it was put in order so far, if it is dead: objects, lcores, ends of rings, others. Writers:
    /// the slot's process while it enters (0), then who reaps it. Readers: reapers.
    pub(crate) recovered: [Word32; 4],
    /// How often who of it sleeps on Rx queues was roused, modulo 2^32. Writers: who rouses, by addition.
    /// Readers: its sleepers, who sleep on it.
    pub(crate) roused: Contested32,
    /// How many devices it has open, or is about to, that reach the group's memory; of a dead one nothing.
    /// Writer: the slot's process. Readers: all.
    pub(crate) devices: Published32,
    /// Keeps two processes' entries apart.
    pub(crate) pad: Pad<24>,
}

layout!(ProcessEntry, size 256, align 128 {
    0 => word: Contested64, 8 => pid: Published64, 16 => role: Published32, 20 => is_told: Published32,
    24 => joined_ns: Published64, 32 => name: [Published64; 4], 64 => command: [Published64; 16],
    192 => order: Contested64, 200 => ended: Contested64, 208 => recovered: [Word32; 4],
    224 => roused: Contested32, 228 => devices: Published32, 232 => pad: Pad<24>,
});

/// One lcore: who has claimed it, and where it runs.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct LcoreEntry {
    /// Its owner, a packed [`ProcessId`](super::ProcessId); 0 for nobody. Writers: claimers, by swap.
    pub(crate) owner: Contested64,
    /// The NUMA node of its first CPU. Writer: the owner. Readers: all.
    pub(crate) node: Word32,
    /// [`LcoreRole`](super::LcoreRole) as a number. Writer: the owner. Readers: all.
    pub(crate) role: Word32,
    /// The CPUs it may run on, a bit each. Writer: the owner. Readers: all.
    pub(crate) cpus: [Word64; 16],
    /// Fills the line.
    pub(crate) pad: Pad<112>,
}

layout!(LcoreEntry, size 256, align 128 {
    0 => owner: Contested64, 8 => node: Word32, 12 => role: Word32, 16 => cpus: [Word64; 16], 144 => pad: Pad<112>,
});

/// Everything that is not heap memory: what the group file holds.
///
/// What every process uses from its start on comes first, and the mailboxes begin at a multiple of 64 KB:
/// the kernel brings a file's pages into a process sixteen at a time, and each time takes a process that
/// starts some 15 µs.
#[doc(alias = "rte_mem_config")]
#[repr(C, align(128))]
#[derive(Debug)]
pub struct GroupRegion {
    /// What the group is.
    pub(crate) header: GroupHeader,
    /// Who is in it.
    pub(crate) processes: [ProcessEntry; PROCESSES_MAX],
    /// What guards the rest.
    pub(crate) lock: RobustLock,
    /// Who reaps the dead, and what happened to processes.
    pub(crate) recovery: Recovery,
    /// What memory is in use, by node.
    pub(crate) heaps: [Heap; HEAPS_MAX],
    /// Which lcores the processes have claimed.
    pub(crate) lcores: [LcoreEntry; LCORES_MAX],
    /// The memory there is.
    pub(crate) lists: [MemsegList; LISTS_MAX],
    /// What it is used for.
    pub(crate) directory: Directory,
    /// Up to the next multiple of 64 KB.
    pub(crate) pad: Pad<5888>,
    /// What is said to each process.
    pub(crate) mailboxes: [Mailbox; PROCESSES_MAX],
}

layout!(GroupRegion, size 2342912, align 128 {
    0 => header: GroupHeader, 1792 => processes: [ProcessEntry; PROCESSES_MAX],
    18176 => lock: RobustLock, 34688 => recovery: Recovery, 51328 => heaps: [Heap; HEAPS_MAX],
    53376 => lcores: [LcoreEntry; LCORES_MAX], 118912 => lists: [MemsegList; LISTS_MAX],
    387200 => directory: Directory, 715008 => pad: Pad<5888>,
    720896 => mailboxes: [Mailbox; PROCESSES_MAX],
});

impl GroupRegion {
    /// Which bytes of the region a process may need that has looked up all it wants: the tables of
    /// processes and lcores, the lock, the heaps, and what who recovers writes. Beside these,
    /// [`list_bytes`](Self::list_bytes); not the directory.
    pub const fn loop_bytes() -> Range<usize> {
        0..offset_of!(GroupRegion, lists)
    }

    /// Which bytes of memseg list `index` such a process may need: what the list is and what of it is
    /// backed, not what only who grows or shrinks it looks at.
    pub const fn list_bytes(index: usize) -> Range<usize> {
        let start = offset_of!(GroupRegion, lists) + index * size_of::<MemsegList>();
        start..start + offset_of!(MemsegList, pinned)
    }

    /// Which bytes of the region are the mailbox of `slot`. The mailboxes are its end and most of it,
    /// so whoever maps the region may leave those alone that are nobody's. A slot that does not
    /// exist has no bytes.
    pub const fn mailbox_bytes(slot: u16) -> Range<usize> {
        let from = offset_of!(GroupRegion, mailboxes);
        if slot as usize >= PROCESSES_MAX {
            return from..from;
        }
        let start = from + slot as usize * size_of::<Mailbox>();
        start..start + size_of::<Mailbox>()
    }
}

shared_layout! {
    ManifestEntry { [Word64; 4], Word64 },
    GroupHeader { Word64, Word32, Published32, Contested32, Contested64, Pad<24>, [ManifestEntry; MANIFEST_MAX], Pad<72> },
    ProcessEntry { Contested64, Contested32, Published64, Published32, [Published64; 4], [Published64; 16], [Word32; 4], Pad<24> },
    LcoreEntry { Contested64, Word32, [Word64; 16], Pad<112> },
    GroupRegion { GroupHeader, [ProcessEntry; PROCESSES_MAX], RobustLock, Recovery, [Heap; HEAPS_MAX],
        [LcoreEntry; LCORES_MAX], [MemsegList; LISTS_MAX], Directory, Pad<5888>, [Mailbox; PROCESSES_MAX] },
}
