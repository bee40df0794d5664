//! The one set of devices of this process: a process joins one group, once, so there is one.

use std::sync::{Arc, PoisonError, RwLock};

use phalanx_core::group::Group;

use super::{Devices, InterruptKind};
use crate::message::{Messages, NoMessages};
use crate::vfio::Opening;

static DEVICES: RwLock<Option<Arc<Devices>>> = RwLock::new(None);

/// That this process may have devices; on drop it lets go of all.
#[derive(Debug)]
pub(crate) struct Keeping(());

impl Keeping {
    /// Begins. Others are answered from now on.
    pub(crate) fn begin(
        group: Group,
        messages: Result<&Messages, NoMessages>,
        opening: Opening,
        preferred: Option<InterruptKind>,
    ) -> Self {
        super::follow_window(group.window().base().as_ptr().addr());
        let devices = Devices::new(group, messages, opening, preferred);
        *DEVICES.write().unwrap_or_else(PoisonError::into_inner) = Some(devices);
        Self(())
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        let devices = DEVICES.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(devices);
    }
}

/// The devices of this process; `None` before it has joined a group, and after it has left.
pub(crate) fn devices() -> Option<Arc<Devices>> {
    DEVICES.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Memory of the group may have come or gone: what devices reach follows.
pub(crate) fn follow_memory() {
    if let Some(devices) = devices() {
        devices.follow();
    }
}
