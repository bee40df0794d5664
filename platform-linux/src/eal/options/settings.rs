//! What the command line asks for, every field typed and checked.
//!
//! A plain record: start-up reads it, a program that has no command line fills it in by hand. What needs
//! the machine (how many NUMA nodes, whether the directory is a hugetlbfs mount) or the group (whether a
//! secondary contradicts its primary) is checked where that is known.

use phalanx_core::reach::IovaMode;

use super::{
    Allowed, BaseVirtaddr, DEVICE_MAX, FilePrefix, Given, HugeUnlink, InterruptKind, LcoreMap,
    LogLevel, LogRule, NodeMegabytes, OptionError, OptionId, PAGE_SIZE_MAX, PageLimit, PciAddress,
    ProcType, Vdev, VfToken,
};

/// Most bytes of a path.
pub const PATH_MAX: usize = 255;
/// Most rules that `--log-level` may give.
pub const LOG_RULE_MAX: usize = 16;
/// Seconds that a secondary waits for its primary, unless `--wait` says otherwise.
pub const WAIT_DEFAULT_SECONDS: u16 = 5;

/// A command line of the EAL.
///
/// About 60 KB, most of it the CPU sets of 256 lcores and the arguments of 64 devices, and on the stack: keep one, pass it by
/// reference. Parsing needs 128 KB of stack, and several times that without optimisation.
///
/// `Default` is an empty command line without lcores, because only the machine knows its CPUs:
/// [`LcoreMap::one_per_cpu`] makes those.
///
/// A secondary takes the group's memory as it finds it. It accepts the options of memory size
/// (`-m`, `--socket-mem`, `--socket-limit`, `--pagesz-mem`, `--huge-dir`), which must be valid, and ignores them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Which lcores there are and where they run: `-l`, `--lcores`, `-c`, `-R`, or one for each CPU (`LC-1`, `LC-3`).
    pub lcores: LcoreMap,
    /// The lcore that runs `main`: `--main-lcore`, or the first (`LC-4`).
    pub main_lcore: u16,
    /// How many available CPUs got no lcore because ids end at 255. Only without a choice of lcores (`LC-3`); worth a warning.
    pub skipped_cpus: u16,
    /// The first lcore id when lcores are renumbered: `-R` (`OP-3`). Already applied to `lcores`.
    pub remap_base: Option<u16>,
    /// Megabytes to take at start on all NUMA nodes together, above 0: `-m` (`OP-8`).
    pub memory_mb: Option<u64>,
    /// Megabytes to take at start on each NUMA node: `--socket-mem` (`OP-9`).
    pub socket_mem: Option<NodeMegabytes>,
    /// Most megabytes to take on each NUMA node, 0 for no limit: `--socket-limit` (`OP-10`).
    pub socket_limit: Option<NodeMegabytes>,
    /// Most memory to take of a page size, each size once: `--pagesz-mem` (`OP-11`).
    pub pagesz_mem: heapless::Vec<PageLimit, PAGE_SIZE_MAX>,
    /// Where hugepage files go: `--huge-dir` (`OP-19`). Not empty; whether it is on hugetlbfs is not known here.
    pub huge_dir: Option<heapless::String<PATH_MAX>>,
    /// When hugepage files are removed: `--huge-unlink` (`OP-18`); always with `--in-memory` (`OP-13`).
    pub huge_unlink: HugeUnlink,
    /// Ordinary pages instead of hugepages: `--no-huge` (`OP-12`).
    pub no_huge: bool,
    /// No file anywhere: `--in-memory` (`OP-13`).
    pub in_memory: bool,
    /// No runtime files, no messages, no secondaries: `--no-shconf` (`OP-14`); also with `--in-memory`.
    pub no_shconf: bool,
    /// Where the memory should be mapped: `--base-virtaddr` (`OP-22`).
    pub base_virtaddr: Option<BaseVirtaddr>,
    /// All memory at start, no growth: `--legacy-mem` (`OP-15`). Not with `--no-huge`, as in DPDK (`OP-12`): our 4 KB memory grows.
    pub legacy_mem: bool,
    /// One file for each list of pages: `--single-file-segments` (`OP-16`).
    pub single_file_segments: bool,
    /// Pages are freed exactly as they were taken: `--match-allocations` (`OP-17`).
    pub match_allocations: bool,
    /// Memory channels of the machine, above 0: `-n` (`OP-6`).
    pub memory_channels: Option<u16>,
    /// Memory ranks of the machine, 1 to 16: `-r` (`OP-7`).
    pub memory_ranks: Option<u16>,
    /// Ports to be made: `--vdev` (`DV-9`). In the order given, each name once.
    pub vdevs: heapless::Vec<Vdev, DEVICE_MAX>,
    /// Devices of the machine to make ports of: `-a` (`DV-1`). In the order given, each once.
    pub allow: heapless::Vec<Allowed, DEVICE_MAX>,
    /// Devices of the machine to be left alone: `-b` (`DV-1`). None is allowed too.
    pub block: heapless::Vec<PciAddress, DEVICE_MAX>,
    /// No device of the machine is looked at: `--no-pci`. None is allowed then.
    pub no_pci: bool,
    /// The HPET is left alone: `--no-hpet` (`OP-30`).
    pub no_hpet: bool,
    /// What bus addresses are: `--iova-mode` (`OP-24`). Without it the first device decides.
    pub iova_mode: Option<IovaMode>,
    /// How devices interrupt: `--vfio-intr`. Without it, by the best kind they have.
    pub vfio_intr: Option<InterruptKind>,
    /// What virtual functions ask for: `--vfio-vf-token`.
    pub vf_token: Option<VfToken>,
    /// The part of this process in its group: `--proc-type` (`PT-2`).
    pub proc_type: ProcType,
    /// The name of the group: `--file-prefix` (`RD-6`).
    pub file_prefix: FilePrefix,
    /// Seconds that a secondary waits for its primary, 0 to 3600: `--wait`.
    pub wait_seconds: u16,
    /// Levels of the log, in the order given: a later rule goes before an earlier one. `--log-level` (`OP-29`).
    pub log_levels: heapless::Vec<LogRule, LOG_RULE_MAX>,
    /// Whether the levels are to be listed: `--log-level help`.
    pub log_help: bool,
    /// Whether the version is to be printed before going on: `-v` (`OP-32`).
    pub version: bool,
    /// Whether the help text is to be printed instead of going on: `-h` (`OP-32`). Nothing else is set then.
    pub help: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lcores: LcoreMap::new(),
            main_lcore: 0,
            skipped_cpus: 0,
            remap_base: None,
            memory_mb: None,
            socket_mem: None,
            socket_limit: None,
            pagesz_mem: heapless::Vec::new(),
            huge_dir: None,
            huge_unlink: HugeUnlink::Existing,
            no_huge: false,
            in_memory: false,
            no_shconf: false,
            base_virtaddr: None,
            legacy_mem: false,
            single_file_segments: false,
            match_allocations: false,
            memory_channels: None,
            memory_ranks: None,
            vdevs: heapless::Vec::new(),
            allow: heapless::Vec::new(),
            block: heapless::Vec::new(),
            no_pci: false,
            no_hpet: false,
            iova_mode: None,
            vfio_intr: None,
            vf_token: None,
            proc_type: ProcType::Primary,
            file_prefix: FilePrefix::default(),
            wait_seconds: WAIT_DEFAULT_SECONDS,
            log_levels: heapless::Vec::new(),
            log_help: false,
            version: false,
            help: false,
        }
    }
}

impl Options {
    /// Up to which level `component` logs: what the last `--log-level` that speaks of it says,
    /// or [`LogLevel::Info`] (`OP-29`).
    #[must_use]
    pub fn log_level(&self, component: &str) -> LogLevel {
        let rule = self.log_levels.iter().rev().find(|rule| rule.is_for(component));
        rule.map_or(LogLevel::Info, |rule| rule.level)
    }

    /// Checks `--socket-mem` and `--socket-limit` against the machine's number of NUMA nodes (`OP-9`).
    ///
    /// # Errors
    /// [`OptionError::TooManyNodes`] if either names more nodes than there are. Fewer are fine: the rest get none.
    pub fn check_nodes(&self, nodes: u16) -> Result<(), OptionError> {
        let lists =
            [(OptionId::SocketMem, &self.socket_mem), (OptionId::SocketLimit, &self.socket_limit)];
        for (id, list) in lists {
            let entries = list.as_ref().map_or(0, NodeMegabytes::entries);
            if entries > nodes {
                return Err(OptionError::TooManyNodes { option: Given::long(id), entries, nodes });
            }
        }
        Ok(())
    }
}

/// The outcome of [`Options::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What was asked for.
    pub options: Options,
    /// How many arguments were the EAL's, a final `--` included; those from here on are the application's.
    pub consumed: usize,
}
