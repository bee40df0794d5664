//! `Inbox`: a member's own mailbox, from which it takes frames, checked.

use core::fmt;

use super::mailbox::{Bed, CELLS, Dropped, Image, Mailbox, MailboxFacts, Queue};
use super::sleep::{NotEmpty, Sleep};
use super::{Frame, Kind};
use crate::group::{Group, ProcessId};
use crate::offset::Offset;

/// A member's own mailbox. There is one a process; it is taken by [`open`](Self::open) and given
/// back by dropping it.
#[derive(Debug)]
pub struct Inbox {
    group: Group,
    mailbox: &'static Mailbox,
    queue: Queue,
}

/// Why a mailbox could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboxError {
    /// Who asked only observes the group.
    Observer,
    /// This process has it open already.
    Open,
}

impl fmt::Display for InboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Observer => {
                "a mailbox was asked for by an observer, which may only look; join the group as a secondary"
            }
            Self::Open => {
                "this process's mailbox was asked for and is open already; use the one that there is"
            }
        })
    }
}

impl core::error::Error for InboxError {}

impl Inbox {
    /// Opens this process's mailbox: from now on others can send to it. What was left for the
    /// slot's last tenant is dropped and counted.
    ///
    /// Cost: a look at every cell. Errors: every variant of [`InboxError`].
    pub fn open(group: &Group) -> Result<Self, InboxError> {
        let me = group.me();
        let mailbox = group.region().mailboxes.get(usize::from(me.slot()));
        let mailbox = mailbox.filter(|_| !group.is_observer()).ok_or(InboxError::Observer)?;
        let mut owner = mailbox.owner.observe();
        loop {
            if owner == me.pack() {
                return Err(InboxError::Open);
            }
            match mailbox.owner.swap_if(owner, me.pack()) {
                Ok(_) => break,
                Err(found) => owner = found,
            }
        }
        mailbox.get_up();
        let mine = |image: &Image| decode(image).is_some_and(|frame| frame.target == me);
        let stale = mailbox.discard_unless(mine);
        mailbox.dropped_by(Dropped::Stale, stale);
        Ok(Self { group: *group, mailbox, queue: Queue::new() })
    }

    /// The group.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// The next frame, or `None` if there is none now: one load then, no system call.
    ///
    /// One sender's frames come in the order in which it sent them, each once. What is not a frame
    /// for this process is counted by reason and dropped (W-23, W-28). A message counts although
    /// its sender has left meanwhile; a request does not. An answer is given on whoever sent it: the
    /// [`Requests`](super::Requests) know from whom one is due.
    #[expect(clippy::should_implement_trait, reason = "a poll: there may be more after a `None`")]
    pub fn next(&mut self) -> Option<Frame> {
        if self.mailbox.attention.peek() != 0 {
            self.look_through();
        }
        // A hostile sender may put in as fast as this takes out; the caller has other things to do.
        for _ in 0..2 * CELLS {
            if self.queue.is_empty() {
                self.mailbox.gather(&mut self.queue);
            }
            let (state, image) = self.mailbox.take(&mut self.queue)?;
            match image.map_or(Err(Dropped::Forged), |image| self.check(state.tag(), &image)) {
                Ok(frame) => {
                    self.mailbox.received.count(1);
                    return Some(frame);
                }
                Err(reason) => self.count_dropped(reason),
            }
        }
        None
    }

    /// Looks through all cells for what dead senders have left: frames whose bell they did not
    /// ring, and cells they did not finish.
    ///
    /// [`next`](Self::next) does it when somebody asks for it; call it too when a bounded sleep has
    /// ended with nothing to do. Cost: a look at every cell, and a system call for each sender that
    /// has something in one.
    pub fn look_through(&mut self) {
        self.mailbox.look_through(&mut self.queue, |tag| self.group.is_tag_gone(tag));
    }

    /// Whether [`next`](Self::next) has something to look at. No system call.
    pub fn has_something(&self) -> bool {
        !self.queue.is_empty()
            || self.mailbox.bell.peek() != 0
            || self.mailbox.attention.peek() != 0
    }

    /// Says that this process sleeps from now on, on `bed`, until the returned [`Sleep`] is dropped:
    /// whoever puts a frame in calls it. Or there is something to do already.
    ///
    /// ```text
    /// loop {
    ///     while let Some(frame) = inbox.next() { … }
    ///     match inbox.prepare_to_sleep(Bed::Word) {
    ///         Ok(sleep) => futex_wait(sleep.word(), sleep.expected(), one second),
    ///         Err(NotEmpty) => continue,
    ///     }
    /// }
    /// ```
    ///
    /// Sleep for a bounded time, and [`look_through`](Self::look_through) after a time-out: a sender
    /// that dies between ringing the bell and calling leaves the sleeper to itself, until somebody
    /// else sends or the reaper comes ([`attend`](super::attend)).
    pub fn prepare_to_sleep(&mut self, bed: Bed) -> Result<Sleep<'_>, NotEmpty> {
        if !self.queue.is_empty() {
            return Err(NotEmpty);
        }
        let expected = self.mailbox.lie_down(bed).ok_or(NotEmpty)?;
        match self.group.window().offset_of(&self.mailbox.asleep) {
            Some(word) => Ok(Sleep { mailbox: self.mailbox, word: word.cast(), expected }),
            // The mailbox lies in the window, so this does not happen; an owner that does not sleep
            // misses nothing.
            None => {
                self.mailbox.get_up();
                Err(NotEmpty)
            }
        }
    }

    /// The word that callers change, on which threads of this process may wait besides the one that
    /// has prepared to sleep: for what another of its threads will tell them.
    pub fn sleep_word(&self) -> Option<Offset<u32>> {
        Some(self.group.window().offset_of(&self.mailbox.asleep)?.cast())
    }

    /// Counts a frame that the caller has dropped.
    pub fn count_dropped(&self, reason: Dropped) {
        self.mailbox.dropped_by(reason, 1);
    }

    /// What this mailbox has seen.
    pub fn facts(&self) -> MailboxFacts {
        self.mailbox.facts()
    }

    /// The frame that a copied cell holds, if it is one for this process.
    fn check(&self, tag: u16, image: &Image) -> Result<Frame, Dropped> {
        let frame = decode(image).ok_or(Dropped::Malformed)?;
        let tenant = self.group.tenant(frame.sender.slot()).ok_or(Dropped::Forged)?;
        if frame.sender.tag() != tag || !has_been(tenant, frame.sender) {
            return Err(Dropped::Forged);
        }
        if frame.target != self.group.me() {
            return Err(Dropped::Stale);
        }
        if frame.kind == Kind::Request && !self.group.is_listed(frame.sender) {
            return Err(Dropped::SenderGone);
        }
        Ok(frame)
    }
}

/// Whether `who` is `tenant` or was in its slot before it; generations wrap.
fn has_been(tenant: ProcessId, who: ProcessId) -> bool {
    tenant.generation().wrapping_sub(who.generation()).cast_signed() >= 0
}

fn decode(image: &Image) -> Option<Frame> {
    let mut bytes = [0; super::FRAME_BYTES];
    for (to, word) in bytes.chunks_exact_mut(8).zip(image) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    Frame::decode(&bytes).ok().filter(|frame| frame.descriptors == 0)
}

impl Drop for Inbox {
    /// Gives it back. What was gathered and not taken is rung for again, for who opens it next.
    fn drop(&mut self) {
        self.mailbox.bell.raise(self.queue.bits());
        // A failed swap means that it is not this process's any more.
        let _ = self.mailbox.owner.swap_if(self.group.me().pack(), 0);
    }
}
