//! The one keeper of this process: a process joins one group, once, so there is one.
//!
//! [`Ports`](crate::port::Ports) is a plain handle that copies; what stays open behind it is here, from the
//! moment that the message service runs until the process leaves.

use std::sync::{Arc, PoisonError, RwLock};

use phalanx_core::group::Group;
use phalanx_core::name::Name;
use phalanx_core::port::{Direction, DriverKind, Port, PortError};
use rustix::fd::OwnedFd;

use super::error::DescriptorError;
use super::kept::{Descriptors, FANOUT_WORD, Lease};
use super::link::LinkEar;
use crate::message::{Messages, NoMessages};

static KEEPER: RwLock<Option<Keeper>> = RwLock::new(None);

#[derive(Clone, Debug)]
struct Keeper {
    descriptors: Arc<Descriptors>,
    messages: Result<Messages, NoMessages>,
}

/// That this process keeps descriptors; on drop it lets go of all.
#[derive(Debug)]
pub(crate) struct Keeping(());

impl Keeping {
    /// Begins. Others are answered from now on.
    pub(crate) fn begin(group: Group, messages: Result<&Messages, NoMessages>) -> Self {
        let descriptors = Descriptors::new(group, messages);
        let keeper = Keeper { descriptors, messages: messages.cloned() };
        *KEEPER.write().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
        Self(())
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        let kept = KEEPER.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(kept);
    }
}

/// An ear for what becomes of the interfaces of own ports; `None` while there are no such ports, and where
/// the kernel gives none: then a link that goes down is not told of.
pub(crate) fn link_ear() -> Option<LinkEar> {
    let descriptors = keeper()?.descriptors;
    if descriptors.ports().is_empty() {
        return None;
    }
    LinkEar::open(descriptors).ok()
}

fn keeper() -> Option<Keeper> {
    KEEPER.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The descriptor of a queue that this process has claimed.
///
/// # Errors
/// [`DescriptorError`].
pub(crate) fn descriptor_of(
    port: &Port,
    direction: Direction,
    queue: u16,
) -> Result<(OwnedFd, Option<Lease>), DescriptorError> {
    let Some(keeper) = keeper() else {
        let (port, owner) = (port.name(), port.facts().owner);
        return Err(DescriptorError::NoMessages { port, owner, why: NoMessages::Off });
    };
    let messages = keeper.messages.as_ref().map_err(|why| *why);
    keeper.descriptors.of_queue(port, (direction, queue), messages)
}

/// A port was created here: what it needs to be there from its beginning is opened.
///
/// # Errors
/// [`DescriptorError`].
pub(crate) fn created(port: &Port) -> Result<(), DescriptorError> {
    keeper().map_or(Ok(()), |keeper| keeper.descriptors.begin(port))
}

/// A port was adopted by this process: what its claimants have of it is kept here too.
pub(crate) fn adopted(port: &Port) {
    if let Some(keeper) = keeper() {
        let messages = keeper.messages.as_ref().map_err(|why| *why);
        keeper.descriptors.gather(port, messages);
    }
}

/// A port of this process's has new queues: the sockets of its former ones go.
///
/// # Errors
/// [`PortError`].
pub(crate) fn reconfigured(port: &Port) -> Result<(), PortError> {
    let Some(keeper) = keeper() else { return Ok(()) };
    if port.driver() == DriverKind::AfPacket {
        keeper.descriptors.end(port.name());
        port.set_driver_word(FANOUT_WORD, 0)?;
    }
    Ok(())
}

/// Tells all what the links of this process's ports are.
pub(crate) fn look_at_links() {
    if let Some(keeper) = keeper() {
        keeper.descriptors.look_at_links();
    }
}

/// A port of this process's is closed: what was kept for it goes.
pub(crate) fn ended(port: Name) {
    if let Some(keeper) = keeper() {
        keeper.descriptors.end(port);
    }
}
