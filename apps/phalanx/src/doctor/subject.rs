//! What is looked at, each under the name that `--need` takes.

use clap::ValueEnum;
use serde::Serialize;

/// A property of the machine. The texts say what it is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Subject {
    /// Every process: prefaulting, locks that say who lives, watching
    Kernel,
    /// Every process: the memory lies at the same addresses in each
    Window,
    /// Every process: a giant limit moves programs into the window
    Stack,
    /// Every group: its directory, its sockets and its tables
    Rundir,
    /// --legacy-mem, which has a file and a mapping for each page
    Files,
    /// Memory without page faults and with few TLB misses
    Hugepages,
    /// Memory of 4 KB pages: --no-huge, and the demo where there are no hugepages
    Shm,
    /// Static workers: their pages are never paged out
    Memlock,
    /// Workers that never wait for a page
    NoSwap,
    /// Memory of 4 KB pages that is there when it is asked for
    Overcommit,
    /// Workers that nobody else's threads are put beside
    Isolated,
    /// Workers that no timer interrupts
    Nohz,
    /// Workers that share no core with others
    OwnCores,
    /// Workers that no device interrupts
    NoIrqs,
    /// Workers at full frequency at once
    Governor,
    /// Workers without page faults of the kernel's making
    NoBalancing,
    /// Workers of a real-time class: --sched fifo:N
    Realtime,
    /// Workers of a real-time class that spin
    NoThrottle,
    /// Timestamps and timers by the TSC
    Tsc,
    /// Timers where the TSC is no clock
    Hpet,
    /// Workers that can harm nobody: the sandbox
    Sandbox,
    /// Devices that reach only the memory they may
    Iommu,
    /// Drivers in user space, by VFIO
    Vfio,
    /// Drivers in user space, by UIO
    Uio,
    /// Ports on AF_PACKET and TAP devices
    Network,
}

impl Subject {
    /// The name that `--need` takes.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|it| it.get_name().to_owned()).unwrap_or_default()
    }

    /// What it is needed for.
    pub(super) fn needed_for(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|it| it.get_help().map(ToString::to_string)).unwrap_or_default()
    }
}

/// Names with commas between them.
pub(super) fn list(subjects: &[Subject]) -> String {
    subjects.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ")
}
