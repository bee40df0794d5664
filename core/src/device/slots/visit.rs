//! Which packets lie in a device's queue, while others work on it; and whether it contradicts itself.

use super::entry::Entry;
use super::error::DeviceQueueFault;
use super::queue::{Checked, checked};
use crate::group::Group;
use crate::offset::Offset;
use crate::sync::{Published64, full_fence};

/// Shows `visit` the place of each packet that lies in the device queue at `at`: the header of its first
/// segment, in bytes from the window's start.
///
/// While others work on it: a packet that lies there from before the call until after it is seen. One
/// that comes or goes meanwhile may be seen or not.
///
/// # Errors
/// [`DeviceQueueFault`], if it is none.
pub fn visit_posted(
    group: &Group,
    at: Offset<u8>,
    mut visit: impl FnMut(u64),
) -> Result<(), DeviceQueueFault> {
    let Checked { entries, .. } = checked(group, at)?;
    // Pairs with the `publish` in `Slots`: who sees an entry struck out sees its packet's new tag.
    for word in entries.iter().map(Published64::observe) {
        if let Entry::Packet { at, .. } = Entry::from_word(word) {
            visit(at);
        }
    }
    // What is read next (tags) must not be older than the entries.
    full_fence();
    Ok(())
}

/// What is wrong with the device queue at `at`, for an audit.
pub(crate) fn inspect_device_queue(group: &Group, at: Offset<u8>) -> Result<(), DeviceQueueFault> {
    checked(group, at).map(|_| ())
}
