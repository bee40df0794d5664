//! Having another process attach or detach a device that it owns, or will; and doing so for others.

use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd};

use phalanx_core::group::ProcessId;
use phalanx_core::name::Name;
use phalanx_core::port::{Holder, Port, Somebody};
use rustix::io::Errno;

use super::answer::{Answer, Held};
use super::attach::warn;
use super::consent::shown;
use super::detach::Detaching;
use super::devargs::Devargs;
use super::error::{AttachError, DetachError};
use super::plugs::Plugs;
use super::wire::Errand;
use super::{AskError, ERRAND, parcel};
use crate::device::{Caution, Unprotected};
use crate::message::{Outcome, Outgoing, To, Undelivered};
use crate::port::absolute_args;
use crate::sys::deadline::Deadline;

/// The action's name.
pub(super) const ACTION: &str = "port.plug";

/// How much longer an answer is waited for than the work may last.
const MARGIN: Duration = Duration::from_secs(1);

/// What became of an errand.
enum Done {
    /// This is its answer.
    Answered(Answer),
    /// Who was asked has no message service.
    Deaf,
    /// Who was asked ended first.
    Gone,
}

impl Plugs {
    /// Has `primary` attach a device. `tell` is told what a user should know of it, once it is there.
    pub(super) fn have_attached(
        &self,
        primary: ProcessId,
        devargs: &Devargs,
        until: Deadline,
        tell: &mut dyn FnMut(Caution),
    ) -> Result<Port, AttachError> {
        let (name, owner) = (devargs.name(), Somebody::of(&self.group, primary));
        let refused = |error| AttachError::Owner { name: name.clone(), owner, error };
        // It may work in another directory.
        let args = absolute_args(devargs.device()).map_err(AttachError::Device)?;
        let devargs = devargs.with_args(&args).map_err(AttachError::Devargs)?;
        let done = self.send(primary, &Errand::Attach(devargs.clone()), until);
        let port = || Port::lookup(&self.group, &name);
        let somebody = |who| Somebody::of(&self.group, who);
        let known = Name::cut(&name);
        match done.map_err(refused)? {
            Done::Deaf => self.attach_here(&devargs, until, tell),
            Done::Answered(Answer::Done(way)) => {
                if let (Some(way), Devargs::Pci(it)) = (way, &devargs) {
                    let caution = Caution { device: it.address(), way };
                    warn(&caution);
                    tell(caution);
                }
                // Somebody has detached it already, or the answer was none.
                port().map_err(|why| refused(AskError::Said(why.to_string())))
            }
            // It may have died behind the last step.
            Done::Gone => port().map_err(|_| refused(AskError::Gone)),
            Done::Answered(Answer::Exists(by)) => {
                Err(AttachError::Exists { name: known, by: somebody(by) })
            }
            Done::Answered(Answer::Coming(by)) => {
                Err(AttachError::Coming { name: known, by: somebody(by) })
            }
            Done::Answered(Answer::Refused(by, why)) => Err(AttachError::Refused {
                name: known,
                by: somebody(by),
                why: shown(why.as_bytes()),
            }),
            Done::Answered(Answer::Silent(by, why)) => Err(AttachError::Silent {
                name: known,
                by: somebody(by),
                why: shown(why.as_bytes()),
            }),
            Done::Answered(answer) => Err(refused(AskError::Said(said(answer)))),
        }
    }

    /// Has `owner` detach a port.
    pub(super) fn have_detached(
        &self,
        owner: ProcessId,
        port: &Port,
        how: Detaching,
    ) -> Result<(), DetachError> {
        let name = port.name();
        let shown_owner = Somebody::of(&self.group, owner);
        let refused = |error| DetachError::Owner { name, owner: shown_owner, error };
        let patience_ms = u32::try_from(how.patience.as_millis()).unwrap_or(u32::MAX);
        let errand = Errand::Detach { port: name, force: how.force, patience_ms };
        let until = Deadline::after(how.patience.saturating_add(ERRAND));
        match self.send(owner, &errand, until).map_err(refused)? {
            Done::Answered(Answer::Done(_)) => Ok(()),
            Done::Gone if !port.is_current() => Ok(()),
            Done::Gone => Err(refused(AskError::Gone)),
            Done::Deaf => {
                let why = "has no message service, and only it can detach what it owns";
                Err(refused(AskError::NoAnswer(why.to_owned())))
            }
            Done::Answered(Answer::NotFound(why)) => Err(DetachError::NotFound {
                name: name.as_str().to_owned(),
                why: shown(why.as_bytes()),
            }),
            Done::Answered(Answer::Going(by)) => {
                Err(DetachError::Going { name, by: Somebody::of(&self.group, by) })
            }
            Done::Answered(Answer::Busy(held)) => {
                let peer = port.peer().and_then(|id| Port::by_id(&self.group, id).ok());
                let peer = peer.map_or_else(|| Name::cut("?"), |peer| peer.name());
                let holder = |it: &Held| Holder {
                    of: if it.is_peers { peer } else { name },
                    direction: it.direction,
                    queue: it.queue.into(),
                    by: Somebody::of(&self.group, it.by),
                };
                let holders = held.iter().map(holder).collect();
                Err(DetachError::Busy { name, waited: how.patience, holders })
            }
            Done::Answered(answer) => Err(refused(AskError::Said(said(answer)))),
        }
    }

    fn send(&self, whom: ProcessId, errand: &Errand, until: Deadline) -> Result<Done, AskError> {
        let messages = self.messages.as_ref().map_err(|why| AskError::NoMessages(*why))?;
        let (bytes, long) = errand.to_bytes(until.as_ns());
        let no_memory = |why: Errno| AskError::NoMemory { why: why.to_string() };
        let long = long.map(|text| parcel::wrap(&text).map_err(no_memory)).transpose()?;
        let along: Vec<BorrowedFd<'_>> = long.iter().map(AsFd::as_fd).collect();
        let request = Outgoing::new(ACTION).payload(&bytes).descriptors(&along);
        let patience = until.remaining().saturating_add(MARGIN);
        let replies = messages
            .request(To::One(whom.slot()), &request, patience)
            .map_err(AskError::NotAsked)?;
        let result = replies.into_results().into_iter().find(|result| result.peer == whom);
        match result.map(|result| result.outcome) {
            Some(Outcome::Answered(reply)) => Answer::from_bytes(reply.payload())
                .map(Done::Answered)
                .ok_or_else(|| AskError::NoAnswer("sent an answer that is none".to_owned())),
            Some(Outcome::Gone | Outcome::Undelivered(Undelivered::Gone)) | None => Ok(Done::Gone),
            Some(Outcome::Undelivered(Undelivered::Deaf) | Outcome::NoSuchAction) => Ok(Done::Deaf),
            Some(outcome) => Err(AskError::NoAnswer(outcome.to_string())),
        }
    }

    /// Attaches a device for another process; what keeps it from no memory.
    fn attach_and_see(
        &self,
        devargs: &Devargs,
        until: Deadline,
    ) -> Result<Option<Unprotected>, AttachError> {
        let mut way = None;
        self.attach_here(devargs, until, &mut |caution| way = Some(caution.way))?;
        Ok(way)
    }

    /// Does what another process asks of this one.
    pub(super) fn run(&self, errand: &Errand, until: Deadline) -> Answer {
        match errand {
            Errand::Attach(devargs) => match self.attach_and_see(devargs, until) {
                Ok(way) => Answer::Done(way),
                Err(AttachError::Exists { by, .. }) => Answer::Exists(by.who),
                Err(AttachError::Coming { by, .. }) => Answer::Coming(by.who),
                Err(AttachError::Refused { by, why, .. }) => Answer::Refused(by.who, why),
                Err(AttachError::Silent { by, why, .. }) => Answer::Silent(by.who, why),
                Err(error) => Answer::Failed(error.to_string()),
            },
            Errand::Detach { port, force, patience_ms } => {
                // What is left then is for the work itself.
                let longest = until.remaining().saturating_sub(MARGIN);
                let patience = Duration::from_millis((*patience_ms).into()).min(longest);
                let how = Detaching { patience, force: *force };
                let found = self.find(port.as_str());
                match found.and_then(|port| self.detach_here(&port, how, until)) {
                    Ok(()) => Answer::Done(None),
                    Err(DetachError::NotFound { why, .. }) => Answer::NotFound(why),
                    Err(DetachError::Going { by, .. }) => Answer::Going(by.who),
                    Err(DetachError::Busy { name, holders, .. }) => {
                        Answer::Busy(holders.iter().map(|it| held(name, it)).collect())
                    }
                    Err(error) => Answer::Failed(error.to_string()),
                }
            }
        }
    }
}

fn held(name: Name, holder: &Holder) -> Held {
    let Holder { of, direction, queue, by } = *holder;
    // Below 64.
    Held { is_peers: of != name, direction, queue: queue as u8, by: by.who }
}

/// What an answer says that does not belong to what was asked.
fn said(answer: Answer) -> String {
    match answer {
        Answer::Failed(why) => shown(why.as_bytes()),
        other => format!("something else than was asked ({other:?})"),
    }
}
