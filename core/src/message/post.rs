//! `Post`: putting frames into others' mailboxes.

use core::fmt;

use super::mailbox::{Class, Mailbox};
use super::wake::{Wake, call};
use super::{ActionName, Bed, Frame, Kind, Payload};
use crate::group::{Group, ProcessFacts, ProcessId, Role};

/// A member's way to put frames into mailboxes. Copies freely, works from any thread.
#[derive(Clone, Copy)]
pub struct Post {
    group: Group,
    wake: &'static dyn Wake,
}

static_assertions::assert_impl_all!(Post: Copy, Send);

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("group", &self.group).finish_non_exhaustive()
    }
}

/// Why a frame was not put into a mailbox. Nothing of it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The sender only observes the group.
    Observer,
    /// The group has no such process (any more).
    Gone {
        /// Whom it was for.
        target: ProcessId,
    },
    /// It has not opened its mailbox: it is still starting, or does not listen.
    NotListening {
        /// Whom it was for.
        target: ProcessId,
    },
    /// Its mailbox has no room for a frame of this class.
    Full {
        /// Whom it was for.
        target: ProcessId,
        /// The class.
        class: Class,
    },
    /// The frame brings descriptors, which do not fit in a mailbox.
    Descriptors {
        /// How many.
        count: u8,
    },
    /// Somebody took this process for dead while it was sending.
    TakenForDead,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observer => f.write_str(
                "a message was to be sent by an observer, which may only look; join the group as a secondary",
            ),
            Self::Gone { target } => {
                write!(f, "a message was for {target:?}, which is not in the group any more")
            }
            Self::NotListening { target } => write!(
                f,
                "a message was for {target:?}, which does not listen (yet); try again when it has started"
            ),
            Self::Full { target, class } => write!(
                f,
                "a message was for {target:?}, whose mailbox has all its {} cells for a {class:?} in use; it is slow or stopped, try again later",
                class.cells()
            ),
            Self::Descriptors { count } => write!(
                f,
                "{count} descriptors were to go into a mailbox, which takes none; send them through the service"
            ),
            Self::TakenForDead => f.write_str(
                "a message was being sent when this process was taken for dead; leave the group",
            ),
        }
    }
}

impl core::error::Error for SendError {}

impl Post {
    /// The post of this member, which calls sleepers by `wake`.
    pub fn new(group: &Group, wake: &'static dyn Wake) -> Self {
        Self { group: *group, wake }
    }

    /// The group.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// A frame from this member.
    pub fn frame(
        &self,
        target: ProcessId,
        kind: Kind,
        request: u64,
        name: &ActionName,
        payload: &Payload,
    ) -> Frame {
        let sender = self.group.me();
        Frame { kind, request, sender, target, name: *name, payload: *payload, descriptors: 0 }
    }

    /// Puts `frame` into the mailbox of its target, and calls that if it sleeps.
    ///
    /// Best effort, never waits. Errors: every variant of [`SendError`]; nothing is sent then. Cost:
    /// one copy and a few swaps; a system call only if the target sleeps or its box is full.
    /// Answers W-19, W-24.
    pub fn send(&self, frame: &Frame) -> Result<(), SendError> {
        let target = frame.target;
        if self.group.is_observer() {
            return Err(SendError::Observer);
        }
        if frame.descriptors != 0 {
            return Err(SendError::Descriptors { count: frame.descriptors });
        }
        let mailbox = self.mailbox_of(target)?;
        let class = class_of(frame.kind);
        let tag = self.group.me().tag();
        let claim = match mailbox.claim(tag, class) {
            Some(claim) => claim,
            None => {
                self.make_room(mailbox, target)?;
                mailbox.claim(tag, class).ok_or_else(|| {
                    mailbox.refused.add(1);
                    SendError::Full { target, class }
                })?
            }
        };
        let (bytes, words) = (frame.encode(), frame.words_used());
        let as_words = bytes.chunks_exact(8).map(|it| it.try_into().unwrap_or_default());
        claim.fill(as_words.map(u64::from_le_bytes).take(words));
        let ready = claim.publish(words).ok_or(SendError::TakenForDead)?;
        if let Some(bed) = ready.ring() {
            self.call(target, bed);
        }
        Ok(())
    }

    /// Sends a message of `name` to `target`.
    #[doc(alias = "rte_mp_sendmsg")]
    pub fn message(
        &self,
        target: ProcessId,
        name: &ActionName,
        payload: &Payload,
    ) -> Result<(), SendError> {
        self.send(&self.frame(target, Kind::Message, 0, name, payload))
    }

    /// Every other process that the table has, by slot: whom a broadcast is for.
    pub fn peers(&self) -> impl Iterator<Item = ProcessFacts> + use<> {
        let me = self.group.me();
        self.group.processes().filter(move |facts| facts.id != me)
    }

    /// The group's primary, if the table has one that lives. One system call for each that the
    /// table calls one.
    pub fn primary(&self) -> Option<ProcessId> {
        let primary = |facts: &ProcessFacts| facts.role == Role::Primary;
        let mut all = self.group.processes().filter(primary);
        all.find(|facts| self.group.is_alive(facts.id)).map(|facts| facts.id)
    }

    fn mailbox_of(&self, target: ProcessId) -> Result<&'static Mailbox, SendError> {
        let mailbox = self.group.region().mailboxes.get(usize::from(target.slot()));
        let mailbox = mailbox.filter(|_| self.group.is_listed(target));
        let mailbox = mailbox.ok_or(SendError::Gone { target })?;
        match mailbox.owner.observe() == target.pack() {
            true => Ok(mailbox),
            false => Err(SendError::NotListening { target }),
        }
    }

    /// Looks why a box is full: its owner may be dead, or dead senders may hold cells.
    #[cold]
    fn make_room(&self, mailbox: &Mailbox, target: ProcessId) -> Result<(), SendError> {
        if !self.group.is_alive(target) {
            return Err(SendError::Gone { target });
        }
        mailbox.mend(|tag| self.group.is_tag_gone(tag));
        if let Some(bed) = mailbox.overslept() {
            self.call(target, bed);
        }
        Ok(())
    }

    #[cold]
    fn call(&self, target: ProcessId, bed: Bed) {
        if let Some(call) = call(&self.group, target.slot(), bed) {
            self.wake.wake_in(&self.group, call);
        }
    }
}

fn class_of(kind: Kind) -> Class {
    match kind {
        Kind::Message => Class::Message,
        Kind::Request => Class::Request,
        Kind::Reply | Kind::Refusal(_) => Class::Reply,
    }
}
