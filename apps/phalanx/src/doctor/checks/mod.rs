//! How each subject is judged, by theme.

mod clock;
mod cores;
mod devices;
mod memory;
mod pages;
mod places;
mod start;

use phalanx_core::group::CpuSet;
use phalanx_linux::doctor::Machine;

use super::check::Check;
use cores::Chosen;

/// Every check, in the order in which a user meets what it is about. `cpus` are those that workers
/// shall have; without, those that are isolated.
pub(super) fn all(machine: &Machine, cpus: Option<&CpuSet>) -> Vec<Check> {
    let chosen = Chosen::of(machine, cpus);
    vec![
        start::kernel(machine),
        start::window(machine),
        start::stack(machine),
        places::rundir(machine),
        start::files(machine),
        pages::hugepages(machine),
        places::shm(machine),
        memory::memlock(machine),
        memory::no_swap(machine),
        memory::overcommit(machine),
        cores::isolated(machine, &chosen),
        cores::nohz(machine, &chosen),
        cores::own_cores(machine, &chosen),
        cores::no_irqs(machine, &chosen),
        cores::governor(machine, &chosen),
        memory::no_balancing(machine),
        start::realtime(machine),
        start::no_throttle(machine),
        clock::tsc(machine),
        clock::hpet(machine),
        start::sandbox(machine),
        devices::iommu(machine),
        devices::vfio(machine),
        devices::uio(machine),
        devices::network(machine),
    ]
}
