//! The one table of options: names, values, help.
//!
//! Parser, errors and help text all read [`OPTIONS`], so an option cannot exist for one of them and not for
//! the others. The names are DPDK's (rows `OP-1` to `OP-33`); only `--wait` is our own.

use super::spec::{Group, OptionId, OptionSpec};

const LCORE_LIST: &str =
    "CPUs as 0-3,5 or lcores@CPUs with groups in parentheses as 0@(4-7),(1,2)@3";
const NODE_LIST: &str = "decimal megabytes for each NUMA node, separated by commas, e.g. 512,0";
const PAGE_LIMIT: &str =
    "page size and limit as 2M:512M, the limit a multiple of the size, 0 for none";
const UNLINK: &str = "existing, always or never";
const LEVEL: &str = "1 to 8, a level name as info, component:level as ring*:debug, or help";
const PREFIX: &str = "1 to 64 of A-Z a-z 0-9 . _ - with neither dash nor dot first";
const VDEV: &str = "a driver and a number with its arguments, e.g. net_ring1,peer=net_ring0";
const PCI: &str = "the place of a PCI device, e.g. 0000:03:00.0 or 03:00.0";
const ALLOWED: &str =
    "the place of a PCI device with its arguments, e.g. 0000:03:00.0,rx_size=1024";
const BASE: &str = "a hexadecimal address above 0, e.g. 0x200000000000";

use Group::{Cores, Devices, Memory, Output, Process};
use OptionId as Id;

const fn row(id: Id, group: Group, long: &'static str) -> OptionSpec {
    OptionSpec::named(id, group, long)
}

/// Every option of the EAL, in the order of the help text.
pub const OPTIONS: [OptionSpec; 33] = [
    row(Id::Lcores, Cores, "lcores")
        .short('l')
        .required("LIST", LCORE_LIST)
        .help("CPUs to run on, one lcore each, or a map as 0@(4-7),1@2"),
    row(Id::Coremask, Cores, "coremask")
        .short('c')
        .required("HEX", "one hexadecimal bit for each CPU, e.g. 0xf for CPUs 0-3")
        .help("the same as a mask of CPUs; prefer --lcores"),
    row(Id::MainLcore, Cores, "main-lcore")
        .required("ID", "the decimal id of an enabled lcore")
        .help("lcore that runs main (default: the first)"),
    row(Id::RemapLcoreIds, Cores, "remap-lcore-ids")
        .short('R')
        .optional("BASE", "the first lcore id, decimal, 0 to 255")
        .help("number lcores from BASE on (default 0)"),
    row(Id::MemorySize, Memory, "memory-size")
        .short('m')
        .required("MB", "decimal megabytes above 0, e.g. 512")
        .help("memory to take at start, over all NUMA nodes"),
    row(Id::SocketMem, Memory, "socket-mem")
        .alias("numa-mem")
        .required("MB,...", NODE_LIST)
        .help("memory to take at start on each NUMA node"),
    row(Id::SocketLimit, Memory, "socket-limit")
        .alias("numa-limit")
        .required("MB,...", NODE_LIST)
        .help("most memory on each NUMA node, 0 for any"),
    row(Id::PageszMem, Memory, "pagesz-mem")
        .many()
        .required("SIZE:LIMIT", PAGE_LIMIT)
        .help("most memory to take of a page size; repeatable"),
    row(Id::HugeDir, Memory, "huge-dir")
        .required("PATH", "the path of a directory on a hugetlbfs mount, at most 255 bytes")
        .help("hugetlbfs directory for the pages"),
    row(Id::HugeUnlink, Memory, "huge-unlink")
        .optional("WHEN", UNLINK)
        .help("when to remove files: existing, always, never"),
    row(Id::NoHuge, Memory, "no-huge").help("use ordinary pages instead of hugepages"),
    row(Id::InMemory, Memory, "in-memory").help("leave no file anywhere; implies --no-shconf"),
    row(Id::BaseVirtaddr, Memory, "base-virtaddr")
        .required("HEX", BASE)
        .help("where the memory is mapped, rounded up to 1 GB"),
    row(Id::LegacyMem, Memory, "legacy-mem").help("take all memory at start and never grow"),
    row(Id::SingleFileSegments, Memory, "single-file-segments")
        .help("one file for each list of pages"),
    row(Id::MatchAllocations, Memory, "match-allocations")
        .help("free pages exactly as they were taken"),
    row(Id::MemoryChannels, Memory, "memory-channels")
        .short('n')
        .required("N", "a decimal number from 1 to 65535")
        .help("memory channels of the machine"),
    row(Id::MemoryRanks, Memory, "memory-ranks")
        .short('r')
        .required("N", "a decimal number from 1 to 16")
        .help("memory ranks of the machine, 1 to 16"),
    row(Id::Vdev, Devices, "vdev")
        .many()
        .required("NAME[,K=V...]", VDEV)
        .help("make a port of a driver; repeatable"),
    row(Id::Allow, Devices, "allow")
        .short('a')
        .many()
        .required("PCI[,K=V...]", ALLOWED)
        .help("make a port of this device; repeatable"),
    row(Id::Block, Devices, "block")
        .short('b')
        .many()
        .required("PCI", PCI)
        .help("leave this device alone; repeatable"),
    row(Id::NoPci, Devices, "no-pci").help("look at no device of the machine"),
    row(Id::NoHpet, Devices, "no-hpet").help("leave the HPET alone: the TSC is the clock"),
    row(Id::IovaMode, Devices, "iova-mode")
        .required("MODE", "pa for physical addresses, va for those of an IOMMU")
        .help("bus addresses: pa or va (default: as devices need)"),
    row(Id::VfioIntr, Devices, "vfio-intr")
        .required("KIND", "legacy, msi or msix")
        .help("how devices interrupt (default: the best they have)"),
    row(Id::VfioVfToken, Devices, "vfio-vf-token")
        .required("UUID", "a UUID, e.g. 14d63f20-8445-11ea-8900-1f9ce7d5650d")
        .help("what virtual functions ask for"),
    row(Id::ProcType, Process, "proc-type")
        .required("TYPE", "primary, secondary or auto")
        .help("primary (default), secondary or auto"),
    row(Id::FilePrefix, Process, "file-prefix")
        .required("NAME", PREFIX)
        .help("name of the group (default phx)"),
    row(Id::NoShconf, Process, "no-shconf").help("share nothing: no runtime files, no secondaries"),
    row(Id::Wait, Process, "wait")
        .required("SECONDS", "decimal seconds from 0 to 3600")
        .help("how long a secondary waits for its primary (default 5)"),
    row(Id::LogLevel, Output, "log-level")
        .many()
        .required("LEVEL", LEVEL)
        .help("[component:]level, or help; repeatable"),
    row(Id::Version, Output, "version").short('v').help("print the version and go on"),
    row(Id::Help, Output, "help").short('h').help("print this text and stop"),
];

// `OptionId::spec` relies on it.
const _: () = {
    let mut index = 0;
    while index < OPTIONS.len() {
        assert!(OPTIONS[index].id as usize == index, "OPTIONS must be in the order of OptionId");
        index += 1;
    }
};

impl OptionId {
    /// The option's row in [`OPTIONS`].
    #[must_use]
    pub const fn spec(self) -> &'static OptionSpec {
        const TABLE: &[OptionSpec] = &OPTIONS;
        // The assertion above makes every id an index.
        &TABLE[self as usize]
    }
}
