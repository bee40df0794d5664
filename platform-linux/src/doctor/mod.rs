//! What a user wants to know of a machine before trusting it with a group: the facts, without a
//! judgement. `phalanx doctor` has the words.
//!
//! Nothing is changed, and nothing is guessed: what a file does not say, or says in a way that is
//! not understood, is an error in its own field, and the rest is read all the same. Where the
//! kernel's text files, devices and directories are is a value ([`Host`]), so that tests describe
//! machines that are not there.
//!
//! | file | concept |
//! |---|---|
//! | `host.rs` | where to look, and what the kernel answers when asked |
//! | `entry.rs` | a device or directory, and what this user may do with it |
//! | `place.rs` | a directory that files go to, and the room in it |
//! | `pages.rs` | hugepages, and their mounts |
//! | `cores.rs` | which cores are left alone, and by whom |
//! | `interrupts.rs` | which interrupts go where |
//! | `clock.rs` | the TSC, and who else tells the time |
//! | `rights.rs` | limits and capabilities of this process |
//! | `settings.rs` | switches of the kernel that a busy core feels |
//! | `devices.rs` | VFIO, UIO, IOMMU |
//! | `space.rs` | whether the window's addresses are free, here and after an exec |
//! | `text.rs` | reading what is not there |

mod clock;
mod cores;
mod devices;
mod entry;
mod host;
mod interrupts;
mod pages;
mod place;
mod rights;
mod settings;
mod space;
mod text;

#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use cores::Cores;
pub use devices::{Devices, VfioGroup};
pub use entry::Entry;
pub use host::{Answers, Host};
pub use interrupts::{Interrupt, interrupts};
pub use pages::{HugeMount, Pages};
pub use place::Place;
pub use rights::{Capability, Limit, Limits, Rights};
pub use settings::Settings;
pub use space::{AddressSpace, Placement};

use crate::kernel_files::KernelFileError;

/// What was read, or why not.
pub type Reading<T> = Result<T, KernelFileError>;

/// All that is known of a machine, at one moment.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The kernel's release, e.g. `6.18.44`.
    pub release: Reading<String>,
    /// What the kernel answered when asked.
    pub answers: Answers,
    /// Limits of this process, which what it starts inherits.
    pub limits: Reading<Limits>,
    /// What this process may do.
    pub rights: Reading<Rights>,
    /// The window's addresses.
    pub space: AddressSpace,
    /// Hugepages.
    pub pages: Reading<Pages>,
    /// Where groups have their directories, or why nowhere.
    pub runtime: Result<Place, String>,
    /// Where ordinary pages come from.
    pub shm: Place,
    /// Cores.
    pub cores: Cores,
    /// Interrupts with a handler, by number.
    pub interrupts: Reading<Vec<Interrupt>>,
    /// Clocks.
    pub clock: Clock,
    /// Devices for drivers in user space.
    pub devices: Devices,
    /// Switches of the kernel.
    pub settings: Settings,
}

impl Machine {
    /// Looks at everything. Cost: a few hundred small files, one or two for each interrupt and CPU.
    pub fn examine(host: &Host) -> Self {
        let kernel = host.kernel();
        Self {
            release: text::word(&kernel.proc("sys/kernel/osrelease")),
            answers: host.answers(),
            limits: Limits::read(kernel),
            rights: Rights::read(kernel),
            space: AddressSpace::read(kernel),
            pages: Pages::read(kernel),
            runtime: host.base().map(|base| Place::of_base(&base)),
            shm: Place::at(host.dev("shm")),
            cores: Cores::read(kernel),
            interrupts: interrupts(kernel),
            clock: Clock::read(host),
            devices: Devices::read(host),
            settings: Settings::read(kernel),
        }
    }
}
