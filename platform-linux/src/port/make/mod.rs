//! Ports of devices that are named: a primary makes its own, a secondary finds them, a new primary adopts
//! them; what fails is undone.
//!
//! No switch has to be repeated. One that is must agree with what the group has: a port of that name
//! with those arguments. One that names a port which is not there makes it, and it is this process's.
//!
//! A port is made first and joined with its peer after, and either may die between: so whoever has such
//! a port by this (made, found or adopted, and its own) joins it, if it is not.
//!
//! | file | concept |
//! |---|---|
//! | `device.rs` | what names a device |
//! | `one.rs` | one device: its port found, adopted or made |
//! | `all.rs` | several: all of a command line, or one that comes later; all of them or none |
//! | `coming.rs` | one that nobody finds before all agree to it |
//! | `join.rs` | ports that name others |
//! | `orphans.rs` | ports whose owner is gone |
//! | `error.rs` | why none was made, in sentences |

mod all;
mod coming;
mod device;
mod error;
mod join;
mod one;
mod orphans;

pub(crate) use all::{Arrival, furnish};
pub(crate) use coming::{Coming, NotBegun, absolute_args};
pub(crate) use device::Device;
pub use error::DeviceError;
pub(crate) use orphans::adopt_orphans;

use phalanx_core::port::PortError;

use crate::device::Caution;

/// What became of ports that were named, or whose owner is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Furnished {
    /// Ports of a former owner that this process has adopted.
    pub(crate) adopted: usize,
    /// What a user should know of devices that were opened, before they do anything.
    pub(crate) cautions: Vec<Caution>,
    /// Why ports were not adopted, or not joined, which nobody asked for by name.
    pub(crate) left: Vec<DeviceError>,
    /// Whether the group's lock was not had: then there may be more to adopt.
    pub(crate) is_put_off: bool,
}

impl Furnished {
    fn put_off(&mut self, device: &str, error: PortError) {
        self.is_put_off |= matches!(error, PortError::Lock(_) | PortError::Read(_));
        self.left.push(DeviceError::Port { device: device.to_owned(), error });
    }
}
