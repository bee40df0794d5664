//! Which cores are left alone, and by whom: the scheduler, the tick, RCU, their own other half.

use super::Reading;
use super::text::{cpus, if_there, word};
use crate::cpu::parse_cpu_list;
use crate::kernel_files::{KernelFileError, KernelFiles, read_text};
use phalanx_core::group::{CPU_MAX, CpuSet};

/// The cores of a machine.
#[derive(Debug, Clone)]
pub struct Cores {
    /// Switched on.
    pub online: Reading<CpuSet>,
    /// This process may use these.
    pub allowed: Reading<CpuSet>,
    /// The scheduler puts nothing there by itself (`isolcpus=`, or an isolated cpuset partition).
    pub isolated: Reading<CpuSet>,
    /// Without a tick while one thread runs (`nohz_full=`).
    pub nohz_full: Reading<CpuSet>,
    /// RCU's callbacks run elsewhere (`rcu_nocbs=`; those without a tick are among them).
    pub rcu_nocbs: Reading<CpuSet>,
    /// Of each CPU that is on: the CPUs of the same core, itself included.
    pub siblings: Vec<(u16, CpuSet)>,
    /// How the frequency of each CPU that is on is chosen; empty if nothing here chooses it.
    pub governors: Vec<(u16, String)>,
}

impl Cores {
    pub(super) fn read(kernel: &KernelFiles) -> Self {
        let online = cpus(&kernel.sys("devices/system/cpu/online"));
        let on = online.clone().unwrap_or_default();
        let cpu_file =
            |cpu: u16, file: &str| kernel.sys(&format!("devices/system/cpu/cpu{cpu}/{file}"));
        let siblings = |cpu| cpus(&cpu_file(cpu, "topology/thread_siblings_list")).ok();
        let governor = |cpu| word(&cpu_file(cpu, "cpufreq/scaling_governor")).ok();
        let nohz_full = cpus(&kernel.sys("devices/system/cpu/nohz_full"));
        Self {
            allowed: allowed(kernel),
            isolated: isolated(kernel),
            rcu_nocbs: rcu_nocbs(kernel, &on, nohz_full.clone().unwrap_or_default()),
            nohz_full,
            siblings: on.iter().filter_map(|cpu| Some((cpu, siblings(cpu)?))).collect(),
            governors: on.iter().filter_map(|cpu| Some((cpu, governor(cpu)?))).collect(),
            online,
        }
    }

    /// The CPUs that share a core with `cpu`, without itself.
    pub fn other_half(&self, cpu: u16) -> CpuSet {
        let all = self.siblings.iter().find(|(of, _)| *of == cpu);
        all.map_or(CpuSet::new(), |(_, all)| all.iter().filter(|it| *it != cpu).collect())
    }
}

/// What the boot took from the scheduler, and what a cpuset partition has since.
fn isolated(kernel: &KernelFiles) -> Reading<CpuSet> {
    let by_boot = cpus(&kernel.sys("devices/system/cpu/isolated"))?;
    let by_cpuset = cpus(&kernel.sys("fs/cgroup/cpuset.cpus.isolated"))?;
    Ok(by_boot.union(&by_cpuset))
}

fn allowed(kernel: &KernelFiles) -> Reading<CpuSet> {
    let path = kernel.proc("self/status");
    let text = read_text(&path)?;
    let list = text.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.and_then(parse_cpu_list)
        .ok_or_else(|| KernelFileError::not_understood(&path, list.unwrap_or_default()))
}

/// No file says so but the command line of the boot.
fn rcu_nocbs(kernel: &KernelFiles, online: &CpuSet, nohz_full: CpuSet) -> Reading<CpuSet> {
    let path = kernel.proc("cmdline");
    let line = if_there(word(&path))?.unwrap_or_default();
    let mut all = nohz_full;
    for text in line.split_whitespace().filter_map(|word| word.strip_prefix("rcu_nocbs=")) {
        let list = boot_list(text, online);
        all = all.union(&list.ok_or_else(|| KernelFileError::not_understood(&path, text))?);
    }
    Ok(all)
}

/// A list as the command line may have it: also `all`, and `N` for the last CPU.
fn boot_list(text: &str, online: &CpuSet) -> Option<CpuSet> {
    if text == "all" {
        return Some(*online);
    }
    let last = online.iter().last().unwrap_or(CPU_MAX - 1);
    parse_cpu_list(&text.replace('N', &last.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_the_command_line_may_name_the_last_cpu_and_all() {
        let online = parse_cpu_list("0-7").unwrap();
        for (text, list) in [("2-N", "2-7"), ("all", "0-7"), ("1,3", "1,3")] {
            assert_eq!(boot_list(text, &online).unwrap().to_string(), list);
        }
        assert_eq!(boot_list("0-7:1/2", &online), None);
    }
}
