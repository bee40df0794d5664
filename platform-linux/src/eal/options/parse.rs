//! The steps of parsing, in order: names, contradictions, values, lcores.
//!
//! Names come first so that a value is never read as an option, contradictions before values so that the
//! more basic mistake is reported, lcores last because they need several options at once.

use super::access::{iova_mode, vf_token, vfio_intr};
use super::device::{add_allowed, add_blocked, add_vdev};
use super::memory::{add_page_limit, base_virtaddr, huge_dir, huge_unlink, megabytes};
use super::scan::{Found, Scan};
use super::{
    CpuSet, Fault, FilePrefix, HugeUnlink, LCORE_MAX, LogRule, NodeMegabytes, OptionError,
    OptionId, Options, Parsed, ProcType, conflict, lcore, number,
};

/// The longest `--wait`: an hour.
const WAIT_MAX_SECONDS: u16 = 3600;
/// The most ranks a memory module is built with (`OP-7`).
const MEMORY_RANKS_MAX: u16 = 16;

impl Options {
    /// Parses the arguments of a process, **without** the program's name, for a process that may run on
    /// the CPUs `available` (its affinity). Stops behind `--`, or behind `-h`: then only `help` is set.
    ///
    /// Reads nothing but its arguments, changes nothing, makes no system call, does not allocate.
    ///
    /// # Errors
    /// [`OptionError`] for the first thing that is wrong; it displays as one line that says what to do.
    ///
    /// # Examples
    /// ```
    /// use phalanx_linux::eal::options::{CpuSet, Options};
    ///
    /// let available: CpuSet = [0, 1].into_iter().collect();
    /// let parsed = Options::parse(["-m", "64", "--in-memory", "--", "in.pcap"], &available)?;
    /// assert_eq!(parsed.options.memory_mb, Some(64));
    /// assert!(parsed.options.no_shconf);
    /// assert_eq!(parsed.consumed, 4);
    /// # Ok::<(), phalanx_linux::eal::options::OptionError>(())
    /// ```
    #[doc(alias = "rte_eal_init")]
    pub fn parse<'a>(
        arguments: impl IntoIterator<Item = &'a str>,
        available: &CpuSet,
    ) -> Result<Parsed, OptionError> {
        let scan = Scan::read(&mut arguments.into_iter())?;
        let mut options = Self::default();
        if scan.given(OptionId::Help).is_some() {
            options.help = true;
        } else {
            conflict::check(&scan)?;
            for found in scan.found() {
                apply(&mut options, found)?;
            }
            check_devices(&options, &scan)?;
            imply(&mut options);
            lcore::select(&mut options, &scan, available)?;
        }
        Ok(Parsed { options, consumed: scan.consumed })
    }
}

fn apply(options: &mut Options, found: &Found<'_>) -> Result<(), OptionError> {
    set(options, found.given.id, found.value)
        .map_err(|fault| OptionError::invalid(found.given, found.value.unwrap_or(""), fault))
}

/// Sets what one option says.
fn set(options: &mut Options, id: OptionId, value: Option<&str>) -> Result<(), Fault> {
    let text = value.unwrap_or("");
    match id {
        // These depend on each other, on `available` and on `remap_base`: see `lcore::select`.
        OptionId::Lcores | OptionId::Coremask | OptionId::MainLcore => {}
        OptionId::RemapLcoreIds => options.remap_base = Some(remap_base(value)?),
        OptionId::MemorySize => options.memory_mb = Some(megabytes(text)?),
        OptionId::SocketMem => options.socket_mem = Some(NodeMegabytes::parse(text)?),
        OptionId::SocketLimit => options.socket_limit = Some(NodeMegabytes::parse(text)?),
        OptionId::PageszMem => add_page_limit(&mut options.pagesz_mem, text)?,
        OptionId::HugeDir => options.huge_dir = Some(huge_dir(text)?),
        OptionId::HugeUnlink => options.huge_unlink = huge_unlink(value)?,
        OptionId::NoHuge => options.no_huge = true,
        OptionId::InMemory => options.in_memory = true,
        OptionId::BaseVirtaddr => options.base_virtaddr = Some(base_virtaddr(text)?),
        OptionId::LegacyMem => options.legacy_mem = true,
        OptionId::SingleFileSegments => options.single_file_segments = true,
        OptionId::MatchAllocations => options.match_allocations = true,
        OptionId::MemoryChannels => {
            options.memory_channels = Some(number::small(text, 1, u16::MAX)?);
        }
        OptionId::MemoryRanks => {
            options.memory_ranks = Some(number::small(text, 1, MEMORY_RANKS_MAX)?);
        }
        OptionId::Vdev => add_vdev(&mut options.vdevs, text)?,
        OptionId::Allow => add_allowed(&mut options.allow, text)?,
        OptionId::Block => add_blocked(&mut options.block, text)?,
        OptionId::NoPci => options.no_pci = true,
        OptionId::NoHpet => options.no_hpet = true,
        OptionId::IovaMode => options.iova_mode = Some(iova_mode(text)?),
        OptionId::VfioIntr => options.vfio_intr = Some(vfio_intr(text)?),
        OptionId::VfioVfToken => options.vf_token = Some(vf_token(text)?),
        OptionId::ProcType => options.proc_type = ProcType::parse(text)?,
        OptionId::FilePrefix => options.file_prefix = FilePrefix::parse(text)?,
        OptionId::NoShconf => options.no_shconf = true,
        OptionId::Wait => options.wait_seconds = number::small(text, 0, WAIT_MAX_SECONDS)?,
        OptionId::LogLevel => add_log_level(options, text)?,
        OptionId::Version => options.version = true,
        OptionId::Help => options.help = true,
    }
    Ok(())
}

/// Refuses a device that is to be used and to be left alone (`OP-33`).
fn check_devices(options: &Options, scan: &Scan<'_>) -> Result<(), OptionError> {
    let both = options.allow.iter().any(|device| options.block.contains(&device.address()));
    match (scan.given(OptionId::Allow), scan.given(OptionId::Block)) {
        (Some(first), Some(second)) if both => {
            Err(OptionError::Conflict { first, second, because: "both name one device" })
        }
        _ => Ok(()),
    }
}

fn remap_base(value: Option<&str>) -> Result<u16, Fault> {
    value.map_or(Ok(0), |text| number::small(text, 0, LCORE_MAX - 1))
}

fn add_log_level(options: &mut Options, text: &str) -> Result<(), Fault> {
    if text.eq_ignore_ascii_case("help") {
        options.log_help = true;
        return Ok(());
    }
    let most = options.log_levels.capacity() as u16;
    options.log_levels.push(LogRule::parse(text)?).map_err(|_| Fault::TooMany { most })
}

/// What one option means for another (`OP-12`, `OP-13`).
fn imply(options: &mut Options) {
    if options.in_memory {
        options.no_shconf = true;
        options.huge_unlink = HugeUnlink::Always;
    }
}
