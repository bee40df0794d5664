//! The one keeper of this process: a process joins one group, once, so there is one.
//!
//! [`Ports`](crate::port::Ports) is a plain handle that copies; what stays open behind it is here, from the
//! moment that the message service runs until the process leaves.

use core::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use phalanx_core::group::Group;
use phalanx_core::name::Name;
use phalanx_core::port::{Direction, Port};
use rustix::fd::OwnedFd;

use super::error::DescriptorError;
use super::kept::Lease;
use super::link::LinkEar;
use super::owned::Descriptors;
use crate::message::{Messages, NoMessages};
use crate::sys::errno::Named;

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
    if !descriptors.has_ports() {
        return None;
    }
    match LinkEar::open(descriptors) {
        Ok(ear) => Some(ear),
        Err(errno) => {
            warn(format_args!(
                "no rtnetlink, so a link that goes down is not told of: {}",
                Named(errno)
            ));
            None
        }
    }
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

/// A port was adopted by this process: what its claimants have of it is kept here too, and what nobody has
/// is opened. What cannot be is tried again, and says why, when its queue is opened.
pub(crate) fn adopted(port: &Port) {
    if let Some(keeper) = keeper() {
        let messages = keeper.messages.as_ref().map_err(|why| *why);
        if let Err(why) = keeper.descriptors.take_over(port, messages) {
            warn(format_args!("port {} was adopted: {why}", port.name()));
        }
    }
}

/// A port of this process's has new queues: what its former ones had open goes, and what the new ones need
/// is opened. What cannot be is tried again, and says why, when its queue is opened.
///
/// # Errors
/// [`DescriptorError`]. What could be opened is.
pub(crate) fn reconfigured(port: &Port) -> Result<(), DescriptorError> {
    keeper().map_or(Ok(()), |keeper| keeper.descriptors.renew(port))
}

/// Writes a warning into the log.
fn warn(what: fmt::Arguments<'_>) {
    #[cfg(feature = "defmt")]
    defmt::warn!("{=str}", what.to_string().as_str());
    #[cfg(not(feature = "defmt"))]
    let _ = what;
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
