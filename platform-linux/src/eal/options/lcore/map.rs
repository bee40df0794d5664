//! Lcore ids and the CPUs on which each runs.

use core::fmt;

use super::CpuSet;

/// Lcore ids are below this. DPDK is built for 128 by default; it matters where per-lcore state is kept in arrays.
#[doc(alias = "RTE_MAX_LCORE")]
pub const LCORE_MAX: u16 = 256;

/// One lcore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lcore {
    /// Its id, below [`LCORE_MAX`].
    pub id: u16,
    /// The CPUs on which it may run; never empty in a parsed map.
    pub cpus: CpuSet,
}

/// The lcores of a process, lowest id first, each id once. About 34 KB; no allocation.
///
/// Displays as `--lcores` would take it: `0@(0,6),1`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LcoreMap {
    lcores: heapless::Vec<Lcore, { LCORE_MAX as usize }>,
}

/// An lcore id that is not below [`LCORE_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LcoreIdOutOfRange {
    /// The id.
    pub id: u16,
}

impl fmt::Display for LcoreIdOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Lcore {} is not below {LCORE_MAX}; choose an id from 0 to {}",
            self.id,
            LCORE_MAX - 1
        )
    }
}

impl core::error::Error for LcoreIdOutOfRange {}

impl LcoreMap {
    /// No lcore.
    #[must_use]
    pub const fn new() -> Self {
        Self { lcores: heapless::Vec::new() }
    }

    /// One lcore for each CPU, with the CPU's number as its id, and how many CPUs had to be left out
    /// because their number is not below [`LCORE_MAX`] (`LC-3`).
    #[must_use]
    pub fn one_per_cpu(cpus: &CpuSet) -> (Self, u16) {
        let mut map = Self::new();
        let skipped = map.fill(cpus, None);
        (map, skipped)
    }

    /// One lcore for each CPU, with ids from `base` on in the order of the CPUs, and how many CPUs had
    /// to be left out because the ids ran out (`OP-3`).
    #[must_use]
    pub fn renumbered(cpus: &CpuSet, base: u16) -> (Self, u16) {
        let mut map = Self::new();
        let skipped = map.fill(cpus, Some(base));
        (map, skipped)
    }

    /// Adds an lcore for each CPU, and says how many CPUs were left out. In place: a map is large.
    pub(super) fn fill(&mut self, cpus: &CpuSet, base: Option<u16>) -> u16 {
        let mut skipped = 0;
        for (index, cpu) in (0..).zip(cpus.iter()) {
            let id = base.map_or(cpu, |base: u16| base.saturating_add(index));
            let lcore = Lcore { id, cpus: CpuSet::from_iter([cpu]) };
            skipped += u16::from(self.insert(lcore).is_err());
        }
        skipped
    }

    /// Adds an lcore. If the id is there, its CPUs are replaced.
    ///
    /// # Errors
    /// [`LcoreIdOutOfRange`] if the id is not below [`LCORE_MAX`]; nothing is changed then.
    pub fn insert(&mut self, lcore: Lcore) -> Result<(), LcoreIdOutOfRange> {
        let full = LcoreIdOutOfRange { id: lcore.id };
        if lcore.id >= LCORE_MAX {
            return Err(full);
        }
        match self.position(lcore.id) {
            Ok(index) => self.lcores.get_mut(index).map(|known| *known = lcore).ok_or(full),
            // There is room: ids differ and all are below the capacity.
            Err(index) => self.lcores.insert(index, lcore).map_err(|_| full),
        }
    }

    fn position(&self, id: u16) -> Result<usize, usize> {
        self.lcores.binary_search_by_key(&id, |lcore| lcore.id)
    }

    /// The CPUs of an lcore.
    #[must_use]
    pub fn cpus(&self, id: u16) -> Option<&CpuSet> {
        let index = self.position(id).ok()?;
        self.lcores.get(index).map(|lcore| &lcore.cpus)
    }

    /// Whether there is an lcore of that id.
    #[must_use]
    pub fn contains(&self, id: u16) -> bool {
        self.position(id).is_ok()
    }

    /// The lcores, lowest id first.
    pub fn iter(&self) -> core::slice::Iter<'_, Lcore> {
        self.lcores.iter()
    }

    /// The lcore with the lowest id.
    #[must_use]
    pub fn first(&self) -> Option<&Lcore> {
        self.lcores.first()
    }

    /// How many lcores there are.
    #[doc(alias = "rte_lcore_count")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.lcores.len()
    }

    /// Whether there is no lcore.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lcores.is_empty()
    }

    /// The ids, as a set that displays as ranges.
    #[must_use]
    pub fn ids(&self) -> CpuSet {
        self.iter().map(|lcore| lcore.id).collect()
    }
}

impl<'a> IntoIterator for &'a LcoreMap {
    type Item = &'a Lcore;
    type IntoIter = core::slice::Iter<'a, Lcore>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for LcoreMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Lcore { id, cpus } in self {
            match (cpus.len(), cpus.contains(*id)) {
                (1, true) => write!(f, "{separator}{id}")?,
                _ => write!(f, "{separator}{id}@({cpus})")?,
            }
            separator = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for LcoreMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LcoreMap({self})")
    }
}
