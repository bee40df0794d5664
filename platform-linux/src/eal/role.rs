//! Who this process becomes: the creator of a group, a member, or the new primary of a group
//! that lives without one.
//!
//! | asked | nothing there, or dead | lives, primary too | lives, no primary |
//! |---|---|---|---|
//! | primary | create | refused, naming it | adopt |
//! | auto | create | join | adopt |
//! | secondary | wait, then say so | join | join |
//!
//! The decision is made under the group's start lock, by the kernel's locks, so two processes
//! that start together never both create (PT-3, W-6, W-7), and `auto` never races.
//!
//! To adopt is the default and has no flag. A group of which anybody lives is never made anew: its
//! memory is mapped by processes that use it, and a new one in its place would leave them in
//! another group without a word (W-5, W-13, PT-15). Who wants a fresh group ends the old one first,
//! or chooses another prefix. An adopted group keeps its memory and all its objects; the new
//! primary's options about memory have no effect, and a notice says so. A program of another build
//! is refused before it maps anything, and the structure that differs is named.
//!
//! While the group lives the role may also move between its processes, without the start lock:
//! see [`super::promote`].

use core::time::Duration;

use phalanx_core::group::{GroupFacts, Phase, Role};

use super::arguments::own_identity;
use super::join::Wait;
use super::notice::Notice;
use super::options::{Options, ProcType};
use super::session::Session;
use super::standing::{self, Standing, group_path};
use super::{EalError, Fallback, clean, create, join};
use crate::lockfile::StartLock;
use crate::mapping::Access;
use crate::numa::Topology;
use crate::runtime_dir::{Base, Prefix, RuntimeDir};
use crate::sys::deadline::Deadline;

/// How often `auto` looks again at a group that is being made.
const LOOK_AGAIN: Duration = Duration::from_micros(500);

/// What a start goes by: the user's options, what the application allows, the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup<'a> {
    /// The command line.
    pub(super) options: &'a Options,
    /// What to do without hugepages.
    pub(super) fallback: Fallback,
    /// NUMA nodes and their CPUs.
    pub(super) topology: &'a Topology,
    /// Whether nobody wants it any more: asked while it waits.
    pub(super) is_unwanted: fn() -> bool,
}

/// What a start has come to.
pub(super) struct Started {
    /// The stay in the group.
    pub(super) session: Session,
    /// Whether this process made the group.
    pub(super) created: bool,
}

/// Creates, joins or adopts, as the options ask and the group's standing allows.
pub(super) fn start(setup: &Setup<'_>, notices: &mut Vec<Notice>) -> Result<Started, EalError> {
    let options = setup.options;
    let private = options.in_memory || options.no_shconf;
    match options.proc_type {
        ProcType::Secondary if private => Err(EalError::SecondaryOfNothing),
        _ if private => {
            let session = create::private(setup, notices)?;
            Ok(Started { session, created: true })
        }
        ProcType::Secondary => secondary(setup),
        ProcType::Primary | ProcType::Auto => first(setup, notices),
    }
}

/// The base and the prefix that the options name.
pub(super) fn place(options: &Options) -> Result<(Base, Prefix), EalError> {
    let prefix = Prefix::new(options.file_prefix.as_str())?;
    Ok((Base::from_environment()?, prefix))
}

fn secondary(setup: &Setup<'_>) -> Result<Started, EalError> {
    let (prefix, wait) = (setup.options.file_prefix.as_str(), setup.options.wait_seconds);
    let wait = Wait { seconds: wait, is_unwanted: setup.is_unwanted };
    let session = join::join(prefix, wait, &Base::from_environment()?, &own_identity())?;
    Ok(Started { session, created: false })
}

/// What one look at the group came to.
enum Attempt {
    /// In.
    Started(Box<Started>),
    /// The group is being made; the error to end with if time is up.
    NotYet(EalError),
}

fn first(setup: &Setup<'_>, notices: &mut Vec<Notice>) -> Result<Started, EalError> {
    let wait = Deadline::after(patience(setup.options));
    loop {
        match attempt(setup, notices)? {
            Attempt::Started(started) => return Ok(*started),
            Attempt::NotYet(error) if wait.has_passed() => return Err(error),
            Attempt::NotYet(_) if (setup.is_unwanted)() => return Err(EalError::Unwanted),
            Attempt::NotYet(_) => std::thread::sleep(LOOK_AGAIN),
        }
    }
}

/// How long a start waits for another one that holds the start lock: `--wait`, and at least long
/// enough for one that does its work.
fn patience(options: &Options) -> Duration {
    Duration::from_secs(u64::from(options.wait_seconds.max(1)))
}

/// Looks, decides and acts under one hold of the start lock, so that what was seen holds.
fn attempt(setup: &Setup<'_>, notices: &mut Vec<Notice>) -> Result<Attempt, EalError> {
    let options = setup.options;
    let (base, prefix) = place(options)?;
    let (dir, lock) =
        RuntimeDir::create_and_lock(&base, &prefix, Deadline::after(patience(options)))?;
    let wrong = |dir: &RuntimeDir, why| EalError::GroupFile { path: group_path(dir), why };
    let started = match standing::look(&dir, Access::ReadWrite)? {
        Standing::Living { primary: true, liveness, header }
            if options.proc_type == ProcType::Auto =>
        {
            let facts = header.map_err(|why| wrong(&dir, why))?;
            if let Some(error) = not_ready(&facts, options) {
                return Ok(Attempt::NotYet(error));
            }
            let session =
                join::enter(dir, lock, liveness, &facts, Role::Secondary, &own_identity())?;
            Started { session, created: false }
        }
        Standing::Living { primary: true, liveness, header } => {
            return Err(standing::primary_runs(&dir, &liveness, header.is_ok()));
        }
        Standing::Living { primary: false, liveness, header } => {
            let facts = header.map_err(|why| wrong(&dir, why))?;
            if let Some(error) = not_ready(&facts, options) {
                return Ok(Attempt::NotYet(error));
            }
            match adopt(dir, lock, liveness, &facts, notices) {
                // A secondary has taken the role over between the look and the claim: join it.
                Err(error @ EalError::PrimaryRuns { .. })
                    if options.proc_type == ProcType::Auto =>
                {
                    return Ok(Attempt::NotYet(error));
                }
                adopted => adopted?,
            }
        }
        Standing::Dead(_) => {
            let files = clean::remove_dead(&dir, options.huge_dir.as_deref())?;
            if files > 0 {
                notices.push(Notice::CleanedDeadGroup { files });
            }
            create(dir, lock, setup, notices)?
        }
        Standing::Vacant => create(dir, lock, setup, notices)?,
    };
    Ok(Attempt::Started(Box::new(started)))
}

fn not_ready(facts: &GroupFacts, options: &Options) -> Option<EalError> {
    let (phase, creator_pid, waited_s) = (facts.phase, facts.creator_pid, options.wait_seconds);
    (phase != Phase::Ready).then_some(EalError::NotReady { phase, creator_pid, waited_s })
}

fn create(
    dir: RuntimeDir,
    lock: StartLock,
    setup: &Setup<'_>,
    notices: &mut Vec<Notice>,
) -> Result<Started, EalError> {
    let session = create::shared(dir, lock, setup, notices)?;
    Ok(Started { session, created: true })
}

fn adopt(
    dir: RuntimeDir,
    lock: StartLock,
    liveness: crate::liveness::Liveness,
    facts: &GroupFacts,
    notices: &mut Vec<Notice>,
) -> Result<Started, EalError> {
    let session = join::enter(dir, lock, liveness, facts, Role::Primary, &own_identity())?;
    let living = session.group.processes().filter(|p| p.id != session.group.me()).count();
    notices.push(Notice::Adopted { living });
    Ok(Started { session, created: false })
}
