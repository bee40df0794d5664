//! Switches of the kernel that memory or a busy core feels.

use super::Reading;
use super::text::{if_there, number, signed, word};
use crate::kernel_files::{KernelFiles, read_text};

/// What they are set to; `None` where the kernel has no such switch.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bytes of swap that is on.
    pub swap_bytes: Reading<Option<u64>>,
    /// `vm.overcommit_memory`: 0, 1, or 2 for never.
    pub overcommit: Reading<Option<u64>>,
    /// `kernel.numa_balancing`: whether pages are unmapped to see who touches them.
    pub numa_balancing: Reading<Option<u64>>,
    /// `/sys/kernel/mm/ksm/run`: whether equal pages are merged.
    pub ksm: Reading<Option<u64>>,
    /// `vm.max_map_count`: mappings that a process may have.
    pub max_map_count: Reading<Option<u64>>,
    /// `kernel.sched_rt_runtime_us`: how much of each period real-time threads may have; -1 for all.
    pub realtime_us: Reading<Option<i64>>,
    /// `kernel.sched_rt_period_us`.
    pub realtime_period_us: Reading<Option<i64>>,
    /// What a filter of system calls can do; none on a kernel without.
    pub seccomp_actions: Reading<Option<String>>,
}

impl Settings {
    pub(super) fn read(kernel: &KernelFiles) -> Self {
        Self {
            swap_bytes: if_there(swap_bytes(kernel)),
            overcommit: number(&kernel.proc("sys/vm/overcommit_memory")),
            numa_balancing: number(&kernel.proc("sys/kernel/numa_balancing")),
            ksm: number(&kernel.sys("kernel/mm/ksm/run")),
            max_map_count: number(&kernel.proc("sys/vm/max_map_count")),
            realtime_us: signed(&kernel.proc("sys/kernel/sched_rt_runtime_us")),
            realtime_period_us: signed(&kernel.proc("sys/kernel/sched_rt_period_us")),
            seccomp_actions: if_there(word(&kernel.proc("sys/kernel/seccomp/actions_avail"))),
        }
    }
}

/// The sizes, in KB, are the third column, under a heading.
fn swap_bytes(kernel: &KernelFiles) -> Reading<u64> {
    let text = read_text(&kernel.proc("swaps"))?;
    let sizes = text.lines().skip(1).filter_map(|line| line.split_whitespace().nth(2));
    Ok(sizes.filter_map(|size| size.parse::<u64>().ok()).sum::<u64>().saturating_mul(1024))
}
