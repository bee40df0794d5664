//! The processor's time stamp counter.
#![expect(unsafe_code, reason = "the processor's counter is an instruction")]

use core::arch::x86_64::{__cpuid, _rdtsc};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// The processor's time stamp counter now: some 25 cycles, no system call.
///
/// Not ordered with what stands around it in the program.
#[doc(alias = "rte_rdtsc")]
#[inline]
pub fn cycles() -> u64 {
    // SAFETY: every x86_64 has the instruction, and Linux lets programs use it.
    unsafe { _rdtsc() }
}

/// The time stamp counter with its rate. Answers TI-1 to TI-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tsc {
    hz: u64,
}

impl Tsc {
    /// With a rate in ticks a second that is known; `None` for one that no processor has: below 1 MHz or
    /// above 1 THz.
    pub fn at(hz: u64) -> Option<Self> {
        (1_000_000..=1_000_000_000_000).contains(&hz).then_some(Self { hz })
    }

    /// Ticks a second.
    #[doc(alias = "rte_get_tsc_hz")]
    pub fn hz(&self) -> u64 {
        self.hz
    }

    /// Ticks since the machine started, or since something set the counter. Cost: [`cycles`].
    #[doc(alias = "rte_get_tsc_cycles")]
    #[inline]
    pub fn now(&self) -> u64 {
        cycles()
    }

    /// How many nanoseconds `ticks` are.
    ///
    /// ```
    /// use phalanx_linux::clock::Tsc;
    /// let tsc = Tsc::at(2_500_000_000).unwrap();
    /// assert_eq!(tsc.ns_of(5), 2);
    /// assert_eq!(tsc.ns_of(u64::MAX), 7_378_697_629_483_820_646);
    /// assert_eq!(Tsc::at(0), None);
    /// ```
    #[inline]
    pub fn ns_of(&self, ticks: u64) -> u64 {
        ns_of(ticks, self.hz)
    }

    /// Whether the counter runs at one rate, whatever the processor does to save power, and in deep sleep
    /// too. If not, it is no clock: what it says of time is off by any factor. No system call.
    pub fn is_invariant() -> bool {
        __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0
    }

    /// The rate, if the processor or the hypervisor tells it. No system call.
    pub fn told() -> Option<Self> {
        told_by_processor().or_else(told_by_hypervisor).and_then(Self::at)
    }
}

/// How many nanoseconds `ticks` are at `hz` ticks a second; as many as there is room for.
pub(crate) fn ns_of(ticks: u64, hz: u64) -> u64 {
    let ns = u128::from(ticks) * u128::from(SECOND) / u128::from(hz.max(1));
    u64::try_from(ns).unwrap_or(u64::MAX)
}

/// Leaf 0x15: the crystal's rate, and the counter's by it.
fn told_by_processor() -> Option<u64> {
    if __cpuid(0).eax < 0x15 {
        return None;
    }
    let leaf = __cpuid(0x15);
    (leaf.eax != 0).then(|| u64::from(leaf.ecx) * u64::from(leaf.ebx) / u64::from(leaf.eax))
}

/// Leaf 0x4000_0010, which VMware began and others have too: thousands of ticks a second.
fn told_by_hypervisor() -> Option<u64> {
    let is_guest = __cpuid(1).ecx & (1 << 31) != 0;
    (is_guest && (0x4000_0010..0x4001_0000).contains(&__cpuid(0x4000_0000).eax))
        .then(|| u64::from(__cpuid(0x4000_0010).eax) * 1000)
}
