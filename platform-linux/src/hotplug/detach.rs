//! Detaching a port, by the process that owns it.

use core::time::Duration;

use phalanx_core::port::{Holder, LinkState, Port, PortError};

use super::error::DetachError;
use super::plugs::Plugs;
use crate::change::sleep_until_change;
use crate::port::{Ports, SetUpError};
use crate::sys::deadline::Deadline;

/// How a port is detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detaching {
    /// How long those who have queues of it may take to let them go.
    pub patience: Duration,
    /// What is done then.
    pub force: Force,
}

/// What is done with a port whose queues are not let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Force {
    /// It stays, as it was.
    #[default]
    Never,
    /// It goes all the same: bursts of those who have queues of it do nothing from then on, and its
    /// name is free when they let go.
    AfterAll,
}

impl Default for Detaching {
    /// Two seconds, and without force.
    fn default() -> Self {
        Self { patience: Duration::from_secs(2), force: Force::Never }
    }
}

/// How long to sleep at most before looking again who has queues.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A port that is going: dropped before it is gone, it stays.
struct Going<'a>(&'a Port);

impl Drop for Going<'_> {
    fn drop(&mut self) {
        self.0.announce_stay();
    }
}

impl Plugs {
    /// Removes a port that this process owns, once nobody has queues of it; one whose owner is gone is
    /// adopted first. Nothing is done of it after `until`: this process may have been stopped.
    ///
    /// # Errors
    /// [`DetachError`]; the port is as it was.
    pub(super) fn detach_here(
        &self,
        port: &Port,
        how: Detaching,
        until: Deadline,
    ) -> Result<(), DetachError> {
        let ports = Ports::of(self.group);
        let in_time = || match until.has_passed() {
            true => Err(DetachError::Late { name: port.name() }),
            false => Ok(()),
        };
        in_time()?;
        if !port.is_mine() {
            ports.adopt(port).map_err(failed)?;
        }
        port.announce_going().map_err(failed)?;
        let going = Going(port);
        let holders = self.await_idle(port, how.patience);
        in_time()?;
        let done = match (holders.is_empty(), how.force) {
            (true, force) => ports.close(port).or_else(|why| {
                if !goes_unstopped(port, &why, force) {
                    return Err(why);
                }
                in_time().map_err(|_| why)?;
                ports.unplug(port).map_err(SetUpError::Port)
            }),
            (false, Force::AfterAll) => ports.unplug(port).map_err(SetUpError::Port),
            (false, Force::Never) => {
                let (name, waited) = (port.name(), how.patience);
                return Err(DetachError::Busy { name, waited, holders });
            }
        };
        drop(going);
        done.map_err(|error| match error {
            SetUpError::Port(error) => failed(error),
            error => DetachError::Device(error),
        })
    }

    /// Waits until nobody has queues that lead from `port` or to it; who has them still.
    fn await_idle(&self, port: &Port, patience: Duration) -> Vec<Holder> {
        let until = Deadline::after(patience);
        loop {
            let seen = self.group.changes();
            let holders: Vec<Holder> = port.holders().collect();
            if holders.is_empty() || until.has_passed() || self.is_leaving() {
                return holders;
            }
            let longest = until.remaining().min(LOOK_EVERY);
            sleep_until_change(self.group.region(), seen, longest);
        }
    }
}

/// Whether a port whose device was not stopped goes all the same: there is nothing to stop in one that answers
/// no more, and by force it need not be.
fn goes_unstopped(port: &Port, why: &SetUpError, force: Force) -> bool {
    match why {
        SetUpError::Pci(why) => {
            force == Force::AfterAll || port.link().state == LinkState::Gone || why.is_gone()
        }
        _ => false,
    }
}

fn failed(error: PortError) -> DetachError {
    match error {
        PortError::Going { name, by, .. } => DetachError::Going { name, by },
        PortError::Gone { name } => {
            DetachError::NotFound { name: name.as_str().to_owned(), why: error.to_string() }
        }
        error => DetachError::Port(error),
    }
}
