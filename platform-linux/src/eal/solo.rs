//! A member of one thread and one lcore, without a standard library: what a static worker is.
//!
//! It joins and never makes a group, so nothing here needs an allocator. Its arguments and its
//! environment are handed in by whoever started it: without a standard library, that is the
//! program's own first instruction.

#![expect(unsafe_code, reason = "a process ceases to be a member here")]

use phalanx_core::group::{Group, Lcore, LcoreRole};
use phalanx_core::message::{PlatformWakes, call_everybody};

use super::error::Refusal;
use super::options::SoloOptions;
use super::platform::PLATFORM;
use super::session::Session;
use super::{Identity, join};
use crate::affinity;
use crate::change::announce;
#[cfg(feature = "defmt")]
use crate::log::Program;
use crate::runtime_dir::Base;
use crate::sys::cpu_node::current_node;

/// A static worker's place in its group. Dropping it is leaving, as for any member.
#[derive(Debug)]
pub struct Solo {
    // Dropped first: it is released while the session still stands.
    lcore: Lcore,
    session: Session,
}

/// What is left of a [`Solo`] that can ask for little any more: see [`Solo::seal`].
#[derive(Debug)]
pub struct Stay {
    lcore: Lcore,
    session: Session,
}

impl Solo {
    /// Pins this thread to the CPUs of the lcore that `options` name, joins the group they name, and claims
    /// the lcore; waits for the group as `--wait` says, unless `is_unwanted` says otherwise. Everything that is
    /// backed is prefaulted.
    ///
    /// Cost: some forty system calls.
    ///
    /// # Errors
    /// [`EalError`](super::EalError), or its sentence; everything begun is undone.
    pub fn join(
        options: &SoloOptions<'_>,
        base: &Base,
        identity: &Identity,
        is_unwanted: fn() -> bool,
        #[cfg(feature = "defmt")] program: Program,
    ) -> Result<Self, Refusal> {
        let wanted = &options.lcore;
        let wait = join::Wait { seconds: options.wait_seconds, is_unwanted };
        // Before it joins: what the kernel keeps for it is near its CPU from the beginning, and then the CPU
        // it runs on says which node it is on.
        affinity::pin_thread(&wanted.cpus)?;
        let mut session = join::join(options.file_prefix, wait, base, identity)?;
        // What it finds out of the dead is in its log.
        #[cfg(feature = "defmt")]
        crate::log::open_as(&session.group, program);
        if session.group.sweep() > 0 {
            announce(session.group.region());
        }
        #[cfg(feature = "defmt")]
        crate::log::look_again();
        let node = current_node().unwrap_or(0);
        let lcore = session.group.claim_lcore(wanted.id, &wanted.cpus, node, LcoreRole::Eal)?;
        session.become_live();
        announce(session.group.region());
        Ok(Self { lcore, session })
    }

    /// The group, as this member sees it.
    pub fn group(&self) -> &Group {
        &self.session.group
    }

    /// Its lcore.
    pub fn lcore(&self) -> &Lcore {
        &self.lcore
    }

    /// Gives up what only joining needed: the descriptors of directories. What stays open is the
    /// group file and the memory files, whose locks say that this process lives; the kernel is not asked any more
    /// to make memory grow or shrink, which other members go on to do.
    ///
    /// Cost: two system calls.
    pub fn seal(mut self) -> Stay {
        PLATFORM.seal();
        self.session.dir = None;
        Stay { lcore: self.lcore, session: self.session }
    }
}

impl Stay {
    /// The group, as this member sees it.
    pub fn group(&self) -> &Group {
        &self.session.group
    }

    /// Its lcore.
    pub fn lcore(&self) -> &Lcore {
        &self.lcore
    }

    /// Leaves the group's tables, says so, and opens, closes and unlocks nothing: the kernel does that
    /// when the process ends, which it must do next. For processes that may not ask the kernel
    /// for anything any more; others see the slot as taken until the process is gone.
    pub fn leave(self) {
        drop(self.lcore);
        let session = self.session;
        // SAFETY: the only lcore of this process has just been released, and whoever gives up the
        // stay of a process that ends is done with the rest.
        unsafe { session.group.leave() };
        announce(session.group.region());
        // Who waits for an answer of this process waits no longer.
        call_everybody(&session.group, &PlatformWakes);
        core::mem::forget(session);
    }
}
