//! PCI devices that a process drives itself, however the kernel hands them over.
//!
//! [`vfio`](crate::vfio) and [`uio`](crate::uio) both give a [`UserDevice`]; what is above them, a driver
//! and its port, cannot tell which it is. Only the owner of a device has more than its BARs: it reads and
//! writes the config space, turns interrupts and bus mastering on and off, and resets it.
//!
//! | file | concept |
//! |---|---|
//! | `mod.rs` | the trait |
//! | `mapped_bar.rs` | registers, mapped at the same address in every process |
//! | `interrupts.rs` | interrupts as descriptors |
//! | `command.rs` | bus mastering and INTx, by the command register |
//! | `caution.rs` | what is said before one without an IOMMU is opened |
//! | `devices.rs` `state.rs` | those that this process has open |
//! | `borrowed.rs` `question.rs` `sharing.rs` | those that other processes own; the request and its answer |
//! | `reaching.rs` `gate.rs` | letting them reach the group's memory |
//! | `users.rs` | who uses what they reach, and giving it back |
//! | `iova.rs` | what bus addresses are, by the command line |
//! | `keeper.rs` | the one set of them of this process |
//! | `error.rs` `open_error.rs` | what can go wrong, in sentences |
//! | `twin.rs` | a device for tests |

mod borrowed;
mod caution;
mod command;
mod devices;
mod error;
mod gate;
mod interrupts;
mod iova;
mod keeper;
mod mapped_bar;
mod open_error;
mod question;
mod reaching;
mod sharing;
mod state;
#[cfg(test)]
mod twin;
mod users;

use core::fmt;
use std::sync::Arc;

pub use crate::eal::options::InterruptKind;
pub use borrowed::DeviceLease;
pub use caution::{Caution, Unprotected};
pub use command::{BusMaster, bus_master, set_bus_master};
pub(crate) use command::{allow_intx, is_there, keep_off};
pub use devices::Devices;
pub use error::{BarError, UseError};
pub use gate::GateError;
pub(crate) use interrupts::Counter;
pub use interrupts::Interrupts;
pub use iova::IovaError;
pub(crate) use iova::choose_iova_mode;
pub(crate) use keeper::{Keeping, devices, follow_memory};
pub(crate) use mapped_bar::follow_window;
pub use mapped_bar::{MappedBar, Place};
pub use open_error::OpenError;

use crate::pci::PciAddress;

/// A device that this process drives, by VFIO or by UIO.
#[doc(alias = "rte_pci_device")]
pub trait UserDevice: fmt::Debug + Send + Sync {
    /// Where it is.
    fn address(&self) -> PciAddress;

    /// Which bus addresses it can be given.
    fn reach(&self) -> DeviceReach;

    /// Maps BAR `bar` (0..6), which must have `least` bytes. Answers DV-5. Cost: some system calls.
    ///
    /// # Errors
    /// [`UseError::Bar`].
    fn map_bar(&self, bar: u8, least: u64, place: Place) -> Result<MappedBar, UseError>;

    /// Reads its config space from byte `at` on. One system call.
    ///
    /// # Errors
    /// [`UseError::Config`].
    fn read_config(&self, at: u16, bytes: &mut [u8]) -> Result<(), UseError>;

    /// Writes its config space from byte `at` on. One system call.
    ///
    /// # Errors
    /// [`UseError::Config`].
    fn write_config(&self, at: u16, bytes: &[u8]) -> Result<(), UseError>;

    /// How many interrupts of a kind it has. One system call.
    ///
    /// # Errors
    /// [`UseError`].
    fn vectors(&self, kind: InterruptKind) -> Result<u32, UseError>;

    /// Turns `vectors` interrupts of `kind` on. Some system calls.
    ///
    /// # Errors
    /// [`UseError::Vectors`], [`UseError::Interrupts`].
    #[doc(alias = "rte_intr_enable")]
    fn interrupts(
        self: Arc<Self>,
        kind: InterruptKind,
        vectors: u32,
    ) -> Result<Interrupts, UseError>;

    /// Turns the interrupts of a kind off: what dropping [`Interrupts`] does.
    ///
    /// # Errors
    /// [`UseError::Interrupts`].
    #[doc(alias = "rte_intr_disable")]
    fn silence(&self, kind: InterruptKind) -> Result<(), UseError>;

    /// Lets a line fire again that the kernel masked as it fired.
    ///
    /// # Errors
    /// [`UseError`].
    fn unmask_interrupt(&self) -> Result<(), UseError>;

    /// Resets it: it forgets everything, and does no DMA from then on.
    ///
    /// # Errors
    /// [`UseError::NoReset`] if it has no way to be, [`UseError::Reset`].
    fn reset(&self) -> Result<(), UseError>;
}

/// Which bus addresses a device can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceReach {
    /// Those that were mapped for it, whichever they are: an IOMMU keeps it from all others.
    Mapped,
    /// All of the machine's memory, by its physical address.
    Everything,
}
