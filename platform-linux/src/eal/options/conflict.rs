//! Pairs of options that contradict each other (`OP-33`).
//!
//! Either one of the two would be quietly ignored, or neither could be done; so both are refused before
//! anything is touched. The pairs are DPDK's, as far as Phalanx has both of their options.

use super::scan::Scan;
use super::{OptionError, OptionId};

/// Two options that may not be given together, and why.
struct Conflict {
    first: OptionId,
    second: OptionId,
    because: &'static str,
}

const fn conflict(first: OptionId, second: OptionId, because: &'static str) -> Conflict {
    Conflict { first, second, because }
}

use OptionId as Id;

const CONFLICTS: [Conflict; 14] = [
    conflict(Id::Coremask, Id::Lcores, "both choose the lcores"),
    conflict(Id::MemorySize, Id::SocketMem, "both say how much memory to take at start"),
    conflict(Id::PageszMem, Id::NoHuge, "without hugepages no page size can be limited"),
    conflict(Id::PageszMem, Id::LegacyMem, "legacy memory takes whatever page sizes there are"),
    conflict(Id::NoHuge, Id::SocketMem, "ordinary pages are not taken by NUMA node, use -m"),
    conflict(Id::SocketLimit, Id::LegacyMem, "legacy memory does not grow, so nothing limits it"),
    conflict(Id::LegacyMem, Id::InMemory, "legacy memory needs files"),
    conflict(Id::LegacyMem, Id::MatchAllocations, "legacy memory frees no pages"),
    conflict(Id::NoHuge, Id::MatchAllocations, "there are no hugepages to free"),
    conflict(Id::NoHuge, Id::HugeUnlink, "without hugepages there is no file to remove"),
    conflict(Id::NoHuge, Id::SingleFileSegments, "without hugepages there is no file to share"),
    conflict(
        Id::SingleFileSegments,
        Id::HugeUnlink,
        "a list's file must stay while the list can grow",
    ),
    conflict(Id::Allow, Id::NoPci, "one uses a PCI device and the other none"),
    conflict(Id::InMemory, Id::HugeUnlink, "in memory there is no file to remove"),
];

/// Refuses the first pair found.
pub(super) fn check(scan: &Scan<'_>) -> Result<(), OptionError> {
    for conflict in &CONFLICTS {
        if let (Some(first), Some(second)) =
            (scan.given(conflict.first), scan.given(conflict.second))
        {
            return Err(OptionError::Conflict { first, second, because: conflict.because });
        }
    }
    Ok(())
}
