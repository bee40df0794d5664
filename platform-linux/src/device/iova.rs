//! What bus addresses are, if the command line says so (`PT-4`).
//!
//! Without `--iova-mode` the first device decides: behind an IOMMU places of the window, else physical
//! addresses. It matters where both kinds of devices meet, for those behind an IOMMU can live with either.

use core::fmt;

use phalanx_core::group::Group;
use phalanx_core::reach::IovaMode;

use crate::uio::{Pagemap, PagemapError};

/// Why bus addresses are not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IovaError {
    /// Physical ones were asked for, and are not to be had.
    Hidden(PagemapError),
    /// The group's are others.
    Differs {
        /// What was asked for.
        wanted: IovaMode,
        /// What they are.
        mode: IovaMode,
    },
}

impl fmt::Display for IovaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden(why) => write!(f, "--iova-mode=pa was given: {why}"),
            Self::Differs { wanted, mode } => write!(
                f,
                "--iova-mode asks for {wanted} and this group gives its devices {mode}; leave the option out, for it is \
                 learned from the group"
            ),
        }
    }
}

impl core::error::Error for IovaError {}

/// Decides what bus addresses of `group` are, or finds that they are that.
///
/// # Errors
/// [`IovaError`]; nothing is decided then.
pub(crate) fn choose_iova_mode(group: &Group, wanted: IovaMode) -> Result<(), IovaError> {
    if group.iova_mode().is_none() && wanted == IovaMode::Physical {
        let here = 0_u8;
        let pagemap = Pagemap::open().map_err(IovaError::Hidden)?;
        pagemap.physical(core::ptr::from_ref(&here).addr()).map_err(IovaError::Hidden)?;
    }
    match group.settle_iova_mode(wanted) {
        mode if mode == wanted => Ok(()),
        mode => Err(IovaError::Differs { wanted, mode }),
    }
}
