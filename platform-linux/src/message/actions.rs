//! Actions: what this process does when a message of a name comes.
//!
//! A handler is in use by those who run it: unregistering takes it out of the table, lets nobody
//! begin any more, and waits until nobody is in it (W-34); [`Runs`] sees to it that no wait is for
//! itself. Requests of one action run side by side, so that a request inside a handler may come
//! back to the same action; messages of one action run one after another, in the order in which
//! they came.

use core::fmt;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::collections::{HashMap, VecDeque};
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use phalanx_core::group::Role;
use phalanx_core::message::{ActionName, Allowed, Reason};

use super::error::{RegisterError, UnregisterError};
use super::incoming::Incoming;
use super::runs::{ActionId, NotBegun, NotSeen, Runs};

/// How long who unregisters waits for handlers that run.
pub(super) const UNREGISTER_WAIT: Duration = Duration::from_secs(30);

type Handler = Box<dyn Fn(&mut Incoming) + Send + Sync>;

/// Every action of this process.
#[derive(Debug, Default)]
pub(super) struct Actions {
    table: RwLock<HashMap<ActionName, Arc<Action>>>,
    runs: Arc<Runs>,
}

/// One action.
pub(super) struct Action {
    pub(super) name: ActionName,
    handler: Handler,
    allowed: Allowed,
    id: ActionId,
    runs: Arc<Runs>,
    /// Messages that wait for their turn; `None` while nobody runs any.
    lane: Mutex<Option<VecDeque<Incoming>>>,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Actions {
    pub(super) fn register(
        &self,
        name: ActionName,
        allowed: Allowed,
        handler: Handler,
    ) -> Result<(), RegisterError> {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if table.contains_key(&name) {
            return Err(RegisterError::Taken { name });
        }
        let action = Action {
            name,
            handler,
            allowed,
            id: self.runs.open(),
            runs: Arc::clone(&self.runs),
            lane: Mutex::new(None),
        };
        table.insert(name, Arc::new(action));
        Ok(())
    }

    pub(super) fn unregister(&self, name: ActionName) -> Result<(), UnregisterError> {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let action = table.remove(&name).ok_or(UnregisterError::Unknown { name })?;
        drop(table);
        self.runs.close(action.id, UNREGISTER_WAIT).map_err(|why| match why {
            NotSeen::Itself => UnregisterError::FromItself { name },
            NotSeen::Circle => UnregisterError::Circle { name },
            NotSeen::Leaving => UnregisterError::Leaving { name },
            NotSeen::Late => UnregisterError::StillRuns { name, waited: UNREGISTER_WAIT },
        })
    }

    pub(super) fn find(&self, name: &ActionName) -> Option<Arc<Action>> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Lets no handler begin any more, and drops those that nobody runs: this process leaves, by
    /// this thread.
    pub(super) fn leave(&self) {
        // Before the table is empty: who finds nothing there then knows why.
        self.runs.leave();
        let table =
            core::mem::take(&mut *self.table.write().unwrap_or_else(PoisonError::into_inner));
        drop(table);
    }

    /// Whether this process leaves.
    pub(super) fn is_leaving(&self) -> bool {
        self.runs.is_leaving()
    }
}

impl Action {
    fn lane(&self) -> MutexGuard<'_, Option<VecDeque<Incoming>>> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a sender of `role` may use it; `role` is `None` if the sender has not proved who it is.
    pub(super) fn admits(&self, role: Option<Role>) -> bool {
        self.allowed == Allowed::Anyone || role.is_some_and(|role| self.allowed.takes(role))
    }

    /// Puts a message in its lane; `true` if the caller must have the lane run.
    pub(super) fn queue(&self, message: Incoming) -> bool {
        let mut lane = self.lane();
        let must_run = lane.is_none();
        lane.get_or_insert_default().push_back(message);
        must_run
    }

    /// Runs the handler for the messages in the lane, until it is empty. `ran` is told of each.
    pub(super) fn run_lane(&self, mut ran: impl FnMut()) {
        loop {
            let next = {
                let mut lane = self.lane();
                let next = lane.as_mut().and_then(VecDeque::pop_front);
                if next.is_none() {
                    *lane = None;
                }
                next
            };
            let Some(message) = next else { return };
            ran();
            self.run(message);
        }
    }

    /// Runs the handler. A request that it leaves unanswered is refused as it ends, be it by a
    /// panic; its message is on standard error then.
    pub(super) fn run(&self, mut incoming: Incoming) {
        let _run = match self.runs.begin(self.id) {
            Ok(run) => run,
            Err(NotBegun::Closed) => return incoming.refuse(Reason::UnknownAction),
            Err(NotBegun::Leaving) => return incoming.refuse(Reason::Dropped),
        };
        let _ = catch_unwind(AssertUnwindSafe(|| (self.handler)(&mut incoming)));
        // Before this run is over: who unregisters has then seen the last answer.
        drop(incoming);
    }
}
