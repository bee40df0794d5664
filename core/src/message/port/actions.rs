//! Which actions a process has, and for whom.

use core::fmt;

use crate::group::Role;
use crate::message::ActionName;

/// Whose messages and requests an action takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Everybody's.
    Anyone,
    /// The primary's only (W-29).
    Primary,
    /// Secondaries' only.
    Secondaries,
}

impl Allowed {
    /// Whether it takes those of a process of `role`.
    pub fn takes(self, role: Role) -> bool {
        match self {
            Self::Anyone => true,
            Self::Primary => role == Role::Primary,
            Self::Secondaries => role == Role::Secondary,
        }
    }
}

/// Why an action was not registered (IPC-10); what makes no name at all is an
/// [`ActionNameError`](crate::message::ActionNameError).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterError {
    /// There is one of this name.
    Exists {
        /// The name.
        name: ActionName,
    },
    /// The table is full.
    Full {
        /// How many it holds.
        actions: usize,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists { name } => write!(
                f,
                "action {name} was to be registered and is already; unregister it first, or choose another name"
            ),
            Self::Full { actions } => write!(
                f,
                "an action was to be registered beside {actions}, which is all there is room for; make the port's table larger"
            ),
        }
    }
}

impl core::error::Error for RegisterError {}

/// A table of `N` actions.
#[derive(Debug)]
pub(super) struct Actions<const N: usize>([Option<(ActionName, Allowed)>; N]);

impl<const N: usize> Actions<N> {
    pub(super) const fn new() -> Self {
        Self([None; N])
    }

    pub(super) fn register(
        &mut self,
        name: &ActionName,
        allowed: Allowed,
    ) -> Result<(), RegisterError> {
        if self.find(name).is_some() {
            return Err(RegisterError::Exists { name: *name });
        }
        let free = self.0.iter_mut().find(|place| place.is_none());
        *free.ok_or(RegisterError::Full { actions: N })? = Some((*name, allowed));
        Ok(())
    }

    pub(super) fn unregister(&mut self, name: &ActionName) -> bool {
        let it = |place: &&mut Option<(ActionName, Allowed)>| {
            place.as_ref().is_some_and(|(known, _)| known == name)
        };
        self.0.iter_mut().find(it).is_some_and(|place| place.take().is_some())
    }

    pub(super) fn find(&self, name: &ActionName) -> Option<Allowed> {
        let known = self.0.iter().flatten().find(|(known, _)| known == name)?;
        Some(known.1)
    }
}
