//! A set of CPUs, a bit each, lowest CPU in the lowest bit.

use core::fmt;

/// CPU numbers are below this.
pub const CPU_MAX: u16 = 1024;

const WORDS: usize = CPU_MAX as usize / 64;

/// Any of the CPUs 0 to 1023, one bit each: what `sched_setaffinity` takes, lowest CPU in the lowest bit.
///
/// Displays as ranges: `0-3,7`; the empty set as `none`.
///
/// ```
/// use phalanx_core::group::CpuSet;
///
/// let mut cpus: CpuSet = [0, 1, 2, 3].into_iter().collect();
/// cpus.insert(7)?;
/// assert_eq!(cpus.to_string(), "0-3,7");
/// assert_eq!(cpus.len(), 5);
/// # Ok::<(), phalanx_core::group::CpuOutOfRange>(())
/// ```
#[doc(alias = "rte_cpuset_t")]
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuSet {
    words: [u64; WORDS],
}

/// A CPU number that is not below [`CPU_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuOutOfRange {
    /// The number.
    pub cpu: u16,
}

impl fmt::Display for CpuOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CPU {} is not below {CPU_MAX}; name a CPU from 0 to {}", self.cpu, CPU_MAX - 1)
    }
}

impl core::error::Error for CpuOutOfRange {}

impl CpuSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { words: [0; WORDS] }
    }

    /// The set whose bits these are: bit `n % 64` of word `n / 64` is CPU `n`.
    #[must_use]
    pub const fn from_words(words: [u64; WORDS]) -> Self {
        Self { words }
    }

    /// The bits, as [`from_words`](Self::from_words) takes them.
    #[must_use]
    pub const fn words(&self) -> &[u64; WORDS] {
        &self.words
    }

    /// The set of one CPU.
    ///
    /// # Errors
    /// [`CpuOutOfRange`] if it is not below [`CPU_MAX`].
    pub fn of(cpu: u16) -> Result<Self, CpuOutOfRange> {
        let mut set = Self::new();
        set.insert(cpu)?;
        Ok(set)
    }

    /// Adds a CPU; to add one that is there changes nothing.
    ///
    /// # Errors
    /// [`CpuOutOfRange`] if it is not below [`CPU_MAX`].
    pub fn insert(&mut self, cpu: u16) -> Result<(), CpuOutOfRange> {
        let word = self.words.get_mut(usize::from(cpu / 64)).ok_or(CpuOutOfRange { cpu })?;
        *word |= 1 << (cpu % 64);
        Ok(())
    }

    /// Whether a CPU is in the set.
    #[must_use]
    pub fn contains(&self, cpu: u16) -> bool {
        self.words.get(usize::from(cpu / 64)).is_some_and(|word| word >> (cpu % 64) & 1 == 1)
    }

    /// How many CPUs are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no CPU is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The CPUs in the set, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        (0..CPU_MAX).filter(|cpu| self.contains(*cpu))
    }

    /// The lowest CPU in the set.
    #[must_use]
    pub fn first(&self) -> Option<u16> {
        self.iter().next()
    }

    /// The CPUs that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut words = self.words;
        for (word, more) in words.iter_mut().zip(other.words) {
            *word |= more;
        }
        Self { words }
    }

    /// The lowest CPU that is in this set and not in the other.
    #[must_use]
    pub fn first_outside(&self, other: &Self) -> Option<u16> {
        self.iter().find(|cpu| !other.contains(*cpu))
    }
}

/// Numbers that are not below [`CPU_MAX`] are left out.
impl FromIterator<u16> for CpuSet {
    fn from_iter<I: IntoIterator<Item = u16>>(cpus: I) -> Self {
        let mut set = Self::new();
        for cpu in cpus {
            // Documented: what cannot be in a set is left out.
            let _ = set.insert(cpu);
        }
        set
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut cpus = self.iter().peekable();
        if cpus.peek().is_none() {
            return f.write_str("none");
        }
        while let Some(first) = cpus.next() {
            let mut last = first;
            while let Some(next) = cpus.next_if_eq(&(last + 1)) {
                last = next;
            }
            match last - first {
                0 => write!(f, "{separator}{first}")?,
                _ => write!(f, "{separator}{first}-{last}")?,
            }
            separator = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CpuSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(cpus: &[u16]) -> CpuSet {
        cpus.iter().copied().collect()
    }

    #[test]
    fn a_set_displays_as_ranges() {
        assert_eq!(set(&[7, 0, 1, 2, 3]).to_string(), "0-3,7");
        assert_eq!(set(&[1, 3, 5]).to_string(), "1,3,5");
        assert_eq!(set(&[62, 63, 64, 65]).to_string(), "62-65");
        assert_eq!(set(&[1022, 1023]).to_string(), "1022-1023");
        assert_eq!(CpuSet::new().to_string(), "none");
    }

    #[test]
    fn a_cpu_inserted_is_contained_and_no_other() {
        let set = CpuSet::of(64).unwrap();
        assert!(set.contains(64));
        assert_eq!((0..2000).filter(|cpu| set.contains(*cpu)).count(), 1);
        assert_eq!(set.len(), 1);
        assert!(!set.is_empty());
    }

    #[test]
    fn a_cpu_beyond_1023_is_refused_and_changes_nothing() {
        let mut set = CpuSet::new();
        assert_eq!(set.insert(1024), Err(CpuOutOfRange { cpu: 1024 }));
        assert!(set.is_empty());
    }

    #[test]
    fn the_union_has_the_cpus_of_both() {
        assert_eq!(set(&[0, 700]).union(&set(&[1, 700])), set(&[0, 1, 700]));
    }

    #[test]
    fn the_words_are_the_kernels_layout() {
        let mut words = [0; 16];
        words[1] = 0b10;
        assert_eq!(CpuSet::from_words(words), set(&[65]));
        assert_eq!(*set(&[65]).words(), words);
    }

    #[test]
    fn the_first_cpu_outside_another_set_is_found() {
        assert_eq!(set(&[0, 2, 9]).first_outside(&set(&[0, 1])), Some(2));
        assert_eq!(set(&[0]).first_outside(&set(&[0, 1])), None);
    }
}
