//! Memory that stays where it is: locks, swap, and the kernel's own ideas about pages.

use phalanx_core::group::GroupRegion;
use phalanx_linux::doctor::{Capability, Machine};
use phalanx_linux::runtime_dir::Amount;

use crate::doctor::Subject;
use crate::doctor::check::Check;

/// What a worker locks at least: the group's tables, its image and its stack.
const WORKER_LOCKS: u64 = (size_of::<GroupRegion>() as u64) + (1 << 20);

/// As much as somebody would lock of 4 KB pages.
const PLENTY: u64 = 1 << 30;

pub(super) fn memlock(machine: &Machine) -> Check {
    let subject = Subject::Memlock;
    let (limit, rights) = match (&machine.limits, &machine.rights) {
        (Ok(limits), Ok(rights)) => (limits.locked, rights),
        (Err(why), _) | (_, Err(why)) => return Check::unknown(subject, why),
    };
    if rights.has(Capability::IpcLock) {
        return Check::good(subject, "any amount (CAP_IPC_LOCK)");
    }
    let mend = "ulimit -l unlimited ('* - memlock unlimited' in /etc/security/limits.conf, \
                LimitMEMLOCK=infinity in a service)";
    let most = limit.hard.unwrap_or(u64::MAX);
    let shown = limit.soft.map_or("any amount".to_owned(), |soft| Amount(soft).to_string());
    let raised = if limit.hard == limit.soft { "" } else { "; `phalanx run` raises it" };
    if most >= PLENTY {
        Check::good(subject, format!("{shown}{raised}"))
    } else if most >= WORKER_LOCKS {
        let found = format!("{shown}{raised}: a worker and its tables, and few pages of 4 KB");
        Check::poor(subject, found, mend)
    } else {
        Check::missing(subject, format!("{shown}{raised}: less than a worker has"), mend)
    }
}

pub(super) fn no_swap(machine: &Machine) -> Check {
    match &machine.settings.swap_bytes {
        Err(why) => Check::unknown(Subject::NoSwap, why),
        Ok(None | Some(0)) => Check::good(Subject::NoSwap, "there is no swap"),
        Ok(Some(bytes)) => Check::poor(
            Subject::NoSwap,
            format!("{} of swap: what is not locked may be paged out", Amount(*bytes)),
            "swapoff -a, or lock the memory (see memlock)",
        ),
    }
}

pub(super) fn overcommit(machine: &Machine) -> Check {
    match &machine.settings.overcommit {
        Err(why) => Check::unknown(Subject::Overcommit, why),
        Ok(Some(2)) => Check::poor(
            Subject::Overcommit,
            "vm.overcommit_memory is 2: memory ends at CommitLimit, before it is used up",
            "sysctl vm.overcommit_memory=0",
        ),
        Ok(mode) => {
            let mode = mode.map_or("not set".to_owned(), |mode| mode.to_string());
            Check::good(Subject::Overcommit, format!("vm.overcommit_memory is {mode}"))
        }
    }
}

pub(super) fn no_balancing(machine: &Machine) -> Check {
    let subject = Subject::NoBalancing;
    let settings = &machine.settings;
    let (balancing, ksm) = match (&settings.numa_balancing, &settings.ksm) {
        (Ok(balancing), Ok(ksm)) => (balancing.unwrap_or(0), ksm.unwrap_or(0)),
        (Err(why), _) | (_, Err(why)) => return Check::unknown(subject, why),
    };
    match (balancing, ksm) {
        (0, 0 | 2) => Check::good(subject, "nobody moves or merges pages"),
        (0, _) => Check::poor(
            subject,
            "equal pages are merged (KSM), and a write takes a fault",
            "echo 0 > /sys/kernel/mm/ksm/run",
        ),
        _ => Check::poor(
            subject,
            "NUMA balancing unmaps pages to see who touches them",
            "sysctl kernel.numa_balancing=0",
        ),
    }
}
